package jsonschema_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema"
)

func TestMisspelt(t *testing.T) {
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
	} {
		s, err := jsonschema.Load(files("s.json", c.schema), "s.json")
		if err != nil {
			t.Fatalf("%s: %v", c.schema, err)
		}
		var got []string
		for _, p := range s.Misspelt() {
			got = append(got, fmt.Sprintf("%s: %s (%s)", p.Position, p.Message, p.Hint))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.schema, got, c.want)
		}
	}
}
