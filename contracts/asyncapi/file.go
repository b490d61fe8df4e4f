package asyncapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
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

// escape makes a token of a JSON Pointer (RFC 6901).
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func unescape(token string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}

// json makes nodes of a JSON file.
func (r *reader) json(name string, src []byte) *document.Node {
	start := &finding.Position{File: name, Line: 1, Column: 1}
	if len(src) > maxBytes {
		r.report(finding.Error, document.TooLarge, start, fmt.Sprintf("the file has %d bytes; at most %d are read", len(src), maxBytes), "split it")
		return nil
	}
	if _, err := jsonschema.ParseDocument(name, src); err != nil {
		var invalid *jsonschema.Error
		if !errors.As(err, &invalid) {
			r.report(finding.Error, document.Syntax, start, err.Error(), "")
			return nil
		}
		for _, p := range invalid.Problems {
			r.report(finding.Error, document.Syntax, &p.Position, p.Message, p.Hint)
		}
		return nil
	}
	w := jsonWalker{src: src, decoder: json.NewDecoder(bytes.NewReader(src)), line: 1}
	w.decoder.UseNumber()
	root := w.value(0)
	if root == nil {
		r.report(finding.Error, document.TooLarge, start, fmt.Sprintf("values nest deeper than %d levels", maxDepth), "")
	}
	return root
}

// jsonWalker makes nodes of JSON that is known to be well formed. It moves
// forward only, so that counting lines costs one pass.
type jsonWalker struct {
	src             []byte
	decoder         *json.Decoder
	at, line, start int // offset, its line, and the offset where that begins
}

// next is an empty node where the next token begins.
func (w *jsonWalker) next() *document.Node {
	offset := int(w.decoder.InputOffset())
	for offset < len(w.src) && strings.IndexByte(" \t\r\n:,", w.src[offset]) >= 0 {
		offset++
	}
	for ; w.at < offset; w.at++ {
		if w.src[w.at] == '\n' || w.src[w.at] == '\r' && (w.at+1 == len(w.src) || w.src[w.at+1] != '\n') {
			w.line, w.start = w.line+1, w.at+1
		}
	}
	return &document.Node{Line: w.line, Column: offset - w.start + 1}
}

// value reads a value, nil if it nests too deep.
func (w *jsonWalker) value(depth int) *document.Node {
	if depth > maxDepth {
		return nil
	}
	n := w.next()
	token, err := w.decoder.Token()
	if err != nil {
		return nil
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			n.Kind = document.Sequence
			return w.items(n, depth)
		}
		n.Kind = document.Mapping
		return w.entries(n, depth)
	case string:
		n.Kind, n.Text, n.Quoted = document.Scalar, token, true
	case json.Number:
		n.Kind, n.Text = document.Scalar, token.String()
	case bool:
		n.Kind, n.Text = document.Scalar, strconv.FormatBool(token)
	}
	return n
}

func (w *jsonWalker) items(n *document.Node, depth int) *document.Node {
	for w.decoder.More() {
		item := w.value(depth + 1)
		if item == nil {
			return nil
		}
		n.Items = append(n.Items, item)
	}
	_, _ = w.decoder.Token()
	return n
}

func (w *jsonWalker) entries(n *document.Node, depth int) *document.Node {
	for w.decoder.More() {
		key := w.next()
		name, _ := w.decoder.Token()
		key.Kind, key.Quoted = document.Scalar, true
		key.Text, _ = name.(string)
		value := w.value(depth + 1)
		if value == nil {
			return nil
		}
		n.Entries = append(n.Entries, document.Entry{Key: key, Value: value})
	}
	_, _ = w.decoder.Token()
	return n
}
