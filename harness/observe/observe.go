// Package observe watches what a flow does from outside: records in the
// topics that the load goes to, the effects and dead letters of each consumer
// that reacts, and retries. It writes what it sees to the ledger and the
// journal, and judges nothing.
//
// It reads by direct assignment, not in a group, and each offset once: a
// record identity that it meets twice stands at two offsets.
//
// Watching is set up before the first Handle, which one goroutine calls.
package observe

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/hop"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
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
	// Repeats says that the load sends some events more than once.
	Repeats bool
	// Due is when a sequence was due.
	Due func(seq uint64) time.Duration
	// KeyHash is the hash of a sequence's record key.
	KeyHash func(seq uint64) uint64
	// Received is told of each first receipt; it may be nil.
	Received func(at time.Duration)
	// Largest is the longest value of its records that was received.
	Largest int
	// Hops measures what becomes of its events, from consumer to consumer; nil
	// where nobody asks.
	Hops *hop.Flow
}

// Config is what an Observer writes to.
type Config struct {
	Run uint64
	// Start is when the times of Handle count from.
	Start    time.Time
	Journal  *journal.Writer
	Meter    *histogram.Meter
	Counters *series.Counters
}

// Observer recognizes the records of a run.
type Observer struct {
	cfg      Config
	stream   *journal.Stream
	recorder *histogram.Recorder
	subjects map[uint16]*Subject
	topics   map[string]*watched
	hops     map[*invariant.Reaction]hops
	ids      *hop.IDs // nil where no chain has a second hop

	// mu guards what Last and Between read while the reader goes on.
	mu sync.Mutex

	// rise is what is read at the moment, see receivedAll.
	rise rise
}

// watched is a topic and the parts that it plays.
type watched struct {
	index   uint16
	input   bool
	retries retries
	effects []effect
	dlq     *deadLetters
	// turns are retries and dead letters of consumers in the middle of chains.
	turns []turn
	// untraced is the flow of the topic whose records carry no identity.
	untraced *invariant.Flow
	// backlog holds which record stands where; nil where nobody asks.
	backlog *invariant.Backlog
	// read is how far each partition was read.
	read map[int32]*position
	// highest is the highest sequence that was read, by partition and sender.
	highest map[lane]uint64
}

// lane is where a sender's sequences rise.
type lane struct {
	partition int32
	sender    uint16
}

// position is how far a partition was read: the offset of the last record, and
// how many records of the load were received.
type position struct{ last, received int64 }

// New returns an Observer that watches nothing.
func New(cfg Config) *Observer {
	return &Observer{
		cfg:      cfg,
		stream:   cfg.Journal.Stream(),
		recorder: cfg.Meter.Recorder(),
		subjects: map[uint16]*Subject{},
		topics:   map[string]*watched{},
		hops:     map[*invariant.Reaction]hops{},
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

// Follow adds a topic of which only Last is asked.
func (o *Observer) Follow(topic string) { o.topic(topic) }

// Hold has a backlog told of the records of the run in a topic.
func (o *Observer) Hold(topic string, b *invariant.Backlog) { o.topic(topic).backlog = b }

// Between runs a function while no record is handled. What Handle writes to,
// but for the ledger, may be read only so, or after the last Handle.
func (o *Observer) Between(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

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
		w = &watched{index: o.cfg.Journal.Topic(name), read: map[int32]*position{}, highest: map[lane]uint64{}}
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
	p, ok := w.read[partition]
	if !ok {
		return 0, false
	}
	return p.last, true
}

// Received counts the records of the load that were received of a topic, by
// partition, each identity once. It may be called at any time.
func (o *Observer) Received(topic string) map[int32]int64 {
	w := o.topics[topic]
	if w == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	counts := make(map[int32]int64, len(w.read))
	for id, p := range w.read {
		counts[id] = p.received
	}
	return counts
}

// Handle takes a batch of records of one partition, in order of their offsets,
// that were received at a time.
func (o *Observer) Handle(batch []*kgo.Record, at time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	w := o.topics[batch[0].Topic]
	if w == nil {
		return
	}
	p := w.read[batch[0].Partition]
	if p == nil {
		p = &position{}
		w.read[batch[0].Partition] = p
	}
	p.last = batch[len(batch)-1].Offset
	if w.input {
		p.received += o.receivedAll(w, batch, at)
	}
	for _, r := range batch {
		o.effects(w, r, at)
		if w.retries != nil {
			o.retried(w, r, at)
		}
		if w.dlq != nil {
			o.dead(w, r, at)
		}
		for i := range w.turns {
			o.turned(&w.turns[i], r, at)
		}
	}
}

func (o *Observer) see(kind journal.Kind, f *invariant.Flow, seq uint64, w *watched, r *kgo.Record, at time.Duration) {
	o.stream.See(kind, f.Sender.ID(), seq, w.index, r.Partition, r.Offset, at)
}

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
