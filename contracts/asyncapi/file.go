package asyncapi

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// The limits of what one document may make of itself.
const (
	maxBytes = 1 << 20 // of a JSON file; package document bounds YAML
	maxDepth = 200     // of a JSON file
	maxFiles = 256
	maxHops  = 32
	// maxNodes bounds what the aliases of one file expand to.
	maxNodes = 200_000
)

// file is one file of a document: the one that was asked for, or one that a
// reference leads to.
type file struct {
	name  string
	lines []string
	root  *document.Node
}

// source is where a node stands.
type source struct {
	file    *file
	pointer string
}

// position is the place of a node of the file.
func (f *file) position(n *document.Node) *finding.Position {
	p := &finding.Position{File: f.name, Line: n.Line, Column: n.Column}
	if n.Line >= 1 && n.Line <= len(f.lines) {
		p.Source = f.lines[n.Line-1]
	}
	return p
}

// open reads a file once. It is nil, with findings, where the file is no
// document.
func (r *reader) open(name string) (*file, error) {
	if f, known := r.files[name]; known {
		return f, nil
	}
	if len(r.files) == maxFiles {
		return nil, fmt.Errorf("the document refers to more than %d files", maxFiles)
	}
	src, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return nil, err
	}
	f := &file{name: name}
	r.files[name] = f
	text := strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n")
	f.lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	switch path.Ext(name) {
	case ".json", ".avsc":
		f.root = r.json(name, src)
	case ".proto":
		f.root = &document.Node{Kind: document.Scalar, Text: text, Quoted: true, Line: 1, Column: 1}
	default:
		var c capture
		_, found := document.Decode(name, src, &c)
		r.findings = append(r.findings, found...)
		if len(found) == 0 {
			f.root = c.node
		}
	}
	if f.root != nil && !r.index(f) {
		r.report(finding.Error, document.TooLarge, &finding.Position{File: name, Line: 1, Column: 1},
			fmt.Sprintf("aliases expand to more than %d values", maxNodes), "write fewer aliases of aliases")
		f.root = nil
	}
	return f, nil
}

// capture takes the node of a whole file from package document.
type capture struct{ node *document.Node }

// UnmarshalNode implements document.NodeUnmarshaler.
func (c *capture) UnmarshalNode(_ *document.Decoder, n *document.Node) { c.node = n }

// index notes where every node of the file stands. A node that aliases repeat
// keeps its first place. It is false for a file that expands without measure.
func (r *reader) index(f *file) bool {
	count := 0
	var walk func(n *document.Node, pointer string) bool
	walk = func(n *document.Node, pointer string) bool {
		if count++; count > maxNodes {
			return false
		}
		if _, known := r.places[n]; !known {
			r.places[n] = source{f, pointer}
		}
		for i, item := range n.Items {
			if !walk(item, pointer+"/"+strconv.Itoa(i)) {
				return false
			}
		}
		for _, entry := range n.Entries {
			if _, known := r.places[entry.Key]; !known {
				r.places[entry.Key] = source{f, pointer + "/" + escape(entry.Key.Text)}
			}
			if !walk(entry.Value, pointer+"/"+escape(entry.Key.Text)) {
				return false
			}
		}
		return true
	}
	return walk(f.root, "")
}

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// escape makes a token of a JSON Pointer (RFC 6901).
func escape(key string) string { return escaper.Replace(key) }

func unescape(token string) string { return unescaper.Replace(token) }
