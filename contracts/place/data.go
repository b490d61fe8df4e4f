package place

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// In reads the place from decoded JSON (map[string]any, []any and scalars).
// It is false where the data has nothing at the place, and for places that
// are not in the data. A JSON null that is there is (nil, true).
func (p Place) In(data any) (any, bool) {
	if p.kind != Data {
		return nil, false
	}
	for _, s := range p.path {
		next, ok := s.in(data)
		if !ok {
			return nil, false
		}
		data = next
	}
	return data, true
}

func (s Segment) in(data any) (any, bool) {
	switch data := data.(type) {
	case map[string]any:
		if s.IsIndex {
			return nil, false
		}
		v, ok := data[s.Name]
		return v, ok
	case []any:
		if !s.IsIndex || s.Index >= len(data) {
			return nil, false
		}
		return data[s.Index], true
	}
	return nil, false
}

// Set writes v at the place, changing data itself. Objects that are missing
// on the way are made; array elements are not, because the elements before
// them would have to be invented. It fails, with the part of the place that
// could not be reached, where a value on the way is of another type, and for
// "$" and places outside the data, which have no parent to change.
func (p Place) Set(data any, v any) error {
	if p.kind != Data || len(p.path) == 0 {
		return fmt.Errorf("set %s: only a field inside the data can be set", p)
	}
	last := len(p.path) - 1
	for i, s := range p.path[:last] {
		next, ok := s.in(data)
		if !ok || next == nil {
			object, isObject := data.(map[string]any)
			if s.IsIndex || !isObject || p.path[i+1].IsIndex {
				return p.unreachable(i, data)
			}
			next = map[string]any{}
			object[s.Name] = next
		}
		data = next
	}
	s := p.path[last]
	switch data := data.(type) {
	case map[string]any:
		if !s.IsIndex {
			data[s.Name] = v
			return nil
		}
	case []any:
		if s.IsIndex && s.Index < len(data) {
			data[s.Index] = v
			return nil
		}
	}
	return p.unreachable(last, data)
}

func (p Place) unreachable(i int, parent any) error {
	what := describe(parent)
	if array, ok := parent.([]any); ok {
		what = fmt.Sprintf("an array of %d", len(array))
	}
	return fmt.Errorf("set %s: $%s is %s and has no %s", p, text(p.path[:i]), what, text(p.path[i:i+1]))
}

func describe(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

// Text is how a JSON value becomes a record key, a header or part of a key
// template: a string as it is, without quotes; a number as it was written
// (decode with json.Decoder.UseNumber to keep it so), true, false and null
// by name, and an object or array as compact JSON with sorted names.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		// Decoded JSON always encodes; anything else is the caller's own
		// type, and its Go form is the best description of it.
		return fmt.Sprint(v)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
