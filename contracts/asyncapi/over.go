package asyncapi

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// layer is what a contract promises beyond the document that it stands on.
type layer struct {
	contract *contracts.Contract
	dir      string // the contract's
	files    fs.FS
}

// exportOver writes the document that a contract stands on, with x- fields for
// what the contract promises beyond it.
func exportOver(c *contracts.Contract, files *Files, version string) ([]byte, error) {
	d, findings := files.Document(c.Resolve(c.AsyncAPI))
	if err := firstError(findings); err != nil {
		return nil, err
	}
	if version != "" && version != d.Version {
		return nil, fmt.Errorf("%s, on which the contract stands, is of AsyncAPI %s and stays so", c.AsyncAPI, d.Version)
	}
	l := layer{contract: complete(c), dir: path.Dir(c.Doc.File()), files: files.base}
	src, err := fs.ReadFile(l.files, d.File)
	if err != nil {
		return nil, err
	}
	if words, err := l.words(d); err != nil || len(words) == 0 {
		return src, err
	}
	if fields := l.proposed(d); len(fields) > 0 {
		out := added(d, src, fields)
		if with, findings := Load(single{l.files, d.File, out}, d.File); finding.Errors(findings) == 0 {
			src, d = out, with
		}
	}
	words, err := l.words(d.silent())
	if err != nil {
		return nil, err
	}
	if d.IsExport() {
		words = append(object{{"contract", contracts.Version}}, words...)
	}
	if name := l.ownFile(words); name != "" && l.dir != path.Dir(d.File) {
		return nil, fmt.Errorf("the contract names %s beside itself, where %s does not lie: move the contract to its document", name, c.AsyncAPI)
	}
	written, err := annotate(d, src, words)
	if err != nil {
		return nil, err
	}
	again, findings := Load(single{l.files, d.File, written}, d.File)
	if err := firstError(findings); err != nil {
		return nil, err
	}
	left, err := l.words(again)
	if len(left) > 0 {
		err = fmt.Errorf("the document does not give back the field %s", left[0].key)
	}
	return written, err
}

// silent is the document without what its root says in a contract's words.
func (d *Document) silent() *Document {
	out, root := *d, *d.root
	root.Entries = nil
	for _, entry := range d.root.Entries {
		switch {
		case entry.Key.Text != ownField:
			root.Entries = append(root.Entries, entry)
		case d.IsExport():
			own := &document.Node{Kind: document.Mapping}
			for _, word := range entry.Value.Entries {
				if word.Key.Text == "contract" {
					own.Entries = append(own.Entries, word)
				}
			}
			root.Entries = append(root.Entries, document.Entry{Key: entry.Key, Value: own})
		}
	}
	out.root = &root
	return &out
}

func firstError(findings []finding.Finding) error {
	for _, f := range findings {
		if f.Severity == finding.Error {
			return fmt.Errorf("%s: %s", f.Position, f.Message)
		}
	}
	return nil
}

// words are what the root's x-weir has to say: what a document does not say of
// the contract already.
func (l *layer) words(d *Document) (words object, err error) {
	var (
		back               *contracts.Contract
		says               []stated
		produces, consumes []any
	)
	findings := d.collect(func() { back, says = d.contract(l.dir), append(d.stated(l.dir), d.unattached()...) })
	if err := firstError(findings); err != nil {
		return nil, err
	}
	for _, p := range l.contract.Produces {
		if entry := produced(p, meant(says, p.Operation, producing(&p))); len(entry) > 0 {
			produces = append(produces, entry)
		}
	}
	for _, c := range l.contract.Consumes {
		if entry := consumed(c, meant(says, c.Operation, consuming(&c))); len(entry) > 0 {
			consumes = append(consumes, entry)
		}
	}
	words = rootWords(l.contract, back)
	if produces != nil {
		words.set("produces", produces)
	}
	if consumes != nil {
		words.set("consumes", consumes)
	}
	return words, nil
}

// meant is what a document says of an interaction of the contract; nil where
// it says nothing.
func meant(says []stated, operation string, same promised) *stated {
	for i := range says {
		s := &says[i]
		if s.list() == same.list && s.operation.ID == operation && s.event() == same.event && (operation != "" || s.promised() == same) {
			return s
		}
	}
	return nil
}

// produced is the entry of x-weir for what the service sends.
func produced(p contracts.Produces, s *stated) object {
	if s == nil {
		return encodeStruct(reflect.ValueOf(p))
	}
	back := *s.produces
	back.Operation = p.Operation
	p.Examples = slices.DeleteFunc(slices.Clone(p.Examples), func(name string) bool { return slices.Contains(back.Examples, name) })
	if back.Examples = nil; len(p.Examples) == 0 { // examples add up
		p.Examples = nil
	}
	return s.entry(remainder(reflect.ValueOf(p), reflect.ValueOf(back)))
}

// consumed is the entry of x-weir for what the service receives.
func consumed(c contracts.Consumes, s *stated) object {
	if s == nil {
		return encodeStruct(reflect.ValueOf(c))
	}
	back := *s.consumes
	if back.Operation = c.Operation; len(c.Needs) > 0 {
		back.Schema = nil // needs say what is read
	}
	return s.entry(remainder(reflect.ValueOf(c), reflect.ValueOf(back)))
}

// entry says words of the interaction.
func (s *stated) entry(words object) object {
	if len(words) == 0 {
		return nil
	}
	return append(object{{"operation", s.operation.ID}, {"event", s.event()}}, words...)
}

// ownFile is a file that words name, which is found from beside the contract;
// "" if they name none.
func (l *layer) ownFile(words any) string {
	switch words := words.(type) {
	case object:
		for _, p := range words {
			name := l.ownFile(p.value)
			switch p.key {
			case "schemas":
				files, _ := p.value.(object)
				for _, file := range files {
					if text, ok := file.value.(string); ok { // the short form
						name = text
					}
				}
			case "file", "history", "body", "schema":
				text, _ := p.value.(string)
				if _, defined := l.contract.Schemas[text]; !defined && text != "" {
					name = text
				}
			case "examples", "references", "import-paths":
				if list, ok := p.value.([]any); ok && len(list) > 0 {
					name = fmt.Sprint(list[0])
				}
			}
			if name != "" {
				return name
			}
		}
	case []any:
		for _, item := range words {
			if name := l.ownFile(item); name != "" {
				return name
			}
		}
	}
	return ""
}
