package payload

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/ledger"
)

// TestTooLarge: the record is whole, valid, of its size, with its own key, the
// same whenever it is asked for, and leads back by its value alone.
func TestTooLarge(t *testing.T) {
	const size = 100_000
	closed := `{"additionalProperties": false, "properties": {"order_id": {}, "tenant": {"type": "string"}, "total": {}}}`
	for name, tt := range map[string]struct {
		cfg Config
		at  string
	}{
		"a further field":      {config(t, under(t, `{"required": ["total"]}`)), "$.padding"},
		"a text that it has":   {config(t, under(t, closed)), "$.tenant"},
		"without a key":        {config(t, under(t, closed), produces(func(p *contracts.Produces) { p.Key = nil })), "$.order_id"},
		"in an envelope":       {config(t, produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeStandard })), "$.padding"},
		"Avro":                 {coded(t, "order.avsc", contracts.FormatAvro), "$.note"},
		"Protobuf, and framed": {coded(t, "order.proto", contracts.FormatProtobuf, func(c *Config) { c.Frame.prefix = []byte{0, 0, 0, 0, 7} }), "$.note"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := NewLarge(tt.cfg, size)
			if err != nil {
				t.Fatal(err)
			}
			if l.At.String() != tt.at {
				t.Errorf("at %s, want %s", l.At, tt.at)
			}
			tt.cfg.Faults = []Fault{{Kind: TooLarge, Share: 0.5, Size: size}}
			m, good := maker(t, tt.cfg), maker(t, func() Config { c := tt.cfg; c.Faults = nil; return c }())
			found := 0
			for seq := range uint64(40) {
				var r, again, without kgo.Record
				class := m.Make(seq, &r)
				if class != ledger.Poison {
					continue
				}
				found++
				m.Make(seq, &again)
				good.Make(seq, &without)
				if n := len(r.Value); n < size || n > size+1000 || !bytes.Equal(r.Value, again.Value) || !bytes.Equal(r.Key, without.Key) || len(r.Headers) != len(without.Headers) {
					t.Fatalf("sequence %d: %d bytes with the key %q, and then %d; a good one has the key %q", seq, n, r.Key, len(again.Value), without.Key)
				}
				if id, ok := identity.Find(testRun, r.Value); !ok || id.Sequence != seq {
					t.Errorf("sequence %d leads back to %v, %t", seq, id, ok)
				}
				if tt.cfg.Produces.EnvelopeName() == contracts.EnvelopeCloudEventsBinary {
					if err := refusal(tt.cfg, r.Value[len(m.prefix):]); err != nil {
						t.Errorf("sequence %d is not valid: %v", seq, err)
					}
				}
			}
			if found < 10 {
				t.Errorf("%d of 40 were made too large", found)
			}
		})
	}
}

// TestNothingCanBeTooLarge: a schema that allows no such event refuses the fault.
func TestNothingCanBeTooLarge(t *testing.T) {
	const refused = "the schema of com.acme.order.OrderPlaced allows no event with data of 100000 bytes: it takes no further field, and no text in it can be so long"
	for name, cfg := range map[string]Config{
		"short texts":         config(t, under(t, `{"additionalProperties": {"type": ["string", "number"], "maxLength": 90000}}`)),
		"no text but the key": config(t, under(t, `{"additionalProperties": false, "properties": {"order_id": {}, "tenant": {"pattern": "^t[0-9]$"}, "total": {}}}`)),
		"a form without texts": coded(t, "bytes.avsc", contracts.FormatAvro, func(c *Config) {
			generate := c.Generate
			c.Produces.Key = nil
			c.Generate = func(rng *rand.Rand) (any, error) {
				doc, err := generate(rng)
				delete(doc.(map[string]any), "customer")
				return doc, err
			}
		}),
	} {
		cfg.Faults = []Fault{{Kind: TooLarge, Share: 0.1, Size: 100_000}}
		if _, err := New(cfg); err == nil || err.Error() != refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewLarge(config(t, data(func(*rand.Rand) (any, error) { return []any{}, nil })), 60); err == nil || err.Error() != "an event of com.acme.order.OrderPlaced need be no object, so that no field of it can be so long" {
		t.Error(err)
	}
	if _, err := NewLarge(config(t), 60); err == nil || err.Error() != "events of com.acme.order.OrderPlaced are that large by themselves: name a size that none has" {
		t.Error(err)
	}
}
