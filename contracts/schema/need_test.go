package schema_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
)

// TestLacks: what is shown is shown by an event of the schema, in every format.
func TestLacks(t *testing.T) {
	const (
		order = "syntax = \"proto3\";\nmessage M { optional string a = 1; int64 n = 2; }"
	)
	record := `{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"]},{"name":"n","type":"long"},{"name":"m","type":{"type":"map","values":"string"}}]}`
	const (
		wide   = `{"type":"record","name":"W","fields":[{"name":"deep","type":{"type":"array","items":["null",{"type":"record","name":"D","fields":[{"name":"f","type":"double"}]}]}},{"name":"one","type":["D","string"]}]}`
		nested = "syntax = \"proto3\";\nmessage N { repeated L lines = 1; map<string, L> by = 2; } message L { optional double at = 1; bool ok = 2; }"
	)
	for _, tt := range []struct{ format, text, place, need, want string }{
		{contracts.FormatJSONSchema, `{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`, "$.a", "string", "0 "},
		{contracts.FormatJSONSchema, `{"type":"object","properties":{"a":{"type":["string","null"]}}}`, "$.a", "string", `1  refused: there is no $.a: {}`},
		{contracts.FormatJSONSchema, `{"type":"object","required":["a"],"properties":{"a":{"type":["string","null"]}}}`, "$.a", "string", `1 null refused: $.a is null, where string is needed: {"a":null}`},
		{contracts.FormatAvro, record, "$.n", "integer", "0 "},
		{contracts.FormatAvro, record, "$.a", "string", `1 null refused: $.a is null, where string is needed: {"a":null,"m":{},"n":0}`},
		{contracts.FormatAvro, record, "$.m.x", "", `1  refused: there is no $.m.x: {"a":null,"m":{},"n":0}`},
		{contracts.FormatAvro, record, "$.m.x", "integer", `1  refused: there is no $.m.x: {"a":null,"m":{},"n":0}`},
		{contracts.FormatAvro, wide, "$.deep[1].f", "integer", `1  refused: there is no $.deep[1].f: {"deep":[],"one":""}`},
		{contracts.FormatAvro, wide, "$.one.f", "", `1  refused: there is no $.one.f: {"deep":[],"one":""}`},

		{contracts.FormatProtobuf, order, "$.n", "integer", "0 "},
		{contracts.FormatProtobuf, order, "$.n", "string", `1 integer refused: $.n is integer, where string is needed: {"n":1}`},
		{contracts.FormatProtobuf, order, "$.a", "number", `1  refused: there is no $.a: {"n":0}`},
		{contracts.FormatProtobuf, nested, "$.lines[1].at", "integer", `1  refused: there is no $.lines[1].at: {"by":{},"lines":[]}`},
		{contracts.FormatProtobuf, nested, "$.lines", "object", `1 array refused: $.lines is array, where object is needed: {"by":{},"lines":[]}`},
		{contracts.FormatProtobuf, nested, "$.by", "array", `1 object refused: $.by is object, where array is needed: {"by":{},"lines":[]}`},

		{contracts.FormatProtobuf, order, "$.a", "", `1  refused: there is no $.a: {"n":0}`},
	} {
		s, err := schema.Load(fstest.MapFS{"s": {Data: []byte(tt.text)}}, "s", tt.format, schema.Options{})
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		_, lack := s.Lacks(place.MustParse(tt.place), tt.need)
		got := fmt.Sprintf("%d %s", lack.Verdict, lack.Types)
		if w := lack.Witness; w != nil {
			got += fmt.Sprintf(" %s: %s", w.Outcome, w.Document)
		}
		if got != tt.want {
			t.Errorf("%s\n%s as %q: got %s, want %s", tt.text, tt.place, tt.need, got, tt.want)
		}
		if (lack.Witness != nil) != (lack.Verdict == compat.Breaks) {
			t.Errorf("%s: verdict %d with the witness %+v", tt.text, lack.Verdict, lack.Witness)
		}
	}
}

// TestMistyped: of what may be absent and of another type, the type is shown by
// an event that has the place.
func TestMistyped(t *testing.T) {
	const (
		wide   = `{"type":"record","name":"W","fields":[{"name":"deep","type":{"type":"array","items":["null",{"type":"record","name":"D","fields":[{"name":"f","type":"double"}]}]}},{"name":"one","type":["D",{"type":"map","values":["int","float"]}]}]}`
		nested = "syntax = \"proto3\";\nmessage N { repeated L lines = 1; map<string, L> by = 2; required_time when = 3; } message L { optional double at = 1; bool ok = 2; Kind kind = 3; } enum Kind { NONE = 0; SOME = 1; } message required_time { N again = 1; }"
	)
	for _, tt := range []struct{ format, text, place, need, want string }{
		{contracts.FormatAvro, wide, "$.deep[1].f", "integer", `1 number {"deep":[null,{"f":0.5}],"one":{}}`},
		{contracts.FormatAvro, wide, "$.deep[0]", "object", `1 null {"deep":[null],"one":{}}`},
		{contracts.FormatAvro, wide, "$.one.f", "string", `1 number {"deep":[],"one":{"f":0.5}}`},
		{contracts.FormatAvro, wide, "$.one.g", "integer", `1 number {"deep":[],"one":{"g":0.5}}`},
		{contracts.FormatProtobuf, nested, "$.lines[1].at", "integer", `1 number {"by":{},"lines":[{"kind":"NONE","ok":false},{"at":1.5,"kind":"NONE","ok":false}]}`},
		{contracts.FormatProtobuf, nested, "$.by.x.kind", "integer", `1 string {"by":{"x":{"kind":"SOME","ok":false}},"lines":[]}`},
		{contracts.FormatProtobuf, nested, "$.when.again.lines[0].ok", "string", `1 boolean {"by":{},"lines":[],"when":{"again":{"by":{},"lines":[{"kind":"NONE","ok":true}]}}}`},
	} {
		s, err := schema.Load(fstest.MapFS{"s": {Data: []byte(tt.text)}}, "s", tt.format, schema.Options{})
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		at := place.MustParse(tt.place)
		lack := s.Mistyped(at, s.Lookup(at), tt.need)
		got := fmt.Sprintf("%d %s", lack.Verdict, lack.Types)
		if w := lack.Witness; w != nil {
			got += " " + w.Document
			if event, err := s.Decode(w.Bytes); err != nil || len(s.Validate(event)) > 0 {
				t.Errorf("%s: %s is no event: %v", tt.place, w.Document, err)
			}
		}
		if got != tt.want {
			t.Errorf("%s as %q: got %s, want %s", tt.place, tt.need, got, tt.want)
		}
	}
}

// TestMissing: an event without a place, or with null there where it always is.
func TestMissing(t *testing.T) {
	record := `{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"]},{"name":"n","type":"long"}]}`
	for _, tt := range []struct{ format, text, place, want string }{
		{contracts.FormatJSONSchema, `{"type":"object","properties":{"a":{}}}`, "$.a", "refused: there is no $.a: {}"},
		{contracts.FormatJSONSchema, `{"type":"object","required":["a"]}`, "$.a", `refused: $.a is null: {"a":null}`},
		{contracts.FormatJSONSchema, `{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`, "$.a", ""},
		{contracts.FormatAvro, record, "$.a", `refused: $.a is null: {"a":null,"n":0}`},
		{contracts.FormatAvro, record, "$.n", ""},
		{contracts.FormatAvro, record, "$.none", `refused: there is no $.none: {"a":null,"n":0}`},
		{contracts.FormatProtobuf, `syntax = "proto3"; message M { optional string a = 1; string b = 2; }`, "$.a", `refused: there is no $.a: {"b":""}`},
		{contracts.FormatProtobuf, `syntax = "proto3"; message M { string a = 1; }`, "$.a", ""},
	} {
		s, err := schema.Load(fstest.MapFS{"s": {Data: []byte(tt.text)}}, "s", tt.format, schema.Options{})
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		got, at := "", place.MustParse(tt.place)
		if w := s.Missing(at, s.Lookup(at)); w != nil {
			got = w.Outcome + ": " + w.Document
		}
		if got != tt.want {
			t.Errorf("%s of %s: got %s, want %s", tt.place, tt.text, got, tt.want)
		}
	}
}
