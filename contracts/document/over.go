package document

import (
	"slices"

	"github.com/flowweir/weir/reports/finding"
)

// Over is a second text whose fields stand in for fields of a file.
type Over struct {
	// Name is what findings show in the place of a file.
	Name string
	// Src is YAML, a map of fields that the file has not, or that do not count.
	Src []byte
	// Instead are the fields of the file that do not count.
	Instead []string
}

// DecodeOver is Decode of a file with the fields of over in place of those that
// over names. Both are checked as one: findings and the Document know of every
// node in which text it stands. Without a Src it is Decode.
func DecodeOver(file string, src []byte, over Over, out any) (*Document, []finding.Finding) {
	doc := &Document{file: file, failed: map[*Node]bool{}, flawed: map[*Node]bool{}, misspelt: map[*Node][]string{}}
	d := &Decoder{doc: doc}
	doc.root = d.parse(src)
	if doc.root != nil && len(over.Src) > 0 {
		d.lay(over)
	}
	if doc.root != nil {
		d.DecodeAs("the file", doc.root, out)
	}
	return doc, distinct(d.findings)
}

// lay puts the fields of another text into the root. Its lines come after those
// of the file, which is how a node's text is known by its line.
func (d *Decoder) lay(over Over) {
	doc := d.doc
	// What is known of nodes is known of both texts in one place.
	second := &Decoder{doc: &Document{file: over.Name, failed: doc.failed, flawed: doc.flawed, misspelt: doc.misspelt}}
	fields := second.parse(over.Src)
	if fields != nil && fields.Kind != Mapping {
		second.DecodeAs(over.Name, fields, &struct{}{}) // says that it is none
	}
	d.findings = append(d.findings, second.findings...)
	if len(second.findings) > 0 || doc.root.Kind != Mapping {
		return // of the file's own kind decoding tells
	}
	shift(fields, len(doc.lines), map[*Node]bool{})
	doc.over, doc.overFrom = over.Name, len(doc.lines)
	doc.lines = append(doc.lines, second.doc.lines...)
	doc.hide()
	doc.root.Entries = slices.DeleteFunc(doc.root.Entries, func(e Entry) bool { return slices.Contains(over.Instead, e.Key.Text) })
	doc.root.Entries = append(doc.root.Entries, fields.Entries...)
}

// shift moves a node and all below it down by a number of lines, once also where
// aliases repeat it.
func shift(n *Node, lines int, seen map[*Node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	n.Line += lines
	for _, item := range n.Items {
		shift(item, lines, seen)
	}
	for _, e := range n.Entries {
		shift(e.Key, lines, seen)
		shift(e.Value, lines, seen)
	}
}
