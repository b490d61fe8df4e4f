package asyncapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/document"
)

// writer writes JSON with a note of what stands where.
type writer struct {
	*reader
	schema       *Schema
	out          bytes.Buffer
	line, column int
	marks        []mark
	names        map[*document.Node]string // of the definitions
	queue        []*document.Node
	under        string // the keyword that holds the definitions
}

func (w *writer) put(s string) {
	w.out.WriteString(s)
	for {
		before, after, broken := strings.Cut(s, "\n")
		if !broken {
			w.column += len(before)
			return
		}
		w.line, w.column, s = w.line+1, 1, after
	}
}

func (w *writer) mark(n *document.Node) { w.marks = append(w.marks, mark{w.line, w.column, n}) }

func (w *writer) newline(depth int) { w.put("\n" + strings.Repeat("  ", depth)) }

// quote is JSON for a string, without the characters that YAML refuses.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string is always encoded
	return controls.ReplaceAllStringFunc(strings.TrimSuffix(b.String(), "\n"), func(c string) string {
		r, _ := utf8.DecodeRuneInString(c)
		return fmt.Sprintf(`\u%04x`, r)
	})
}

var controls = regexp.MustCompile("[\u007f-\u009f\ufeff]")

// json writes a node as it is.
func (w *writer) json(n *document.Node, depth int) {
	w.tree(n, depth, w.json)
}

// tree writes a node, its parts by below.
func (w *writer) tree(n *document.Node, depth int, below func(*document.Node, int)) {
	w.mark(n)
	switch n.Kind {
	case document.Mapping:
		w.put("{")
		for i, entry := range n.Entries {
			w.member(i == 0, entry, depth+1, below)
		}
		w.end(len(n.Entries), depth, "}")
	case document.Sequence:
		w.put("[")
		for i, item := range n.Items {
			if i > 0 {
				w.put(",")
			}
			w.newline(depth + 1)
			below(item, depth+1)
		}
		w.end(len(n.Items), depth, "]")
	default:
		switch v := value(n).(type) {
		case string:
			w.put(quote(v))
		case nil:
			w.put("null")
		default:
			w.put(fmt.Sprint(v))
		}
	}
}

func (w *writer) member(first bool, entry document.Entry, depth int, below func(*document.Node, int)) {
	if !first {
		w.put(",")
	}
	w.newline(depth)
	w.mark(entry.Key)
	w.put(quote(entry.Key.Text) + ": ")
	below(entry.Value, depth)
}

func (w *writer) end(count, depth int, bracket string) {
	if count > 0 {
		w.newline(depth)
	}
	w.put(bracket)
}

// bundle writes a JSON Schema that needs no other file: what it refers to is
// copied under definitions, once each.
func (w *writer) bundle(root *document.Node) {
	w.names = map[*document.Node]string{root: ""}
	defer w.put("\n")
	if root.Kind != document.Mapping {
		w.json(root, 0)
		return
	}
	for _, w.under = range []string{"definitions", "$defs", "weir-definitions"} {
		if root.Field(w.under) == nil {
			break
		}
	}
	w.mark(root)
	w.put("{")
	first := true
	if at := dialect(w.schema.MediaType); at != "" && root.Field("$schema") == nil {
		w.newline(1)
		w.put(`"$schema": ` + quote(at))
		first = false
	}
	for _, entry := range root.Entries {
		w.member(first, entry, 1, w.keyword(entry.Key.Text))
		first = false
	}
	for i := 0; i < len(w.queue); i++ {
		switch {
		case i > 0:
			w.put(",")
		case first:
			w.newline(1)
			w.put(quote(w.under) + ": {")
		default:
			w.put(",")
			w.newline(1)
			w.put(quote(w.under) + ": {")
		}
		w.newline(2)
		w.put(quote(w.names[w.queue[i]]) + ": ")
		w.subschema(w.queue[i], 2)
	}
	if len(w.queue) > 0 {
		w.end(1, 1, "}")
	}
	w.end(1, 0, "}")
}

// keyword says how the value of a keyword is written: as a schema, as a map
// of schemas, or as data, in which $ref is nothing special.
func (w *writer) keyword(name string) func(*document.Node, int) {
	switch name {
	case "const", "enum", "default", "examples", "example":
		return w.json
	case "properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies":
		return func(n *document.Node, depth int) {
			if n.Kind != document.Mapping {
				w.json(n, depth)
				return
			}
			w.tree(n, depth, w.subschema)
		}
	}
	return w.subschema
}

// subschema writes a schema, or whatever else is a keyword's value.
func (w *writer) subschema(n *document.Node, depth int) {
	if n.Kind != document.Mapping {
		w.tree(n, depth, w.subschema)
		return
	}
	ref := reference(n)
	if ref == nil {
		w.object(n, depth)
		return
	}
	w.mark(n)
	w.put("{")
	w.newline(depth + 1)
	for _, entry := range n.Entries {
		if entry.Key.Text == "$ref" {
			w.mark(entry.Key)
		}
	}
	w.put(`"$ref": `)
	w.mark(ref)
	w.put(quote(w.local(ref)))
	w.end(1, depth, "}")
}

func (w *writer) object(n *document.Node, depth int) {
	w.mark(n)
	w.put("{")
	for i, entry := range n.Entries {
		w.member(i == 0, entry, depth+1, w.keyword(entry.Key.Text))
	}
	w.end(len(n.Entries), depth, "}")
}

// local is a reference within the bundle to what ref names. One that leads to
// nothing is kept, so that the reader of the schema says so at its place.
func (w *writer) local(ref *document.Node) string {
	target := w.quietly(ref)
	if target == nil {
		return ref.Text
	}
	name, known := w.names[target]
	if !known {
		place := w.places[target]
		name = unescape(path.Base("/" + place.pointer))
		if place.pointer == "" {
			name = path.Base(place.file.name)
		}
		taken := func(s string) bool {
			return slices.ContainsFunc(w.queue, func(n *document.Node) bool { return w.names[n] == s })
		}
		for base, i := name, 2; taken(name); i++ {
			name = fmt.Sprintf("%s-%d", base, i)
		}
		w.names[target] = name
		w.queue = append(w.queue, target)
	}
	if name == "" {
		return "#"
	}
	return "#/" + w.under + "/" + pathEscape(escape(name))
}

// pathEscape escapes what a URL's fragment cannot hold.
func pathEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c == '%' || c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>^`+"`"+`{|}\#`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// quietly follows a reference of a schema: from the root of its file, or,
// where that leads nowhere, from the schema itself, as JSON Schema has it.
func (w *writer) quietly(ref *document.Node) *document.Node {
	place, ok := w.places[ref]
	if !ok {
		return nil
	}
	target, _, _ := w.target(ref.Text, place.file)
	if local, found := strings.CutPrefix(ref.Text, "#"); target == nil && found {
		target, _, _ = find(&file{name: place.file.name, root: w.schema.node}, local)
	}
	return target
}

// source writes the text of a schema that is no JSON, line by line.
func (w *writer) source(n *document.Node) {
	place := w.places[n]
	for i, line := range strings.Split(n.Text, "\n") {
		at := &document.Node{Line: n.Line, Column: n.Column}
		// A block scalar begins in the line below its | and is indented.
		if below := n.Line + i; place.file != nil && below < len(place.file.lines) && strings.HasSuffix(place.file.lines[below], line) {
			at = &document.Node{Line: below + 1, Column: len(place.file.lines[below]) - len(line) + 1}
		}
		w.places[at] = place
		if i > 0 {
			w.put("\n")
		}
		w.mark(at)
		w.put(line)
	}
}
