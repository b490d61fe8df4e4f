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
