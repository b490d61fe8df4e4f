package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	codec "github.com/twmb/avro"
)

// Decode reads the binary form of one event, without any framing around it.
// A value of a union is the value itself, without the branch's name.
func (s *Schema) Decode(binary []byte) (any, error) {
	v, err := s.decode(binary)
	if err != nil {
		return nil, err
	}
	return plain(s.root.node, v), nil
}

// decode is Decode to the codec's form.
func (s *Schema) decode(binary []byte) (any, error) {
	c, err := s.codec()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	var v any
	rest, err := c.Decode(binary, &v, codec.TaggedUnions())
	switch {
	case err != nil:
		return nil, fmt.Errorf("not a value of %s: %w", s.file, unreadable(err))
	case len(rest) > 0:
		return nil, fmt.Errorf("not a value of %s: %d bytes are left after it", s.file, len(rest))
	}
	return v, nil
}

// unreadable is what stands in the way of reading a value. The codec speaks of
// an unsupported type around that, where no Go type is to blame.
func unreadable(err error) error {
	around := (*codec.SemanticError)(nil)
	switch {
	case !errors.As(err, &around) || around.GoType != nil || around.Err == nil:
		return err
	case around.Field != "":
		return fmt.Errorf("field %s: %w", around.Field, unreadable(around.Err))
	}
	return unreadable(around.Err)
}

// Encode writes a value in the binary form. It takes what ValidateJSON
// accepts, with Go's numbers as well as json.Number; its error is an *Invalid
// for a value that does not fit.
func (s *Schema) Encode(v any) ([]byte, error) {
	native, violations := s.check(v)
	if len(violations) > 0 {
		return nil, &Invalid{violations}
	}
	return s.encode(native)
}

// encode writes a value in the codec's form.
func (s *Schema) encode(native any) ([]byte, error) {
	c, err := s.codec()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	return c.Encode(native)
}

// bare writes a type for the codec: what the binary form depends on and
// nothing else, every definition where it is used first. Logical types are
// left out, so that values stay what their bytes say.
func bare(n *node) []byte {
	w := bareWriter{defined: map[*node]bool{}}
	w.write(n)
	return w.out
}

type bareWriter struct {
	out     []byte
	defined map[*node]bool
}

func (w *bareWriter) text(parts ...string) {
	for _, part := range parts {
		w.out = append(w.out, part...)
	}
}

// write appends the type. Names are full; one of no namespace is found from
// within another because the codec looks there too.
func (w *bareWriter) write(n *node) {
	if n.named() {
		if w.defined[n] {
			w.text(`"`, n.name, `"`)
			return
		}
		w.defined[n] = true
	}
	switch n.kind {
	case unionKind:
		w.text("[")
		for i, b := range n.branches {
			w.comma(i)
			w.write(b.node)
		}
		w.text("]")
	case arrayKind:
		w.text(`{"type":"array","items":`)
		w.write(n.element.node)
		w.text("}")
	case mapKind:
		w.text(`{"type":"map","values":`)
		w.write(n.element.node)
		w.text("}")
	case recordKind:
		w.head(n)
		w.text(`"fields":[`)
		for i, f := range n.fields {
			w.comma(i)
			w.text(`{"name":"`, f.name, `","type":`)
			w.write(f.typ.node)
			w.text("}")
		}
		w.text("]}")
	case enumKind:
		w.head(n)
		w.text(`"symbols":[`)
		if len(n.symbols) > 0 {
			w.text(`"`, strings.Join(n.symbols, `","`), `"`)
		}
		w.text("]}")
	case fixedKind:
		w.head(n)
		w.text(`"size":`, strconv.Itoa(n.length), "}")
	default:
		w.text(`"`, string(n.kind), `"`)
	}
}

func (w *bareWriter) head(n *node) {
	w.text(`{"type":"`, string(n.kind), `","name":"`, n.name, `",`)
	if !strings.Contains(n.name, ".") {
		w.text(`"namespace":"",`)
	}
}

func (w *bareWriter) comma(i int) {
	if i > 0 {
		w.text(",")
	}
}

// plain turns the codec's form into a value of JSON without the names of
// branches.
func plain(n *node, v any) any { return convert(n, v, false) }

// tagged turns the codec's form into Avro's JSON, in which a value of a union
// stands under the name of its branch.
func tagged(n *node, v any) any { return convert(n, v, true) }

func convert(n *node, v any, tags bool) any {
	switch n.kind {
	case unionKind:
		object, _ := v.(map[string]any)
		for tag, inner := range object {
			if i := n.branch(func(b *node) bool { return b.tag() == tag }); i >= 0 {
				inner = convert(n.branches[i].node, inner, tags)
				if tags {
					return map[string]any{tag: inner}
				}
				return inner
			}
		}
		return nil
	case recordKind:
		object, _ := v.(map[string]any)
		converted := make(map[string]any, len(object))
		for _, f := range n.fields {
			converted[f.name] = convert(f.typ.node, object[f.name], tags)
		}
		return converted
	case mapKind:
		object, _ := v.(map[string]any)
		converted := make(map[string]any, len(object))
		for name, inner := range object {
			converted[name] = convert(n.element.node, inner, tags)
		}
		return converted
	case arrayKind:
		list, _ := v.([]any)
		converted := make([]any, len(list))
		for i, inner := range list {
			converted[i] = convert(n.element.node, inner, tags)
		}
		return converted
	}
	return leaf(v)
}

// leaf turns a scalar of the codec into one of JSON.
func leaf(v any) any {
	switch v := v.(type) {
	case int32:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float32:
		return number(float64(v), 32)
	case float64:
		return number(v, 64)
	case []byte:
		runes := make([]rune, len(v))
		for i, b := range v {
			runes[i] = rune(b)
		}
		return string(runes)
	}
	return v
}

// notNumbers are the floats that JSON has no number for, as Java writes them.
var notNumbers = map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}

func number(f float64, bits int) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, bits))
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
