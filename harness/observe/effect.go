package observe

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
)

// Effect says how the effects of a reaction are recognized. Reactions of one
// subject must differ in its Topic or Type, and in Type only where both name
// a TypeHeader: nothing else tells whose effect a record is.
type Effect struct {
	Topic string
	// Type is the event's name. It is compared with the header TypeHeader; an
	// empty TypeHeader takes every record of the topic.
	Type       string
	TypeHeader string
	// Correlate is the place that holds the id of the causing event.
	Correlate place.Place
	// Decode reads the data of an effect, for a place in it; nil is JSON.
	Decode func(data []byte) (any, error)
	// Searched says that the id may stand elsewhere in the record when the
	// place does not lead back: a trigger's own id in the data.
	Searched bool
	// Seen is told of each first effect of the reaction; it may be nil.
	Seen func(at time.Duration)
}

// effect is a way in which effects of one topic are recognized, and whose they
// are by the sender of the event.
type effect struct {
	Effect
	of map[uint16]reacting
}

// reacting is a reaction to a subject.
type reacting struct {
	subject  *Subject
	reaction *invariant.Reaction
	seen     func(at time.Duration)
}

// WatchEffect adds the topic in which effects of a reaction to s appear.
func (o *Observer) WatchEffect(s *Subject, r *invariant.Reaction, e Effect) {
	w := o.topic(e.Topic)
	sender, whose := s.Flow.Sender.ID(), reacting{s, r, e.Seen}
	for i := range w.effects {
		known := &w.effects[i]
		if known.Type == e.Type && known.TypeHeader == e.TypeHeader && known.Correlate.String() == e.Correlate.String() {
			known.Searched = known.Searched || e.Searched
			known.of[sender] = whose
			return
		}
	}
	w.effects = append(w.effects, effect{e, map[uint16]reacting{sender: whose}})
}

// effect says whether a record is an effect of the run.
func (o *Observer) effect(w *watched, e *effect, r *kgo.Record, at time.Duration) bool {
	if e.TypeHeader != "" && string(header(r, e.TypeHeader)) != e.Type {
		return false
	}
	id, ok := identity.ParseEventID(e.correlated(r))
	if !ok && e.Searched {
		id, ok = o.search(r)
	}
	if !ok || id.Run != o.cfg.Run {
		return false
	}
	// Another consumer of the event may pass its id on in an event of its own.
	whose, ok := e.of[id.Sender]
	if !ok {
		return false
	}
	s := whose.subject
	if whose.reaction.Ledger.Effect(id.Sequence) == ledger.First {
		due := s.Due(id.Sequence)
		o.recorder.Record(histogram.Effect, due, at-due)
		o.cfg.Counters.Effects.Add(1)
		if order := whose.reaction.EffectOrder; order != nil {
			order.See(id.Sender, id.Sequence, uint32(s.KeyHash(id.Sequence)&0xffff))
		}
		if whose.seen != nil {
			whose.seen(at)
		}
	}
	o.applied(s, whose.reaction, id.Sequence, r, at)
	o.see(journal.Effect, s.Flow, id.Sequence, w, r, at)
	return true
}

// correlated is what stands at the place that leads back, as text.
func (e *Effect) correlated(r *kgo.Record) []byte {
	switch p := e.Correlate; p.Kind() {
	case place.Header:
		return header(r, p.HeaderName())
	case place.Key:
		return r.Key
	}
	decode := e.Decode
	if decode == nil {
		decode = decodeJSON
	}
	data, err := decode(r.Value)
	if err != nil {
		return nil
	}
	v, ok := e.Correlate.In(data)
	if !ok {
		return nil
	}
	return []byte(place.Text(v))
}

func decodeJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}
