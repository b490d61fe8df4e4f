package observe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/hop"
)

// chained is a flow of ten records, of which each second repeats the event
// before, in a chain: a consumer pays, with a retry and a dead-letter topic, and
// one behind it ships what was paid, with its own.
type chained struct {
	*bench
	s         *observe.Subject
	pay, ship *hop.Consumer
	outputs   [4]*hop.Output // paid, its dead letters, shipped, its dead letters
}

func newChained(t *testing.T) *chained {
	c := &chained{bench: newBench(t)}
	causation, err := place.Parse("header:causation_id")
	if err != nil {
		t.Fatal(err)
	}
	c.s = c.flow("orders", "Paid")
	c.s.Repeats = true
	flow, reaction, id := hop.New(hop.Config{Due: c.s.Due, Recorder: c.meter.Recorder()}), c.s.Flow.Reactions[0], observe.HeaderID("ce_id")
	c.s.Hops = flow
	c.pay = flow.Consumer(nil, reaction.Ledger)
	c.outputs[0], c.outputs[1] = c.pay.Effect(histogram.Extra(0), histogram.Extra(4)), c.pay.Dead(histogram.Extra(1))
	c.WatchHops(reaction, c.pay, c.outputs[0], c.outputs[1])
	c.effect(c.s, 0, observe.Effect{Topic: "paid", TypeHeader: "ce_type", Correlate: causation, ID: id})
	c.WatchRetry(c.s, reaction, "retry")
	c.letters(c.s)

	c.ship = flow.Consumer(c.outputs[0], c.unclaimed)
	c.outputs[2], c.outputs[3] = c.ship.Effect(histogram.Extra(2), histogram.Extra(4)), c.ship.Dead(histogram.Extra(3))
	c.WatchStep(c.s, observe.Step{
		Ledger: c.unclaimed, Consumer: c.ship, Output: c.outputs[2], ID: id, Retries: []string{"ship.retry"}, DLQ: "ship.dlq", Dead: c.outputs[3],
		Effect: observe.Effect{Topic: "shipped", Type: "Shipped", TypeHeader: "ce_type", Correlate: causation},
	})
	return c
}

// event is one that a service makes, with an id of its own.
func event(kind, id string, cause []byte) *kgo.Record {
	return &kgo.Record{Headers: []kgo.RecordHeader{
		{Key: "ce_id", Value: []byte(id)}, {Key: "ce_type", Value: []byte(kind)}, {Key: "causation_id", Value: cause},
	}}
}

// latencies are the exact figures of each measure: samples and those that are
// unfinished, shortest, mean and longest.
func (c *chained) latencies() (all []string) {
	c.s.Hops.Close(time.Minute)
	if err := c.meter.Close(); err != nil {
		c.t.Fatal(err)
	}
	for i := range measures {
		line := "none"
		for _, l := range c.meter.Measured(i) {
			if l.Phase == "" {
				line = fmt.Sprintf("%d, %d unfinished: %v %v %v", l.Count, l.Unfinished, l.Min, l.Mean, l.Max)
			}
		}
		all = append(all, line)
	}
	return all
}

// TestHops sees known delays in the hops where they were: 30 ms and 50 ms in
// that of the first order, by the id that each event names as its cause.
func TestHops(t *testing.T) {
	c := newChained(t)
	id := c.s.Flow.Sender.ID()
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	c.handle("orders", c.s.Original(0), ms(100))
	c.handle("orders", c.s.Original(1), ms(101)) // the same event again: no input of its own
	c.handle("paid", event("Paid", "p-0", eventID(id, 0)), ms(130))
	c.handle("shipped", event("Shipped", "s-0", []byte("p-0")), ms(180))
	c.handle("shipped", event("Shipped", "s-0", []byte("p-0")), ms(190)) // twice

	c.handle("orders", c.s.Original(2), ms(200))
	c.handle("retry", c.s.Original(2), ms(210))
	c.handle("paid", event("Paid", "p-2", eventID(id, 2)), ms(500)) // retried: 300 ms
	c.handle("ship.retry", event("Paid", "p-2", eventID(id, 2)), ms(510))
	c.handle("ship.dlq", event("Paid", "p-2", eventID(id, 2)), ms(507)) // 7 ms

	c.handle("orders", c.s.Original(4), ms(600))
	c.handle("dlq", c.s.Original(4), ms(604)) // 4 ms

	c.handle("orders", c.s.Original(6), ms(700))
	c.handle("paid", event("Paid", "p-6", eventID(id, 6)), ms(710))
	c.handle("shipped", with(event("Shipped", "s-6", []byte("of another system")), "correlation_id", string(eventID(id, 6))), ms(730))

	c.handle("orders", c.s.Original(8), ms(800)) // never paid

	c.handle("shipped", event("Shipped", "s-x", []byte("of another system")), ms(900))
	c.handle("shipped", event("Returned", "r-x", []byte("of another system")), ms(900)) // another event
	c.handle("shipped", event("Shipped", "s-8", eventID(id, 8)), ms(910))               // and was never paid
	c.handle("paid", event("Paid", "p-x", []byte("of another system")), ms(920))

	c.expect([]string{
		"3, 1 unfinished: 10ms 113.333333ms 300ms", "1, 0 unfinished: 4ms 4ms 4ms",
		"2, 0 unfinished: 20ms 35ms 50ms", "1, 0 unfinished: 7ms 7ms 7ms",
		// From due: the records were due 10 ms apart.
		"3, 0 unfinished: 180ms 560ms 830ms",
	}, c.latencies())
	c.expect([]hop.ConsumerCounts{{Inputs: 5, Unfinished: 1}, {Inputs: 3}}, []hop.ConsumerCounts{c.pay.Counts(), c.ship.Counts()})
	var counts []hop.Counts
	for _, o := range c.outputs {
		counts = append(counts, o.Counts())
	}
	c.expect([]hop.Counts{
		{Samples: 3, Retried: 1, Untraced: 1}, {Samples: 1},
		{Samples: 2, Again: 1, WithoutInput: 1, Untraced: 1}, {Samples: 1, Retried: 1},
	}, counts)
}

// TestHopsAreNotJudged: what comes of a step is in no count of effects.
func TestHopsAreNotJudged(t *testing.T) {
	c := newChained(t)
	id := c.s.Flow.Sender.ID()
	c.handle("orders", c.s.Original(0), 10)
	c.handle("paid", event("Paid", "p-0", eventID(id, 0)), 20)
	c.handle("shipped", event("Shipped", "s-0", []byte("p-0")), 30)
	// What the first consumer would make is not found by the id of an event in
	// the middle.
	c.handle("paid", event("Paid", "p-9", []byte("p-0")), 40)
	c.expect(int64(1), c.counters.Totals(0).Effects)
	c.expect([]uint64{1, 0}, []uint64{reacted(c.s, 0).Effects, reacted(c.s, 0).EffectsTwice})
	c.expect(hop.Counts{Samples: 1, Untraced: 1}, c.outputs[0].Counts())
}
