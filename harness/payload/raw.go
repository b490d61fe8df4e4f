package payload

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/key"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/value"
)

// RawConfig says what to make where no contract does.
type RawConfig struct {
	Seed   uint64
	Run    uint64
	Sender uint16
	// Due is when a sequence is due, since the load's start.
	Due func(seq uint64) time.Duration
	// Keys is nil for records without a key. KeyList are the keys by their
	// index, as many as Keys has; nil makes them up: key-000000 and so on.
	Keys    key.Distribution
	KeyList []string
	Source  value.Source
	// Headers are added to every record, in their order.
	Headers []RawHeader
	// Tombstones is the share, 0 to 1, of records without a value. They need
	// Keys.
	Tombstones float64
}

// RawHeader is a header and its value.
type RawHeader struct {
	Name  string
	Value *value.Template
}

// Raw makes the records of one sender to a topic of which no contract says
// anything. It is safe for concurrent use once Begin was called.
type Raw struct {
	cfg     RawConfig
	start   time.Time
	key     keyMaker
	dead    value.Share
	headers []kgo.RecordHeader // with the values of constant ones
	records sync.Pool          // of *value.Record
}

// NewRaw makes a Raw.
func NewRaw(cfg RawConfig) (*Raw, error) {
	m := &Raw{
		cfg: cfg, key: keyMaker{style: styleText, list: cfg.KeyList},
		dead: value.Tombstones(cfg.Seed, cfg.Sender, cfg.Tombstones),
	}
	switch {
	case cfg.Source == nil || cfg.Due == nil:
		return nil, errors.New("a maker needs a source of values and due times")
	case cfg.Tombstones > 0 && cfg.Keys == nil:
		return nil, errors.New("a tombstone without a key deletes nothing: give the records keys")
	case cfg.KeyList != nil && uint64(len(cfg.KeyList)) != cfg.Keys.Cardinality():
		return nil, fmt.Errorf("%d keys are listed for a distribution over %d", len(cfg.KeyList), cfg.Keys.Cardinality())
	}
	m.records.New = func() any { return new(value.Record) }
	for _, h := range cfg.Headers {
		made := kgo.RecordHeader{Key: h.Name}
		if h.Name == identity.Header {
			return nil, fmt.Errorf("header %s: a load writes it itself; remove it from headers", h.Name)
		}
		if h.Value.Constant() {
			made.Value = h.Value.Append([]byte{}, &value.Record{})
		}
		m.headers = append(m.headers, made)
	}
	return m, nil
}

// Begin sets the load's start, which times in records are relative to.
func (m *Raw) Begin(start time.Time) { m.start = start }

// Make fills a record with key, value and headers. It makes the same record
// whenever it is asked for a sequence. Key and value go into the room that the
// record has; headers that are not constant are allocated.
func (m *Raw) Make(seq uint64, r *kgo.Record) ledger.Class {
	if m.cfg.Keys != nil {
		r.Key = m.key.appendText(r.Key[:0], m.cfg.Keys.Index(seq))
	}
	record := m.records.Get().(*value.Record)
	defer m.records.Put(record)
	*record = value.Record{Sequence: seq, Key: r.Key, Due: m.start.Add(m.cfg.Due(seq)), Run: m.cfg.Run, Sender: m.cfg.Sender}
	if m.dead.Has(seq) {
		r.Value = nil
	} else {
		r.Value = m.cfg.Source.Append(r.Value[:0], record)
	}
	r.Headers = append(r.Headers[:0], m.headers...)
	for i, h := range m.cfg.Headers {
		if !h.Value.Constant() {
			r.Headers[i].Value = h.Value.Append(nil, record)
		}
	}
	return ledger.Normal
}

// Event is the sequence itself: no record comes twice.
func (m *Raw) Event(seq uint64) uint64 { return seq }

// KeyHash is the hash of a sequence's key. Records without a key have no order
// among each other, so their hashes differ.
func (m *Raw) KeyHash(seq uint64) uint64 {
	if m.cfg.Keys == nil {
		return mix(seq)
	}
	return mix(m.cfg.Keys.Index(seq))
}

// Original computes a record again as it was sent, weir-id header included.
func (m *Raw) Original(seq uint64) *kgo.Record {
	r := &kgo.Record{}
	m.Make(seq, r)
	id := identity.Record{Run: m.cfg.Run, Sender: m.cfg.Sender, Sequence: seq, Due: m.start.Add(m.cfg.Due(seq))}
	r.Headers = append(r.Headers, kgo.RecordHeader{Key: identity.Header, Value: id.AppendHeader(nil)})
	return r
}

// MeanBytes is about the mean size of a record's key, value and headers.
func (m *Raw) MeanBytes() float64 {
	n := m.cfg.Source.Mean() * (1 - m.cfg.Tombstones)
	if m.cfg.Keys != nil {
		n += 10
	}
	for _, h := range m.cfg.Headers {
		n += float64(len(h.Name)) + h.Value.Mean()
	}
	return n
}
