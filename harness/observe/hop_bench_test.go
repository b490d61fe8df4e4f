package observe_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/hop"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/series"
)

// BenchmarkHops has an observer read a million orders and what was made of each,
// in batches of 500 a topic, once with their hop measured and once without. Both
// take turns in one run; "ratio" is with over without, in time, and the hop's
// own allocations are what both differ by.
func BenchmarkHops(b *testing.B) {
	const n = 1_000_000
	orders, paid := batches(n)
	var took [2]time.Duration
	var allocs [2]uint64
	for b.Loop() {
		for i, measured := range []bool{true, false} {
			handle := chainOf(b, n, measured)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			for j := range orders {
				at := time.Duration(j) * time.Millisecond
				handle(orders[j], at)
				handle(paid[j], at+500*time.Microsecond)
			}
			took[i] += time.Since(start)
			runtime.ReadMemStats(&after)
			allocs[i] += after.Mallocs - before.Mallocs
		}
	}
	records := float64(b.N) * 2 * n
	b.ReportMetric(float64(took[0].Nanoseconds())/records, "with-ns/rec")
	b.ReportMetric(float64(took[1].Nanoseconds())/records, "without-ns/rec")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	b.ReportMetric(float64(allocs[0])/records, "with-allocs/rec")
	b.ReportMetric(float64(allocs[1])/records, "without-allocs/rec")
}

func batches(n int) (orders, paid [][]*kgo.Record) {
	const size = 500
	for from := 0; from < n; from += size {
		var in, out []*kgo.Record
		for seq := uint64(from); seq < uint64(from+size); seq++ {
			id := identity.Record{Run: testRun, Sequence: seq, Due: t0}
			event := eventID(0, seq)
			in = append(in, &kgo.Record{Topic: "orders", Offset: int64(seq), Headers: []kgo.RecordHeader{
				{Key: "ce_id", Value: event}, {Key: identity.Header, Value: id.AppendHeader(nil)},
			}})
			out = append(out, &kgo.Record{Topic: "paid", Offset: int64(seq), Headers: []kgo.RecordHeader{
				{Key: "ce_type", Value: []byte("Paid")}, {Key: "causation_id", Value: event},
			}})
		}
		orders, paid = append(orders, in), append(paid, out)
	}
	return orders, paid
}

// chainOf is an observer of n orders that were sent.
func chainOf(b *testing.B, n int, measured bool) func([]*kgo.Record, time.Duration) {
	dir := b.TempDir()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	meter, err := histogram.New(dir, t0, phases, histogram.Measure{Log: "hops/1"}, histogram.Measure{Log: "hops/1-whole"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = meter.Close() })
	stories, err := journal.Create(dir+"/journal", 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = stories.Close() })
	sender := ledger.New().Sender("orders", ledger.Expect{Received: true})
	reaction := &invariant.Reaction{Consumer: "pay", Ledger: sender.Reaction(true), Effect: "Paid"}
	for range n {
		sender.Acked(sender.Begin(ledger.Normal))
	}
	s := &observe.Subject{
		Flow:    &invariant.Flow{Sender: sender, Event: "Placed", Topic: "orders", Traced: true, Reactions: []*invariant.Reaction{reaction}},
		Event:   func(seq uint64) uint64 { return seq },
		Due:     func(seq uint64) time.Duration { return time.Duration(seq) * time.Microsecond },
		KeyHash: func(seq uint64) uint64 { return seq },
	}
	o := observe.New(observe.Config{Run: testRun, Start: t0, Journal: stories, Meter: meter, Counters: &series.Counters{}})
	o.Watch(s)
	if measured {
		s.Hops = hop.New(hop.Config{Due: s.Due, Recorder: meter.Recorder()})
		pay := s.Hops.Consumer(nil, reaction.Ledger)
		o.WatchHops(reaction, pay, pay.Effect(histogram.Extra(0), histogram.Extra(1)), nil)
	}
	causation, err := place.Parse("header:causation_id")
	if err != nil {
		b.Fatal(err)
	}
	o.WatchEffect(s, reaction, observe.Effect{Topic: "paid", Type: "Paid", TypeHeader: "ce_type", Correlate: causation})
	return o.Handle
}
