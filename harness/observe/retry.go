package observe

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
)

// retries are the reactions that retry by a topic, by the sender of the event.
type retries map[uint16][]*invariant.Retries

// WatchRetry adds a retry topic of a reaction to s, whose attempts are counted
// if it has Retries.
func (o *Observer) WatchRetry(s *Subject, r *invariant.Reaction, topic string) {
	w := o.topic(topic)
	if w.retries == nil {
		w.retries = retries{}
	}
	if r.Retries != nil {
		sender := s.Flow.Sender.ID()
		w.retries[sender] = append(w.retries[sender], r.Retries)
	}
	if c := o.hops[r].consumer; c != nil {
		w.turns = append(w.turns, turn{subject: s, consumer: c})
	}
}

func (o *Observer) retried(w *watched, r *kgo.Record, at time.Duration) {
	s, seq := o.record(r)
	if s == nil {
		return
	}
	event := s.Event(seq)
	o.see(journal.Retry, s.Flow, event, w, r, at)
	for _, of := range w.retries[s.Flow.Sender.ID()] {
		of.Retried(invariant.Retry{
			Sequence: seq, Event: event, Exact: o.exact(s, r), At: at, Stamp: r.Timestamp.Sub(o.cfg.Start),
			Untimed: r.Attrs.TimestampType() == logAppendTime,
		})
	}
}

// logAppendTime is the type of timestamps that brokers write over a record's
// own (message.timestamp.type).
const logAppendTime = 1

// exact says whether it is known of which record that was sent r was made, and
// not only of which event.
func (o *Observer) exact(s *Subject, r *kgo.Record) bool {
	id, ok := identity.ParseHeader(header(r, identity.Header))
	return !s.Repeats || ok && id.Run == o.cfg.Run
}

// applied tells of an effect, which ends the retries of its event. An effect
// that was sent before its first retry did not follow it, and one of an event
// that the load repeats may be of another record.
func (o *Observer) applied(s *Subject, r *invariant.Reaction, seq uint64, effect *kgo.Record, at time.Duration) {
	if r.Retries != nil && !s.Repeats {
		r.Retries.Ended(seq, at, effect.Timestamp.Sub(o.cfg.Start))
	}
}
