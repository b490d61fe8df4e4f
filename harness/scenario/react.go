package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/series"
)

// react has every reaction of a flow watched, each for itself.
func (x *execution) react(live *liveFlow) error {
	f := live.plan
	watched := false
	for i := range f.Reactions {
		r := &f.Reactions[i]
		reaction := &invariant.Reaction{Consumer: r.Consumer, Ledger: live.sender.Reaction(r.shown()), Own: r.own()}
		live.subject.Flow.Reactions = append(live.subject.Flow.Reactions, reaction)
		x.measureReaction(live, r, reaction)
		if r.Produces != nil {
			watched = true
			if err := x.watchEffect(live, r, reaction); err != nil {
				return err
			}
		}
		if r.source {
			x.ask(live, r, reaction)
		}
		reaction.Retries = x.retries(f, r)
		for _, topic := range r.retries() {
			x.observer.WatchRetry(live.subject, reaction, topic)
		}
		if r.Consumes.DLQ != nil {
			x.watchDLQ(live, r, reaction)
		}
	}
	if !watched {
		live.subject.Received = x.stream()
	}
	return nil
}

// stream is a new stream of sightings that shows whether a consumer goes on.
func (x *execution) stream() func(at time.Duration) {
	s := &series.Stalls{}
	x.seen = append(x.seen, s)
	return s.Observed
}

// newOrder watches an order of the records of a maker.
func newOrder(maker maker, seen func(seq uint64) bool) *invariant.Order {
	return invariant.NewOrder(func(_ uint16, seq uint64) uint64 { return maker.KeyHash(seq) },
		func(_ uint16, seq uint64) bool { return seen(seq) })
}

// watchEffect watches a reaction's effects, and their order where their
// producer promises it and no retry topic gives it up.
func (x *execution) watchEffect(live *liveFlow, r *Reaction, reaction *invariant.Reaction) error {
	f, effect := live.plan, r.Consumes.Effect
	correlate, err := effect.CorrelatePlace()
	if err != nil {
		return x.usage(BadLoad, fmt.Sprintf("the effect of %s: correlate: %v", f.Load.Event, err), "load", f.Index, "event")
	}
	reaction.Effect = effect.Event
	if live.maker != nil && r.Produces.OrderedPerKey() && len(r.retries()) == 0 {
		reaction.EffectOrder = newOrder(live.maker, func(seq uint64) bool { return reaction.Ledger.Flags(seq)&ledger.Effect != 0 })
		if m := x.detouring(live); m != nil {
			reaction.EffectOrder.Except(func(_ uint16, seq uint64) bool { return m.Apart(seq) })
		}
	}
	// An id in an envelope around the data that no attribute is said to have,
	// or one that a trigger put into its body, is found wherever it stands.
	searched := envelope.Around(envelope.Kind(r.Produces.EnvelopeName())) && correlate.Kind() != place.Envelope ||
		f.Load.Via == ViaTrigger
	read, err := x.decoder(correlate, r)
	if err != nil {
		return x.usage(BadLoad, fmt.Sprintf("the effect of %s: %v", f.Load.Event, err), "load", f.Index, "event")
	}
	x.observer.WatchEffect(live.subject, reaction, observe.Effect{
		Topic: r.Produces.TopicName(), Type: effect.Event, TypeHeader: r.Produces.Recognition().Header,
		Correlate: correlate, Read: read, Searched: searched, Seen: x.stream(), ID: x.reactionID(f, r),
	})
	return nil
}

// retries counts the attempts of a reaction whose contract has a retry policy.
func (x *execution) retries(f *Flow, r *Reaction) *invariant.Retries {
	retry := r.Consumes.Retry
	if retry == nil {
		return nil
	}
	policy := invariant.RetryPolicy{Attempts: retry.Attempts, Topics: retry.Topics, Deliveries: 1}
	for attempt := 2; attempt <= retry.Attempts; attempt++ {
		policy.Waits = append(policy.Waits, retry.Backoff.Delay(attempt))
	}
	for _, fault := range x.plan.Faults {
		// A member that goes and comes back has its group share out the
		// partitions twice.
		if !fault.Kind.InLoad() {
			policy.Deliveries += 2
		}
	}
	for i := range f.Reactions {
		other := &f.Reactions[i]
		policy.Shared = policy.Shared || other != r && slices.ContainsFunc(other.retries(), func(t string) bool { return slices.Contains(retry.Topics, t) })
	}
	return invariant.NewRetries(policy)
}

// watchDLQ watches a reaction's dead letters. A letter in a topic that other
// consumers of the flow share is known by the group or the service that it
// names.
func (x *execution) watchDLQ(live *liveFlow, r *Reaction, reaction *invariant.Reaction) {
	dlq := r.Consumes.DLQ
	reaction.DLQ = &invariant.DLQ{
		Letters: x.letters(live, dlq.Topic), ExactlyOnce: dlq.Guarantee() == contracts.DeliveryExactlyOnce,
		Altered: live.sender.Reaction(false), Unclaimed: live.sharedBy(dlq.Topic),
	}
	for _, part := range []string{"key", "value", "headers"} {
		if dlq.Preserves(part) {
			reaction.DLQ.Preserve = append(reaction.DLQ.Preserve, part)
		}
	}
	x.observer.WatchDLQ(live.subject, reaction, r.Consumes.Group, r.Contract.Service.Name)
}

// letters are those of a dead-letter topic, one for all flows and reactions.
func (x *execution) letters(live *liveFlow, topic string) *invariant.Letters {
	flows := []*invariant.Flow{live.subject.Flow}
	for _, other := range x.flows {
		flows = append(flows, other.subject.Flow)
	}
	for _, f := range flows {
		for _, r := range f.Reactions {
			if r.DLQ != nil && r.DLQ.Letters.Topic == topic {
				return r.DLQ.Letters
			}
		}
	}
	return &invariant.Letters{Topic: topic}
}

// sharedBy keeps the letters of nobody in a topic that several consumers of
// the flow share; nil where one has it for itself.
func (f *liveFlow) sharedBy(topic string) *ledger.Reaction {
	n := 0
	for i := range f.plan.Reactions {
		if dlq := f.plan.Reactions[i].Consumes.DLQ; dlq != nil && dlq.Topic == topic {
			n++
		}
	}
	if n < 2 {
		return nil
	}
	if f.unclaimed[topic] == nil {
		if f.unclaimed == nil {
			f.unclaimed = map[string]*ledger.Reaction{}
		}
		f.unclaimed[topic] = f.sender.Reaction(false)
	}
	return f.unclaimed[topic]
}
