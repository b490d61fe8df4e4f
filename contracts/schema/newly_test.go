package schema_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/schema"
)

// TestNewly: of what a reader cannot read, that is told which the writer could
// not write before, also where the same keyword of the reader was broken.
func TestNewly(t *testing.T) {
	status := func(values string) string {
		return `{"type": "object", "required": ["status"], "properties": {"status": {"enum": [` + values + `]}}}`
	}
	amounts := func(price, tax string) string {
		return `{"type": "object", "required": ["price", "tax"], "properties": {"price": {"type": ` + price + `}, "tax": {"type": ` + tax + `}}}`
	}
	symbols := func(values string) string {
		return `{"type": "record", "name": "Order", "fields": [{"name": "status", "type": {"type": "enum", "name": "Status", "symbols": [` + values + `]}}]}`
	}
	message := func(fields string) string { return `syntax = "proto3"; message Order { ` + fields + ` }` }
	verdicts := map[compat.Verdict]string{compat.Breaks: "breaks", compat.Open: "open"}
	for _, tt := range []struct {
		what, format          string
		older, writer, reader string
		want                  []string
	}{
		{"a value more, of which the reader knew none", "jsonschema", status(`"NEW", "OLD"`), status(`"NEW", "OLD", "REFUNDED"`), status(`"NEW"`),
			[]string{`breaks: $.status can be "REFUNDED", the reader takes only "NEW"`}},
		{"a value less", "jsonschema", status(`"NEW", "OLD", "OLDER"`), status(`"NEW", "OLDER"`), status(`"NEW"`), nil},
		{"another type in the place of one that was not read", "jsonschema", `{"type": "object", "required": ["n"], "properties": {"n": {"type": ["number", "null"]}}}`,
			`{"type": "object", "required": ["n"], "properties": {"n": {"type": "string"}}}`, `{"properties": {"n": {"type": "number"}}}`,
			[]string{"breaks: $.n can be a string, the reader takes only a number"}},
		{"a second use of a definition", "jsonschema", amounts(`["number", "string"]`, `"number"`), amounts(`["number", "string"]`, `"string"`),
			`{"properties": {"price": {"$ref": "#/$defs/A"}, "tax": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "number"}}}`,
			[]string{"breaks: $.tax can be a string, the reader takes only a number"}},
		{"a property that is named now, to a closed reader that no event could be sure of", "jsonschema",
			`{"type": "object", "required": ["id"], "properties": {"id": {}, "x": {}}}`, `{"type": "object", "required": ["id", "y"], "properties": {"id": {}, "x": {}, "y": {}}}`,
			`{"type": "object", "properties": {"id": {}}, "additionalProperties": false}`,
			[]string{"breaks: $.y can be there, the reader's closed object does not have it"}},
		{"only what was not read before", "jsonschema", amounts(`"string"`, `"number"`), amounts(`"string"`, `"number"`), amounts(`"number"`, `"number"`), nil},
		{"nothing not read before", "jsonschema", amounts(`"number"`, `"number"`), amounts(`"string"`, `"number"`), amounts(`"number"`, `"number"`),
			[]string{"breaks: $.price can be a string, the reader takes only a number"}},
		{"a symbol more, of which the reader knew none", "avro", symbols(`"NEW", "OLD"`), symbols(`"NEW", "OLD", "REFUNDED"`), symbols(`"NEW"`),
			[]string{"breaks: $.status may be OLD or REFUNDED, which the reader's enum Status lacks, and it has no default symbol"}},
		{"a symbol more that the reader knows", "avro", symbols(`"NEW", "OLD"`), symbols(`"NEW", "OLD", "PAID"`), symbols(`"NEW", "PAID"`), nil},
		{"a second field of another type", "protobuf", message("string n = 1; int32 m = 2;"), message("string n = 1; string m = 2;"), message("int32 n = 1; int32 m = 2;"),
			[]string{"breaks: m is string to the writer and int32 to the reader, which are encoded differently"}},
	} {
		ending := map[string]string{"avro": ".avsc", "jsonschema": ".json", "protobuf": ".proto"}[tt.format]
		files := fstest.MapFS{"older" + ending: {Data: []byte(tt.older)}, "writer" + ending: {Data: []byte(tt.writer)}, "reader" + ending: {Data: []byte(tt.reader)}}
		read := func(name string) *schema.Schema {
			s, err := schema.Load(files, name+ending, tt.format, schema.Options{})
			if err != nil {
				t.Fatalf("%s: %v", tt.what, err)
			}
			return s
		}
		var got []string
		for _, p := range schema.Newly(read("older"), read("writer"), read("reader"), schema.Dialect{}).Problems {
			got = append(got, verdicts[p.Verdict]+": "+p.Message)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", tt.format, tt.what, diff)
		}
	}
}
