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
	for _, tt := range []struct{ format, text, place, need, want string }{
		{contracts.FormatJSONSchema, `{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`, "$.a", "string", "0 "},
		{contracts.FormatJSONSchema, `{"type":"object","properties":{"a":{"type":["string","null"]}}}`, "$.a", "string", `1  refused: there is no $.a: {}`},
		{contracts.FormatJSONSchema, `{"type":"object","required":["a"],"properties":{"a":{"type":["string","null"]}}}`, "$.a", "string", `1 null refused: $.a is null, where string is needed: {"a":null}`},
		{contracts.FormatAvro, record, "$.n", "integer", "0 "},
		{contracts.FormatAvro, record, "$.a", "string", `1 null refused: $.a is null, where string is needed: {"a":null,"m":{"dejghp":"djsyepcvac","douigp":"joefx","xhyvco":"jzjlaw","zlpwlp":"fdwruocfauh"},"n":1024}`},
		{contracts.FormatAvro, record, "$.m.x", "", `1  refused: there is no $.m.x: {"a":null,"m":{"dejghp":"djsyepcvac","douigp":"joefx","xhyvco":"jzjlaw","zlpwlp":"fdwruocfauh"},"n":1024}`},
		{contracts.FormatProtobuf, order, "$.n", "integer", "0 "},
		{contracts.FormatProtobuf, order, "$.n", "string", `1 integer refused: $.n is integer, where string is needed: {"n":0}`},
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
