package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/hop"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/run"
)

// liveHop is a hop while it is measured.
type liveHop struct {
	*Hop
	consumer        *hop.Consumer
	output, letters *hop.Output
}

// beginHops makes the measurement of a flow's hops, if it has any.
func (x *execution) beginHops(live *liveFlow) {
	if len(live.plan.Hops) > 0 {
		live.subject.Hops = hop.New(hop.Config{Due: live.plan.Schedule.Due, Recorder: x.meter.Recorder()})
	}
}

// measure adds a hop to the measurement, behind another or none.
func (f *liveFlow) measure(h *Hop, r *ledger.Reaction) *liveHop {
	var after *hop.Output
	if h.After >= 0 {
		after = f.hops[h.After].output
	}
	l := &liveHop{Hop: h, consumer: f.subject.Hops.Consumer(after, r)}
	l.output = l.consumer.Effect(histogram.Extra(h.effect), histogram.Extra(h.whole))
	if h.dead != noMeasure {
		l.letters = l.consumer.Dead(histogram.Extra(h.dead))
	}
	f.hops = append(f.hops, l)
	return l
}

// measureReaction has the hop of a reaction measured.
func (x *execution) measureReaction(live *liveFlow, r *Reaction, reaction *invariant.Reaction) {
	i := slices.IndexFunc(live.plan.Hops, func(h *Hop) bool { return h.Reaction == r })
	if i < 0 {
		return
	}
	l := live.measure(live.plan.Hops[i], reaction.Ledger)
	retried := l.consumer
	if len(l.retried) == 0 {
		retried = nil
	}
	x.observer.WatchHops(reaction, retried, l.output, l.letters)
}

// measureSteps has the hops behind reactions measured.
func (x *execution) measureSteps(live *liveFlow) {
	for _, h := range live.plan.steps() {
		reaction := live.sender.Reaction(true)
		l := live.measure(h, reaction)
		correlate, _ := h.Consumes.Effect.CorrelatePlace() // the plan has parsed it
		read, err := x.decoder(correlate, h.Reaction)
		if err != nil {
			x.warn(fmt.Sprintf("the hop of %s finds only ids of the load in what it makes: %v", h.Consumer, err))
		}
		step := observe.Step{
			Ledger: reaction, Consumer: l.consumer, Output: l.output, Retries: l.retried, Dead: l.letters,
			ID: x.eventID(live.plan.Hops[h.After].Reaction),
			Effect: observe.Effect{
				Topic: h.Produces.TopicName(), Type: h.Produces.Event, TypeHeader: h.Produces.Recognition().Header,
				Correlate: correlate, Read: read, ID: x.ownID(h),
			},
		}
		if l.letters != nil {
			step.DLQ = h.Consumes.DLQ.Topic
		}
		x.observer.WatchStep(live.subject, step)
	}
}

// reactionID is ownID of a reaction's hop.
func (x *execution) reactionID(f *Flow, r *Reaction) func(record *kgo.Record) []byte {
	for _, h := range f.Hops {
		if h.Reaction == r {
			return x.ownID(h)
		}
	}
	return nil
}

// ownID reads the id that the event of a hop has of its own; nil where no hop
// follows.
func (x *execution) ownID(h *Hop) func(r *kgo.Record) []byte {
	if h.Last {
		return nil
	}
	return x.eventID(h.Reaction)
}

// eventID reads the id in the envelope of the event that a reaction makes; of
// one without it finds none.
func (x *execution) eventID(of *Reaction) func(r *kgo.Record) []byte {
	kind := envelope.Kind(of.Produces.EnvelopeName())
	if kind == envelope.CloudEventsBinary {
		return observe.HeaderID("ce_id")
	}
	id := x.attributeDecoder(of, "id")
	return func(r *kgo.Record) []byte {
		v, err := id(r)
		if err != nil {
			return nil
		}
		return []byte(place.Text(v))
	}
}

// drainHops lets what the load caused come to the end of its chains, hop by
// hop, until the time is over: what is open then has no latency and is counted,
// and takes no verdict back.
func (x *execution) drainHops(ctx context.Context, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var open []string
	for _, level := range x.plan.levels() {
		d := x.drainer()
		d.groups, d.inputs, d.retries, d.outputs = nil, nil, nil, nil
		for _, h := range level {
			d.groups = append(d.groups, watchedGroup{name: h.Consumes.Group, topics: append([]string{h.Topic}, h.retries()...)})
			d.inputs = append(d.inputs, h.Topic)
			d.retries = append(d.retries, h.retries()...)
			d.outputs = append(d.outputs, h.Produces.TopicName())
			if h.Consumes.DLQ != nil {
				d.outputs = append(d.outputs, h.Consumes.DLQ.Topic)
			}
		}
		d.groups = slices.DeleteFunc(d.groups, func(g watchedGroup) bool { return g.name == "" })
		deadline, _ := ctx.Deadline()
		open = append(open, d.drain(ctx, time.Until(deadline)).Open...)
	}
	if len(open) > 0 {
		x.warn("hops were still open when the drain ended, and are counted as unfinished: " + strings.Join(open, "; "))
	}
}

// levels are the hops behind reactions, by how far behind.
func (p *Plan) levels() (levels [][]*Hop) {
	for _, f := range p.Flows {
		for _, h := range f.steps() {
			depth := -1
			for i := h.After; i >= 0; i = f.Hops[i].After {
				depth++
			}
			for len(levels) <= depth {
				levels = append(levels, nil)
			}
			levels[depth] = append(levels[depth], h)
		}
	}
	return levels
}

// endHops counts what is open, before the meter is closed.
func (x *execution) endHops() {
	for _, live := range x.flows {
		if live.subject.Hops != nil {
			live.subject.Hops.Close(x.now())
		}
	}
}

// hops are the hops and chains of all flows; nil without any.
func (x *execution) hops() *run.Hops {
	all := &run.Hops{}
	for _, s := range x.ledger.Senders() {
		x.hopsOf(x.flows[s.ID()], all)
	}
	if len(all.Hops) == 0 {
		return nil
	}
	return all
}

// hopsOf lists a flow's hops, and its chains.
func (x *execution) hopsOf(live *liveFlow, all *run.Hops) {
	for _, l := range live.hops {
		h := run.Hop{
			ID: l.id, Sender: live.sender.Name(), Event: l.Event, Topic: l.Topic, Consumer: l.Consumer,
			Retries: l.retried, Latencies: x.meter.Measured(l.effect),
		}
		if l.After >= 0 {
			h.After = live.hops[l.After].id
		}
		inputs := l.consumer.Counts()
		event := h
		event.Output, event.OutputTopic = l.Produces.Event, l.Produces.TopicName()
		event.Inputs, event.Unfinished, event.NotFollowed, event.RetriesApart = inputs.Inputs, inputs.Unfinished, inputs.NotFollowed, inputs.RetriesApart
		all.Hops = append(all.Hops, counted(event, l.output))
		if l.letters != nil {
			h.ID, h.OutputTopic, h.DeadLetter, h.Latencies = l.id+1, l.Consumes.DLQ.Topic, true, x.meter.Measured(l.dead)
			all.Hops = append(all.Hops, counted(h, l.letters))
		}
		if l.Last {
			all.Chains = append(all.Chains, x.chain(live, l))
		}
	}
}

func counted(h run.Hop, o *hop.Output) run.Hop {
	c := o.Counts()
	h.Samples, h.Retried, h.Again, h.WithoutInput, h.Untraced = c.Samples, c.Retried, c.Again, c.WithoutInput, c.Untraced
	return h
}

// tracedQuantiles are those that a chain shows an event for.
var tracedQuantiles = []float64{0.5, 0.99}

// chain is the way to the last of some hops.
func (x *execution) chain(live *liveFlow, last *liveHop) run.Chain {
	c := run.Chain{Latencies: x.meter.Measured(last.whole), Followed: last.output.Followed()}
	ids := map[*hop.Output]int{}
	for l := last; ; l = live.hops[l.After] {
		ids[l.output] = l.id
		c.Hops = append([]int{l.id}, c.Hops...)
		if l.After < 0 {
			break
		}
	}
	for _, l := range c.Latencies {
		if l.Phase != "" {
			continue
		}
		for _, q := range l.Quantiles {
			if !q.Judged || !slices.Contains(tracedQuantiles, q.Q) {
				continue
			}
			if found, ok := last.output.Nearest(q.Value); ok {
				c.Traces = append(c.Traces, x.trace(live, q, found, ids))
			}
		}
	}
	return c
}

func (x *execution) trace(live *liveFlow, q run.Quantile, of hop.Trace, ids map[*hop.Output]int) run.Trace {
	t := run.Trace{
		Q: q.Q, Value: q.Value, Sequence: of.Sequence, Due: of.Due, Received: of.Received,
		Event: identity.EventID{Run: x.identity, Sender: live.sender.ID(), Sequence: of.Sequence}.String(),
	}
	for _, p := range of.Passed {
		if id, on := ids[p.Output]; on {
			t.Steps = append(t.Steps, run.TraceStep{Hop: id, At: p.At, Retried: p.Retried})
		}
	}
	return t
}
