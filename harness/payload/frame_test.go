package payload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/loadgen/ledger"
)

var keySchemas = fstest.MapFS{
	"text.avsc":   {Data: []byte(`"string"`)},
	"long.avsc":   {Data: []byte(`"long"`)},
	"till.avsc":   {Data: []byte(`{"type": "record", "name": "Till", "fields": [{"name": "shop", "type": "string"}, {"name": "n", "type": "int"}]}`)},
	"text.proto":  {Data: []byte("syntax = \"proto3\";\nimport \"google/protobuf/wrappers.proto\";\nmessage Key { google.protobuf.StringValue id = 1; }\n")},
	"text.json":   {Data: []byte(`{"type": "string"}`)},
	"short.json":  {Data: []byte(`{"type": "string", "maxLength": 5}`)},
	"number.json": {Data: []byte(`{"type": "integer"}`)},
}

// keyedBy gives keys a schema in a framing, with an id of 9.
func keyedBy(t testing.TB, file, format string, kind wire.Kind) func(*Config) {
	t.Helper()
	s, err := schema.Load(keySchemas, file, format, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Config) {
		c.KeySchema = s
		c.KeyFrame = frame(t, wire.Framing{Kind: kind, Key: true, Protobuf: format == contracts.FormatProtobuf && kind != ""}, wire.ID{Number: 9})
		c.Produces.Key = &contracts.Key{Place: c.Produces.Key.Place, Schema: &contracts.SchemaRef{Ref: "Key"}}
	}
}

func frame(t testing.TB, f wire.Framing, id wire.ID) Frame {
	t.Helper()
	if f.Protobuf {
		id.Message, _ = wire.NewPath(0)
	}
	out, err := NewFrame(f, id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFramedValues: every value carries the id, before the envelope's document
// or in a header, and what is in the framing is what would be there without.
func TestFramedValues(t *testing.T) {
	guid := uuid.MustParse("89791762-2336-4186-9674-299b90a802e2")
	for name, tt := range map[string]struct {
		framing wire.Framing
		id      wire.ID
		config  func(changes ...func(*Config)) Config
	}{
		"Avro":     {wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}, func(c ...func(*Config)) Config { return coded(t, "order.avsc", contracts.FormatAvro, c...) }},
		"Protobuf": {wire.Framing{Kind: wire.Confluent, Protobuf: true}, wire.ID{Number: 7}, func(c ...func(*Config)) Config { return coded(t, "order.proto", contracts.FormatProtobuf, c...) }},
		"a header": {wire.Framing{Kind: wire.ConfluentHeader}, wire.ID{GUID: guid}, func(c ...func(*Config)) Config { return coded(t, "order.avsc", contracts.FormatAvro, c...) }},
		"JSON":     {wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}, func(c ...func(*Config)) Config { return config(t, c...) }},
		"JSON alone": {wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}, func(c ...func(*Config)) Config {
			return config(t, append(c, produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeNone }))...)
		}},
		"JSON of a pool": {wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}, func(c ...func(*Config)) Config {
			return config(t, append(c, produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "{$.tenant}:{$.order_id}"} }))...)
		}},
		"an envelope": {wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}, func(c ...func(*Config)) Config {
			return config(t, append(c, produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeCloudEventsStructured }))...)
		}},
		"an own envelope": {wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}, func(c ...func(*Config)) Config {
			return config(t, append(c, produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeStandard }))...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			of := frame(t, tt.framing, tt.id)
			if tt.framing.Protobuf {
				tt.id.Message, _ = wire.NewPath(0)
			}
			poisoned := shares(0.2, 0.1)
			plain := maker(t, tt.config(poisoned))
			framed := maker(t, tt.config(poisoned, func(c *Config) { c.Frame = of }))
			seen := map[ledger.Class]bool{}
			for seq := range uint64(100) {
				want, got := record(plain, seq), record(framed, seq)
				seen[framed.Class(seq)] = true
				id, payload, err := tt.framing.Decode(headers(got), got.Value)
				if err != nil || id != tt.id || string(payload) != string(want.Value) || string(got.Key) != string(want.Key) {
					t.Fatalf("%d: %q with %s, %v, want %s and %q", seq, got.Value, id, err, tt.id, want.Value)
				}
			}
			if len(seen) != 3 {
				t.Errorf("classes %v", seen)
			}
		})
	}
}

// TestFramedWrongData: data that the schema refuses is framed like any other, so
// that it is the data that is wrong.
func TestFramedWrongData(t *testing.T) {
	wrong := spoilt(Fault{Kind: WrongSchema, Share: 1})
	framing, id := wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}
	for name, config := range map[string]func(changes ...func(*Config)) Config{
		"Avro": func(c ...func(*Config)) Config { return coded(t, "order.avsc", contracts.FormatAvro, c...) },
		"JSON": func(c ...func(*Config)) Config { return config(t, append(c, under(t, `{"required": ["total"]}`))...) },
	} {
		plain := maker(t, config(wrong))
		framed := maker(t, config(wrong, func(c *Config) { c.Frame = frame(t, framing, id) }))
		want, got := record(plain, 3), record(framed, 3)
		found, payload, err := framing.Decode(headers(got), got.Value)
		if err != nil || found != id || string(payload) != string(want.Value) {
			t.Errorf("%s: %q with %s, %v, want %s and %q", name, got.Value, found, err, id, want.Value)
		}
	}
}

// TestFramingCostsNoAllocation: what stands before a value is part of what it
// is made of, and what stands in a header is the same in each record.
func TestFramingCostsNoAllocation(t *testing.T) {
	texts := keyedBy(t, "text.avsc", contracts.FormatAvro, wire.Confluent)
	for name, config := range map[string]func(changes ...func(*Config)) Config{
		"avro": func(c ...func(*Config)) Config { return coded(t, "order.avsc", contracts.FormatAvro, c...) },
		"json": func(c ...func(*Config)) Config { return config(t, c...) },
	} {
		allocs := func(changes ...func(*Config)) float64 {
			m, r, seq := maker(t, config(changes...)), &kgo.Record{}, uint64(0)
			m.Make(0, r)
			return testing.AllocsPerRun(200, func() { m.Make(seq, r); seq++ })
		}
		plain := allocs()
		for what, change := range map[string]func(*Config){
			"a prefix": func(c *Config) { c.Frame = frame(t, wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7}) },
			"a header": func(c *Config) { c.Frame = frame(t, wire.Framing{Kind: wire.ConfluentHeader}, wire.ID{Number: 7}) },
			"a key":    texts,
		} {
			if got := allocs(change); got != plain {
				t.Errorf("%s with %s: %v allocations, without %v", name, what, got, plain)
			}
		}
	}
}

// TestKeysOfASchema: what a record's key says by its schema is what its data
// says, spliced and not, and the same key has the same bytes and hash.
func TestKeysOfASchema(t *testing.T) {
	tills := func(c *Config) {
		c.Produces.Key = &contracts.Key{Place: "$.order_id"}
		c.Generate = order(func(rng *rand.Rand) any {
			return map[string]any{"shop": "north", "n": json.Number(fmt.Sprint(rng.IntN(30)))}
		})
	}
	wrapped := func(c *Config) {
		c.Generate = order(func(rng *rand.Rand) any { return map[string]any{"id": uuids(rng)} })
	}
	inPlace := func(id func(*rand.Rand) any) func(*Config) { return func(c *Config) { c.Generate = order(id) } }
	for name, tt := range map[string]struct {
		file, format string
		kind         wire.Kind
		keyed        bool
		with         func(*Config)
		of           func(changes ...func(*Config)) Config
	}{
		"UUIDs as Avro":            {"text.avsc", contracts.FormatAvro, wire.Confluent, true, inPlace(uuids), nil},
		"texts as Avro":            {"text.avsc", contracts.FormatAvro, wire.None, true, func(c *Config) { inPlace(texts)(c); over(2_000_000)(c) }, nil},
		"a file's texts as Avro":   {"text.avsc", contracts.FormatAvro, wire.Confluent, true, func(c *Config) { inPlace(texts)(c); listed("a", `b "2"`, "é", strings.Repeat("long", 50))(c) }, nil},
		"numbers as Avro":          {"long.avsc", contracts.FormatAvro, wire.Confluent, false, inPlace(numbers), nil},
		"records as Avro":          {"till.avsc", contracts.FormatAvro, wire.ConfluentHeader, false, tills, nil},
		"messages as Protobuf":     {"text.proto", contracts.FormatProtobuf, wire.Confluent, false, wrapped, nil},
		"UUIDs as JSON":            {"text.json", contracts.FormatJSONSchema, wire.Confluent, true, inPlace(uuids), nil},
		"a file's texts as JSON":   {"text.json", contracts.FormatJSONSchema, wire.Confluent, true, func(c *Config) { inPlace(texts)(c); listed("a", `b "2"`)(c) }, nil},
		"numbers as JSON":          {"number.json", contracts.FormatJSONSchema, wire.ConfluentHeader, true, inPlace(numbers), nil},
		"beside data in Avro":      {"text.avsc", contracts.FormatAvro, wire.Confluent, true, func(*Config) {}, func(c ...func(*Config)) Config { return coded(t, "order.avsc", contracts.FormatAvro, c...) }},
		"JSON beside data in Avro": {"text.json", contracts.FormatJSONSchema, wire.None, true, func(*Config) {}, func(c ...func(*Config)) Config { return coded(t, "order.avsc", contracts.FormatAvro, c...) }},
		"no text that is made up":  {"short.json", contracts.FormatJSONSchema, wire.Confluent, false, inPlace(func(rng *rand.Rand) any { return fmt.Sprintf("k%d", rng.IntN(40)) }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.of == nil {
				tt.of = func(c ...func(*Config)) Config { return config(t, c...) }
			}
			m := maker(t, tt.of(tt.with, keyedBy(t, tt.file, tt.format, tt.kind)))
			if m.keyed != tt.keyed {
				t.Fatalf("keyed is %t", m.keyed)
			}
			framing := wire.Framing{Kind: tt.kind, Key: true, Protobuf: tt.format == contracts.FormatProtobuf}
			keys := expectKeys(t, m, 300, func(t *testing.T, r *kgo.Record) []byte {
				id, payload, err := framing.Decode(headers(r), r.Key)
				if err != nil || tt.kind != wire.None && id.Number != 9 {
					t.Fatalf("the key %q has %s, %v", r.Key, id, err)
				}
				return payload
			})
			if len(keys) < 2 {
				t.Errorf("%d keys", len(keys))
			}
		})
	}
}

// TestFramedLoadsThatCannotBe: a key that its schema does not take is said, and
// nobody else writes the header that carries an id.
func TestFramedLoadsThatCannotBe(t *testing.T) {
	inHeader := func(c *Config) { c.Frame = frame(t, wire.Framing{Kind: wire.ConfluentHeader}, wire.ID{Number: 7}) }
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"a key that is too long":        {config(t, keyedBy(t, "short.json", contracts.FormatJSONSchema, wire.None)), "the key is not of its schema: "},
		"a key of a file that is":       {config(t, listed("a", "too long"), keyedBy(t, "short.json", contracts.FormatJSONSchema, wire.None)), `the key "too long", number 2 of the file, is not valid at $.order_id: the key is not of its schema: `},
		"numbers of a file as Avro":     {config(t, data(order(numbers)), listed("1", "2"), keyedBy(t, "long.avsc", contracts.FormatAvro, wire.None)), "keys from a file are put where the contract of com.acme.order.OrderPlaced has its key, "},
		"a header that the load writes": {config(t, inHeader, func(c *Config) { c.Headers = map[string]string{wire.ValueHeader: "x"} }), "header __value_schema_id: a load writes it itself; remove it from headers"},
	} {
		if _, err := New(tt.cfg); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if _, err := NewFrame(wire.Framing{Kind: wire.Confluent}, wire.ID{}); err == nil {
		t.Error("a framing without an id")
	}
	// One that the contract requires is there once.
	m := maker(t, config(t, inHeader, produces(func(p *contracts.Produces) {
		p.Headers = map[string]contracts.Header{wire.ValueHeader: {Required: true}}
	})))
	r := record(m, 0)
	if n := len(slices.DeleteFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key != wire.ValueHeader })); n != 1 {
		t.Errorf("%d headers %s", n, wire.ValueHeader)
	}
}
