package hop

import (
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/ledger"
)

// Config is what a Flow measures with.
type Config struct {
	// Due is when an event was due.
	Due      func(seq uint64) time.Duration
	Recorder *histogram.Recorder
}

// Flow follows the events of one sender from hop to hop, each by the sequence
// of its first send. Its consumers are added before the first event.
type Flow struct {
	cfg  Config
	next []*Consumer // of the sender's own events
	// outputs are those that traces name by their index.
	outputs []*Output
	traces  traces
}

// New returns a flow that nobody consumes.
func New(cfg Config) *Flow { return &Flow{cfg: cfg} }

// Counts are what no latency holds, in events.
type Counts struct {
	// Samples were seen at both ends, whatever their difference.
	Samples uint64
	// Retried of them went through a retry topic.
	Retried uint64
	// Again are outputs of an event that the consumer had ended already:
	// second ones, and ones beside a dead letter.
	Again uint64
	// WithoutInput are outputs whose input was not seen.
	WithoutInput uint64
	// Untraced are records, and not events, that lead back to none of the run.
	Untraced uint64
}

// ConsumerCounts are what a consumer's inputs were, in events.
type ConsumerCounts struct {
	Inputs uint64
	// Unfinished were still open at the end.
	Unfinished uint64
	// NotFollowed came while too many were open.
	NotFollowed uint64
	// RetriesApart are events in a retry topic that were not open then: read
	// before their input or after their output.
	RetriesApart uint64
}

// maxEarly bounds the outputs of a consumer that wait for their input.
const maxEarly = 1 << 16

// Consumer is one that makes outputs of events.
type Consumer struct {
	flow    *Flow
	ledger  *ledger.Reaction
	seen    func(seq uint64) bool // whether an input was
	pending *pending
	// early are outputs that were received before their input.
	early map[uint64]early
	// effect is where what stays open is counted; nil without outputs.
	effect *Output
	counts ConsumerCounts
}

type early struct {
	of *Output
	at time.Duration
}

// Output is what a consumer makes of events in one topic.
type Output struct {
	consumer *Consumer
	kind     histogram.Kind
	chain    histogram.Kind
	dead     bool
	next     []*Consumer
	counts   Counts
	index    int // in traces
}

// Consumer adds one that reads the events of an output, or with nil those of
// the sender. The ledger holds its effects and dead letters.
func (f *Flow) Consumer(of *Output, r *ledger.Reaction) *Consumer {
	c := &Consumer{flow: f, ledger: r, pending: newPending()}
	if of == nil {
		c.seen = func(seq uint64) bool { return r.Flags(seq)&ledger.Received != 0 }
		f.next = append(f.next, c)
		return c
	}
	c.seen = func(seq uint64) bool { return of.consumer.ledger.Flags(seq)&ledger.Effect != 0 }
	of.next = append(of.next, c)
	return c
}

// Effect adds the event that shows that the consumer processed an input: kind
// is what the hop is recorded by, and chain the whole way from due to there.
func (c *Consumer) Effect(kind, chain histogram.Kind) *Output {
	o := &Output{consumer: c, kind: kind, chain: chain, index: len(c.flow.outputs)}
	c.flow.outputs = append(c.flow.outputs, o)
	c.effect = o
	return o
}

// Dead adds the consumer's dead letters.
func (c *Consumer) Dead(kind histogram.Kind) *Output {
	o := &Output{consumer: c, kind: kind, dead: true, index: len(c.flow.outputs)}
	c.flow.outputs = append(c.flow.outputs, o)
	return o
}

// Received says that an event of the sender was received for the first time.
func (f *Flow) Received(seq uint64, at time.Duration) {
	if f.traces.follows(seq) {
		if due := f.cfg.Due(seq); f.cfg.Recorder.Measured(due) {
			f.traces.begin(seq, due, at, len(f.outputs))
		}
	}
	for _, c := range f.next {
		c.input(seq, at)
	}
}

func (c *Consumer) input(seq uint64, received time.Duration) {
	c.counts.Inputs++
	if len(c.early) > 0 {
		if e, ok := c.early[seq]; ok {
			delete(c.early, seq)
			e.of.sample(seq, c.flow.cfg.Due(seq), at(received), e.at)
			return
		}
	}
	if !c.pending.put(seq, at(received)) {
		c.counts.NotFollowed++
	}
}

// Retried says that an event was seen in a retry topic of the consumer.
func (c *Consumer) Retried(seq uint64) {
	if !c.pending.mark(seq) {
		c.counts.RetriesApart++
	}
}

// Seen says that an output of an event was received, and what the consumer's
// ledger made of the sight.
func (o *Output) Seen(seq uint64, sight ledger.Sight, received time.Duration) {
	if sight != ledger.First && sight != ledger.Risen {
		if sight == ledger.Again {
			o.counts.Again++
		}
		return
	}
	c, due := o.consumer, o.consumer.flow.cfg.Due(seq)
	switch input := c.pending.take(seq); {
	case input != 0:
		o.sample(seq, due, input, received)
	case c.ended(seq, o.dead):
		o.counts.Again++
	case c.seen(seq): // its input was not followed, and counted there
	case len(c.early) >= maxEarly:
		o.counts.WithoutInput++
	default:
		if c.early == nil {
			c.early = map[uint64]early{}
		}
		c.early[seq] = early{o, received}
	}
	if o.dead {
		return
	}
	c.flow.traces.passed(seq, o.index, received)
	if len(o.next) == 0 {
		c.flow.cfg.Recorder.Record(o.chain, due, received-due)
	}
	for _, next := range o.next {
		next.input(seq, received)
	}
}

// Untraced says that a record in the topic and of the type of the output leads
// back to no event of the run.
func (o *Output) Untraced() { o.counts.Untraced++ }

// ended says whether an event has an output of the other sort.
func (c *Consumer) ended(seq uint64, dead bool) bool {
	other := ledger.Dead
	if dead {
		other = ledger.Effect
	}
	return c.ledger.Flags(seq)&other != 0
}

// sample records the hop of an event.
func (o *Output) sample(seq uint64, due time.Duration, input slot, received time.Duration) {
	f := o.consumer.flow
	o.counts.Samples++
	if input&retried != 0 {
		o.counts.Retried++
		f.traces.retried(seq, o.index)
	}
	f.cfg.Recorder.Between(o.kind, due, input.time(), received)
}

// Close counts what is open at the end.
func (f *Flow) Close(end time.Duration) {
	consumers := f.next
	for len(consumers) > 0 {
		var next []*Consumer
		for _, c := range consumers {
			c.close(end)
			if c.effect != nil {
				next = append(next, c.effect.next...)
			}
		}
		consumers = next
	}
}

func (c *Consumer) close(end time.Duration) {
	c.pending.all(func(seq uint64, _ slot) {
		c.counts.Unfinished++
		if c.effect != nil {
			c.flow.cfg.Recorder.Miss(c.effect.kind, histogram.Unfinished, c.flow.cfg.Due(seq), end)
		}
	})
	c.pending = newPending()
	for _, e := range c.early {
		e.of.counts.WithoutInput++
	}
	c.early = nil
}

// Counts are those of an output, complete after Close.
func (o *Output) Counts() Counts { return o.counts }

// Counts are those of the consumer's inputs, complete after Close.
func (c *Consumer) Counts() ConsumerCounts { return c.counts }
