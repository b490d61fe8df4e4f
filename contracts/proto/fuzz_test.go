package proto_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/proto"
)

// Load takes any text: it compiles, or it says what is wrong.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", everything, proto3 + "message M { M m = 1; map<string, M> n = 2; oneof o { int32 a = 3; } reserved 4, 6 to max; }",
		"syntax = \"proto2\"; message M { required group G = 1 { extensions 1 to 4; } extend M.G { optional M m = 2; } }",
		"edition = \"2023\"; option features.field_presence = IMPLICIT; message M { enum E { option allow_alias = true; A = 0; B = 0; } E e = 1; }",
		proto3 + "import \"a.proto\"; option (x) = {a: [<b: 1>, {c: \"\\x00\"}]}; message M { Foo f = 1 [json_name = \"a\"]; }",
		proto3 + "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FieldOptions { M m = 50000; } message M { M a = 1 [(m) = {a: {a: {}}}]; }",
		"message A { message B { message C { message D {} } } }",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := proto.Load(files("s.proto", text, "a.proto", proto3+"message Foo { int32 a = 1; }"), "s.proto")
		if err != nil {
			var e *proto.Error
			if !errors.As(err, &e) || len(e.Problems) == 0 {
				t.Fatalf("%v is no *Error", err)
			}
			return
		}
		if _, err := s.Decode(nil); err == nil {
			s.ValidateJSON([]byte("{}"))
		}
	})
}

// ValidateJSON, which goes field by field, agrees with the library, which
// reads the whole document.
func FuzzValidateJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"order_id":"a","total":"12","lines":[{"sku":"b"}],"note":null}`, `{"lines":[null]}`, `{"by_sku":{"a":null}}`, `{"by_sku":{"a":{"quantity":1.0}}}`,
		`{"at":"2026-01-02T03:04:05Z","took":"1s","mask":"aB","extra":{"a":[1]},"any_value":null,"list":[null],"null":null,"points":null}`,
		`{"detail":{"@type":"type.googleapis.com/acme.Line","sku":"a"}}`, `{"detail":{}}`, `{"counts":{"01":1}}`, `{"status":9,"paid":"true","weight":"NaN","ratio":1e39}`,
		`{"card":null,"invoice":{}}`, `{"orderId":"a","order_id":null}`, `{"signature":"_-8","big":-1}`, `{"parent":{"parent":{"nope":1}}}`, `{"[acme.x]":1}`,
	} {
		f.Add(seed)
	}
	s := load(f, files("s.proto", everything), "s.proto")
	f.Fuzz(func(t *testing.T, doc string) {
		var v any
		d := json.NewDecoder(strings.NewReader(doc))
		d.UseNumber()
		if err := d.Decode(&v); err != nil || d.More() {
			s.ValidateJSON([]byte(doc))
			return
		}
		text, err := json.Marshal(v) // names that stand twice are gone
		if err != nil {
			return
		}
		_, err = s.Encode(v)
		if violations := s.ValidateJSON(text); (err == nil) != (len(violations) == 0) {
			t.Fatalf("%s: the library says %v, ValidateJSON %v", text, err, violations)
		}
	})
}
