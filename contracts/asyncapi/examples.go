package asyncapi

import (
	"slices"

	"github.com/flowweir/weir/contracts/document"
)

// examples reads the examples of a message. The payload and the headers of
// each are files of FS.
func (d *Document) examples(n *document.Node) []Example {
	var out []Example
	for _, item := range items(n) {
		out = append(out, Example{
			Name: text(item, "name"), Summary: text(item, "summary"), Position: *d.reader.at(item),
			Payload: d.exampleFile(get(item, "payload")), Headers: d.exampleFile(get(item, "headers")),
		})
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
