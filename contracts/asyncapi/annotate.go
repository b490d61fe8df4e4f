package asyncapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
)

// annotate is the text of a document with other words in the x-weir of its
// root. All else stays as it is written, comments included; only a document
// whose x-weir is not the last of its fields is written anew.
func annotate(d *Document, src []byte, words object) ([]byte, error) {
	want, replaced := object{}, false
	for _, p := range tree(d.root).(object) {
		if p.key == ownField {
			p.value, replaced = normal(words), true
		}
		want = append(want, p)
	}
	if !replaced {
		want.set(ownField, normal(words))
	}
	for _, write := range []func(*Document, []byte, object, object) []byte{amended, anew} {
		if out := write(d, src, words, want); reads(d.File, out, want) {
			return out, nil
		}
	}
	return nil, errors.New("the document cannot be written with " + ownField)
}

// addition is fields that a map of a document gets, before its own.
type addition struct {
	in     *document.Node
	fields object
}

// added is the text of a document with additions, which stand in its own file;
// nil, which is no document, where the text does not have a place for each.
func added(d *Document, src []byte, additions []addition) []byte {
	all := grown{}
	for _, a := range additions {
		all[a.in] = append(all[a.in], normal(a.fields).(object)...)
	}
	maps := slices.SortedFunc(maps.Keys(all), func(a, b *document.Node) int {
		return cmp.Or(cmp.Compare(b.Line, a.Line), cmp.Compare(b.Column, a.Column)) // the last one first
	})
	out := bytes.Clone(src)
	for _, n := range maps {
		first := n.Entries[0].Key
		line := offset(out, first.Line)
		at := line + first.Column - 1
		if at > len(out) {
			return nil
		}
		text := ""
		if n.Line == first.Line && n.Column == first.Column {
			indent := string(out[line:at])
			text = strings.ReplaceAll(string(toYAML(all[n])), "\n", "\n"+indent)
		} else {
			inside := toJSON(all[n])
			text = inside[1:len(inside)-1] + ", "
		}
		out = slices.Insert(out, at, []byte(text)...)
	}
	if !reads(d.File, out, all.tree(d.root).(object)) {
		return nil
	}
	return out
}

// grown are fields that maps get before their own.
type grown map[*document.Node]object

// reads says whether a text is the tree that it is to be, fields in order.
func reads(name string, src []byte, want object) bool {
	f, err := newReader(single{none{}, name, src}, name).open(name)
	return err == nil && f.root != nil && reflect.DeepEqual(tree(f.root), any(want))
}

// none is a file system without files.
type none struct{}

// Open implements fs.FS.
func (none) Open(string) (fs.File, error) { return nil, fs.ErrNotExist }

// amended is the text with x-weir at its end, where it may have been before.
func amended(d *Document, src []byte, words, _ object) []byte {
	first := d.root.Entries[0].Key
	if d.root.Line == first.Line && d.root.Column == first.Column {
		block := toYAML(object{{ownField, words}})
		if n := len(d.root.Entries); d.root.Entries[n-1].Key.Text == ownField {
			return append(bytes.Clone(src[:offset(src, d.root.Entries[n-1].Key.Line)]), block...)
		}
		if !bytes.HasSuffix(src, []byte("\n")) {
			src = append(bytes.Clone(src), '\n')
		}
		return append(bytes.Clone(src), block...)
	}
	end := bytes.LastIndexByte(src, '}')
	if end < 0 || get(d.root, ownField) != nil {
		return nil
	}
	last := len(bytes.TrimRight(src[:end], " \t\r\n"))
	line := offset(src, first.Line)
	indent := string(src[line:min(line+first.Column-1, len(src))])
	if strings.TrimSpace(indent) != "" {
		indent = ""
	}
	var out bytes.Buffer
	out.Write(src[:last])
	out.WriteString(",\n" + indent + quote(ownField) + ": ")
	_ = json.Indent(&out, []byte(toJSON(words)), indent, "  ") // it is JSON
	out.Write(src[last:])
	return out.Bytes()
}

// anew is the text of a whole tree.
func anew(d *Document, _ []byte, _, whole object) []byte {
	if path.Ext(d.File) != ".json" {
		return toYAML(whole)
	}
	var out bytes.Buffer
	_ = json.Indent(&out, []byte(toJSON(whole)), "", "  ") // it is JSON
	return append(out.Bytes(), '\n')
}

// offset is where a line begins.
func offset(src []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(src[at:], '\n')
		if next < 0 {
			return at
		}
		at += next + 1
	}
	return at
}

// tree is a node with its fields in order, its scalars as JSON has them.
func tree(n *document.Node) any { return grown(nil).tree(n) }

func (g grown) tree(n *document.Node) any {
	switch n.Kind {
	case document.Mapping:
		out := append(object{}, g[n]...)
		for _, entry := range n.Entries {
			out.set(entry.Key.Text, g.tree(entry.Value))
		}
		return out
	case document.Sequence:
		out := []any{}
		for _, item := range n.Items {
			out = append(out, g.tree(item))
		}
		return out
	case document.Scalar:
		return scalar(n)
	}
	return nil
}

// normal is the tree that is read of what is written.
func normal(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for _, p := range v {
			out.set(p.key, normal(p.value))
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, normal(item))
		}
		return out
	case plain:
		return scalar(&document.Node{Kind: document.Scalar, Text: string(v)})
	}
	return v
}

// toJSON is a tree as JSON.
func toJSON(v any) string {
	var b strings.Builder
	writeJSON(&b, v)
	return b.String()
}

func writeJSON(b *strings.Builder, v any) {
	separate := func(i int) {
		if i > 0 {
			b.WriteString(", ")
		}
	}
	switch v := normal(v).(type) {
	case object:
		b.WriteByte('{')
		for i, p := range v {
			separate(i)
			b.WriteString(quote(p.key) + ": ")
			writeJSON(b, p.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			separate(i)
			writeJSON(b, item)
		}
		b.WriteByte(']')
	case string:
		b.WriteString(quote(v))
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, v)
	}
}
