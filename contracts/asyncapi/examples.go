package asyncapi

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"slices"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// maxShown bounds an example that a document shows, in bytes: people read it.
const maxShown = 64 << 10

// shown are the examples of an event as AsyncAPI has them: what the files hold,
// under their names. Unless all can be shown, none is: x-weir names them then.
func (e *exporter) shown(files []string) []any {
	var out []any
	for _, name := range files {
		src, err := fs.ReadFile(e.fsys, path.Join(e.dir, name))
		if err != nil || !isExampleFile(name) || len(src) > maxShown || bytes.Contains(src, []byte(`"$ref"`)) {
			return nil
		}
		doc, err := jsonschema.ParseDocument(name, src)
		if err != nil {
			return nil
		}
		out = append(out, object{{"name", name}, {"payload", literal(doc.Value())}})
	}
	return out
}

// isExampleFile says whether the name of an example is that of the file beside
// the document which an export showed.
func isExampleFile(name string) bool { return path.Ext(name) == ".json" && fs.ValidPath(name) }

// literal is a decoded value of JSON as it is written.
func literal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := object{}
		for _, key := range sortedKeys(v) {
			out.set(key, literal(v[key]))
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = literal(item)
		}
		return out
	case json.Number:
		return plain(v)
	}
	return v
}

// fileOf is the file of an example: that beside the document which an export
// showed, or else one inside it.
func (d *Document) fileOf(e Example) string {
	if !d.IsExport() || !isExampleFile(e.Name) {
		return e.Payload
	}
	file := path.Join(path.Dir(d.File), e.Name)
	if _, err := fs.Stat(d.reader.fsys, file); err != nil {
		return e.Payload
	}
	return file
}

// examples reads the examples of a message. The payload and the headers of
// each are files of FS.
func (d *Document) examples(n *document.Node) []Example {
	var out []Example
	for _, item := range items(n) {
		e := Example{
			Name: text(item, "name"), Summary: text(item, "summary"), Position: *d.reader.at(item),
			Payload: d.exampleFile(get(item, "payload")), Headers: d.exampleFile(get(item, "headers")),
		}
		if v := d.virtual[e.Payload]; v != nil && d.IsExport() && isExampleFile(e.Name) {
			v.was = e.Name
		}
		out = append(out, e)
	}
	return out
}

// exampleFile makes a file of a value. Its name ends in .json, as that of no
// schema inside a document does.
func (d *Document) exampleFile(n *document.Node) string {
	place, ok := d.reader.places[n]
	if !ok {
		return ""
	}
	name := virtualName(d.File, place) + ".json"
	if d.virtual[name] == nil {
		d.virtual[name] = &virtualFile{node: n}
	}
	return name
}

// examples are those of the contract and those of the document.
func (k *completer) examples(own []string, s stated, index int) []string {
	out := slices.Clone(own)
	for _, name := range s.produces.Examples {
		if !slices.Contains(out, name) {
			k.contract.Doc.Elsewhere(s.message.Position, "produces", index, "examples", len(out))
			out = append(out, name)
		}
	}
	return out
}
