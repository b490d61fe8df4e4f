package observe

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/hop"
	"github.com/flowweir/weir/loadgen/ledger"
)

// hops are what is measured of a reaction.
type hops struct {
	consumer     *hop.Consumer
	effect, dead *hop.Output
}

// turn is a topic in which an event at a consumer turns off its way: a retry
// topic, or with an output that of dead letters.
type turn struct {
	subject  *Subject
	consumer *hop.Consumer
	dead     *hop.Output
	ledger   *ledger.Reaction
	// id reads the id that an event in the middle of a chain has of its own; nil
	// for the load's events.
	id func(r *kgo.Record) []byte
}

// WatchHops has a reaction measured: what it makes of events, and its dead
// letters where it has any. Its retries are seen where its topic has no other
// consumer of the subject. Call it before the reaction's own Watch functions.
func (o *Observer) WatchHops(r *invariant.Reaction, c *hop.Consumer, effect, dead *hop.Output) {
	o.hops[r] = hops{c, effect, dead}
}

// Step is a consumer in the middle of a chain, behind a reaction. It is
// measured and not judged.
type Step struct {
	Ledger   *ledger.Reaction
	Consumer *hop.Consumer
	Effect   Effect
	Output   *hop.Output
	// ID reads the id of an event that the consumer reads.
	ID func(r *kgo.Record) []byte
	// Retries and DLQ are its topics, those that others of the flow do not use.
	Retries []string
	DLQ     string
	Dead    *hop.Output
}

// WatchStep has a step measured of events that go back to s. Its effects lead
// back by the id of the event that it read, as Effect.Correlate says, or by an
// id of the run anywhere in them, such as a correlation id that is passed on.
func (o *Observer) WatchStep(s *Subject, step Step) {
	if o.ids == nil {
		o.ids = hop.NewIDs()
	}
	step.Effect.Searched = true
	o.recognize(effect{Effect: step.Effect, step: true}, s.Flow.Sender.ID(), reacting{subject: s, ledger: step.Ledger, hop: step.Output})
	t := turn{subject: s, consumer: step.Consumer, id: step.ID}
	for _, topic := range step.Retries {
		w := o.topic(topic)
		w.turns = append(w.turns, t)
	}
	if step.DLQ != "" {
		w := o.topic(step.DLQ)
		t.dead, t.ledger = step.Dead, step.Ledger
		w.turns = append(w.turns, t)
	}
}

// turned takes a record in a retry or dead-letter topic of a consumer.
func (o *Observer) turned(t *turn, r *kgo.Record, at time.Duration) {
	event, ok := o.event(t, r)
	switch {
	case !ok:
		if t.dead != nil {
			t.dead.Untraced()
		}
	case t.dead != nil:
		t.dead.Seen(event, t.ledger.Dead(event), at)
	default:
		t.consumer.Retried(event)
	}
}

// event is the event of the turn's subject that a record goes back to.
func (o *Observer) event(t *turn, r *kgo.Record) (seq uint64, ok bool) {
	if t.id != nil {
		if id, found := o.ids.Find(t.id(r)); found {
			return id.Sequence, id.Sender == t.subject.Flow.Sender.ID()
		}
	}
	s, seq := o.record(r)
	if s != t.subject {
		return 0, false
	}
	return s.Event(seq), true
}

// first says whether a record is its event's first send.
func (s *Subject) first(seq uint64) bool { return !s.Repeats || s.Event(seq) == seq }

// HeaderID reads an event's id from a header.
func HeaderID(name string) func(r *kgo.Record) []byte {
	return func(r *kgo.Record) []byte { return header(r, name) }
}
