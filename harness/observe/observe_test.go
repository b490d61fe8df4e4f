package observe_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testRun = 0x0123456789ab

var t0 = time.Unix(1_900_000_000, 0)

// measures are how many a bench has beside the kinds.
const measures = 5

// bench is an observer and everything that it writes to.
type bench struct {
	*observe.Observer
	t        *testing.T
	ledger   *ledger.Ledger
	counters *series.Counters
	meter    *histogram.Meter
	journal  *journal.Writer
	dir      string
	seen     []time.Duration
	// unclaimed are the dead letters of nobody of the latest flow.
	unclaimed *ledger.Reaction
	// altered are the records of each reaction with a letter that is wrong.
	altered map[*invariant.Reaction]*ledger.Reaction
	// next is the next offset of every partition.
	next map[string]int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, ledger: ledger.New(), counters: &series.Counters{}, dir: t.TempDir(), next: map[string]int64{}, altered: map[*invariant.Reaction]*ledger.Reaction{}}
	var err error
	if b.journal, err = journal.Create(b.dir, 1<<20); err != nil {
		t.Fatal(err)
	}
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0) // nothing is warm-up
	var extra []histogram.Measure
	for i := range measures {
		extra = append(extra, histogram.Measure{Log: fmt.Sprintf("hops/%d", i), From: "a", To: "b"})
	}
	if b.meter, err = histogram.New(b.dir, t0, phases, extra...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = b.journal.Close()
		_ = b.meter.Close()
	})
	b.Observer = observe.New(observe.Config{
		Run: testRun, Start: t0, Journal: b.journal, Meter: b.meter, Counters: b.counters,
	})
	return b
}

func (b *bench) sees(at time.Duration) { b.seen = append(b.seen, at) }

// flow adds a sender to a topic, ten records of which were sent: one every
// 10 ms, of which the odd ones repeat the event before. A consumer reacts with
// each of the effects.
func (b *bench) flow(topic string, effects ...string) *observe.Subject {
	b.t.Helper()
	sender := b.ledger.Sender(topic, ledger.Expect{Received: true})
	s := &observe.Subject{
		Flow:    &invariant.Flow{Sender: sender, Event: "Placed", Topic: topic, Traced: true},
		Event:   func(seq uint64) uint64 { return seq &^ 1 },
		Due:     func(seq uint64) time.Duration { return time.Duration(seq) * 10 * time.Millisecond },
		KeyHash: func(seq uint64) uint64 { return seq % 3 },
	}
	s.Original = func(seq uint64) *kgo.Record { return original(sender.ID(), seq, s.Event(seq)) }
	for i, effect := range effects {
		r := &invariant.Reaction{Consumer: fmt.Sprintf("consumer-%d", i), Ledger: sender.Reaction(true), Effect: effect}
		s.Flow.Reactions = append(s.Flow.Reactions, r)
		b.altered[r] = sender.Reaction(false)
	}
	if len(effects) == 0 {
		s.Received = b.sees
	}
	b.unclaimed = sender.Reaction(false)
	for range 10 {
		sender.Acked(sender.Begin(ledger.Normal))
	}
	b.Watch(s)
	return s
}

// effect has the observer recognize the effects of a flow's reaction.
func (b *bench) effect(s *observe.Subject, reaction int, e observe.Effect) {
	r := s.Flow.Reactions[reaction]
	e.Type, e.Seen = r.Effect, b.sees
	b.WatchEffect(s, r, e)
}

// letters has the observer watch a dead-letter topic of all reactions of a
// flow.
func (b *bench) letters(s *observe.Subject, preserve ...string) *invariant.Letters {
	l := &invariant.Letters{Topic: "dlq"}
	for _, r := range s.Flow.Reactions {
		r.DLQ = &invariant.DLQ{Letters: l, Preserve: preserve, Altered: b.altered[r]}
		b.WatchDLQ(s, r)
	}
	return l
}

// reacted are the counts of a flow's reaction.
func reacted(s *observe.Subject, reaction int) ledger.Reactions {
	return s.Flow.Reactions[reaction].Ledger.Counts()
}

func original(sender uint16, seq, event uint64) *kgo.Record {
	id := identity.Record{Run: testRun, Sender: sender, Sequence: seq, Due: t0}
	return &kgo.Record{
		Key: []byte("k"), Value: fmt.Appendf(nil, `{"n":%d}`, event),
		Headers: []kgo.RecordHeader{
			{Key: "ce_id", Value: eventID(sender, event)}, {Key: "tenant", Value: []byte("a")},
			{Key: identity.Header, Value: id.AppendHeader(nil)},
		},
	}
}

func eventID(sender uint16, seq uint64) []byte {
	return identity.EventID{Run: testRun, Sender: sender, Sequence: seq}.AppendText(nil)
}

// handle gives a record to the observer, as read from partition 0 of a topic.
func (b *bench) handle(topic string, r *kgo.Record, at time.Duration) {
	r.Topic, r.Offset = topic, b.next[topic]
	b.next[topic]++
	b.Handle([]*kgo.Record{r}, at)
}

// entries are the journal's lines.
func (b *bench) entries() []string {
	b.t.Helper()
	if _, err := b.journal.Close(); err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	for e, err := range journal.Read(b.dir) {
		if err != nil {
			b.t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %d/%d at %s/%d@%d %v", e.Kind, e.Sender, e.Sequence, e.Topic, e.Partition, e.Offset, e.At))
	}
	return lines
}

// latency is what was measured of a kind.
func (b *bench) latency(k histogram.Kind) run.Latency {
	b.t.Helper()
	if err := b.meter.Close(); err != nil {
		b.t.Fatal(err)
	}
	for _, l := range b.meter.Latencies() {
		if l.Kind == k.String() && l.Phase == "" {
			return l
		}
	}
	return run.Latency{}
}

func (b *bench) expect(want, got any) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("-want +got:\n%s", diff)
	}
}

func with(r *kgo.Record, name, value string) *kgo.Record {
	r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	return r
}

func without(r *kgo.Record, name string) *kgo.Record {
	r.Headers = slices.DeleteFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
	return r
}

func TestReceived(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders")
	s.Flow.Order = invariant.NewOrder(func(uint16, uint64) uint64 { return 1 }, func(_ uint16, seq uint64) bool {
		return s.Flow.Sender.Flags(seq)&ledger.Received != 0
	})
	b.handle("orders", s.Original(0), 30*time.Millisecond)
	b.handle("orders", s.Original(2), 40*time.Millisecond)
	b.handle("orders", s.Original(1), 50*time.Millisecond)
	b.handle("orders", s.Original(2), 60*time.Millisecond)                           // again
	b.handle("orders", original(0, 99, 99), 70*time.Millisecond)                     // a ghost
	b.handle("orders", original(9, 1, 1), 70*time.Millisecond)                       // no sender of this run
	b.handle("orders", &kgo.Record{Value: []byte("of others")}, 70*time.Millisecond) // no identity
	foreign := without(without(original(0, 5, 5), "ce_id"), identity.Header)
	id := identity.Record{Run: testRun + 1, Sequence: 5, Due: t0}
	b.handle("orders", with(foreign, identity.Header, string(id.AppendHeader(nil))), 70*time.Millisecond) // another run's
	b.handle("elsewhere", s.Original(3), 70*time.Millisecond)                                             // not watched

	c := s.Flow.Sender.Counts()
	b.expect([]uint64{3, 1, 1}, []uint64{c.Received, c.ReceivedTwice, c.Ghosts})
	b.expect(uint64(5), s.Flow.Observed)
	b.expect([]invariant.Ghost{{Topic: "orders", Offset: 4, Sequence: 99}}, s.Flow.Ghosts.First())
	b.expect([]time.Duration{30 * time.Millisecond, 40 * time.Millisecond, 50 * time.Millisecond}, b.seen)
	b.expect(int64(3), b.counters.Received.Load())
	b.expect([]string{
		"received 0/0 at orders/0@0 30ms", "received 0/2 at orders/0@1 40ms", "received 0/1 at orders/0@2 50ms",
		"received 0/2 at orders/0@3 60ms", "received 0/99 at orders/0@4 70ms",
	}, b.entries())
	l := b.latency(histogram.EndToEnd)
	if l.Count != 3 || l.Min/time.Millisecond != 20 || l.Max/time.Millisecond != 40 {
		t.Errorf("end to end %+v; want 30, 20 and 40 ms", l)
	}
	o := invariant.Judge([]string{invariant.PerKeyOrder}, &invariant.Evidence{
		Flows: []*invariant.Flow{s.Flow}, Tell: func(refs []invariant.Ref) []finding.Record { return make([]finding.Record, len(refs)) },
	})[0]
	b.expect([]uint64{3, 1}, []uint64{o.Checked, o.Violations})
}

// TestBatches: records that are read together are judged as if they had been
// read one by one, in whatever order they stand in the log.
func TestBatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 30 {
		var seqs []uint64
		for range 12 {
			seqs = append(seqs, rng.Uint64N(11)) // some twice, and one a ghost
		}
		if rng.IntN(2) == 0 {
			slices.Sort(seqs[:8])
		}
		read := func(atOnce bool) []any {
			b := newBench(t)
			s := b.flow("orders")
			s.Flow.Order = invariant.NewOrder(func(_ uint16, seq uint64) uint64 { return seq % 3 }, func(_ uint16, seq uint64) bool {
				return s.Flow.Sender.Flags(seq)&ledger.Received != 0
			})
			var batch []*kgo.Record
			for i, seq := range seqs {
				r := original(0, seq, seq)
				r.Topic, r.Offset = "orders", int64(i)
				if batch = append(batch, r); !atOnce {
					b.Handle(batch, time.Second)
					batch = batch[:0]
				}
			}
			b.Handle(batch, time.Second)
			o := invariant.Judge([]string{invariant.PerKeyOrder}, &invariant.Evidence{
				Flows: []*invariant.Flow{s.Flow}, Tell: func(refs []invariant.Ref) []finding.Record { return make([]finding.Record, len(refs)) },
			})[0]
			return []any{s.Flow.Sender.Counts(), s.Flow.Observed, o.Checked, o.Violations, b.entries(), len(b.seen)}
		}
		if diff := cmp.Diff(read(false), read(true)); diff != "" {
			t.Errorf("%v: -one by one +at once:\n%s", seqs, diff)
		}
	}
}

// TestHold: a backlog is told of the records of the run in its topic, each
// where it stands.
func TestHold(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	backlog := invariant.NewBacklog()
	b.Hold("orders", backlog)
	s.Flow.Reactions[0].Own = true
	p := invariant.NewProgress(invariant.ProgressConfig{Group: "pay", Topic: "orders", Backlog: backlog, Begin: map[int32]int64{0: 0},
		Traces: map[uint16]invariant.Trace{s.Flow.Sender.ID(): {Reactions: s.Flow.Reactions, Event: func(seq uint64) uint64 { return seq }}}})
	b.handle("orders", s.Original(4), time.Second)
	b.handle("orders", &kgo.Record{Value: []byte("of others")}, time.Second)
	b.handle("orders", s.Original(6), time.Second)
	b.handle("orders", s.Original(8), time.Second)
	s.Flow.Reactions[0].Ledger.Effect(4)
	b.Between(func() { p.See(2*time.Second, 0, 3); p.Looked(2 * time.Second) })
	o := invariant.Judge([]string{invariant.CommitAfterEffect}, &invariant.Evidence{
		Flows: []*invariant.Flow{s.Flow}, Progress: []*invariant.Progress{p}, Tell: func(refs []invariant.Ref) []finding.Record {
			b.expect([]invariant.Ref{{Sender: s.Flow.Sender.ID(), Sequence: 6}}, refs)
			return make([]finding.Record, len(refs))
		},
	})[0]
	b.expect([]uint64{2, 1}, []uint64{o.Checked, o.Violations})
	b.expect(int64(2), o.Findings[0].Record.Offset)
}

func TestFailedSendsThatAreReadAllTheSame(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders")
	seq := s.Flow.Sender.Begin(ledger.Normal)
	s.Flow.Sender.Failed(seq)
	b.handle("orders", s.Original(seq), 500*time.Millisecond)
	if c := s.Flow.Sender.Counts(); c.FailedSeen != 1 || b.latency(histogram.EndToEnd).Count != 0 {
		t.Errorf("%+v", c)
	}
}

// TestUntraced: records of a flow whose trigger names no id are counted.
func TestUntraced(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders")
	s.Flow.Traced = false
	b.Watch(s)
	b.handle("orders", &kgo.Record{Value: []byte("{}")}, time.Second)
	b.handle("orders", &kgo.Record{Value: []byte("{}")}, time.Second)
	b.expect([]uint64{2, 0}, []uint64{s.Flow.Observed, s.Flow.Sender.Counts().Received})
	b.expect(int64(2), b.counters.Received.Load())
}

func TestSeveralFlowsOnOneTopic(t *testing.T) {
	b := newBench(t)
	one, two, other := b.flow("orders"), b.flow("orders"), b.flow("refunds")
	b.handle("orders", one.Original(0), time.Second)
	b.handle("orders", two.Original(0), time.Second)
	b.handle("orders", two.Original(1), time.Second)
	b.handle("orders", other.Original(4), time.Second) // copied from another topic of the run: not its record
	var got []uint64
	for _, s := range []*observe.Subject{one, two, other} {
		got = append(got, s.Flow.Sender.Counts().Received, s.Flow.Observed)
	}
	b.expect([]uint64{1, 1, 2, 2, 0, 0}, got)
	b.expect([]string{"orders", "refunds"}, slices.Sorted(slices.Values(b.Topics())))
}

func at(t *testing.T, s string) place.Place {
	t.Helper()
	p, err := place.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEffects recognizes effects in each place that a contract may name.
func TestEffects(t *testing.T) {
	id := func(seq uint64) string { return string(eventID(0, seq)) }
	paid := func(r *kgo.Record) *kgo.Record { return with(r, "ce_type", "Paid") }
	tests := []struct {
		name      string
		correlate string
		searched  bool
		record    *kgo.Record
		want      bool
	}{
		{"in a header", "header:causation_id", false, paid(with(&kgo.Record{}, "causation_id", id(4))), true},
		{"of another type", "header:causation_id", false, with(with(&kgo.Record{}, "causation_id", id(4)), "ce_type", "Refused"), false},
		{"without a type", "header:causation_id", false, with(&kgo.Record{}, "causation_id", id(4)), false},
		{"no such header", "header:causation_id", false, paid(with(&kgo.Record{}, "other", id(4))), false},
		{"in the data", "$.order.id", false, paid(&kgo.Record{Value: []byte(`{"order":{"id":"` + id(4) + `"}}`)}), true},
		{"elsewhere in the data", "$.order.id", false, paid(&kgo.Record{Value: []byte(`{"id":"` + id(4) + `"}`)}), false},
		{"in data that is no JSON", "$.id", false, paid(&kgo.Record{Value: []byte(`{"id":"` + id(4))}), false},
		{"in the key", "key", false, paid(&kgo.Record{Key: []byte(id(4))}), true},
		{"searched for in the value", "header:causation_id", true, paid(&kgo.Record{Value: []byte(`<order>` + id(4) + `</order>`)}), true},
		{"searched for in the key", "header:causation_id", true, paid(&kgo.Record{Key: []byte("a:" + id(4))}), true},
		{"searched for in a header", "header:causation_id", true, paid(with(&kgo.Record{}, "x", id(4))), true},
		{"not searched for", "header:causation_id", false, paid(&kgo.Record{Value: []byte(id(4))}), false},
		{"of another run", "key", true, paid(&kgo.Record{Key: identity.EventID{Run: testRun + 1, Sequence: 4}.AppendText(nil)}), false},
		{"of no sender of this run", "key", false, paid(&kgo.Record{Key: eventID(7, 4)}), false},
		{"a foreign id", "key", false, paid(&kgo.Record{Key: []byte("0192e1d2-7c4d-8f00-8000-0242ac120002")}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			s := b.flow("orders", "Paid")
			b.effect(s, 0, observe.Effect{Topic: "payments", TypeHeader: "ce_type", Correlate: at(t, tt.correlate), Searched: tt.searched})
			b.handle("payments", tt.record, 100*time.Millisecond)
			want := []string(nil)
			if tt.want {
				want = []string{"effect 0/4 at payments/0@0 100ms"}
				b.expect([]time.Duration{100 * time.Millisecond}, b.seen)
				if l := b.latency(histogram.Effect); l.Count != 1 || l.Max/time.Millisecond != 60 {
					t.Errorf("effect latency %+v; want 60 ms", l)
				}
			}
			b.expect(want, b.entries())
			b.expect(len(want), int(reacted(s, 0).Effects))
			b.expect(int64(len(want)), b.counters.Effects.Load())
		})
	}
}

func TestEffectsOfOneEvent(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	b.effect(s, 0, observe.Effect{Topic: "payments", Correlate: at(t, "key")})
	for _, seq := range []uint64{0, 0, 0, 2, 99} {
		b.handle("payments", &kgo.Record{Key: eventID(0, seq)}, time.Second)
	}
	b.expect(ledger.Reactions{Effects: 2, EffectsTwice: 1}, reacted(s, 0))
	b.expect(uint64(1), s.Flow.Sender.Counts().Ghosts)
	b.expect(5, len(b.entries()))
	// An effect is watched: receipts say nothing of how long it stood still.
	b.handle("orders", s.Original(0), time.Second)
	b.expect(2, len(b.seen))
}

// TestARecordIsOneEffect, whatever other ways of recognizing one its topic
// has, and only of a flow that has it for its effect.
func TestARecordIsOneEffect(t *testing.T) {
	b := newBench(t)
	orders, refunds := b.flow("orders", "Paid"), b.flow("refunds", "Refunded")
	b.effect(orders, 0, observe.Effect{Topic: "payments", Correlate: at(t, "header:causation_id")})
	b.effect(orders, 0, observe.Effect{Topic: "payments", Correlate: at(t, "key"), Searched: true})
	b.effect(refunds, 0, observe.Effect{Topic: "payments", TypeHeader: "ce_type", Correlate: at(t, "header:causation_id")})
	b.handle("payments", with(&kgo.Record{Key: eventID(0, 2)}, "causation_id", string(eventID(0, 2))), time.Second)
	b.handle("payments", with(&kgo.Record{Key: eventID(0, 4)}, "causation_id", "elsewhere"), time.Second)
	// Somebody refunds on an order's event: no payment.
	b.handle("payments", with(with(&kgo.Record{}, "causation_id", string(eventID(1, 6))), "ce_type", "Refunded"), time.Second)
	b.effect(refunds, 0, observe.Effect{Topic: "refunded", Correlate: at(t, "key")})
	b.handle("refunded", &kgo.Record{Key: eventID(0, 2)}, time.Second)
	var got []uint64
	for _, s := range []*observe.Subject{orders, refunds} {
		c := reacted(s, 0)
		got = append(got, c.Effects, c.EffectsTwice)
	}
	b.expect([]uint64{2, 0, 1, 0}, got)
}

// TestTheSameEffectWatchedTwice: what one flow needs searched is searched.
func TestTheSameEffectWatchedTwice(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	for _, searched := range []bool{false, true, false} {
		b.effect(s, 0, observe.Effect{Topic: "payments", Correlate: at(t, "header:causation_id"), Searched: searched})
	}
	b.handle("payments", &kgo.Record{Value: eventID(0, 2)}, time.Second)
	b.expect(ledger.Reactions{Effects: 1}, reacted(s, 0))
}

func TestRetries(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	b.WatchRetry(s, s.Flow.Reactions[0], "retry")
	b.handle("retry", with(s.Original(4), "attempt", "2"), time.Second)
	b.handle("retry", without(s.Original(5), identity.Header), time.Second) // leads back by its event id
	b.handle("retry", &kgo.Record{Value: []byte("?")}, time.Second)
	b.expect([]string{"retry 0/4 at retry/0@0 1s", "retry 0/4 at retry/0@1 1s"}, b.entries())
	b.expect(uint64(0), s.Flow.Sender.Counts().Received)
}

// TestAttemptsAreOfTheRecordThatWasTried: one of which only the event is known
// may be of each record that repeats it.
func TestAttemptsAreOfTheRecordThatWasTried(t *testing.T) {
	timed := func(r *kgo.Record, at time.Duration) *kgo.Record { r.Timestamp = t0.Add(at); return r }
	bare := func(r *kgo.Record) *kgo.Record { return without(r, identity.Header) }
	same := func(r *kgo.Record) *kgo.Record { return r }
	for name, tt := range map[string]struct {
		repeats bool
		carry   func(*kgo.Record) *kgo.Record
		effect  bool
		want    string
	}{
		"each for itself":               {true, same, false, "pass 2"},
		"by the event alone":            {true, bare, false, "inconclusive 1"},
		"by the event, which is unique": {false, bare, false, "fail 1"},
		"applied too soon":              {false, same, true, "fail 2"},
		"applied, maybe for the other":  {true, same, true, "pass 2"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.flow("orders", "Paid")
			r := s.Flow.Reactions[0]
			s.Repeats = tt.repeats
			r.Retries = invariant.NewRetries(invariant.RetryPolicy{Attempts: 2, Waits: []time.Duration{time.Second}, Topics: []string{"retry"}, Deliveries: 1})
			b.WatchRetry(s, r, "retry")
			b.effect(s, 0, observe.Effect{Topic: "payments", Correlate: at(t, "header:causation_id")})
			b.letters(s)
			for i, seq := range []uint64{4, 5} {
				stamp := time.Duration(i) * 10 * time.Millisecond
				b.handle("retry", timed(tt.carry(s.Original(seq)), stamp), stamp)
			}
			if tt.effect {
				b.handle("payments", timed(with(&kgo.Record{}, "causation_id", string(eventID(0, 4))), 50*time.Millisecond), 60*time.Millisecond)
			}
			for _, seq := range []uint64{4, 5} {
				b.handle("dlq", s.Original(seq), 2*time.Second)
			}
			o := invariant.Judge([]string{invariant.RetryPolicyHeld}, &invariant.Evidence{
				Flows: []*invariant.Flow{s.Flow}, Drain: run.Drain{Complete: true},
				Tell: func(refs []invariant.Ref) []finding.Record { return make([]finding.Record, len(refs)) },
			})[0]
			b.expect(tt.want, fmt.Sprintf("%s %d", o.Verdict, o.Checked))
		})
	}
}

func TestDeadLetters(t *testing.T) {
	everything := []string{"key", "value", "headers"}
	bare := func(r *kgo.Record) *kgo.Record { return without(r, identity.Header) }
	change := func(r *kgo.Record, f func(*kgo.Record)) *kgo.Record { f(r); return r }
	tests := []struct {
		name     string
		preserve []string
		letter   func(s *observe.Subject) *kgo.Record
		altered  string // "" for none
		dead     uint64
	}{
		{"unchanged", everything, func(s *observe.Subject) *kgo.Record { return s.Original(4) }, "", 4},
		{"with headers added", everything, func(s *observe.Subject) *kgo.Record { return with(s.Original(4), "reason", "?") }, "", 4},
		{"another key", everything, func(s *observe.Subject) *kgo.Record {
			return change(s.Original(4), func(r *kgo.Record) { r.Key = []byte("other") })
		}, `the key is "other", and was "k"`, 4},
		{"no key", everything, func(s *observe.Subject) *kgo.Record {
			return change(s.Original(4), func(r *kgo.Record) { r.Key = nil })
		},
			`the key is "", and was "k"`, 4},
		{"another value", everything, func(s *observe.Subject) *kgo.Record {
			return change(s.Original(4), func(r *kgo.Record) { r.Value = []byte("short") })
		}, "the value (5 bytes) is not the 7 bytes that were sent", 4},
		{"a header is missing", everything, func(s *observe.Subject) *kgo.Record { return without(s.Original(4), "tenant") }, "the header tenant is missing", 4},
		{"weir-id is missing", everything, func(s *observe.Subject) *kgo.Record { return bare(s.Original(4)) }, "the header weir-id is missing", 4},
		{"another header", everything, func(s *observe.Subject) *kgo.Record {
			return with(without(s.Original(4), "tenant"), "tenant", strings.Repeat("b", 99))
		}, `the header tenant is "` + strings.Repeat("b", 60) + `", and was "a"`, 4},
		{"what need not be kept", []string{"value"}, func(s *observe.Subject) *kgo.Record {
			return change(bare(without(s.Original(4), "tenant")), func(r *kgo.Record) { r.Key = nil })
		}, "", 4},
		{"an injected duplicate is a letter of its event", everything, func(s *observe.Subject) *kgo.Record { return s.Original(5) }, "", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			s := b.flow("orders", "Paid")
			d := b.letters(s, tt.preserve...)
			letter := tt.letter(s)
			b.handle("dlq", letter, time.Second)
			var altered []string
			for _, l := range d.Altered.First() {
				altered = append(altered, fmt.Sprintf("%d/%d of %s at %d@%d: %s", l.Sender, l.Sequence, l.Consumer, l.Partition, l.Offset, l.What))
			}
			want := []string(nil)
			if tt.altered != "" {
				want = []string{"0/4 of consumer-0 at 0@0: " + tt.altered}
			}
			b.expect(want, altered)
			b.expect([]any{uint64(1), uint64(0), int64(1)}, []any{d.Seen, d.Untraced.Count(), b.counters.Dead.Load()})
			if f := s.Flow.Reactions[0].Ledger.Flags(tt.dead); f&ledger.Dead == 0 {
				t.Errorf("event %d is not dead-lettered", tt.dead)
			}
			b.expect([]string{fmt.Sprintf("dead 0/%d at dlq/0@0 1s", tt.dead)}, b.entries())
		})
	}
}

func TestLettersThatLeadNowhere(t *testing.T) {
	b := newBench(t)
	d := b.letters(b.flow("orders", "Paid"))
	b.handle("dlq", &kgo.Record{Value: []byte("?")}, time.Second)
	b.handle("dlq", original(9, 1, 1), time.Second)
	want := []invariant.Letter{
		{Offset: 0, What: "nothing in it leads back to the record that was sent"},
		{Offset: 1, What: "nothing in it leads back to the record that was sent"},
	}
	b.expect(want, d.Untraced.First())
	b.expect(uint64(2), d.Seen)
	b.expect([]string(nil), b.entries())
}

func TestRepeatedLetters(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	d := b.letters(s)
	b.handle("dlq", s.Original(4), time.Second)
	b.handle("dlq", s.Original(5), time.Second)
	b.expect(ledger.Reactions{Dead: 1, DeadTwice: 1}, reacted(s, 0))
	b.expect(uint64(2), d.Seen)
	b.expect(int64(1), b.counters.Dead.Load())
}

// TestAlteredLettersOfOneRecord: a record of which every letter is wrong is one
// that is.
func TestAlteredLettersOfOneRecord(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	d := b.letters(s, "headers")
	for range 3 {
		b.handle("dlq", without(s.Original(4), "tenant"), time.Second)
	}
	b.expect([]any{uint64(3), uint64(1), 1}, []any{d.Seen, d.Altered.Count(), len(d.Altered.First())})
	altered := s.Flow.Reactions[0].DLQ.Altered
	b.expect([]bool{false, true}, []bool{altered.Flags(3)&ledger.Dead != 0, altered.Flags(4)&ledger.Dead != 0})
}

// TestTriggersHaveNoOriginal: what their service sent is not known, so no
// letter of theirs can be called altered.
func TestTriggersHaveNoOriginal(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders", "Paid")
	s.Original = nil
	d := b.letters(s, "key", "value", "headers")
	b.handle("dlq", &kgo.Record{Value: eventID(0, 4)}, time.Second)
	b.expect([]any{uint64(0), uint64(1)}, []any{d.Altered.Count(), reacted(s, 0).Dead})
}

// TestLast: offsets without a record (transaction markers, compaction) are
// none, and a topic may be followed for its offsets alone.
func TestLast(t *testing.T) {
	b := newBench(t)
	s := b.flow("orders")
	b.Follow("other")
	last := func(topic string, partition int32) string {
		offset, ok := b.Last(topic, partition)
		return fmt.Sprint(offset, ok)
	}
	b.expect([]string{"0 false", "0 false", "0 false"}, []string{last("orders", 0), last("other", 0), last("unknown", 0)})
	for _, offset := range []int64{0, 7, 8} {
		r := s.Original(0)
		r.Topic, r.Partition, r.Offset = "orders", 2, offset
		b.Handle([]*kgo.Record{r}, time.Second)
		b.Handle([]*kgo.Record{{Topic: "other", Offset: offset / 2}}, time.Second)
	}
	b.expect([]string{"8 true", "0 false", "4 true"}, []string{last("orders", 2), last("orders", 0), last("other", 0)})
}
