package document

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/flowweir/weir/reports/finding"
)

// NodeUnmarshaler is implemented by types that a file can write in several
// ways, such as a string or a map. UnmarshalNode reports what it cannot read
// through d; it decodes parts, and its own plain form under another type
// name, with d.Decode.
type NodeUnmarshaler interface {
	UnmarshalNode(d *Decoder, n *Node)
}

// HintError is an error of a TextUnmarshaler that knows the next step.
type HintError struct {
	Message string
	Hint    string
}

func (e *HintError) Error() string { return e.Message }

// Decoder fills Go values from nodes and collects what is wrong.
type Decoder struct {
	doc      *Document
	findings []finding.Finding
	name     string // of the value that is decoded, for messages
	visited  int
	full     bool
}

// Report adds an error at n. The value there then counts as not decoded.
func (d *Decoder) Report(n *Node, id, message, hint string) {
	d.fail(n)
	d.reportAt(n.Line, n.Column, id, message, hint)
}

// Wrong reports that n, whose field the message names, has not the wanted
// type.
func (d *Decoder) Wrong(n *Node, wanted string) {
	d.wrong(n, wanted, "")
}

func (d *Decoder) wrong(n *Node, wanted, hint string) {
	if d.doc.failed[n] {
		return // what makes it unreadable is reported already
	}
	if n.Kind == Null {
		d.Report(n, WrongType, fmt.Sprintf("%s has no value; %s belongs here", d.name, wanted), "give it a value or remove it")
		return
	}
	d.Report(n, WrongType, fmt.Sprintf("%s must be %s, not %s", d.name, wanted, describe(n)), hint)
}

func (d *Decoder) fail(n *Node) { d.doc.failed[n] = true }

func (d *Decoder) reportAt(line, column int, id, message, hint string) {
	d.report(finding.Finding{ID: id, Message: message, Position: d.doc.at(line, column), Hint: hint})
}

func (d *Decoder) report(f finding.Finding) {
	if d.full {
		return
	}
	f.Severity = finding.Error
	f.Message, f.Hint = shorten(f.Message), shorten(f.Hint)
	if len(d.findings) == maxFindings {
		d.full = true
		f.ID, f.Related = TooLarge, nil
		f.Message, f.Hint = fmt.Sprintf("more than %d problems; the rest is not listed", maxFindings), "solve these first"
	}
	d.findings = append(d.findings, f)
}

// Decode fills out, a pointer, from n.
func (d *Decoder) Decode(n *Node, out any) {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic(fmt.Sprintf("document: Decode into %T, which is no pointer", out))
	}
	d.value(n, v.Elem())
}

// DecodeAs is Decode under a name of its own for messages, for the parts of
// what a NodeUnmarshaler reads.
func (d *Decoder) DecodeAs(name string, n *Node, out any) {
	outer := d.name
	d.name = name
	d.Decode(n, out)
	d.name = outer
}

func (d *Decoder) value(n *Node, v reflect.Value) {
	if d.visited++; d.visited > maxNodes {
		if d.visited == maxNodes+1 {
			d.Report(n, TooLarge, fmt.Sprintf("aliases expand to more than %d values", maxNodes), "write fewer aliases of aliases")
		}
		return
	}
	if v.Kind() == reflect.Pointer {
		target := reflect.New(v.Type().Elem())
		d.value(n, target.Elem())
		if n.Kind != Null {
			v.Set(target)
		}
		return
	}
	switch out := v.Addr().Interface().(type) {
	case NodeUnmarshaler:
		out.UnmarshalNode(d, n)
		return
	case encoding.TextUnmarshaler:
		d.textValue(n, v, out)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structValue(n, v)
	case reflect.Map:
		d.mapValue(n, v)
	case reflect.Slice:
		d.sliceValue(n, v)
	default:
		d.scalarValue(n, v)
	}
}

// textValue decodes a scalar type of this package or of a model.
func (d *Decoder) textValue(n *Node, v reflect.Value, out encoding.TextUnmarshaler) {
	if n.Kind != Scalar {
		d.wrong(n, noun(v), "")
		return
	}
	if err := out.UnmarshalText([]byte(n.Text)); err != nil {
		hint := ""
		if withHint := (*HintError)(nil); errors.As(err, &withHint) {
			hint = withHint.Hint
		}
		d.Report(n, BadValue, fmt.Sprintf("%s: %v", d.name, err), hint)
	}
}

// Noun is implemented by scalar types whose name says nothing in a sentence:
// "after must be a number of records or a duration".
type Noun interface{ Noun() string }

func noun(v reflect.Value) string {
	if named, ok := v.Interface().(Noun); ok {
		return named.Noun()
	}
	return "a " + strings.ToLower(v.Type().Name())
}

func (d *Decoder) structValue(n *Node, v reflect.Value) {
	if n.Kind != Mapping {
		d.wrong(n, "a map", "")
		return
	}
	fields := fieldsOf(v.Type())
	for _, entry := range n.Entries {
		field, ok := fields[entry.Key.Text]
		if !ok {
			d.unknown(n, entry, fields)
			continue
		}
		d.DecodeAs(entry.Key.Text, entry.Value, v.FieldByIndex(field).Addr().Interface())
	}
}

// unknown reports a field that the struct does not have. The nearest name is
// kept, so that nobody then complains that the field is missing.
func (d *Decoder) unknown(n *Node, entry Entry, fields map[string][]int) {
	name := entry.Key.Text
	names := make([]string, 0, len(fields))
	for field := range fields {
		if n.Field(field) == nil {
			names = append(names, field)
		}
	}
	if nearest := Nearest(name, names); nearest != "" {
		d.doc.misspelt[n] = append(d.doc.misspelt[n], nearest)
	}
	d.doc.flawed[n] = true
	d.reportAt(entry.Key.Line, entry.Key.Column, UnknownField, fmt.Sprintf("%s has no field %q", d.name, name), Suggest(name, names))
}

// known are the fields of struct types: a file has many values of few types.
var known sync.Map // of reflect.Type to map[string][]int

// fieldsOf are the indexes of a struct's fields by the names of their yaml
// tags, those of inline structs included.
func fieldsOf(t reflect.Type) map[string][]int {
	if fields, ok := known.Load(t); ok {
		return fields.(map[string][]int)
	}
	fields := map[string][]int{}
	collect(t, nil, fields)
	known.Store(t, fields)
	return fields
}

func collect(t reflect.Type, outer []int, into map[string][]int) {
	for i := range t.NumField() {
		field := t.Field(i)
		tag, ok := field.Tag.Lookup("yaml")
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		index := append(slices.Clip(outer), i)
		switch {
		case slices.Contains(strings.Split(options, ","), "inline"):
			collect(field.Type, index, into)
		case name != "-":
			into[name] = index
		}
	}
}

func (d *Decoder) mapValue(n *Node, v reflect.Value) {
	if n.Kind != Mapping {
		d.wrong(n, "a map", "")
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(n.Entries))
	for _, entry := range n.Entries {
		element := reflect.New(v.Type().Elem())
		d.DecodeAs(entry.Key.Text, entry.Value, element.Interface())
		out.SetMapIndex(reflect.ValueOf(entry.Key.Text).Convert(v.Type().Key()), element.Elem())
	}
	v.Set(out)
}

// sliceValue keeps an element for every item, decoded or not, so that the
// indexes of the model and of the file agree.
func (d *Decoder) sliceValue(n *Node, v reflect.Value) {
	if n.Kind != Sequence {
		hint := ""
		if n.Kind == Scalar {
			hint = fmt.Sprintf("write a list: [%s]", n.Text)
		}
		d.wrong(n, "a list", hint)
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		d.DecodeAs(fmt.Sprintf("%s[%d]", d.name, i), item, out.Index(i).Addr().Interface())
	}
	v.Set(out)
}
