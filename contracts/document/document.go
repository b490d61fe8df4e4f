// Package document reads the YAML files that people write for Weir: strictly,
// and with a place for everything.
//
// [Decode] fills Go structs by their `yaml:"..."` tags and reports every
// problem of the file at once, each with file, line, column, the source line
// and, where there is one, the nearest valid name. Nothing is ignored: an
// unknown field, a duplicate key, an empty value and a number that YAML
// versions read differently (010) are findings. The returned [Document] keeps
// the position of every node, so that later checks point at the right place
// too; [Checker] collects those.
//
// The YAML that is read is the part that people write: block and flow maps
// and lists, every kind of scalar, comments, anchors, aliases and merge keys.
// Tags, keys that are no plain text, and several documents in one file are
// refused with their place. Size, nesting and expansion of aliases are
// bounded, so that no file can exhaust the process, and a panic of the YAML
// parser becomes a finding.
//
// It writes no YAML, and it is not for data: records and payloads never come
// through here.
package document

import (
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/flowweir/weir/reports/finding"
)

// Document is a file that was decoded: where every node of it stands. Methods
// of a nil Document, that of a model built in Go, answer that nothing is
// known.
type Document struct {
	file  string
	lines []string
	// ascii is whether columns in runes and in bytes are the same.
	ascii bool
	root  *Node
	// failed are the nodes that could not be decoded; what was made of them
	// is a zero value that says nothing.
	failed map[*Node]bool
	// flawed are the nodes that findings are about.
	flawed map[*Node]bool
	// misspelt are, by mapping, the valid names that unknown fields were
	// probably meant to be.
	misspelt map[*Node][]string
	// elsewhere are values that other files hold, by their paths.
	elsewhere map[string]finding.Position
	// over is the name of the text that the lines after the first overFrom are
	// of; empty where all are the file's.
	over     string
	overFrom int
	// shown are the lines without secrets, made when the first is asked for.
	shown func() []string
}

// Decode reads src, the content of file, into out, a pointer to a struct.
//
// The findings are sorted by place; without any, out is complete. With
// findings out holds what could be decoded: elements of lists keep their
// index, and the Document, which is never nil, knows what failed.
func Decode(file string, src []byte, out any) (*Document, []finding.Finding) {
	return DecodeOver(file, src, Over{}, out)
}

// ReadFile reads a file of this machine for Decode, as far as that takes: also
// a device has an end then, and a large file costs no more than a small one.
func ReadFile(name string) ([]byte, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return io.ReadAll(io.LimitReader(in, maxBytes+1))
}

// File is the name that the document was decoded under.
func (d *Document) File() string {
	if d == nil {
		return ""
	}
	return d.file
}

// Position is the place of the value at path: strings are keys of maps,
// ints indexes of lists or of the entries of a map. Where the path leads
// beyond what the file says, it is the place of the nearest enclosing value.
func (d *Document) Position(path ...any) *finding.Position {
	if d == nil {
		return nil
	}
	nodes, _ := d.walk(path)
	if at := d.borrowed(path, max(0, len(nodes)-1)); at != nil {
		return at
	}
	if len(nodes) == 0 {
		return d.at(1, 1)
	}
	last := nodes[len(nodes)-1]
	return d.at(last.Line, last.Column)
}

// KeyPosition is like Position, for the key that leads to the value. Where
// the last step leads through a list it is the place of the value.
func (d *Document) KeyPosition(path ...any) *finding.Position {
	if d == nil {
		return nil
	}
	nodes, complete := d.walk(path)
	if complete && len(path) > 0 {
		if entry := nodes[len(nodes)-2].entry(path[len(path)-1]); entry != nil {
			return d.at(entry.Key.Line, entry.Key.Column)
		}
	}
	return d.Position(path...)
}

// Has says whether the file gives a value at path.
func (d *Document) Has(path ...any) bool {
	if d == nil {
		return false
	}
	_, complete := d.walk(path)
	return complete
}

// Failed says whether the value at path, or one that encloses it, could not
// be decoded; all of a file that is no YAML has failed. What the model holds
// there says nothing about the file.
func (d *Document) Failed(path ...any) bool {
	if d == nil {
		return false
	}
	if d.root == nil {
		return true
	}
	nodes, _ := d.walk(path)
	for _, n := range nodes {
		if d.failed[n] {
			return true
		}
	}
	return false
}

// walk follows path as far as the file goes.
func (d *Document) walk(path []any) (nodes []*Node, complete bool) {
	if d == nil {
		return nil, false
	}
	n := d.root
	if n == nil {
		return nil, false
	}
	nodes = append(nodes, n)
	for _, step := range path {
		if n = n.child(step); n == nil {
			return nodes, false
		}
		nodes = append(nodes, n)
	}
	return nodes, true
}

// at makes a position; it is clamped to the file, so that a snippet can
// always be shown.
func (d *Document) at(line, column int) *finding.Position {
	line = max(1, min(line, len(d.lines)))
	p := &finding.Position{File: d.file, Line: line, Column: max(1, column)}
	if line <= len(d.lines) {
		p.Source = d.shown()[line-1]
		p.Column = min(p.Column, len(p.Source)+1)
	}
	if d.over != "" && line > d.overFrom {
		p.File, p.Line = d.over, line-d.overFrom
	}
	return p
}

// byteColumn turns a column that counts runes, as the YAML scanner does, into
// one that counts bytes.
func (d *Document) byteColumn(line, column int) int {
	if d.ascii || line < 1 || line > len(d.lines) {
		return column
	}
	rest, bytes := d.lines[line-1], 1
	for range column - 1 {
		if rest == "" {
			break
		}
		_, size := utf8.DecodeRuneInString(rest)
		rest, bytes = rest[size:], bytes+size
	}
	return bytes
}

// setSource keeps the lines of src, which ends its lines with \n.
func (d *Document) setSource(src string) {
	d.lines = strings.Split(strings.TrimSuffix(src, "\n"), "\n")
	d.ascii = utf8.RuneCountInString(src) == len(src)
	d.hide()
}

// hide makes the lines without secrets, where they are asked for.
func (d *Document) hide() {
	d.shown = sync.OnceValue(func() []string { return finding.Lines(d.lines) })
}
