package hop_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/hop"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/run"
)

// What can be seen of an event in the chain orders → payment → shipping, whose
// first consumer has dead letters.
const (
	received = iota
	paid
	dead
	shipped
	retriedAtPayment
	kindsOfSight
)

// The measures of the chain.
const (
	hopPaid = iota
	hopDead
	hopShipped
	wholeChain
	measures
)

// sight is one line of what was seen.
type sight struct {
	what int
	seq  uint64
	at   time.Duration
}

func due(seq uint64) time.Duration { return time.Duration(seq) * time.Millisecond }

// chain is a flow under test with its ledgers.
type chain struct {
	flow                *hop.Flow
	meter               *histogram.Meter
	dir                 string
	sender              *ledger.Sender
	payment, shipping   *ledger.Reaction
	consumers           [2]*hop.Consumer
	paid, dead, shipped *hop.Output
}

type failer interface {
	Helper()
	Fatal(args ...any)
}

func newChain(t failer, dir string, events int) *chain {
	t.Helper()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	var extra []histogram.Measure
	for i := range measures {
		extra = append(extra, histogram.Measure{Log: fmt.Sprintf("hops/%d", i), From: "a", To: "b"})
	}
	meter, err := histogram.New(dir, time.Now(), phases, extra...)
	if err != nil {
		t.Fatal(err)
	}
	c := &chain{meter: meter, dir: dir, sender: ledger.New().Sender("orders", ledger.Expect{Received: true})}
	c.payment, c.shipping = c.sender.Reaction(true), c.sender.Reaction(true)
	c.flow = hop.New(hop.Config{Due: due, Recorder: meter.Recorder()})
	payment := c.flow.Consumer(nil, c.payment)
	c.paid = payment.Effect(histogram.Extra(hopPaid), histogram.Extra(wholeChain))
	c.dead = payment.Dead(histogram.Extra(hopDead))
	shipping := c.flow.Consumer(c.paid, c.shipping)
	c.shipped = shipping.Effect(histogram.Extra(hopShipped), histogram.Extra(wholeChain))
	c.consumers = [2]*hop.Consumer{payment, shipping}
	for range events {
		c.sender.Acked(c.sender.Begin(ledger.Normal))
	}
	return c
}

// see tells the flow of a sight, as an observer does.
func (c *chain) see(s sight) {
	switch s.what {
	case received:
		if c.sender.Received(s.seq) == ledger.First {
			c.flow.Received(s.seq, s.at)
		}
	case paid:
		c.paid.Seen(s.seq, c.payment.Effect(s.seq), s.at)
	case dead:
		c.dead.Seen(s.seq, c.payment.Dead(s.seq), s.at)
	case shipped:
		c.shipped.Seen(s.seq, c.shipping.Effect(s.seq), s.at)
	case retriedAtPayment:
		c.consumers[0].Retried(s.seq)
	}
}

// figures are all that is measured and counted, with the hops' samples where
// they are known one by one.
type figures struct {
	Consumers [2]hop.ConsumerCounts
	Counts    [3]hop.Counts // paid, dead, shipped
	Latencies [measures]samples
}

// samples are exact figures of a measure.
type samples struct {
	Count, Negative, Unfinished int64
	Min, Mean, Max              time.Duration
}

func (c *chain) figures(t failer) figures {
	t.Helper()
	c.flow.Close(time.Minute)
	if err := c.meter.Close(); err != nil {
		t.Fatal(err)
	}
	f := figures{
		Consumers: [2]hop.ConsumerCounts{c.consumers[0].Counts(), c.consumers[1].Counts()},
		Counts:    [3]hop.Counts{c.paid.Counts(), c.dead.Counts(), c.shipped.Counts()},
	}
	for i := range measures {
		for _, l := range c.meter.Measured(i) {
			if l.Phase == "" {
				f.Latencies[i] = samples{l.Count, l.Negative, l.Unfinished, l.Min, l.Mean, l.Max}
			}
		}
	}
	return f
}

// brute computes the figures from the list of sights alone.
func brute(sights []sight) figures {
	var f figures
	var differences [measures][]time.Duration
	first := func(seq uint64, whats ...int) (at int, ok bool) {
		at = slices.IndexFunc(sights, func(s sight) bool { return s.seq == seq && slices.Contains(whats, s.what) })
		return at, at >= 0
	}
	seqs := map[uint64]bool{}
	for _, s := range sights {
		seqs[s.seq] = true
	}
	// consumer judges one event at one consumer: its input, and its outputs with
	// their measures.
	consumer := func(n int, seq uint64, input int, outputs map[int]int, retries ...int) {
		in, hasInput := first(seq, input)
		end, ended := first(seq, slices.Collect(maps.Keys(outputs))...)
		if hasInput {
			f.Consumers[n].Inputs++
		}
		for i, s := range sights {
			m, is := outputs[s.what]
			if s.seq == seq && is && i != end {
				f.Counts[m].Again++
			}
		}
		pending := func(i int) bool { return hasInput && i > in && (!ended || i < end) }
		wasRetried := false
		for i, s := range sights {
			if s.seq == seq && slices.Contains(retries, s.what) {
				if wasRetried = wasRetried || pending(i); !pending(i) {
					f.Consumers[n].RetriesApart++
				}
			}
		}
		switch {
		case hasInput && ended:
			m := outputs[sights[end].what]
			f.Counts[m].Samples++
			if wasRetried {
				f.Counts[m].Retried++
			}
			differences[m] = append(differences[m], sights[end].at-sights[in].at)
		case hasInput:
			f.Consumers[n].Unfinished++
			f.Latencies[[]int{hopPaid, hopShipped}[n]].Unfinished++
		case ended:
			f.Counts[outputs[sights[end].what]].WithoutInput++
		}
	}
	for seq := range seqs {
		consumer(0, seq, received, map[int]int{paid: hopPaid, dead: hopDead}, retriedAtPayment)
		consumer(1, seq, paid, map[int]int{shipped: hopShipped})
		if last, ok := first(seq, shipped); ok {
			differences[wholeChain] = append(differences[wholeChain], sights[last].at-due(seq))
		}
	}
	for m, all := range differences {
		l := &f.Latencies[m]
		var sum time.Duration
		for _, d := range all {
			if d < 0 {
				l.Negative++
				continue
			}
			if l.Count == 0 {
				l.Min = d
			}
			l.Count++
			l.Min, l.Max, sum = min(l.Min, d), max(l.Max, d), sum+d
		}
		if l.Count > 0 {
			l.Mean = sum / time.Duration(l.Count)
		}
	}
	return f
}

// TestFlowEqualsBruteForce gives flows random sights, in any order and with
// repeats, and compares all figures with what the list of sights itself says.
func TestFlowEqualsBruteForce(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		const events = 8
		n++
		c := newChain(t, fmt.Sprintf("%s/%d", root, n), events)
		var sights []sight
		now := time.Duration(0)
		for range rapid.IntRange(0, 60).Draw(t, "sights") {
			now += time.Duration(rapid.IntRange(0, 5).Draw(t, "later")) * time.Millisecond
			s := sight{rapid.IntRange(0, kindsOfSight-1).Draw(t, "what"), rapid.Uint64Range(0, events-1).Draw(t, "seq"), now}
			sights = append(sights, s)
			c.see(s)
		}
		got := c.figures(t)
		if diff := cmp.Diff(brute(sights), got); diff != "" {
			t.Fatalf("%v\n-brute force +flow:\n%s", sights, diff)
		}
		for i, consumer := range got.Consumers { // nothing disappears
			outputs := [][]hop.Counts{got.Counts[:2], got.Counts[2:]}[i]
			ends := consumer.Unfinished + consumer.NotFollowed
			for _, o := range outputs {
				ends += o.Samples
			}
			if ends != consumer.Inputs {
				t.Fatalf("consumer %d had %d inputs, of which %d ended in a count", i, consumer.Inputs, ends)
			}
		}
	})
}

// TestOneOfEach is one of each case, by hand.
func TestOneOfEach(t *testing.T) {
	c := newChain(t, t.TempDir(), 6)
	for _, s := range []sight{
		{received, 0, 10 * time.Millisecond}, {paid, 0, 14 * time.Millisecond}, {shipped, 0, 21 * time.Millisecond}, // the usual way
		{received, 1, 20 * time.Millisecond}, {retriedAtPayment, 1, 30 * time.Millisecond}, {paid, 1, 220 * time.Millisecond}, // retried, never shipped
		{paid, 2, 221 * time.Millisecond}, {received, 2, 223 * time.Millisecond}, // the input was fetched later
		{received, 3, 230 * time.Millisecond}, {dead, 3, 233 * time.Millisecond}, {paid, 3, 240 * time.Millisecond}, // both
		{shipped, 4, 250 * time.Millisecond}, // of no payment
	} {
		c.see(s)
	}
	want := figures{
		Consumers: [2]hop.ConsumerCounts{{Inputs: 4}, {Inputs: 4, Unfinished: 3}},
		Counts:    [3]hop.Counts{{Samples: 3, Retried: 1, Again: 1}, {Samples: 1}, {Samples: 1, WithoutInput: 1}},
		Latencies: [measures]samples{
			hopPaid:    {Count: 2, Negative: 1, Min: 4 * time.Millisecond, Mean: 102 * time.Millisecond, Max: 200 * time.Millisecond},
			hopDead:    {Count: 1, Min: 3 * time.Millisecond, Mean: 3 * time.Millisecond, Max: 3 * time.Millisecond},
			hopShipped: {Count: 1, Unfinished: 3, Min: 7 * time.Millisecond, Mean: 7 * time.Millisecond, Max: 7 * time.Millisecond},
			wholeChain: {Count: 2, Min: 21 * time.Millisecond, Mean: 133500 * time.Microsecond, Max: 246 * time.Millisecond},
		},
	}
	if diff := cmp.Diff(want, c.figures(t)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestLogsHoldTheHops computes what was measured again from the logs alone.
func TestLogsHoldTheHops(t *testing.T) {
	const events = 2000
	c := newChain(t, t.TempDir(), events)
	for seq := range uint64(events) {
		c.see(sight{received, seq, due(seq) + time.Millisecond})
		c.see(sight{paid, seq, due(seq) + time.Millisecond + time.Duration(seq)*time.Microsecond})
		if seq == events/2 {
			c.meter.Rotate(time.Second)
		}
	}
	c.figures(t)
	want := slices.DeleteFunc(c.meter.Measured(hopPaid), func(l run.Latency) bool { return l.Phase != "" })[0]
	intervals, err := histogram.ReadMeasure(c.dir, "hops/0")
	if err != nil {
		t.Fatal(err)
	}
	sum := intervals[0].Histogram
	for _, i := range intervals[1:] {
		sum.Merge(i.Histogram)
	}
	if len(intervals) != 2 || sum.TotalCount() != want.Count || sum.ValueAtQuantile(50) != int64(want.Quantiles[0].Value) {
		t.Errorf("%d intervals with %d samples and p50 %v, want 2 with %d and %v", len(intervals), sum.TotalCount(), sum.ValueAtQuantile(50), want.Count, want.Quantiles[0].Value)
	}
	if want.Kind != "hops/0" || want.From != "a" || want.To != "b" {
		t.Errorf("the measure is called %s, from %s to %s", want.Kind, want.From, want.To)
	}
}

// TestTraces follows more events than are kept through both hops: what is shown
// of one is what was seen of it, and the sample is spread over all of them.
func TestTraces(t *testing.T) {
	const events = 100_000
	c := newChain(t, t.TempDir(), events)
	for seq := range uint64(events) {
		now := due(seq)
		c.see(sight{received, seq, now + 10})
		if seq%2 == 1 {
			c.see(sight{retriedAtPayment, seq, now + 15})
		}
		c.see(sight{paid, seq, now + 20})
		c.see(sight{shipped, seq, now + 30 + time.Duration(seq)})
	}
	n := c.shipped.Followed()
	if n < 2048 || n > 4096 {
		t.Fatalf("%d events followed", n)
	}
	worst := uint64(0) // distance of a quantile's nearest trace, in events
	for _, seq := range []uint64{0, events / 4, events / 2, events * 99 / 100} {
		got, ok := c.shipped.Nearest(30 + time.Duration(seq))
		if !ok {
			t.Fatal("no trace")
		}
		now := due(got.Sequence)
		want := hop.Trace{Sequence: got.Sequence, Due: now, Received: now + 10, Passed: []hop.Passage{
			{Output: c.paid, At: now + 20, Retried: got.Sequence%2 == 1}, {Output: c.shipped, At: now + 30 + time.Duration(got.Sequence)},
		}}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *hop.Output) bool { return a == b })); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		worst = max(worst, got.Sequence-min(got.Sequence, seq), seq-min(got.Sequence, seq))
	}
	if worst > events/100 {
		t.Errorf("the nearest trace is %d events away", worst)
	}
	if _, ok := c.dead.Nearest(0); ok {
		t.Error("a trace passed an output that was never seen")
	}
}
