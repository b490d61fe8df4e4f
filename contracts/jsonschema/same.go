package jsonschema

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"path"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// Same reports whether two schemas are one, however they are written: the
// values of their files are equal, and so are those of the files that they
// refer to. What files are called counts only where one is referred to.
func Same(a, b *Schema) bool {
	if !EqualValues(a.document(a.root).value, b.document(b.root).value) {
		return false
	}
	others, same := b.referred(), a.referred()
	return len(others) == len(same) && !slices.ContainsFunc(same, func(v any) bool {
		return !slices.ContainsFunc(others, func(w any) bool { return EqualValues(v, w) })
	})
}

// document is the file that a subschema stands in; nil for a metaschema.
func (s *Schema) document(at *js.Schema) *Document {
	d, _ := s.source.split(at.Location)
	return d
}

// referred are the values of the files that the schema's own leads to.
func (s *Schema) referred() []any {
	seen := map[*Document]bool{nil: true, s.document(s.root): true}
	var all []any
	walk(s.root, func(at *js.Schema) {
		if d := s.document(at); !seen[d] {
			seen[d] = true
			all = append(all, d.value)
		}
	})
	return all
}

// EqualValues reports whether two decoded values of JSON are equal, as JSON
// Schema has it: numbers by what they are, objects whatever their order.
func EqualValues(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, EqualValues)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, EqualValues)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumbers(a, b)
	}
	return a == b
}

// equalNumbers compares exactly; no float would tell 2^53+1 from 2^53.
func equalNumbers(a, b json.Number) bool {
	x, ok := new(big.Rat).SetString(a.String())
	y, also := new(big.Rat).SetString(b.String())
	return ok && also && x.Cmp(y) == 0
}

// sameAs reports whether two schemas were loaded from files of the same
// content.
func (s *Schema) sameAs(other *Schema) bool {
	if s.assertFormat != other.assertFormat || len(s.source.order) != len(other.source.order) {
		return false
	}
	several := len(s.source.order) > 1 // then they refer to each other by name
	for i, location := range s.source.order {
		a, b := s.source.documents[location], other.source.documents[other.source.order[i]]
		if several && path.Base(a.file) != path.Base(b.file) || !bytes.Equal(a.src, b.src) {
			return false
		}
	}
	return true
}
