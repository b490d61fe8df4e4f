package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// randomSchemas draws schemas over all keywords that Compare reasons about.
// Names and values are few, so that keywords meet.
type randomSchemas struct {
	*rand.Rand
	draft int // 7, 2019 or 2020
	defs  bool
}

type object = map[string]any

var drafts = map[int]string{
	7:    "http://json-schema.org/draft-07/schema#",
	2019: "https://json-schema.org/draft/2019-09/schema",
	2020: "https://json-schema.org/draft/2020-12/schema",
}

// document is a schema file.
func (r *randomSchemas) document(depth int) object {
	r.draft = []int{7, 2019, 2020}[r.IntN(3)]
	r.defs = r.IntN(4) == 0
	s, ok := r.schema(depth).(object)
	if !ok {
		s = object{"not": object{"enum": r.values()}}
	}
	s["$schema"] = drafts[r.draft]
	if r.defs {
		r.defs = false // D must not be itself
		s["definitions"] = object{"D": r.schema(1), "E": r.recursive()}
		r.defs = true
	}
	return s
}

// recursive is a schema that leads back to itself inside of values.
func (r *randomSchemas) recursive() object {
	again := object{"$ref": "#/definitions/E"}
	switch r.IntN(3) {
	case 0:
		return object{"type": "array", "items": again}
	case 1:
		return object{"type": []any{"object", "null"}, "properties": object{"a": again, "b": r.leaf()}, "required": []any{"b"}}
	}
	return object{"anyOf": []any{object{"type": r.typeName()}, object{"type": "object", "properties": object{"a": again}, "additionalProperties": r.IntN(2) == 0}}}
}

func (r *randomSchemas) name() string     { return []string{"a", "b", "c"}[r.IntN(3)] }
func (r *randomSchemas) small() int       { return r.IntN(4) }
func (r *randomSchemas) typeName() string { return typeNames[r.IntN(len(typeNames))] }

var typeNames = []string{"null", "boolean", "integer", "number", "string", "array", "object"}

func (r *randomSchemas) values() []any {
	pool := []any{nil, true, 0, 1, 2.5, "", "a", "b", []any{}, []any{"a"}, object{}, object{"a": 1}}
	var out []any
	for range 1 + r.IntN(3) {
		v := pool[r.IntN(len(pool))]
		if !slices.ContainsFunc(out, func(o any) bool { return fmt.Sprint(o) == fmt.Sprint(v) }) {
			out = append(out, v)
		}
	}
	return out
}

func (r *randomSchemas) names() []any {
	var out []any
	for _, n := range []string{"a", "b", "c"} {
		if r.IntN(2) == 0 {
			out = append(out, n)
		}
	}
	return out
}

var patterns = []string{"^a", "^[ab]$", "b$", "^.{2}$", "^[a-z]*$", "^\\d+$", "a|b", "^(ab)*$", ".", "\\bb"}

func (r *randomSchemas) pattern() string { return patterns[r.IntN(len(patterns))] }

// leaf is a schema of plain values.
func (r *randomSchemas) leaf() any {
	switch r.IntN(12) {
	case 0:
		return r.IntN(4) != 0
	case 1:
		return object{"enum": r.values()}
	case 2:
		return object{"const": r.values()[0]}
	case 3, 4:
		s := object{"type": []string{"integer", "number"}[r.IntN(2)]}
		r.numbers(s)
		return s
	case 5, 6:
		s := object{"type": "string"}
		r.strings(s)
		return s
	case 7:
		return object{"type": []any{typeNames[r.IntN(4)], "string"}}
	case 8:
		s := object{}
		r.numbers(s)
		r.strings(s)
		return s
	}
	return object{"type": r.typeName()}
}

func (r *randomSchemas) numbers(s object) {
	for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		if r.IntN(4) == 0 {
			s[k] = []any{-1, 0, 0.5, 1, 3}[r.IntN(5)]
		}
	}
	if r.IntN(4) == 0 {
		s["multipleOf"] = []any{1, 2, 3, 0.5, 0.1}[r.IntN(5)]
	}
}

func (r *randomSchemas) strings(s object) {
	if r.IntN(3) == 0 {
		s["minLength"] = r.small()
	}
	if r.IntN(3) == 0 {
		s["maxLength"] = r.small()
	}
	if r.IntN(3) == 0 {
		s["pattern"] = r.pattern()
	}
	if r.IntN(6) == 0 {
		s["format"] = []string{"date", "ipv4"}[r.IntN(2)]
	}
}

func (r *randomSchemas) schema(depth int) any {
	if depth == 0 {
		return r.leaf()
	}
	if r.defs && r.IntN(6) == 0 {
		return object{"$ref": "#/definitions/" + []string{"D", "E"}[r.IntN(2)]}
	}
	s := object{}
	switch r.IntN(9) {
	case 0:
		return r.leaf()
	case 1, 2, 3:
		if r.IntN(4) != 0 {
			s["type"] = "object"
		}
		r.objects(s, depth-1)
	case 4, 5:
		if r.IntN(4) != 0 {
			s["type"] = "array"
		}
		r.arrays(s, depth-1)
	case 6:
		s = object{"type": []any{"object", "array", "string"}}
		r.objects(s, depth-1)
		r.arrays(s, depth-1)
		r.strings(s)
	default:
		r.choices(s, depth-1)
		if r.IntN(3) == 0 {
			r.objects(s, depth-1)
		}
		return s
	}
	if r.IntN(4) == 0 {
		r.choices(s, depth-1)
	}
	return s
}

func (r *randomSchemas) objects(s object, depth int) {
	if r.IntN(4) != 0 {
		p := object{}
		for _, n := range r.names() {
			p[n.(string)] = r.schema(depth)
		}
		s["properties"] = p
	}
	if r.IntN(3) == 0 {
		s["required"] = r.names()
		if s["required"].([]any) == nil {
			s["required"] = []any{"a"}
		}
	}
	if r.IntN(5) == 0 {
		s["patternProperties"] = object{r.pattern(): r.schema(depth)}
	}
	switch r.IntN(6) {
	case 0, 1:
		s["additionalProperties"] = false
	case 2:
		s["additionalProperties"] = r.schema(depth)
	case 3:
		if r.draft >= 2019 {
			s["unevaluatedProperties"] = r.leaf()
		}
	}
	if r.IntN(8) == 0 {
		s["minProperties"] = r.small()
	}
	if r.IntN(8) == 0 {
		s["maxProperties"] = r.small()
	}
	if r.IntN(10) == 0 {
		s["propertyNames"] = r.leaf()
	}
	if r.IntN(10) == 0 {
		keyword := "dependentRequired"
		if r.draft == 7 {
			keyword = "dependencies"
		}
		s[keyword] = object{r.name(): []any{r.name()}}
	}
	if r.IntN(10) == 0 {
		keyword := "dependentSchemas"
		if r.draft == 7 {
			keyword = "dependencies"
		}
		s[keyword] = object{r.name(): r.schema(depth)}
	}
}

func (r *randomSchemas) arrays(s object, depth int) {
	tuple := func() []any {
		var all []any
		for range 1 + r.IntN(2) {
			all = append(all, r.schema(depth))
		}
		return all
	}
	switch k := r.IntN(4); {
	case k == 0:
		s["items"] = r.schema(depth)
	case k == 1 && r.draft >= 2020:
		s["prefixItems"] = tuple()
		if r.IntN(2) == 0 {
			s["items"] = r.schema(depth)
		}
	case k == 1:
		s["items"] = tuple()
		if r.IntN(2) == 0 {
			s["additionalItems"] = r.schema(depth)
		}
	}
	if r.IntN(4) == 0 {
		s["minItems"] = r.small()
	}
	if r.IntN(4) == 0 {
		s["maxItems"] = r.small()
	}
	if r.IntN(6) == 0 {
		s["uniqueItems"] = true
	}
	if r.IntN(5) == 0 {
		s["contains"] = r.schema(depth)
		if r.draft >= 2019 && r.IntN(2) == 0 {
			s["minContains"] = r.small()
		}
		if r.draft >= 2019 && r.IntN(2) == 0 {
			s["maxContains"] = r.small()
		}
	}
	if r.draft >= 2019 && r.IntN(6) == 0 {
		s["unevaluatedItems"] = r.leaf()
	}
}

func (r *randomSchemas) choices(s object, depth int) {
	several := func() []any {
		var all []any
		for range 1 + r.IntN(3) {
			all = append(all, r.schema(depth))
		}
		return all
	}
	switch r.IntN(5) {
	case 0:
		s["anyOf"] = several()
	case 1:
		s["oneOf"] = several()
	case 2:
		s["allOf"] = several()
	case 3:
		s["not"] = r.schema(depth)
	case 4:
		s["if"] = r.schema(depth)
		if r.IntN(3) != 0 {
			s["then"] = r.schema(depth)
		}
		if r.IntN(2) == 0 {
			s["else"] = r.schema(depth)
		}
	}
}

// mutate changes one thing somewhere in a schema.
func (r *randomSchemas) mutate(schema object) object {
	s := copyOf(schema).(object)
	switch s["$schema"] {
	case drafts[7]:
		r.draft = 7
	case drafts[2019]:
		r.draft = 2019
	default:
		r.draft = 2020
	}
	_, r.defs = s["definitions"]
	var places []object
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			places = append(places, v)
			for _, k := range slices.Sorted(maps.Keys(v)) {
				if k != "enum" && k != "const" {
					walk(v[k])
				}
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(any(s))
	at := places[r.IntN(len(places))]
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(at)), func(k string) bool {
		return k == "$schema" || k == "definitions" || k == "D" || k == "E" || k == "$ref"
	})
	if len(keys) == 0 {
		return s
	}
	k := keys[r.IntN(len(keys))]
	switch v := at[k].(type) {
	case int:
		at[k] = max(0, v+r.IntN(3)-1)
		if k == "multipleOf" {
			at[k] = v + 1
		}
	case float64:
		at[k] = v + 0.5
	case bool:
		at[k] = !v
	case []any:
		if len(v) > 1 {
			at[k] = v[1:]
		}
	case string:
		switch k {
		case "type":
			if other := r.typeName(); other != v {
				at[k] = []any{v, other}
			} else {
				delete(at, k)
			}
		case "pattern":
			at[k] = r.pattern()
		}
	default:
		delete(at, k)
	}
	return s
}

func copyOf(v any) any {
	switch v := v.(type) {
	case object:
		c := object{}
		for k, e := range v {
			c[k] = copyOf(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = copyOf(e)
		}
		return c
	}
	return v
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
