package scenario

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/loadgen/histogram"
)

// Hop is a consumer of a flow's events that makes an event of each: a reaction,
// or one that reads what another hop makes.
type Hop struct {
	*Reaction
	// Event is what the consumer reads, from Topic.
	Event, Topic string
	// After is the index of the hop that makes it; -1 for the load's own.
	After int
	// Last says that no hop follows.
	Last bool

	// effect, dead and whole are the indices of its measures: of the event that
	// it makes, of its dead letters and of the way from due to that event; -1
	// where there is none. id is that of the first in results, and the next is
	// of the dead letters.
	effect, dead, whole, id int
	// retried are its retry topics; none where another consumer of the flow uses
	// one of them.
	retried []string
}

// noMeasure is the index of a measure that a hop has not.
const noMeasure = -1

// hops finds the hops of all flows.
func (r *resolver) hops() {
	for _, f := range r.plan.Flows {
		if !f.observed() || f.Load.Via == ViaTrigger && f.Produces.Trigger.ID == "" {
			continue // nothing says which event a record is of
		}
		for i := range f.Reactions {
			if x := &f.Reactions[i]; x.Produces != nil {
				f.Hops = append(f.Hops, &Hop{Reaction: x, Event: f.Load.Event, Topic: f.Topic, After: -1, Last: true})
			}
		}
		for i := 0; i < len(f.Hops); i++ { // which grows
			r.follow(f, i)
		}
		r.measures(f)
	}
}

// follow adds the hops behind one.
func (r *resolver) follow(f *Flow, after int) {
	made := f.Hops[after].Produces
	for _, c := range r.plan.Contracts {
		for i := range c.Consumes {
			consumes := &c.Consumes[i]
			if consumes.Event != made.Event || consumes.TopicName() != made.TopicName() || !r.present(c.Service.Name) {
				continue
			}
			x := &Reaction{Contract: c, Consumes: consumes, Consumer: c.Service.Name, entry: i}
			if n := consumersOf(c, made.Event); n > 1 {
				x.Consumer += " (group " + consumes.Group + ")"
			}
			if why := r.unmeasured(f, x); why != "" {
				r.plan.note("the hop of %s from %s is not measured: %s", x.Consumer, made.Event, why)
				continue
			}
			f.Hops[after].Last = false
			f.Hops = append(f.Hops, &Hop{Reaction: x, Event: made.Event, Topic: made.TopicName(), After: after, Last: true})
		}
	}
}

func consumersOf(c *contracts.Contract, event string) (n int) {
	for _, x := range c.Consumes {
		if x.Event == event {
			n++
		}
	}
	return n
}

// unmeasured finds the event that a consumer in the middle of a chain makes,
// and says why its hop cannot be measured, if so.
func (r *resolver) unmeasured(f *Flow, x *Reaction) string {
	e := x.Consumes.Effect
	if e == nil || e.Event == "" {
		return "its contract declares no event as its effect"
	}
	if x.Producer, x.Produces = x.Contract, x.Contract.Producer(e.Event); x.Produces == nil {
		x.Producer, x.Produces = r.producer(e.Event)
	}
	switch {
	case x.Produces == nil:
		return fmt.Sprintf("no contract of this scenario produces %s", e.Event)
	case x.Produces.TopicName() == "":
		return fmt.Sprintf("%s does not go to Kafka", e.Event)
	case x.Produces.Match != nil && x.Produces.Match.Header == "":
		return fmt.Sprintf("%s is known by %s, and not by a header", e.Event, matched(x.Produces.Match))
	case x.Produces.Event == f.Load.Event && x.Produces.TopicName() == f.Topic:
		return "it makes the event of the load again"
	}
	for _, other := range f.Hops {
		if !toldApart(other.Produces, x.Produces) {
			return fmt.Sprintf("nothing tells the %s that it makes from what %s makes", e.Event, other.Consumer)
		}
	}
	if _, err := e.CorrelatePlace(); err != nil {
		return err.Error()
	}
	return ""
}

// measures gives each hop of a flow its measures, as far as there are any.
func (r *resolver) measures(f *Flow) {
	p := r.plan
	for i, h := range f.Hops {
		if len(p.measures)+3 > histogram.MaxMeasures {
			p.note("the hops of %s are not all measured: a run measures at most %d latencies of hops", f.Load.Event, histogram.MaxMeasures)
			f.Hops = f.Hops[:i]
			for _, h := range f.Hops {
				h.Last = !slices.ContainsFunc(f.Hops, func(next *Hop) bool { return next.After >= 0 && f.Hops[next.After] == h })
			}
			return
		}
		output := h.Produces.TopicName()
		h.id, h.dead, h.whole = p.outputs+1, noMeasure, noMeasure
		h.effect = p.measure(histogram.Measure{Log: hopLog(h.id), From: h.Topic, To: output})
		h.whole = p.measure(histogram.Measure{Log: hopLog(h.id) + "-whole", From: "due", To: output})
		p.outputs++
		switch dlq := h.Consumes.DLQ; {
		case dlq == nil:
		case !f.alone(dlq.Topic, h):
			p.note("%s shares the dead-letter topic %s: its dead letters are no hop", h.Consumer, dlq.Topic)
		default:
			h.dead = p.measure(histogram.Measure{Log: hopLog(h.id + 1), From: h.Topic, To: dlq.Topic})
			p.outputs++
		}
		if shared := slices.IndexFunc(h.retries(), func(topic string) bool { return !f.alone(topic, h) }); shared >= 0 {
			p.note("%s shares the retry topic %s: its hop does not say which events were retried", h.Consumer, h.retries()[shared])
		} else {
			h.retried = h.retries()
		}
	}
}

func (p *Plan) measure(m histogram.Measure) int {
	p.measures = append(p.measures, m)
	return len(p.measures) - 1
}

// hopLog is the name of a hop's histogram log.
func hopLog(id int) string { return fmt.Sprintf("hops/%d", id) }

// alone says whether no other hop of the flow uses a topic for retries or dead
// letters. A reaction's shared dead letters name their consumer, so those are
// told apart from other reactions'.
func (f *Flow) alone(topic string, h *Hop) bool {
	return !slices.ContainsFunc(f.Hops, func(other *Hop) bool {
		if other == h {
			return false
		}
		letters := other.Consumes.DLQ != nil && other.Consumes.DLQ.Topic == topic && (h.After >= 0 || other.After >= 0)
		return letters || slices.Contains(other.retries(), topic)
	})
}

// steps are the hops behind reactions.
func (f *Flow) steps() []*Hop {
	return slices.DeleteFunc(slices.Clone(f.Hops), func(h *Hop) bool { return h.After < 0 })
}
