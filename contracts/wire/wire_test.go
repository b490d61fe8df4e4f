package wire_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/wire"
)

const guid = "89791762-2336-4186-9674-299b90a802e2"

func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func path(t testing.TB, indexes ...int) wire.Path {
	t.Helper()
	if len(indexes) == 0 {
		return wire.Path{}
	}
	p, err := wire.NewPath(indexes...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKindsAreThoseOfContracts(t *testing.T) {
	for kind, name := range map[wire.Kind]string{
		wire.None: contracts.WireNone, wire.Confluent: contracts.WireConfluent, wire.ConfluentHeader: contracts.WireConfluentHeader,
	} {
		if string(kind) != name {
			t.Errorf("%s is called %s in contracts", kind, name)
		}
	}
}

// The bytes of GUIDs and paths are those of Confluent's own tests of its
// serializers (SchemaId, "schema guid with message indexes").
func TestDecodeAndEncode(t *testing.T) {
	for _, tt := range []struct {
		name    string
		framing wire.Framing
		id      wire.ID
		payload string
		data    string
		header  string // name: bytes
	}{
		{"none", wire.Framing{}, wire.ID{}, "7b7d", "7b7d", ""},
		{"none by name", wire.Framing{Kind: wire.None}, wire.ID{}, "00", "00", ""},
		{"confluent", wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 1}, "0a02", "00 00000001 0a02", ""},
		{"confluent, large id", wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 0x7fffffff}, "", "00 7fffffff", ""},
		{"confluent, key", wire.Framing{Kind: wire.Confluent, Key: true}, wire.ID{Number: 258}, "ff", "00 00000102 ff", ""},
		{
			"confluent, first message", wire.Framing{Kind: wire.Confluent, Protobuf: true},
			wire.ID{Number: 7, Message: path(t, 0)}, "0801", "00 00000007 00 0801", "",
		},
		{
			"confluent, nested message", wire.Framing{Kind: wire.Confluent, Protobuf: true},
			wire.ID{Number: 7, Message: path(t, 1, 0)}, "0801", "00 00000007 04 02 00 0801", "",
		},
		{
			"confluent, index of two bytes", wire.Framing{Kind: wire.Confluent, Protobuf: true},
			wire.ID{Number: 7, Message: path(t, 100)}, "", "00 00000007 02 c801", "",
		},
		{
			"header", wire.Framing{Kind: wire.ConfluentHeader},
			wire.ID{GUID: uuid.MustParse(guid)}, "7b7d", "7b7d", "__value_schema_id: 01 89791762 2336 4186 9674 299b90a802e2",
		},
		{
			"header of a key", wire.Framing{Kind: wire.ConfluentHeader, Key: true},
			wire.ID{GUID: uuid.MustParse(guid)}, "31", "31", "__key_schema_id: 01 89791762 2336 4186 9674 299b90a802e2",
		},
		{
			"header, nested message", wire.Framing{Kind: wire.ConfluentHeader, Protobuf: true},
			wire.ID{GUID: uuid.MustParse(guid), Message: path(t, 1, 0)}, "0801", "0801",
			"__value_schema_id: 01 89791762 2336 4186 9674 299b90a802e2 04 02 00",
		},
		{
			"header with a number", wire.Framing{Kind: wire.ConfluentHeader},
			wire.ID{Number: 1}, "7b7d", "7b7d", "__value_schema_id: 00 00000001",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var headers []envelope.Header
			if name, value, ok := strings.Cut(tt.header, ": "); ok {
				headers = []envelope.Header{{Key: name, Value: bytesOf(t, value)}}
			}
			data, added, err := tt.framing.Encode(tt.id, bytesOf(t, tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(bytesOf(t, tt.data), data); diff != "" {
				t.Errorf("encoded (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(headers, added); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			id, payload, err := tt.framing.Decode(headers, data)
			if err != nil {
				t.Fatal(err)
			}
			if id != tt.id {
				t.Errorf("decoded %s, want %s", id, tt.id)
			}
			if diff := cmp.Diff(bytesOf(t, tt.payload), payload); diff != "" {
				t.Errorf("payload (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeReadsWhatEncodeDoesNotWrite(t *testing.T) {
	// The path [0] spelt out, which Confluent's deserializers read too.
	f := wire.Framing{Kind: wire.Confluent, Protobuf: true}
	id, payload, err := f.Decode(nil, bytesOf(t, "00 00000007 02 00 0801"))
	if want := (wire.ID{Number: 7, Message: path(t, 0)}); err != nil || id != want || len(payload) != 2 {
		t.Errorf("got %s, %x, %v; want %s", id, payload, err, want)
	}
	// The last of several headers counts.
	f = wire.Framing{Kind: wire.ConfluentHeader}
	id, _, err = f.Decode([]envelope.Header{
		{Key: wire.ValueHeader, Value: bytesOf(t, "00 00000001")},
		{Key: wire.ValueHeader, Value: bytesOf(t, "00 00000002")},
		{Key: wire.KeyHeader, Value: bytesOf(t, "00 00000003")},
	}, []byte("{}"))
	if err != nil || id.Number != 2 {
		t.Errorf("got %s, %v; want schema 2", id, err)
	}
}

func TestTombstonesHaveNoFraming(t *testing.T) {
	for _, kind := range []wire.Kind{wire.None, wire.Confluent, wire.ConfluentHeader} {
		f := wire.Framing{Kind: kind}
		if id, payload, err := f.Decode(nil, nil); !id.IsZero() || payload != nil || err != nil {
			t.Errorf("%s: decoded %s, %v, %v", kind, id, payload, err)
		}
		if data, headers, err := f.Encode(wire.ID{Number: 1}, nil); data != nil || headers != nil || err != nil {
			t.Errorf("%s: encoded %v, %v, %v", kind, data, headers, err)
		}
	}
	header := []envelope.Header{{Key: wire.ValueHeader, Value: bytesOf(t, "00 00000001")}}
	if id, _, err := (wire.Framing{Kind: wire.ConfluentHeader}).Decode(header, nil); id.Number != 1 || err != nil {
		t.Errorf("a tombstone's header: got %s, %v", id, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	prefix, proto, header := wire.Framing{Kind: wire.Confluent}, wire.Framing{Kind: wire.Confluent, Protobuf: true}, wire.Framing{Kind: wire.ConfluentHeader}
	for _, tt := range []struct {
		framing      wire.Framing
		header, data string
		want         string
	}{
		{wire.Framing{Kind: "glue"}, "", "00", `unknown framing "glue"; known are none, confluent and confluent-header`},
		{prefix, "", "", "the value is empty; the framing confluent has the magic byte 0 and a schema id of 4 bytes before the payload"},
		{prefix, "", "7b7d", `the value starts with '{', not with the magic byte 0; it looks like JSON without framing, which is wire: none, or wire: confluent-header with the id in a header`},
		{prefix, "", "01 00000001", "the value starts with the byte 0x01, not with the magic byte 0; the producer frames otherwise than the contract's wire: says"},
		{wire.Framing{Kind: wire.Confluent, Key: true}, "", "00 0000", "the key has 3 bytes; the framing confluent alone takes 5: the magic byte 0 and a schema id"},
		{prefix, "", "00 00000000 00000001", "the value: the schema id is 0, and registries count from 1; an id of 8 bytes, as Apicurio's own serializers write unless they are told otherwise, reads so"},
		{prefix, "", "00 80000000", "the value: the schema id is -2147483648, and registries count from 1; an id of 8 bytes, as Apicurio's own serializers write unless they are told otherwise, reads so"},
		{proto, "", "00 00000001", "the value: the count of the message's indexes is cut off; Protobuf has the path of the message after the schema's id"},
		{proto, "", "00 00000001 04 02", "the value: an index of the message is cut off; Protobuf has the path of the message after the schema's id"},
		{proto, "", "00 00000001 01 01", "the value: the path of the message has -1 indexes; plain varints, which some clients write with use.deprecated.format, read so: the count and the indexes are zigzag varints"},
		{proto, "", "00 00000001 42", "the value: the path of the message has 33 indexes, and messages nest 32 deep at most; the payload is probably not Protobuf in this framing"},
		{proto, "", "00 00000001 02 01", "the value: the path of the message has the index -1; indexes count from 0"},
		{proto, "", "00 00000001 ffffffffffff01", "the value: the count of the message's indexes is no varint of 32 bits; Protobuf has the path of the message after the schema's id"},
		{header, "", "7b7d", "the record has no header __value_schema_id; the producer does not write the id of its schema there"},
		{header, "", "00 00000001 7b7d", "the record has no header __value_schema_id; its value starts as with wire: confluent"},
		{header, "__key_schema_id: 00 00000001", "7b7d", "the record has no header __value_schema_id; the producer does not write the id of its schema there"},
		{header, "__value_schema_id: ", "7b7d", "header __value_schema_id: the id is empty; it should be a magic byte and the id of a schema"},
		{header, "__value_schema_id: 01 0000", "7b7d", "header __value_schema_id: the id has 3 bytes; an id is the magic byte 0 and 4 bytes, or the magic byte 1 and 16 bytes"},
		{header, "__value_schema_id: 37", "7b7d", "header __value_schema_id: the id starts with the byte 0x37; an id starts with the magic byte 0 or 1"},
		{header, "__value_schema_id: 01 00000000 00000000 00000000 00000000", "7b7d", "header __value_schema_id: the GUID is all zeros; no registry gives it to a schema: look at what the producer was configured with"},
		{header, "__value_schema_id: 00 00000001 00", "7b7d", "header __value_schema_id: 1 bytes follow the id; only Protobuf has something there, the path of the message; is the schema Protobuf?"},
	} {
		var headers []envelope.Header
		if name, value, ok := strings.Cut(tt.header, ": "); ok {
			headers = []envelope.Header{{Key: name, Value: bytesOf(t, value)}}
		}
		id, payload, err := tt.framing.Decode(headers, bytesOf(t, tt.data))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%+v %q %q:\n got %v\nwant %s", tt.framing, tt.header, tt.data, err, tt.want)
		}
		if !id.IsZero() || payload != nil {
			t.Errorf("%q %q: got %s and %x beside the error", tt.header, tt.data, id, payload)
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	for _, tt := range []struct {
		framing wire.Framing
		id      wire.ID
		want    string
	}{
		{wire.Framing{Kind: "glue"}, wire.ID{Number: 1}, `unknown framing "glue"; known are none, confluent and confluent-header`},
		{wire.Framing{Kind: wire.Confluent}, wire.ID{GUID: uuid.MustParse(guid)}, "schema " + guid + " has no number from 1, and the framing confluent has no place for another id"},
		{wire.Framing{Kind: wire.ConfluentHeader}, wire.ID{}, "the framing confluent-header needs the GUID or the number of a schema"},
		{wire.Framing{Kind: wire.Confluent, Protobuf: true}, wire.ID{Number: 1}, "schema 1: Protobuf needs the path of the message within its file; the first message's is NewPath(0)"},
		{wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 1, Message: path(t, 1)}, "schema 1, message [1]: only Protobuf has a message in its framing"},
	} {
		if data, _, err := tt.framing.Encode(tt.id, []byte("x")); err == nil || err.Error() != tt.want || data != nil {
			t.Errorf("%+v: got %x, %v; want %s", tt.framing, data, err, tt.want)
		}
	}
	for _, indexes := range [][]int{{}, {-1}, make([]int, 33)} {
		if p, err := wire.NewPath(indexes...); err == nil {
			t.Errorf("%v: got %s, want an error", indexes, p)
		}
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	for name, decode := range decoders(t) {
		if n := testing.AllocsPerRun(100, decode); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, decode := range decoders(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decode()
			}
		})
	}
}

func decoders(t testing.TB) map[string]func() {
	decoder := func(f wire.Framing, headers []envelope.Header, data []byte) func() {
		return func() {
			if _, _, err := f.Decode(headers, data); err != nil {
				t.Fatal(err)
			}
		}
	}
	headers := []envelope.Header{{Key: "traceparent", Value: []byte("00-…")}, {Key: wire.ValueHeader, Value: append([]byte{1}, bytesOf(t, strings.ReplaceAll(guid, "-", ""))...)}}
	return map[string]func(){
		"confluent":        decoder(wire.Framing{Kind: wire.Confluent}, nil, bytesOf(t, "00 00000001 0a02")),
		"protobuf":         decoder(wire.Framing{Kind: wire.Confluent, Protobuf: true}, nil, bytesOf(t, "00 00000007 04 02 00 0801")),
		"confluent-header": decoder(wire.Framing{Kind: wire.ConfluentHeader}, headers, []byte("{}")),
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "00", "00 00000001", "00 00000007 04 02 00 0801", "00 00000007 00", "00 00000007 ffffffffffffffffffff01", "01 89791762 2336 4186 9674 299b90a802e2 04 02 00", "7b7d"} {
		f.Add(bytesOf(f, seed), true)
		f.Add(bytesOf(f, seed), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, protobuf bool) {
		prefix := wire.Framing{Kind: wire.Confluent, Protobuf: protobuf}
		header := wire.Framing{Kind: wire.ConfluentHeader, Protobuf: protobuf}
		if id, payload, err := prefix.Decode(nil, b); err == nil && b != nil {
			roundTrip(t, prefix, id, payload)
		}
		if id, payload, err := header.Decode([]envelope.Header{{Key: wire.ValueHeader, Value: b}}, []byte("x")); err == nil && b != nil {
			roundTrip(t, header, id, payload)
		}
	})
}

func roundTrip(t *testing.T, f wire.Framing, id wire.ID, payload []byte) {
	t.Helper()
	if payload == nil {
		t.Fatalf("%s has no payload", id)
	}
	data, headers, err := f.Encode(id, payload)
	if err != nil {
		t.Fatalf("%s was decoded and cannot be encoded: %v", id, err)
	}
	again, rest, err := f.Decode(headers, data)
	if err != nil || again != id || string(rest) != string(payload) {
		t.Fatalf("%s %x was read back as %s %x, %v", id, payload, again, rest, err)
	}
}
