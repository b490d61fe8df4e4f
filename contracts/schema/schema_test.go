package schema_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
)

// files has one event in each format, its id required and its note not.
var files = fstest.MapFS{
	"order.json": {Data: []byte(`{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "note": {"type": "string", "format": "date"}}}`)},
	"order.avsc": {Data: []byte(`{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "note", "type": ["null", "string"]}]}`)},
	"order.proto": {Data: []byte(`syntax = "proto3";
package acme;
message Other {}
message Order { string id = 1; optional string note = 2; }`)},
	"broken.json":  {Data: []byte(`{"type": "objekt"}`)},
	"broken.avsc":  {Data: []byte(`{"type": "objekt"}`)},
	"broken.proto": {Data: []byte(`message {`)},
}

var formats = map[string]string{"jsonschema": "order.json", "avro": "order.avsc", "protobuf": "order.proto"}

func load(t *testing.T, format string, o schema.Options) *schema.Schema {
	t.Helper()
	o.Message = "acme.Order"
	s, err := schema.Load(files, formats[format], format, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryFormatAnswers(t *testing.T) {
	for format, file := range formats {
		s := load(t, format, schema.Options{})
		if s.Format() != format || s.File() != file || s.Position().File != file {
			t.Errorf("%s: %s in %s at %v", format, s.Format(), s.File(), s.Position())
		}
		note := field.Sometimes
		if format == "avro" {
			note = field.Always // null is a value of it
		}
		for name, want := range map[string]field.Presence{"id": field.Always, "note": note} {
			if got := s.Lookup(place.Field(place.Name(name))).Presence; got != want {
				t.Errorf("%s: %s is there %s, want %s", format, name, got, want)
			}
		}
		if got := s.Examine("e.json", []byte(`{"id": "1"}`)); format != "avro" && len(got) > 0 {
			t.Errorf("%s: %v", format, got)
		}
		got := s.Examine("e.json", []byte("{\"note\": \"x\",\n \"id\": 1}"))
		if len(got) != 1 || got[0].Position.String() != "e.json:2:2" || got[0].Schema.File != file || got[0].Message == "" {
			t.Errorf("%s: a number for text: %+v", format, got)
		}
		if got := s.Examine("e.json", []byte("{\n \"id\"}")); len(got) != 1 || got[0].Position.Line != 2 {
			t.Errorf("%s: no JSON: %+v", format, got)
		}
	}
}

func TestFormatIsAnAnnotation(t *testing.T) {
	doc := []byte(`{"id": "1", "note": "no date"}`)
	if got := load(t, "jsonschema", schema.Options{}).Examine("e.json", doc); len(got) > 0 {
		t.Errorf("by default: %v", got)
	}
	if got := load(t, "jsonschema", schema.Options{AssertFormat: true}).Examine("e.json", doc); len(got) != 1 {
		t.Errorf("asserted: %v", got)
	}
}

func TestWhatDoesNotLoad(t *testing.T) {
	for format, ending := range map[string]string{"jsonschema": "json", "avro": "avsc", "protobuf": "proto"} {
		_, err := schema.Load(files, "broken."+ending, format, schema.Options{})
		var invalid *schema.Error
		if !errors.As(err, &invalid) || len(invalid.Problems) == 0 || invalid.Problems[0].Position.Line != 1 {
			t.Errorf("%s: %v", format, err)
		}
		if _, err := schema.Load(files, "none."+ending, format, schema.Options{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s without a file: %v", format, err)
		}
	}
	const want = "order.json: the format of the schema is not known; there are jsonschema, avro and protobuf"
	if _, err := schema.Load(files, "order.json", "xml", schema.Options{}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestEveryRuleHasAnExample: a pair of schemas that breaks it, with what is found,
// and one that does not. Only schemas that nest beyond reason have none.
func TestEveryRuleHasAnExample(t *testing.T) {
	for _, r := range schema.Rules() {
		if r.ID == "compat/avro-depth" {
			continue
		}
		bad, good, _ := strings.Cut(schema.Example(r.ID), "\n## Good\n")
		if !strings.HasPrefix(bad, "## Bad\n") || !strings.Contains(bad, "\n"+r.ID+" ") || !strings.Contains(good, "writer.") || !strings.Contains(good, "reader.") {
			t.Errorf("%s:\n%s\n## Good\n%s", r.ID, bad, good)
		}
	}
	if got := schema.Example("compat/none"); got != "" {
		t.Errorf("a rule that is not there: %s", got)
	}
}

// TestEncoding: messages are compared in the form in which they travel, and one
// form is not read as the other.
func TestEncoding(t *testing.T) {
	fsys := fstest.MapFS{
		"time.proto": {Data: []byte("syntax = \"proto3\";\nimport \"google/protobuf/timestamp.proto\";\nmessage Order { google.protobuf.Timestamp at = 1; }")},
		"text.proto": {Data: []byte("syntax = \"proto3\";\nmessage Order { string at = 1; }")},
	}
	open := func(file, encoding string) *schema.Schema {
		s, err := schema.Load(fsys, file, "protobuf", schema.Options{Encoding: encoding})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const asText = "compat/proto-bytes-as-text: refused: field Order.at contains invalid UTF-8"
	for _, tt := range []struct {
		writer, reader string
		dialect        schema.Dialect
		want           string
	}{
		{"", "binary", schema.Dialect{}, asText},
		{"json", "json", schema.Dialect{}, ""},
		{"json", "json", schema.Dialect{Encoding: schema.EncodingBinary}, asText},
		{"", "", schema.Dialect{Encoding: schema.EncodingJSON}, ""},
		{"json", "", schema.Dialect{}, "compat/format: refused: this is protobuf as json, and the reader decodes protobuf"},
		{"binary", "json", schema.Dialect{}, "compat/format: refused: this is protobuf, and the reader decodes protobuf as json"},
	} {
		var got string
		for _, p := range schema.Compare(open("time.proto", tt.writer), open("text.proto", tt.reader), tt.dialect).Problems {
			got += p.Rule + ": " + p.Witness.Outcome
			if p.Rule == schema.FormatChanged && (p.Witness.Bytes == nil) != (tt.writer == "json") {
				t.Errorf("%q as %q: bytes %x", tt.writer, tt.reader, p.Witness.Bytes)
			}
		}
		if got != tt.want {
			t.Errorf("%q read as %q: got %q, want %q", tt.writer, tt.reader, got, tt.want)
		}
	}
}

// TestFormatFixture: the example of a change of format is found as it says.
func TestFormatFixture(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/format.txtar")
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	open := func(file, format string) *schema.Schema {
		s, err := schema.Load(fsys, file, format, schema.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	writer := open("writer.json", "jsonschema")
	var got string
	for _, p := range schema.Compare(writer, open("reader.avsc", "avro"), schema.Dialect{}).Problems {
		got += fmt.Sprintf("%s breaks: %s\n  hint: %s\n  witness: %s\n  outcome: %s\n", p.Rule, p.Message, p.Hint, p.Witness.Document, p.Witness.Outcome)
	}
	if diff := cmp.Diff(string(archive.Files[len(archive.Files)-1].Data), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := schema.Compare(writer, open("passes.json", "jsonschema"), schema.Dialect{}).Result(); r != compat.Compatible {
		t.Errorf("the good example is %s", r)
	}
}

// A schema is compatible with itself, and none with one of another format.
func TestCompareFormats(t *testing.T) {
	got := map[string]string{}
	for writer := range formats {
		for reader := range formats {
			c := schema.Compare(load(t, writer, schema.Options{}), load(t, reader, schema.Options{}), schema.Dialect{Encoding: schema.EncodingBoth, Lenient: true})
			if writer == reader {
				if c.Result() != compat.Compatible {
					t.Errorf("%s with itself: %+v", writer, c.Problems)
				}
				continue
			}
			p := c.Problems[0]
			if len(c.Problems) != 1 || p.Rule != schema.FormatChanged || p.Verdict != compat.Breaks {
				t.Errorf("%s read as %s: %+v", writer, reader, c.Problems)
			}
			if reader != "jsonschema" && writer != "jsonschema" {
				continue
			}
			got[writer+">"+reader] = fmt.Sprintf("%s; %s", p.Message, p.Witness.Outcome)
		}
	}
	want := map[string]string{
		"avro>jsonschema":     "events are written in avro and read in jsonschema; refused: this is avro, and the reader decodes jsonschema",
		"protobuf>jsonschema": "events are written in protobuf and read in jsonschema; refused: this is protobuf, and the reader decodes jsonschema",
		"jsonschema>avro":     "events are written in jsonschema and read in avro; refused: this is jsonschema, and the reader decodes avro",
		"jsonschema>protobuf": "events are written in jsonschema and read in protobuf; refused: this is jsonschema, and the reader decodes protobuf",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRulesAreListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range schema.Rules() {
		if seen[r.ID] || r.Summary == "" {
			t.Errorf("%+v is there twice or not whole", r)
		}
		seen[r.ID] = true
	}
	if len(seen) < 40 || !seen[schema.FormatChanged] {
		t.Errorf("%d rules", len(seen))
	}
}

// TestEventsThereAndBack: what a generator makes is valid, and is the same
// after it was written and read.
func TestEventsThereAndBack(t *testing.T) {
	media := map[string]string{"jsonschema": "application/json", "avro": "application/avro", "protobuf": "application/protobuf"}
	for format := range formats {
		s := load(t, format, schema.Options{})
		generate, err := s.Generator()
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(50) {
			event, err := generate(rand.New(rand.NewPCG(seed, 0)))
			if err != nil {
				t.Fatal(err)
			}
			data, err := s.Encode(event)
			if err != nil {
				t.Fatalf("%s: %v: %v", format, event, err)
			}
			got, err := s.Decode(data)
			if diff := cmp.Diff(event, got); err != nil || diff != "" {
				t.Fatalf("%s: %v\n%s", format, err, diff)
			}
		}
		if _, err := s.Decode([]byte{0xff}); err == nil {
			t.Errorf("%s: half a number is read", format)
		}
		if got := s.MediaType(); got != media[format] {
			t.Errorf("%s is %s", format, got)
		}
	}
	endless := fstest.MapFS{"e.proto": {Data: []byte(`syntax = "proto2"; message E { required E e = 1; }`)}}
	s, err := schema.Load(endless, "e.proto", "protobuf", schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Generator(); err == nil {
		t.Error("a message without an instance has a generator")
	}
}

// bounded has a number, an enum and an optional field in each format.
var bounded = fstest.MapFS{
	"b.json": {Data: []byte(`{"type": "object", "required": ["n", "e"], "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 9}, "e": {"enum": ["A", "B", "C"]}, "note": {"type": "string"}}}`)},
	"b.avsc": {Data: []byte(`{"type": "record", "name": "B", "fields": [{"name": "n", "type": "int"}, {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B", "C"]}}, {"name": "note", "type": ["null", "string"]},
		{"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 3, "scale": 1}}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "l", "type": "long"}, {"name": "ok", "type": "boolean"}]}`)},
	"b.proto": {Data: []byte(`syntax = "proto3";
message Outer { message B { int32 n = 1; enum E { A = 0; B = 1; C = 2; } E e = 2; optional string note = 3; oneof way { bool ok = 4; uint64 u = 5; } sint64 l = 6; } }`)},
}

// TestCorners: each bound is there once, and every event is valid and written.
func TestCorners(t *testing.T) {
	want := map[string][]string{
		"b.json":  {"3 A", "9 B", "3 C"},
		"b.avsc":  {"-2147483648 A \x00 -9223372036854775808 false", "2147483647 B \x03\u00e7 9223372036854775807 true", "-2147483648 C \x00 -9223372036854775808 false"},
		"b.proto": {"-2147483648 A -9223372036854775808 true", "2147483647 B 9223372036854775807 18446744073709551615", "-2147483648 C -9223372036854775808 true"},
	}
	for file, format := range map[string]string{"b.json": "jsonschema", "b.avsc": "avro", "b.proto": "protobuf"} {
		s, err := schema.Load(bounded, file, format, schema.Options{Message: map[string]string{"protobuf": "Outer.B"}[format]})
		if err != nil {
			t.Fatal(err)
		}
		events, err := s.Corners(rand.New(rand.NewPCG(1, 0)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			object, _ := e.(map[string]any)
			if _, ok := object["note"].(string); !ok {
				t.Errorf("%s: the optional field is not there: %v", file, e)
			}
			var line []string
			for _, name := range []string{"n", "e", "d", "l", "ok", "u"} {
				if v, ok := object[name]; ok {
					line = append(line, fmt.Sprint(v))
				}
			}
			got = append(got, strings.Join(line, " "))
			if v := s.Validate(e); len(v) > 0 {
				t.Errorf("%s: %v: %v", file, e, v)
			}
			data, err := s.Encode(e)
			if err != nil {
				t.Errorf("%s: %v: %v", file, e, err)
			}
			if again, err := s.Decode(data); err != nil || !cmp.Equal(e, again) {
				t.Errorf("%s: %v was written, and %v read, %v", file, e, again, err)
			}
		}
		if diff := cmp.Diff(want[file], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		none, err := s.GeneratorWith(0)
		if err != nil {
			t.Fatal(err)
		}
		e, err := none(rand.New(rand.NewPCG(1, 0)))
		if object, _ := e.(map[string]any); err != nil || object["note"] != nil {
			t.Errorf("%s: an optional field is there: %v, %v", file, e, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for format := range formats {
		s := load(t, format, schema.Options{})
		if got := s.Validate(map[string]any{"id": "1", "note": "x"}); len(got) > 0 {
			t.Errorf("%s: %v", format, got)
		}
		got := s.Validate(map[string]any{"id": true, "note": "x"})
		if len(got) != 1 || !strings.HasPrefix(got[0].Message, "/id ") || got[0].Schema.File != formats[format] {
			t.Errorf("%s: a boolean for text: %+v", format, got)
		}
	}
}

// TestStrangers: what a reader of Protobuf passes over is told, at any depth.
func TestStrangers(t *testing.T) {
	fsys := fstest.MapFS{
		"new.proto": {Data: []byte(`syntax = "proto3"; message Order { string id = 1; Line one = 2; repeated Line lines = 3; map<string, Line> by = 4; int32 n = 5; } message Line { int32 a = 1; int32 b = 2; }`)},
		"old.proto": {Data: []byte(`syntax = "proto3"; message Order { string id = 1; Line one = 2; repeated Line lines = 3; map<string, Line> by = 4; } message Line { int32 a = 1; }`)},
	}
	schemas := map[string]*schema.Schema{}
	for name := range fsys {
		s, err := schema.Load(fsys, name, "protobuf", schema.Options{})
		if err != nil {
			t.Fatal(err)
		}
		schemas[name] = s
	}
	line := map[string]any{"b": 1}
	for _, c := range []struct {
		event map[string]any
		want  []string
	}{
		{map[string]any{"id": "1"}, nil},
		{map[string]any{"n": 1}, []string{"field 5 of Order"}},
		{map[string]any{"one": line}, []string{"field 2 of Line"}},
		{map[string]any{"lines": []any{line, line}, "n": 1}, []string{"field 2 of Line", "field 5 of Order"}},
		{map[string]any{"by": map[string]any{"x": line}}, []string{"field 2 of Line"}},
	} {
		data, err := schemas["new.proto"].Encode(c.event)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, schemas["old.proto"].Strangers(data)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.event, diff)
		}
		if got := schemas["new.proto"].Strangers(data); got != nil {
			t.Errorf("%v, with its own schema: %v", c.event, got)
		}
	}
	if got := load(t, "avro", schema.Options{}).Strangers([]byte{1}); got != nil {
		t.Errorf("Avro: %v", got)
	}
}

// TestProtobufInJSON: the names of fields are those of the .proto file,
// whichever a record has.
func TestProtobufInJSON(t *testing.T) {
	fsys := fstest.MapFS{"o.proto": {Data: []byte(`syntax = "proto3"; message O { message In {} message Order { int64 order_id = 1; } }`)}}
	s, err := schema.Load(fsys, "o.proto", "protobuf", schema.Options{Message: "O.Order", Encoding: "json"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`{"orderId": "7"}`, `{"order_id": 7}`} {
		got, err := s.Decode([]byte(text))
		if err != nil || fmt.Sprint(got) != "map[order_id:7]" {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if data, err := s.Encode(map[string]any{"order_id": 7}); err != nil || string(data) != `{"order_id":7}` || s.MediaType() != "application/json" {
		t.Errorf("%s of %s, %v", data, s.MediaType(), err)
	}
	if _, err := s.Encode(map[string]any{"order": 7}); err == nil {
		t.Error("a field that is not there is written")
	}
	if name, path := s.Message(); name != "O.Order" || !cmp.Equal(path, []int{0, 1}) {
		t.Errorf("%s at %v", name, path)
	}
	if name, path := load(t, "avro", schema.Options{}).Message(); name != "" || path != nil {
		t.Errorf("Avro: %s at %v", name, path)
	}
}
