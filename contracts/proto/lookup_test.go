package proto_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/proto"
)

const everything = `syntax = "proto3";
package acme;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/any.proto";
import "google/protobuf/empty.proto";
message Order {
  string order_id = 1;
  optional string note = 2;
  int64 total = 3;
  Status status = 4;
  bytes signature = 5;
  double weight = 6;
  bool paid = 7;
  repeated Line lines = 8;
  map<string, Line> by_sku = 9;
  map<int32, int64> counts = 10;
  Customer customer = 11;
  oneof payment { string card = 12; Customer invoice = 13; }
  google.protobuf.Timestamp at = 14;
  google.protobuf.Duration took = 15;
  google.protobuf.Int64Value points = 16;
  google.protobuf.Struct extra = 17;
  google.protobuf.Value any_value = 18;
  google.protobuf.ListValue list = 19;
  google.protobuf.Any detail = 20;
  google.protobuf.Empty nothing = 21;
  google.protobuf.FieldMask mask = 22;
  google.protobuf.NullValue null = 23;
  Order parent = 24;
  float ratio = 25;
  uint64 big = 26;
}
message Line { string sku = 1; int32 quantity = 2; }
message Customer { string id = 1; }
enum Status { STATUS_UNSPECIFIED = 0; PAID = 1; }
`

func TestLookup(t *testing.T) {
	s := load(t, files("s.proto", everything), "s.proto")
	for in, want := range map[string]string{
		"$":                   "always [object] s.proto:10:1",
		"$.order_id":          "always [string] s.proto:11:3",
		"$.orderId":           "never [] s.proto:10:1",
		"$.note":              "sometimes [string] s.proto:12:3",
		"$.total":             "always [integer] s.proto:13:3",
		"$.status":            "always [string] s.proto:14:3",
		"$.signature":         "always [string] s.proto:15:3",
		"$.weight":            "always [number] s.proto:16:3",
		"$.paid":              "always [boolean] s.proto:17:3",
		"$.lines":             "always [array] s.proto:18:3",
		"$.lines[0]":          "sometimes [object] s.proto:18:3",
		"$.lines[0].sku":      "sometimes [string] s.proto:37:16",
		"$.lines.sku":         "never [] s.proto:18:3",
		"$.by_sku":            "always [object] s.proto:19:3",
		"$.by_sku.a":          "sometimes [object] s.proto:19:3",
		"$.by_sku.a.quantity": "sometimes [integer] s.proto:37:32",
		"$.by_sku[0]":         "never [] s.proto:19:3",
		"$.counts['1']":       "sometimes [integer] s.proto:20:3",
		"$.customer":          "sometimes [object] s.proto:21:3",
		"$.customer.id":       "sometimes [string] s.proto:38:20",
		"$.card":              "sometimes [string] s.proto:22:19",
		"$.invoice.id":        "sometimes [string] s.proto:38:20",
		"$.at":                "sometimes [string] s.proto:23:3",
		"$.at.seconds":        "never [] s.proto:23:3",
		"$.points":            "sometimes [integer] s.proto:25:3",
		"$.extra.a.b":         "unstated [] s.proto:26:3",
		"$.extra[0]":          "never [] s.proto:26:3",
		"$.any_value":         "sometimes [] s.proto:27:3",
		"$.any_value.a[1]":    "unstated [] s.proto:27:3",
		"$.list[1]":           "unstated [] s.proto:28:3",
		"$.detail.x":          "unstated [] s.proto:29:3",
		"$.nothing":           "sometimes [object] s.proto:30:3",
		"$.nothing.x":         "never [] s.proto:30:3",
		"$.null":              "always [null] s.proto:32:3",
		"$.parent.parent.big": "sometimes [integer] s.proto:35:3",
		"$[0]":                "never [] s.proto:10:1",
		"header:order_id":     "unstated [] s.proto:10:1",
	} {
		f := s.Lookup(place.MustParse(in))
		if got := fmt.Sprintf("%s %v %s", f.Presence, f.Types, f.Position); got != want {
			t.Errorf("Lookup(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestExcludes(t *testing.T) {
	s := load(t, files("s.proto", everything), "s.proto")
	for in, want := range map[string]bool{
		"$.order_id": false, "$.extra.a": false, "$.status": true, "$.parent.status": true, "$.missing": true, "header:status": false,
	} {
		if got := s.Excludes(place.MustParse(in), "SENT"); got != want {
			t.Errorf("SENT in %s is excluded: %t, want %t", in, got, want)
		}
	}
	if s.Excludes(place.MustParse("$.status"), "PAID") {
		t.Error("a name of the enum is excluded")
	}
}

// Presence is what the syntax and its features say.
func TestLookupPresence(t *testing.T) {
	proto2 := `syntax = "proto2";
message M {
  required string id = 1; optional int32 n = 2; required M2 sub = 3; optional group Part = 4 { required bool b = 1; }
  extensions 100 to 199;
}
message M2 { required string id = 1; optional string note = 2; }
extend M { optional string tag = 100; }`
	edition := `edition = "2023";
message M {
  string id = 1;
  int32 n = 2 [features.field_presence = IMPLICIT];
  M2 sub = 3 [features.field_presence = LEGACY_REQUIRED];
  string need = 4 [features.field_presence = LEGACY_REQUIRED];
}
message M2 { int32 n = 1 [features.field_presence = IMPLICIT]; }`
	for _, tt := range []struct{ schema, place, want string }{
		{proto2, "$.id", "always"}, {proto2, "$.n", "sometimes"}, {proto2, "$.sub.id", "always"}, {proto2, "$.sub.note", "sometimes"},
		{proto2, "$.Part.b", "sometimes"}, {proto2, "$['[tag]']", "sometimes"}, {proto2, "$.tag", "never"},
		{edition, "$.id", "sometimes"}, {edition, "$.n", "always"}, {edition, "$.sub.n", "always"}, {edition, "$.need", "always"},
	} {
		s := load(t, files("s.proto", tt.schema), "s.proto")
		if got := s.Lookup(place.MustParse(tt.place)).Presence.String(); got != tt.want {
			t.Errorf("%s of\n%s\nis %s, want %s", tt.place, tt.schema, got, tt.want)
		}
	}
}

// What Decode gives has what Always promises, lacks what Never excludes, and
// is of the types that Lookup says.
func TestLookupHolds(t *testing.T) {
	s := load(t, files("s.proto", everything), "s.proto")
	g, err := proto.NewGenerator(s)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 300 {
		v, err := g.Generate(rng)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"$.order_id", "$.note", "$.total", "$.status", "$.signature", "$.weight", "$.paid", "$.lines", "$.lines[0]",
			"$.lines[0].quantity", "$.by_sku", "$.counts", "$.customer", "$.customer.id", "$.card", "$.at", "$.took", "$.points", "$.extra", "$.list",
			"$.detail", "$.nothing", "$.mask", "$.null", "$.parent.total", "$.parent.lines", "$.ratio", "$.big", "$.orderId", "$.at.seconds"} {
			at := place.MustParse(p)
			f := s.Lookup(at)
			value, found := at.In(v)
			if f.Presence == field.Always && !found || f.Presence == field.Never && found {
				t.Fatalf("%s is %s, but found = %v in %v", p, f.Presence, found, v)
			}
			if found {
				seen[p] = true
				if got := jsonType(value); len(f.Types) != 1 || got != f.Types[0] && (got != "integer" || f.Types[0] != "number") {
					t.Fatalf("%s is of %v, but is %s in %v", p, f.Types, got, v)
				}
			}
		}
	}
	if len(seen) != 28 {
		t.Errorf("saw only %d of 28 places", len(seen))
	}
}
