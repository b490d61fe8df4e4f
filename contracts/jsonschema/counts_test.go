package jsonschema_test

import "testing"

// TestCountsAreBounded: a count that the compiler would wrap round is an error.
func TestCountsAreBounded(t *testing.T) {
	for _, tt := range []struct{ file, schema, want string }{
		{"s.json", `{"minLength": 18446744073709551616}`, "s.json:1:15: minLength is 18446744073709551616, and is read up to 9007199254740991 (no document has so many)"},
		{"s.json", "{\"maxProperties\": 9007199254740992,\n \"items\": {\"minItems\": 1e16, \"contains\": true, \"maxContains\": 99999999999999999999}}",
			"s.json:1:19: maxProperties is 9007199254740992, and is read up to 9007199254740991 (no document has so many)\n" +
				"s.json:2:24: minItems is 1e16, and is read up to 9007199254740991 (no document has so many)\n" +
				"s.json:2:63: maxContains is 99999999999999999999, and is read up to 9007199254740991 (no document has so many)"},
		{"s.yaml", "$defs: {a: {maxLength: 1e400}}\nitems: {$ref: '#/$defs/a'}\n", "s.yaml:1:24: maxLength is 1e400, and is read up to 9007199254740991 (no document has so many)"},
		{"s.json", `{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"items": [{"maxItems": 1e16}], "dependencies": {"c": {"minItems": 1e17}, "d": ["maxItems"]}}}}`,
			"s.json:1:101: maxItems is 1e16, and is read up to 9007199254740991 (no document has so many)\n" +
				"s.json:1:144: minItems is 1e17, and is read up to 9007199254740991 (no document has so many)"},
		{"s.yaml", "definitions: {a: {not: {maxLength: 1e20}}}\n", "s.yaml:1:36: maxLength is 1e20, and is read up to 9007199254740991 (no document has so many)"},
		{"s.json", `{"$defs": {"minLength": {"const": {"minLength": 1e99}, "default": {"not": {"minLength": 1e99}}, "properties": {"minLength": {}}}}}`, ""},
		{"s.json", `{"maxLength": 9007199254740991, "minItems": 2.0, "properties": {"minLength": {"const": {"minLength": 1e99}}}}`, ""},
	} {
		if got := loadError(tt.file, tt.schema); got != tt.want {
			t.Errorf("%.60s:\n%s\nwant\n%s", tt.schema, got, tt.want)
		}
	}
}
