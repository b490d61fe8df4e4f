package jsonschema_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema"
)

func TestIdleKeywords(t *testing.T) {
	for _, c := range []struct {
		schema string
		want   []string
	}{
		{`{"type": "object", "propertys": {"id": {"type": "strng"}}, "required_": ["id"]}`, []string{
			`s.json:1:20: "propertys" is no keyword of JSON Schema, and asks for nothing (did you mean "properties"?)`,
			`s.json:1:60: "required_" is no keyword of JSON Schema, and asks for nothing (did you mean "required"?)`,
		}},
		{`{"properties": {"a/b": {"prefixItems": [{"maxlength": 3}], "$ref": "#/$defs/c"}}, "$defs": {"c": {"addtionalProperties": false}}}`, []string{
			`s.json:1:42: "maxlength" is no keyword of JSON Schema, and asks for nothing (did you mean "maxLength"?)`,
			`s.json:1:99: "addtionalProperties" is no keyword of JSON Schema, and asks for nothing (did you mean "additionalProperties"?)`,
		}},
		// Names of properties, annotations of others, and extensions.
		{`{"properties": {"required_": true, "typ": true}, "x-type": 1, "javaType": "T", "enumNames": [], "example": 1, "nullable": true, "unit": "EUR", "propertyOrder": 1, "existingJavaType": "X"}`, nil},
		{`true`, nil},
		// Keywords of other drafts.
		{`{"dependencies": {"a": ["b"]}, "properties": {"a": {"$recursiveRef": "#"}, "dependencies": {}}, "additionalItems": false}`, []string{
			`s.json:1:2: "dependencies" is no keyword of draft 2020-12, and asks for nothing (here it is dependentRequired or dependentSchemas)`,
			`s.json:1:53: "$recursiveRef" is no keyword of draft 2020-12, and asks for nothing (here it is $dynamicRef)`,
			`s.json:1:97: "additionalItems" is no keyword of draft 2020-12, and asks for nothing (here it is items beside prefixItems)`,
		}},
		{`{"$schema": "https://json-schema.org/draft/2019-09/schema", "prefixItems": [true], "$recursiveRef": "#/$defs/a", "dependencies": {}, "$defs": {"a": {"additionalItems": false}}}`, []string{
			`s.json:1:61: "prefixItems" is no keyword of draft 2019-09, and asks for nothing (it is one from draft 2020-12 on, which $schema can name; here it is items with a list)`,
			`s.json:1:114: "dependencies" is no keyword of draft 2019-09, and asks for nothing (here it is dependentRequired or dependentSchemas)`,
		}},
		{`{"$schema": "http://json-schema.org/draft-07/schema#", "dependentRequired": {"a": ["b"]}, "$dynamicRef": "#a", "if": true, "unevaluatedItems": false, "dependencies": {}}`, []string{
			`s.json:1:56: "dependentRequired" is no keyword of draft 7, and asks for nothing (it is one from draft 2019-09 on, which $schema can name; here it is dependencies)`,
			`s.json:1:91: "$dynamicRef" is no keyword of draft 7, and asks for nothing (it is one from draft 2020-12 on, which $schema can name)`,
			`s.json:1:124: "unevaluatedItems" is no keyword of draft 7, and asks for nothing (it is one from draft 2019-09 on, which $schema can name)`,
		}},
		{`{"$schema": "http://json-schema.org/draft-04/schema#", "const": 1, "divisibleBy": 2, "if": true, "then": false}`, []string{
			`s.json:1:56: "const" is no keyword of draft 4, and asks for nothing (it is one from draft 6 on, which $schema can name; here it is enum with one value)`,
			`s.json:1:68: "divisibleBy" is no keyword of draft 4, and asks for nothing (here it is multipleOf)`,
			`s.json:1:86: "if" is no keyword of draft 4, and asks for nothing (it is one from draft 7 on, which $schema can name; here it is anyOf and not)`,
		}},
	} {
		s, err := jsonschema.Load(files("s.json", c.schema), "s.json")
		if err != nil {
			t.Fatalf("%s: %v", c.schema, err)
		}
		var got []string
		for _, p := range s.IdleKeywords() {
			got = append(got, fmt.Sprintf("%s: %s (%s)", p.Position, p.Message, p.Hint))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.schema, got, c.want)
		}
	}
}
