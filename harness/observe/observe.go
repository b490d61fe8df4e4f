// Package observe watches what a flow does from outside: records in the
// topics that the load goes to, the effects that follow, retries and dead
// letters. It writes what it sees to the ledger and the journal, and judges
// nothing.
//
// It reads by direct assignment, not in a group, and each offset once: a
// record identity that it meets twice stands at two offsets.
//
// Watching is set up before the first Handle, which one goroutine calls.
package observe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/series"
)

// Subject is one sender's flow and what is needed to recognize its records
// and to compute them again.
type Subject struct {
	Flow *invariant.Flow
	// Original computes the record with a sequence again, as it was sent,
	// with its weir-id header. Nil for triggers.
	Original func(seq uint64) *kgo.Record
	// Event is the sequence of the first send of a record's event: seq
	// itself but for injected duplicates.
	Event func(seq uint64) uint64
	// Due is when a sequence was due.
	Due func(seq uint64) time.Duration
	// KeyHash is the hash of a sequence's record key.
	KeyHash func(seq uint64) uint64
}

// Effect says how an effect of a subject is recognized.
type Effect struct {
	Topic string
	// Type is the event's name, as Flow.Effect of the subjects that it is an
	// effect of. It is compared with the header TypeHeader; an empty
	// TypeHeader takes every record of the topic.
	Type       string
	TypeHeader string
	// Correlate is the place that holds the id of the causing event.
	Correlate place.Place
	// Searched says that the id may stand elsewhere in the record when the
	// place does not lead back: a trigger's own id in the data.
	Searched bool
}

// Config is what an Observer writes to.
type Config struct {
	Run      uint64
	Journal  *journal.Writer
	Meter    *histogram.Meter
	Counters *series.Counters
	// Seen is told of each first effect, and of each first receipt where no
	// effect is watched, for stand-stills.
	Seen func(at time.Duration)
}

// Observer recognizes the records of a run.
type Observer struct {
	cfg      Config
	stream   *journal.Stream
	recorder *histogram.Recorder
	subjects map[uint16]*Subject
	topics   map[string]*watched

	// mu guards what Last reads while the reader goes on.
	mu sync.Mutex
}

// watched is a topic and the parts that it plays.
type watched struct {
	index   uint16
	input   bool
	retry   bool
	effects []Effect
	dlq     *invariant.DLQ
	// untraced is the flow of the topic whose records carry no identity.
	untraced *invariant.Flow
	// last is the offset of the last record, by partition.
	last map[int32]int64
}

// New returns an Observer that watches nothing.
func New(cfg Config) *Observer {
	return &Observer{
		cfg:      cfg,
		stream:   cfg.Journal.Stream(),
		recorder: cfg.Meter.Recorder(),
		subjects: map[uint16]*Subject{},
		topics:   map[string]*watched{},
	}
}

// Watch adds a subject and its topic.
func (o *Observer) Watch(s *Subject) {
	o.subjects[s.Flow.Sender.ID()] = s
	w := o.topic(s.Flow.Topic)
	w.input = true
	if !s.Flow.Traced {
		w.untraced = s.Flow
	}
}

// WatchEffect adds a topic in which effects appear.
func (o *Observer) WatchEffect(e Effect) {
	w := o.topic(e.Topic)
	for i := range w.effects {
		known := &w.effects[i]
		if known.Type == e.Type && known.TypeHeader == e.TypeHeader && known.Correlate.String() == e.Correlate.String() {
			known.Searched = known.Searched || e.Searched
			return
		}
	}
	w.effects = append(w.effects, e)
}

// WatchRetry adds a retry topic.
func (o *Observer) WatchRetry(topic string) { o.topic(topic).retry = true }

// WatchDLQ adds a dead-letter topic.
func (o *Observer) WatchDLQ(d *invariant.DLQ) { o.topic(d.Topic).dlq = d }

// Follow adds a topic of which only Last is asked.
func (o *Observer) Follow(topic string) { o.topic(topic) }

// Topics are the names of what is watched.
func (o *Observer) Topics() []string {
	names := make([]string, 0, len(o.topics))
	for name := range o.topics {
		names = append(names, name)
	}
	return names
}

func (o *Observer) topic(name string) *watched {
	w := o.topics[name]
	if w == nil {
		w = &watched{index: o.cfg.Journal.Topic(name), last: map[int32]int64{}}
		o.topics[name] = w
	}
	return w
}

// Last is the offset of the last record that was read of a partition; ok is
// false before the first. Transaction markers and compacted offsets are no records.
// It may be called at any time.
func (o *Observer) Last(topic string, partition int32) (offset int64, ok bool) {
	w := o.topics[topic]
	if w == nil {
		return 0, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	offset, ok = w.last[partition]
	return offset, ok
}

// Handle takes a batch of records that were received at a time.
func (o *Observer) Handle(batch []*kgo.Record, at time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range batch {
		w := o.topics[r.Topic]
		if w == nil {
			continue
		}
		w.last[r.Partition] = r.Offset
		if w.input {
			o.received(w, r, at)
		}
		for i := range w.effects {
			// A record is one effect, however many ways lead back from it.
			if o.effect(w, &w.effects[i], r, at) {
				break
			}
		}
		if w.retry {
			o.retried(w, r, at)
		}
		if w.dlq != nil {
			o.dead(w, r, at)
		}
	}
}

func (o *Observer) received(w *watched, r *kgo.Record, at time.Duration) {
	s, seq := o.record(r)
	if s == nil || s.Flow.Topic != r.Topic {
		if w.untraced != nil {
			w.untraced.Observed++
			o.cfg.Counters.Received.Add(1)
		}
		return
	}
	s.Flow.Observed++
	f := s.Flow
	if f.Sender.Received(seq) == ledger.First {
		due := s.Due(seq)
		o.recorder.Record(histogram.EndToEnd, due, at-due)
		o.cfg.Counters.Received.Add(1)
		if f.Order != nil {
			f.Order.See(f.Sender.ID(), seq, uint32(r.Partition))
		}
		if f.Effect == "" && o.cfg.Seen != nil {
			o.cfg.Seen(at)
		}
	}
	o.see(journal.Received, f, seq, w, r, at)
}

func (o *Observer) see(kind journal.Kind, f *invariant.Flow, seq uint64, w *watched, r *kgo.Record, at time.Duration) {
	o.stream.See(kind, f.Sender.ID(), seq, w.index, r.Partition, r.Offset, at)
}

// effect says whether a record is an effect of the run.
func (o *Observer) effect(w *watched, e *Effect, r *kgo.Record, at time.Duration) bool {
	if e.TypeHeader != "" && string(header(r, e.TypeHeader)) != e.Type {
		return false
	}
	id, ok := identity.ParseEventID(valueAt(r, e.Correlate))
	if !ok && e.Searched {
		id, ok = o.search(r)
	}
	if !ok || id.Run != o.cfg.Run {
		return false
	}
	// Another consumer of the event may pass its id on in an event of its own.
	s := o.subjects[id.Sender]
	if s == nil || s.Flow.Effect == "" || s.Flow.Effect != e.Type {
		return false
	}
	f := s.Flow
	if f.Sender.Effect(id.Sequence) == ledger.First {
		due := s.Due(id.Sequence)
		o.recorder.Record(histogram.Effect, due, at-due)
		o.cfg.Counters.Effects.Add(1)
		if f.EffectOrder != nil {
			f.EffectOrder.See(id.Sender, id.Sequence, uint32(s.KeyHash(id.Sequence)&0xffff))
		}
		if o.cfg.Seen != nil {
			o.cfg.Seen(at)
		}
	}
	o.see(journal.Effect, f, id.Sequence, w, r, at)
	return true
}

func (o *Observer) retried(w *watched, r *kgo.Record, at time.Duration) {
	if s, seq := o.record(r); s != nil {
		o.see(journal.Retry, s.Flow, s.Event(seq), w, r, at)
	}
}

func (o *Observer) dead(w *watched, r *kgo.Record, at time.Duration) {
	w.dlq.Seen++
	letter := invariant.Letter{Partition: r.Partition, Offset: r.Offset}
	s, seq := o.record(r)
	if s == nil {
		letter.What = "nothing in it leads back to the record that was sent"
		w.dlq.Untraced = append(w.dlq.Untraced, letter)
		return
	}
	event := s.Event(seq)
	if s.Flow.Sender.Dead(event) == ledger.First {
		o.cfg.Counters.Dead.Add(1)
	}
	if s.Original != nil {
		letter.Ref = invariant.Ref{Sender: s.Flow.Sender.ID(), Sequence: seq}
		if letter.What = altered(s.Original(seq), r, w.dlq.Preserve); letter.What != "" {
			w.dlq.Altered = append(w.dlq.Altered, letter)
		}
	}
	o.see(journal.Dead, s.Flow, event, w, r, at)
}

// altered says how a dead letter differs from the original in what must be
// kept; empty where it does not. A letter may carry further headers.
func altered(sent, letter *kgo.Record, preserve []string) string {
	for _, what := range preserve {
		switch what {
		case "key":
			if !bytes.Equal(sent.Key, letter.Key) {
				return fmt.Sprintf("the key is %q, and was %q", clip(letter.Key), clip(sent.Key))
			}
		case "value":
			if !bytes.Equal(sent.Value, letter.Value) {
				return fmt.Sprintf("the value (%d bytes) is not the %d bytes that were sent", len(letter.Value), len(sent.Value))
			}
		case "headers":
			for _, h := range sent.Headers {
				switch got, ok := lookup(letter, h.Key); {
				case !ok:
					return fmt.Sprintf("the header %s is missing", h.Key)
				case !bytes.Equal(got, h.Value):
					return fmt.Sprintf("the header %s is %q, and was %q", h.Key, clip(got), clip(h.Value))
				}
			}
		}
	}
	return ""
}

func clip(b []byte) []byte { return b[:min(len(b), 60)] }

// record recognizes a record that Weir sent, or that a service passed on:
// by its weir-id header, or else by an event id of the run anywhere in it.
func (o *Observer) record(r *kgo.Record) (*Subject, uint64) {
	if id, ok := identity.ParseHeader(header(r, identity.Header)); ok && id.Run == o.cfg.Run {
		return o.subjects[id.Sender], id.Sequence
	}
	if id, ok := o.search(r); ok {
		return o.subjects[id.Sender], id.Sequence
	}
	return nil, 0
}

// search looks for an event id of the run in headers, key and value.
func (o *Observer) search(r *kgo.Record) (identity.EventID, bool) {
	for _, h := range r.Headers {
		if id, ok := identity.ParseEventID(h.Value); ok && id.Run == o.cfg.Run {
			return id, true
		}
	}
	if id, ok := identity.Find(o.cfg.Run, r.Key); ok {
		return id, true
	}
	return identity.Find(o.cfg.Run, r.Value)
}

func header(r *kgo.Record, key string) []byte {
	v, _ := lookup(r, key)
	return v
}

func lookup(r *kgo.Record, key string) ([]byte, bool) {
	for i := range r.Headers {
		if r.Headers[i].Key == key {
			return r.Headers[i].Value, true
		}
	}
	return nil, false
}

// valueAt is what stands at a place of a record, as text.
func valueAt(r *kgo.Record, p place.Place) []byte {
	switch p.Kind() {
	case place.Header:
		return header(r, p.HeaderName())
	case place.Key:
		return r.Key
	}
	d := json.NewDecoder(bytes.NewReader(r.Value))
	d.UseNumber()
	var data any
	if d.Decode(&data) != nil {
		return nil
	}
	v, ok := p.In(data)
	if !ok {
		return nil
	}
	return []byte(place.Text(v))
}
