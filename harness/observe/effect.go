package observe

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/hop"
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
	// Read reads what the place is in, the data of an effect or its key; nil is
	// JSON, and a key that is text.
	Read func(r *kgo.Record) (any, error)
	// Searched says that the id may stand elsewhere in the record when the
	// place does not lead back: a trigger's own id in the data.
	Searched bool
	// Seen is told of each first effect of the reaction; it may be nil.
	Seen func(at time.Duration)
	// ID reads the id that a record's event has of its own, for the consumers of
	// it; nil where they are not watched.
	ID func(r *kgo.Record) []byte
}

// effect is a way in which effects of one topic are recognized, and whose they
// are by the sender of the event.
type effect struct {
	Effect
	// step says that it is of consumers in the middle of chains.
	step bool
	of   map[uint16]reacting
}

// reacting is a reaction to a subject.
type reacting struct {
	subject  *Subject
	reaction *invariant.Reaction
	seen     func(at time.Duration)
	// ledger and hop are of what is measured. Without a reaction that is all.
	ledger *ledger.Reaction
	hop    *hop.Output
}

// WatchEffect adds the topic in which effects of a reaction to s appear.
func (o *Observer) WatchEffect(s *Subject, r *invariant.Reaction, e Effect) {
	o.recognize(effect{Effect: e}, s.Flow.Sender.ID(), reacting{s, r, e.Seen, r.Ledger, o.hops[r].effect})
}

// recognize adds whose effects a way is.
func (o *Observer) recognize(e effect, sender uint16, whose reacting) {
	w := o.topic(e.Topic)
	for i := range w.effects {
		known := &w.effects[i]
		if known.step == e.step && known.Type == e.Type && known.TypeHeader == e.TypeHeader && known.Correlate.String() == e.Correlate.String() {
			known.Searched = known.Searched || e.Searched
			if known.ID == nil {
				known.ID = e.ID
			}
			known.of[sender] = whose
			return
		}
	}
	e.of = map[uint16]reacting{sender: whose}
	w.effects = append(w.effects, e)
}

// effects finds whose effect a record is. It is one effect, however many ways
// lead back from it.
func (o *Observer) effects(w *watched, r *kgo.Record, at time.Duration) {
	var untraced *effect
	for i := range w.effects {
		e := &w.effects[i]
		if e.TypeHeader != "" && string(header(r, e.TypeHeader)) != e.Type {
			continue
		}
		id, ok := o.cause(e, r)
		switch {
		case !ok:
			untraced = e
		case o.effect(w, e, id, r, at):
			return
		}
	}
	if untraced != nil {
		untraced.untraced()
	}
}

// effect says whether a record that goes back to an event of the run is an
// effect of it.
func (o *Observer) effect(w *watched, e *effect, id identity.EventID, r *kgo.Record, at time.Duration) bool {
	// Another consumer of the event may pass its id on in an event of its own.
	whose, ok := e.of[id.Sender]
	if !ok {
		return false
	}
	s, sight := whose.subject, whose.ledger.Effect(id.Sequence)
	if whose.hop != nil {
		whose.hop.Seen(id.Sequence, sight, at)
		if e.ID != nil {
			o.ids.Add(e.ID(r), id)
		}
	}
	if whose.reaction == nil {
		return true
	}
	if sight == ledger.First {
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

// cause is the event of the run that a record goes back to.
func (o *Observer) cause(e *effect, r *kgo.Record) (identity.EventID, bool) {
	named := e.correlated(r)
	id, ok := identity.ParseEventID(named)
	if !ok && e.step {
		id, ok = o.ids.Find(named)
	}
	if !ok && e.Searched {
		id, ok = o.search(r)
	}
	return id, ok && id.Run == o.cfg.Run
}

// untraced counts a record of the type that goes back to no event, as one of
// the first sender's.
func (e *effect) untraced() {
	first, of := uint16(0), (*hop.Output)(nil)
	for sender, whose := range e.of {
		if whose.hop != nil && (of == nil || sender < first) {
			first, of = sender, whose.hop
		}
	}
	if of != nil {
		of.Untraced()
	}
}

// correlated is what stands at the place that leads back, as text.
func (e *Effect) correlated(r *kgo.Record) []byte {
	kind, read := e.Correlate.Kind(), e.Read
	switch {
	case kind == place.Header:
		return header(r, e.Correlate.HeaderName())
	case kind == place.Key && read == nil:
		return r.Key
	case read == nil:
		read = readJSON
	}
	v, err := read(r)
	if err != nil {
		return nil
	}
	if kind == place.Data {
		var ok bool
		if v, ok = e.Correlate.In(v); !ok {
			return nil
		}
	}
	return []byte(place.Text(v))
}

func readJSON(r *kgo.Record) (any, error) {
	d := json.NewDecoder(bytes.NewReader(r.Value))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}
