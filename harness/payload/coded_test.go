package payload

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/loadgen/ledger"
)

// sizedSchemas are those whose key stands within a part whose length comes before
// it, in Protobuf, and behind and before parts that differ in length.
var sizedSchemas = fstest.MapFS{
	"order.avsc": {Data: []byte(`{"type": "record", "name": "Order", "fields": [
		{"name": "note", "type": ["null", "string"]},
		{"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [{"name": "id", "type": "string"}, {"name": "same", "type": "string"}]}},
		{"name": "number", "type": "long"}, {"name": "lines", "type": {"type": "array", "items": "string"}}]}`)},
	"order.proto": {Data: []byte(`syntax = "proto3";
message Order {
  message Customer { string id = 1; string same = 2; }
  optional string note = 1;
  Customer customer = 2;
  int64 number = 3;
  repeated string lines = 4;
}`)},
	"bytes.avsc": {Data: []byte(`{"type": "record", "name": "Bytes", "fields": [{"name": "all", "type": {"type": "fixed", "name": "All", "size": 100}}]}`)},
}

func coded(t testing.TB, file, format string, changes ...func(*Config)) Config {
	t.Helper()
	s, err := schema.Load(sizedSchemas, file, format, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	generate, err := s.Generator()
	if err != nil {
		t.Fatal(err)
	}
	return config(t, append([]func(*Config){func(c *Config) {
		c.Codec, c.Produces.Key = s, &contracts.Key{Place: "$.customer.id"}
		c.Generate = func(rng *rand.Rand) (any, error) {
			doc, err := generate(rng)
			if err == nil {
				doc.(map[string]any)["customer"] = map[string]any{"id": uuids(rng), "same": "aaaaaaaaaaaaaaaa"}
			}
			return doc, err
		}
		c.Validate = func(doc []byte) error {
			if v := s.Examine("", doc); len(v) > 0 {
				return fmt.Errorf("%s", v[0].Message)
			}
			return nil
		}
	}}, changes...)...)
}

var binaryFiles = map[string]string{contracts.FormatAvro: "order.avsc", contracts.FormatProtobuf: "order.proto"}

// TestBinaryForms: records in Avro and Protobuf can be read, hold the record's
// key where the contract has it, and vary in the rest.
func TestBinaryForms(t *testing.T) {
	list := []string{"a", "aaaa", "bb", strings.Repeat("long-", 60), "é"}
	for name, change := range map[string]func(*Config){
		"UUIDs": func(*Config) {},
		"texts": func(c *Config) {
			uuidsOf := c.Generate
			c.Generate = func(rng *rand.Rand) (any, error) {
				doc, err := uuidsOf(rng)
				if err == nil {
					doc.(map[string]any)["customer"].(map[string]any)["id"] = "some text"
				}
				return doc, err
			}
			over(2_000_000)(c)
		},
		"a list": func(c *Config) {
			c.KeyList = list
			over(uint64(len(list)))(c)
		},
		"numbers": func(c *Config) { c.Produces.Key = &contracts.Key{Place: "$.number"} },
		"a template": func(c *Config) {
			c.Produces.Key = &contracts.Key{Template: "{$.customer.id}/{$.number}"}
		},
	} {
		for format, file := range binaryFiles {
			t.Run(name+" in "+format, func(t *testing.T) {
				cfg := coded(t, file, format, change)
				m := maker(t, cfg)
				keys, values := expectKeys(t, m, 500, unframed), map[string]bool{}
				for seq := range uint64(500) {
					r := record(m, seq)
					doc, err := cfg.Codec.Decode(r.Value)
					if err != nil {
						t.Fatalf("%d: %q: %v", seq, r.Value, err)
					}
					if same, _ := place.MustParse("$.customer.same").In(doc); same != "aaaaaaaaaaaaaaaa" {
						t.Fatalf("%d: what looks like the key was changed to %v", seq, same)
					}
					if got := headerOf(r, "content-type"); got != "application/"+format {
						t.Fatalf("content-type %s", got)
					}
					values[string(r.Value)] = true
				}
				if name == "a list" {
					for _, k := range list {
						if _, came := keys[k]; !came {
							t.Errorf("the key %q did not come", k)
						}
					}
				}
				if len(keys) < 5 || len(values) < 40 {
					t.Errorf("%d keys and %d values", len(keys), len(values))
				}
			})
		}
	}
}

// TestBinaryPoison: no reader can decode it, and it leads back to its event.
func TestBinaryPoison(t *testing.T) {
	for format, file := range binaryFiles {
		cfg := coded(t, file, format, func(c *Config) { c.Faults = []Fault{{Share: 1}} })
		m, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		m.Begin(start)
		var r kgo.Record
		if class := m.Make(7, &r); class != ledger.Poison {
			t.Fatalf("%s: class %v", format, class)
		}
		if doc, err := cfg.Codec.Decode(r.Value); err == nil {
			t.Errorf("%s: poison reads as %v", format, doc)
		}
		if !strings.HasSuffix(string(r.Value), headerOf(&r, "ce_id")) {
			t.Errorf("%s: %q does not hold the event's id %s", format, r.Value, headerOf(&r, "ce_id"))
		}
	}
}

func TestBinaryRefusals(t *testing.T) {
	without := func(c *Config) { c.Produces.Key = nil }
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"what reads everything": {
			coded(t, "bytes.avsc", contracts.FormatAvro, without, func(c *Config) {
				c.Faults = []Fault{{Share: 0.01}}
				c.Generate = func(*rand.Rand) (any, error) { return map[string]any{"all": strings.Repeat("x", 100)}, nil }
			}),
			"the schema of com.acme.order.OrderPlaced reads any bytes as an event, so that nothing poisons it: leave out the fault",
		},
		"an envelope of JSON": {
			coded(t, "order.avsc", contracts.FormatAvro, func(c *Config) { c.Produces.Envelope = contracts.EnvelopeCloudEventsStructured }),
			"com.acme.order.OrderPlaced: the envelope cloudevents-structured holds JSON, and the data is application/avro: use cloudevents-binary or none",
		},
	} {
		_, err := New(tt.cfg)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// TestSizes: every key that is made up has one of the lengths.
func TestSizes(t *testing.T) {
	for cardinality, want := range map[uint64][]int{1: {10}, 10: {10}, 999_999: {10}, 1_000_001: {10, 11}, 200_000_000: {10, 11, 12, 13}} {
		if got := (keyMaker{style: styleText}).sizes(cardinality); !cmp.Equal(got, want) {
			t.Errorf("%d keys: %v, want %v", cardinality, got, want)
		}
	}
	if got := (keyMaker{style: styleUUID}).sizes(5_000_000); !cmp.Equal(got, []int{36}) {
		t.Errorf("UUIDs: %v", got)
	}
}

func BenchmarkMakeBinary(b *testing.B) {
	framed := func(c *Config) {
		c.Frame = frame(b, wire.Framing{Kind: wire.Confluent}, wire.ID{Number: 7})
		keyedBy(b, "text.avsc", contracts.FormatAvro, wire.Confluent)(c)
	}
	for name, cfg := range map[string]Config{
		"avro":        coded(b, "order.avsc", contracts.FormatAvro),
		"protobuf":    coded(b, "order.proto", contracts.FormatProtobuf),
		"avro-framed": coded(b, "order.avsc", contracts.FormatAvro, framed), // the key, too
	} {
		b.Run(name, func(b *testing.B) {
			over(1000)(&cfg)
			m := maker(b, cfg)
			b.ReportAllocs()
			var r kgo.Record
			for seq := uint64(0); b.Loop(); seq++ {
				m.Make(seq, &r)
			}
		})
	}
}
