package jsonschema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

func TestLookup(t *testing.T) {
	const ids = `{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"opt":{"type":["integer","null"]}}`
	tests := []struct {
		name, schema, place string
		want                string // presence types
	}{
		{"required", ids + `}`, "$.id", "always [string]"},
		{"optional", ids + `}`, "$.opt", "sometimes [integer null]"},
		{"unknown in an open object", ids + `}`, "$.x", "unstated []"},
		{"unknown in a closed object", ids + `,"additionalProperties":false}`, "$.x", "never []"},
		{"the root", ids + `}`, "$", "always [object]"},
		{"inside a scalar", ids + `}`, "$.id.x", "never []"},
		{"an index of an object", ids + `}`, "$[0]", "never []"},
		{"a header", ids + `}`, "header:id", "unstated []"},
		{"required and not described", `{"required":["a"]}`, "$.a", "always []"},
		{"inside what is not described", `{"required":["a"]}`, "$.a.b", "unstated []"},
		{"forbidden", `{"properties":{"a":false}}`, "$.a", "never []"},
		{"all the way required", `{"required":["a"],"properties":{"a":{"required":["b"],"properties":{"b":{"type":"number"}}}}}`, "$.a.b", "always [number]"},
		{"optional on the way", `{"properties":{"a":{"required":["b"],"properties":{"b":{"type":"number"}}}}}`, "$.a.b", "sometimes [number]"},
		{"null on the way", `{"required":["a"],"properties":{"a":{"type":["object","null"],"required":["b"],"properties":{"b":{"type":"number"}}}}}`, "$.a.b", "sometimes [number]"},
		{"a reference", `{"required":["a"],"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"boolean"}}}`, "$.a", "always [boolean]"},
		{"recursion", `{"required":["next","v"],"properties":{"v":{"type":"string"},"next":{"$ref":"#"}}}`, "$.next.next.v", "always [string]"},
		{"a circle of references", `{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a","required":["x"]}}}`, "$.x", "always []"},
		{"required in one part of allOf, described in another", `{"allOf":[{"properties":{"a":{"properties":{"b":{"type":"string"}},"required":["b"]}}},{"required":["a"]}]}`, "$.a.b", "always [string]"},
		{"types meet in allOf", `{"allOf":[{"properties":{"a":{"type":["string","number"]}}},{"properties":{"a":{"type":["integer","null"]}}}]}`, "$.a", "sometimes [integer]"},
		{"one part of allOf is closed", `{"allOf":[{"properties":{"a":{}}},{"additionalProperties":false}]}`, "$.a", "never []"},
		{"all alternatives", `{"anyOf":[{"required":["a"],"properties":{"a":{"type":"string"}}},{"required":["a"],"properties":{"a":{"type":"integer"}}}]}`, "$.a", "always [integer string]"},
		{"some alternatives", `{"oneOf":[{"required":["a"],"properties":{"a":{"type":"string"}}},{"additionalProperties":false}]}`, "$.a", "sometimes [string]"},
		{"an alternative that does not say", `{"oneOf":[{"required":["a"],"properties":{"a":{"type":"string"}}},{"required":["b"]}]}`, "$.a", "sometimes []"},
		{"an impossible alternative", `{"type":"object","oneOf":[{"required":["a"]},{"type":"string"}]}`, "$.a", "always []"},
		{"beside alternatives", `{"required":["a"],"properties":{"a":{"type":"string"}},"oneOf":[{"required":["b"]},{"required":["c"]}]}`, "$.a", "always [string]"},
		{"then and else", `{"if":{"properties":{"k":{"const":1}}},"then":{"required":["a"]},"else":{"required":["a","b"]}}`, "$.a", "always []"},
		{"then alone", `{"if":{"properties":{"k":{"const":1}}},"then":{"required":["a"],"properties":{"a":{"type":"string"}}}}`, "$.a", "sometimes []"},
		{"nothing can be valid", `{"allOf":[{"type":"string"},{"type":"object"}]}`, "$.a", "always []"},
		{"a false schema", `false`, "$.a", "always []"},
		{"a true schema", `true`, "$.a", "unstated []"},
		{"a map of strings", `{"additionalProperties":{"type":"string"}}`, "$.a", "sometimes [string]"},
		{"a pattern", `{"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false}`, "$['x-a']", "sometimes [string]"},
		{"unevaluated, named elsewhere", `{"allOf":[{"properties":{"a":{"type":"string"}}}],"unevaluatedProperties":false}`, "$.a", "sometimes [string]"},
		{"unevaluated, not named", `{"allOf":[{"properties":{"a":{"type":"string"}}}],"unevaluatedProperties":false}`, "$.b", "never []"},
		{"enum", `{"required":["a"],"properties":{"a":{"enum":["x",1,null,1.5]}}}`, "$.a", "always [null number string]"},
		{"enum of whole numbers", `{"required":["a"],"properties":{"a":{"enum":[1,2.0]}}}`, "$.a", "always [integer]"},
		{"const narrows type", `{"required":["a"],"properties":{"a":{"type":["string","boolean"],"const":true}}}`, "$.a", "always [boolean]"},
		{"an element", `{"required":["l"],"properties":{"l":{"type":"array","items":{"type":"string"}}}}`, "$.l[0]", "sometimes [string]"},
		{"an element that is there", `{"required":["l"],"properties":{"l":{"type":"array","minItems":1,"items":{"type":"string"}}}}`, "$.l[0]", "always [string]"},
		{"a field of an element", `{"required":["l"],"properties":{"l":{"type":"array","minItems":1,"items":{"required":["s"],"properties":{"s":{"type":"string"}}}}}}`, "$.l[0].s", "always [string]"},
		{"a prefix item", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"minItems":2}`, "$[1]", "always [integer]"},
		{"beyond the prefix", `{"type":"array","prefixItems":[{}],"items":false}`, "$[1]", "never []"},
		{"beyond maxItems", `{"type":"array","maxItems":1}`, "$[1]", "never []"},
		{"draft 7 tuple", `{"$schema":"http://json-schema.org/draft-07/schema#","type":"array","items":[{"type":"string"}],"additionalItems":false}`, "$[1]", "never []"},
		{"many alternatives", `{"allOf":[` + strings.Repeat(`{"anyOf":[{"required":["a"]},{"required":["a"]},{"required":["a"]}]},`, 8) + `{}]}`, "$.a", "always []"},
		{"a type less by not", `{"type":"object","required":["a"],"properties":{"a":{"type":["integer","null"],"not":{"const":null}}}}`, "$.a", "always [integer]"},
		{"a multiple of 1", `{"type":"object","required":["a"],"properties":{"a":{"type":"number","multipleOf":1}}}`, "$.a", "always [integer]"},
		{"a number", `{"type":"object","required":["a"],"properties":{"a":{"type":"number"}}}`, "$.a", "always [number]"},
		{"a type less by another branch", `{"type":"object","required":["b"],"allOf":[{"properties":{"b":{"type":["string","null"]}}},{"properties":{"b":{"not":{"type":"null"}}}}]}`, "$.b", "always [string]"},
		{"dependentRequired", `{"type":"object","required":["id"],"dependentRequired":{"id":["a"]},"properties":{"a":{"type":"string"}}}`, "$.a", "always [string]"},
		{"dependentRequired of an optional one", `{"type":"object","dependentRequired":{"id":["a"]}}`, "$.a", "sometimes []"},
		{"dependentSchemas", `{"type":"object","required":["id"],"dependentSchemas":{"id":{"required":["a"],"properties":{"a":{"type":"integer"}}}}}`, "$.a", "always [integer]"},
		{"enum of whole documents", `{"enum":[{"id":1,"a":{"b":"x"}},{"id":2,"a":{"b":"y"}}]}`, "$.a.b", "always [string]"},
		{"enum of documents that differ", `{"enum":[{"id":1,"a":{"b":"x"}},{"id":2}]}`, "$.a.b", "sometimes [string]"},
		{"a type without values", `{"type":"object","required":["a"],"properties":{"a":{"type":["integer","string"],"maxLength":3,"minLength":5}}}`, "$.a", "always [integer]"},
		{"contains in an array of one", `{"type":"object","required":["l"],"properties":{"l":{"type":"array","maxItems":1,"contains":{"type":"object","required":["x"],"properties":{"x":{"type":"string"}}}}}}`, "$.l[0].x", "always [string]"},
		{"an alternative that cannot meet the rest", `{"type":"object","required":["id","a"],"properties":{"a":{"type":"object"}},"anyOf":[true,{"properties":{"a":{"type":"array"}}}]}`, "$.a", "always [object]"},
		{"alternatives by a kind that is known", `{"type":"object","required":["kind","a"],"properties":{"kind":{"enum":["card"]},"a":{"type":["string","null"]}},"oneOf":[{"properties":{"kind":{"const":"card"},"a":{"type":"string"}}},{"properties":{"kind":{"const":"cash"},"a":{"type":"null"}}}]}`, "$.a", "always [string]"},
		{"fractions alone are numbers", `{"type":"object","required":["a"],"properties":{"a":{"enum":["auto",0.5,1.5]}}}`, "$.a", "always [number string]"},
		{"fractions and nothing else", `{"type":"object","required":["a"],"properties":{"a":{"type":"number","not":{"type":"integer"}}}}`, "$.a", "always [number]"},
		{"an element of alternatives", `{"type":"array","anyOf":[{"minItems":101},{"minItems":300}],"items":{"type":"string"}}`, "$[100]", "always [string]"},
		{"an element far into an array of alternatives", `{"type":"array","anyOf":[{"minItems":102},{"minItems":300}],"items":{"type":"string"}}`, "$[101]", "always [string]"},
		{"an element farther than arrays are", `{"type":"array","anyOf":[true],"items":{"type":"string"}}`, "$[9007199254740991]", "sometimes [string]"},
		{"a lookaround that is given up", `{"type":"object","required":["a"],"properties":{"a":{"type":["string","null"],"pattern":"^(?=x)y"}}}`, "$.a", "always [null string]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, files("s.json", tt.schema), "s.json")
			f := s.Lookup(place.MustParse(tt.place))
			got := fmt.Sprintf("%s %v", f.Presence, f.Types)
			if f.Open {
				got += " open"
			}
			if got != tt.want {
				t.Errorf("Lookup(%s) = %s, want %s", tt.place, got, tt.want)
			}
		})
	}
}

func TestLookupPosition(t *testing.T) {
	s := load(t, files(
		"s.json", "{\"properties\": {\n  \"a\": {\"$ref\": \"p.json\"},\n  \"b\": {}}}",
		"p.json", "{\"properties\": {\n  \"c\": {\"properties\": {\"d\": {}}}}}",
	), "s.json")
	for in, want := range map[string]string{
		"$.a":       "s.json:2:3 /properties/a",
		"$.b":       "s.json:3:3 /properties/b",
		"$.a.c":     "p.json:2:3 /properties/c",
		"$.a.c.d":   "p.json:2:24 /properties/c/properties/d",
		"$.a.c.x.y": "p.json:2:3 /properties/c",
		"$.x":       "s.json:1:1 #",
		"$":         "s.json:1:1 #",
	} {
		at := s.Lookup(place.MustParse(in)).Position
		if got := at.String() + " " + at.Path; got != want {
			t.Errorf("Lookup(%s).Position = %s, want %s", in, got, want)
		}
	}
}

// TestLookupHolds is the witness: documents that the schemas of
// testdata/generate produce have what Always promises and lack what Never
// excludes.
func TestLookupHolds(t *testing.T) {
	places := []string{"$.order_id", "$.note", "$.customer.id", "$.lines[0].sku", "$.lines[1].sku", "$.price.amount", "$.pair[1]", "$.pair[2]",
		"$.a", "$.b", "$.c", "$.d", "$.e", "$.payment", "$.payment.kind", "$.value", "$.children", "$.next", "$.next.v", "$.at.city", "$.phone", "$.email",
		"$.id", "$.n", "$.zip", "$[0]", "$[4]", "$[5]", "$.f0", "$.f1", "$.kids"}
	known := map[string]field.Field{}
	eachGenerated(t, 40, func(t *testing.T, s *jsonschema.Schema, v any) {
		for _, p := range places {
			at := place.MustParse(p)
			f, ok := known[s.File()+p]
			if !ok {
				f = s.Lookup(at)
				known[s.File()+p] = f
			}
			value, found := at.In(v)
			if f.Presence == field.Always && !found || f.Presence == field.Never && found {
				t.Fatalf("%s is %s, but found = %v in %v", p, f.Presence, found, v)
			}
			name := jsonschema.TypeName(value)
			can := f.Types == nil || slices.Contains(f.Types, name) || name == "integer" && slices.Contains(f.Types, "number")
			if found && !can {
				t.Fatalf("%s can be %v, but is %v", p, f.Types, value)
			}
		}
	})
}
