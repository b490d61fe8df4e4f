package proto_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/proto"
)

func jsonType(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if strings.ContainsAny(v.String(), ".e") {
			return "number"
		}
		return "integer"
	}
	return "?"
}

func TestDecode(t *testing.T) {
	s := load(t, files("s.proto", everything), "s.proto")
	data, err := s.Encode(map[string]any{
		"orderId": "o-1", "total": "9007199254740993", "status": 7, "lines": []any{map[string]any{"sku": "a"}},
		"counts": map[string]any{"-1": 5}, "at": "2026-01-02T03:04:05Z", "points": "12", "extra": map[string]any{"a": 1.5}, "any_value": nil, "ratio": "Infinity",
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Decode(append(data, 0xf8, 0x3e, 1)) // and an unknown field 1007
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"order_id": "o-1", "total": json.Number("9007199254740993"), "status": json.Number("7"), "signature": "", "weight": json.Number("0"),
		"paid": false, "lines": []any{map[string]any{"sku": "a", "quantity": json.Number("0")}}, "by_sku": map[string]any{},
		"counts": map[string]any{"-1": json.Number("5")}, "at": "2026-01-02T03:04:05Z", "points": json.Number("12"),
		"extra": map[string]any{"a": json.Number("1.5")}, "any_value": nil, "null": nil, "ratio": "Infinity", "big": json.Number("0"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct{ data, want string }{
		{"\x0a\x05a", "no acme.Order: cannot parse invalid wire-format data"},
		{"\x0a\x01\xff", "no acme.Order: field acme.Order.order_id contains invalid UTF-8"},
	} {
		if _, err := s.Decode([]byte(tt.data)); err == nil || err.Error() != tt.want {
			t.Errorf("Decode(%q) = %v, want %s", tt.data, err, tt.want)
		}
	}
	if _, err := s.Encode(map[string]any{"nope": 1}); err == nil || !strings.Contains(err.Error(), `unknown field "nope"`) {
		t.Errorf("Encode of an unknown field = %v", err)
	}
}

// Generated messages come back from their bytes and from their JSON, and are
// valid examples.
func TestGeneratedMessages(t *testing.T) {
	for name, schema := range map[string]string{"everything": everything, "proto2": `syntax = "proto2";
message M { required int32 id = 1; required Sub sub = 2; repeated Sub subs = 3; optional M next = 4; optional group Part = 5 { optional string p = 1; }
  extensions 10 to 20; }
message Sub { required string s = 1; optional sint64 n = 2 [default = 4]; }
extend M { optional Sub more = 10; repeated fixed64 many = 11 [packed = true]; }`} {
		s := load(t, files("s.proto", schema), "s.proto")
		g, err := proto.NewGenerator(s, proto.OptionalFields(0.7))
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(200) {
			v, err := g.Generate(rand.New(rand.NewPCG(i, 1)))
			if err != nil {
				t.Fatal(err)
			}
			data, err := g.GenerateEncoded(rand.New(rand.NewPCG(i, 1)))
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := s.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, decoded); diff != "" {
				t.Fatalf("%s %d, decoded (-want +got):\n%s", name, i, diff)
			}
			encoded, err := s.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(data, encoded); diff != "" {
				t.Fatalf("%s %d, encoded (-want +got):\n%s", name, i, diff)
			}
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if violations := s.ValidateJSON(text); len(violations) > 0 {
				t.Fatalf("%s %d: %v in %s", name, i, violations, text)
			}
		}
	}
}

func TestEndlessMessage(t *testing.T) {
	s := load(t, files("s.proto", "syntax = \"proto2\";\nmessage M { required N n = 1; }\nmessage N {\n  required M m = 1; }"), "s.proto")
	_, err := proto.NewGenerator(s)
	if want := "s.proto:4:3: N.m requires itself without end (make the field optional)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestValidateJSON(t *testing.T) {
	s := load(t, files("s.proto", everything), "s.proto")
	p2 := load(t, files("s.proto", "syntax = \"proto2\";\nmessage M { required int32 id = 1; repeated M kids = 2; }"), "s.proto")
	for _, tt := range []struct {
		s    *proto.Schema
		doc  string
		want []string
	}{
		{s, `{}`, nil},
		{s, `{"order_id":"a","total":"12","lines":[{"sku":"b"}],"note":null,"status":"PAID","anyValue":null}`, nil},
		{s, `{"order_id"`, []string{"the document is not JSON: unexpected EOF"}},
		{s, `{} 1`, []string{"the document is not JSON: something follows the value"}},
		{s, `[]`, []string{"the document is an array, must be an object of the fields of acme.Order"}},
		{s, `{"nope":1,"total":"x","paid":1,"status":"LOST","lines":[{"quantity":3000000000,"x~/y":0},7],"bySku":{"a":{"sku":1}},"counts":{"z":1,"2":"y"},"at":"noon","card":"c","invoice":{},"orderId":"a","order_id":"b"}`, []string{
			`/at is refused: invalid google.protobuf.Timestamp value "noon"`,
			`/bySku/a/sku is refused: invalid value for string field sku: 1`,
			`/counts/2 is refused: invalid value for int64 field value: "y"`,
			`/counts/z is refused: invalid value for int32 key: "z"`,
			`/invoice cannot stand beside "card": both are cases of the oneof payment`,
			`/lines/0/quantity is refused: invalid value for int32 field quantity: 3000000000`,
			`/lines/0/x~0~1y is not allowed: acme.Line has no such field`,
			`/lines/1 is a number, must be an object of the fields of acme.Line`,
			`/nope is not allowed: acme.Order has no such field`,
			`/order_id is the same field as "orderId"`,
			`/paid is refused: invalid value for bool field paid: 1`,
			`/status is refused: invalid value for enum field status: "LOST"`,
			`/total is refused: invalid value for int64 field total: "x"`,
		}},
		{s, `{"lines":{},"counts":[],"customer":null}`, []string{"/counts is an array, must be an object: counts is a map", "/lines is an object, must be an array: lines is repeated"}},
		{p2, `{"kids":[{"id":1},{}]}`, []string{`the document lacks the required field "id"`, `/kids/1 lacks the required field "id"`}},
	} {
		var got []string
		for _, v := range tt.s.ValidateJSON([]byte(tt.doc)) {
			got = append(got, v.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.doc, diff)
		}
	}
	if at := p2.ValidateJSON([]byte(`{"kids":1,"id":1}`))[0].Schema.String(); at != "s.proto:2:36" {
		t.Errorf("the broken field stands at %s", at)
	}
}
