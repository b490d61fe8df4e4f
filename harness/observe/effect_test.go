package observe_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/observe"
)

// TestEffectInBinaryData: the id in data that is not JSON is found by who can
// read it.
func TestEffectInBinaryData(t *testing.T) {
	paid, err := avro.Parse(avro.Source{Name: "paid.avsc", Text: []byte(`{"type": "record", "name": "Paid", "fields": [{"name": "amount", "type": "long"}, {"name": "cause", "type": "string"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	s := b.flow("orders", "Paid")
	b.effect(s, 0, observe.Effect{Topic: "payments", Correlate: place.MustParse("$.cause"), Read: func(r *kgo.Record) (any, error) { return paid.Decode(r.Value) }})
	for i, cause := range []string{string(eventID(s.Flow.Sender.ID(), 3)), "another"} {
		value, err := paid.Encode(map[string]any{"amount": 700 + i, "cause": cause})
		if err != nil {
			t.Fatal(err)
		}
		b.handle("payments", &kgo.Record{Value: value}, 70*time.Millisecond)
	}
	b.handle("payments", &kgo.Record{Value: []byte("\xff")}, 80*time.Millisecond)
	b.expect(uint64(1), reacted(s, 0).Effects)
}
