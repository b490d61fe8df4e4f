package observe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
)

// TestEffectsOfSeveralConsumers: each effect is of the consumer whose event it
// is, in topics of their own and in one that they share.
func TestEffectsOfSeveralConsumers(t *testing.T) {
	caused := func(seq uint64, name string) *kgo.Record {
		return with(with(&kgo.Record{}, "causation_id", string(eventID(0, seq))), "ce_type", name)
	}
	for name, topics := range map[string][2]string{"apart": {"payments", "stock"}, "together": {"outcomes", "outcomes"}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.flow("orders", "Paid", "Reserved")
			for i, topic := range topics {
				b.effect(s, i, observe.Effect{Topic: topic, TypeHeader: "ce_type", Correlate: at(t, "header:causation_id")})
			}
			for _, seq := range []uint64{0, 2} {
				b.handle(topics[0], caused(seq, "Paid"), 100*time.Millisecond)
			}
			for _, seq := range []uint64{2, 4, 4} {
				b.handle(topics[1], caused(seq, "Reserved"), 200*time.Millisecond)
			}
			b.handle(topics[1], caused(6, "Shipped"), 300*time.Millisecond) // by somebody else
			b.expect(ledger.Reactions{Effects: 2}, reacted(s, 0))
			b.expect(ledger.Reactions{Effects: 2, EffectsTwice: 1}, reacted(s, 1))
			b.expect(int64(4), b.counters.Effects.Load())
			b.expect(4, len(b.seen))
			b.expect(5, len(b.entries()))
			b.expect(int64(4), b.latency(histogram.Effect).Count) // of both, in one histogram
		})
	}
}

// TestEffectsInOrderOfEachConsumer: what one of them does in another order
// says nothing of the other.
func TestEffectsInOrderOfEachConsumer(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid", "Reserved")
	for i, topic := range []string{"payments", "stock"} {
		r := s.Flow.Reactions[i]
		r.EffectOrder = invariant.NewOrder(func(uint16, uint64) uint64 { return 1 }, func(_ uint16, seq uint64) bool {
			return r.Ledger.Flags(seq)&ledger.Effect != 0
		})
		b.effect(s, i, observe.Effect{Topic: topic, Correlate: at(t, "key")})
	}
	s.KeyHash = func(uint64) uint64 { return 1 }
	for _, seq := range []uint64{0, 2, 4} {
		b.handle("payments", &kgo.Record{Key: eventID(0, seq)}, time.Second)
	}
	for _, seq := range []uint64{0, 4, 2} {
		b.handle("stock", &kgo.Record{Key: eventID(0, seq)}, time.Second)
	}
	o := invariant.Judge([]string{invariant.PerKeyOrder}, &invariant.Evidence{
		Flows: []*invariant.Flow{s.Flow}, Tell: func(refs []invariant.Ref) []finding.Record { return make([]finding.Record, len(refs)) },
	})[0]
	b.expect([]any{uint64(6), uint64(1), "consumer-1 applied it after sequence 4 of the same key, which was sent later"},
		[]any{o.Checked, o.Violations, o.Findings[0].Message})
}

// TestLettersOfSeveralConsumers: in a topic that consumers share, a letter is
// of the one that its headers name.
func TestLettersOfSeveralConsumers(t *testing.T) {
	tests := []struct {
		name   string
		letter func(*kgo.Record) *kgo.Record
		// want are the dead letters of the first, of the second, of nobody.
		want    [3]uint64
		altered string // "" for none
	}{
		{"by its group", func(r *kgo.Record) *kgo.Record { return with(r, "kafka_dlt-original-consumer-group", "group-0") }, [3]uint64{1, 0, 0}, ""},
		{"by its service", func(r *kgo.Record) *kgo.Record { return with(r, "dead-lettered-by", "service-1") }, [3]uint64{0, 1, 0}, ""},
		{"by both", func(r *kgo.Record) *kgo.Record { return with(with(r, "x", "service-1"), "y", "group-1") }, [3]uint64{0, 1, 0}, ""},
		{"by none", func(r *kgo.Record) *kgo.Record { return with(r, "reason", "unreadable") }, [3]uint64{0, 0, 1}, ""},
		{"by two of them", func(r *kgo.Record) *kgo.Record { return with(with(r, "x", "service-1"), "y", "group-0") }, [3]uint64{0, 0, 1}, ""},
		{"by a part of a value", func(r *kgo.Record) *kgo.Record { return with(r, "x", "not group-0") }, [3]uint64{0, 0, 1}, ""},
		{"by a header that was sent", func(r *kgo.Record) *kgo.Record { return r }, [3]uint64{0, 0, 1}, ""},
		{"by a header that was changed", func(r *kgo.Record) *kgo.Record { return with(without(r, "sent-for"), "sent-for", "group-1") }, [3]uint64{0, 1, 0},
			`consumer-1: the header sent-for is "group-1", and was "group-0"`},
		{"without a header, which its writer keeps", func(r *kgo.Record) *kgo.Record { return with(without(r, "tenant"), "x", "service-1") }, [3]uint64{0, 1, 0},
			"consumer-1: the header tenant is missing"},
		{"without a header, which its writer need not keep", func(r *kgo.Record) *kgo.Record { return with(without(r, "tenant"), "x", "service-0") }, [3]uint64{1, 0, 0}, ""},
		{"by none, without a header, which not all keep", func(r *kgo.Record) *kgo.Record { return without(r, "tenant") }, [3]uint64{0, 0, 1}, ""},
		{"by none, without the value, which all keep", func(r *kgo.Record) *kgo.Record {
			r.Value = nil
			return r
		}, [3]uint64{0, 0, 1}, ": the value (0 bytes) is not the 7 bytes that were sent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			s := b.flow("orders", "Paid", "Reserved")
			sent := s.Original
			s.Original = func(seq uint64) *kgo.Record { return with(sent(seq), "sent-for", "group-0") }
			l := &invariant.Letters{Topic: "dlq"}
			for i, preserve := range [][]string{{"value"}, {"value", "headers"}} {
				r := s.Flow.Reactions[i]
				r.DLQ = &invariant.DLQ{Letters: l, Preserve: preserve, Altered: b.altered[r], Unclaimed: b.unclaimed}
				b.WatchDLQ(s, r, fmt.Sprintf("group-%d", i), fmt.Sprintf("service-%d", i))
			}
			b.handle("dlq", tt.letter(s.Original(4)), time.Second)
			b.expect(tt.want, [3]uint64{reacted(s, 0).Dead, reacted(s, 1).Dead, b.unclaimed.Counts().Dead})
			b.expect([]uint64{1, 1}, []uint64{l.Seen, uint64(b.counters.Dead.Load())})
			altered := ""
			for _, l := range l.Altered.First() {
				altered += l.Consumer + ": " + l.What
			}
			b.expect(tt.altered, altered)
		})
	}
}
