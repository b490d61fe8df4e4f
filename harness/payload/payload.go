// Package payload makes the records of a load from a producer's contract:
// data from its schema or its examples, the key from the declared place, the
// envelope and the required headers, and, where faults ask for it, poison
// and duplicates.
//
// Everything about a record (class, key, value, headers) is a function of
// seed, sender and sequence: it is never stored and can be computed again
// when a dead letter is compared with what was sent.
//
// Data is not invented for each record: a load draws from a few hundred
// documents, valid under the schema, into which the key is spliced. That
// keeps the generator out of the measurement. The package sends nothing.
package payload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/key"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/value"
)

// Config says what to make.
type Config struct {
	Produces *contracts.Produces
	// Service is the producer that Weir stands in for.
	Service string
	// Generate makes a document that is valid under the producer's schema;
	// Validate judges one.
	Generate func(*rand.Rand) (any, error)
	Validate func(doc []byte) error
	// Codec writes documents as they stand on the topic; nil is JSON. Frame says
	// of which schema they are.
	Codec Codec
	Frame Frame
	// KeySchema is that of keys which have one, and KeyFrame says so in records.
	KeySchema *schema.Schema
	KeyFrame  Frame
	Seed      uint64
	Run       uint64
	Sender    uint16
	Schedule  *schedule.Schedule
	Keys      key.Distribution
	// KeyList are the keys by their index, as many as Keys has; nil makes
	// them up. They are valid at the key's place in each document.
	KeyList []string
	// Headers are added to every record; they win over generated ones. Each
	// is a template, see value.Template.
	Headers map[string]string
	// Pattern makes a header's value for a regular expression.
	Pattern func(pattern string, rng *rand.Rand) (string, error)
	// Faults are shares of the load that are made otherwise.
	Faults []Fault
	// Readers are the consumers, which data of WrongSchema must be wrong for.
	Readers []Reader
	// LeadsBack says whether a dead letter leads back to a record whose data
	// carries no id, by what stands around it.
	LeadsBack bool
}

// Codec is the form of documents in records, other than JSON.
type Codec interface {
	Encode(doc any) ([]byte, error)
	Decode(data []byte) (any, error)
	// MediaType is the content-type of what Encode writes.
	MediaType() string
}

// documents is how many different documents a load draws from.
const documents = 256

// Maker makes the records of one sender. It is safe for concurrent use once
// Begin was called.
type Maker struct {
	cfg      Config
	start    time.Time
	envelope enveloper
	headers  []kgo.RecordHeader
	// templates are the headers that each record fills in, by their index.
	templates map[int]*value.Template
	// keyed: parts have a hole for the key. Otherwise whole are documents
	// with their keys.
	keyed bool
	key   keyMaker
	keys  KeyCodec
	parts []part
	// sized are the parts by the length of the key, in a form in which the
	// bytes around a key depend on it; nil in JSON.
	sized map[int][]part
	whole []document
	// prefix stands before data that no envelope encloses.
	prefix []byte
	// bands are the shares of the faults, wrong the forms of WrongSchema data,
	// large that of TooLarge by its size.
	bands []band
	wrong []*Wrong
	large map[int]*Large
}

type part struct{ before, after []byte }

type document struct {
	key, value []byte
}

// New prepares the documents of a load. Its errors say what in the contract
// or its schema stands in the way.
func New(cfg Config) (*Maker, error) {
	m := &Maker{cfg: cfg, keys: KeysOf(cfg.Produces.Key, cfg.KeySchema)}
	if !enclosed(cfg.Produces.EnvelopeName()) {
		m.prefix = cfg.Frame.prefix
	}
	var err error
	if m.envelope, err = newEnveloper(cfg); err != nil {
		return nil, err
	}
	if err = reserved(cfg); err != nil {
		return nil, err
	}
	if m.headers, err = constantHeaders(cfg); err != nil {
		return nil, err
	}
	if err = m.compile(); err != nil {
		return nil, err
	}
	if err = m.checkFaults(); err != nil {
		return nil, err
	}
	places, hasKey, err := keyPlaces(cfg.Produces.Key)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.Sender)))
	if hasKey && len(places.places) == 1 && places.texts[0] == "" && places.texts[1] == "" {
		if m.keyed, err = m.splice(rng, places); err != nil || m.keyed {
			return m, err
		}
	}
	if cfg.KeyList != nil {
		return nil, fmt.Errorf("keys from a file are put where the contract of %s has its key, which must be one place of text or of a number in data that is made: leave out keys.file", cfg.Produces.Event)
	}
	return m, m.pool(rng, places, hasKey)
}

// compile finds the headers that differ from record to record.
func (m *Maker) compile() error {
	m.templates = map[int]*value.Template{}
	for i, h := range m.headers {
		text, given := m.cfg.Headers[h.Key]
		if !given {
			continue
		}
		t, err := value.Header(m.cfg.Seed, m.cfg.Sender, i, text)
		if err != nil {
			return fmt.Errorf("header %s: %w", h.Key, err)
		}
		if !t.Constant() {
			m.templates[i] = t
		}
	}
	return nil
}

// Begin sets the load's start, which the events' times are relative to.
func (m *Maker) Begin(start time.Time) { m.start = start }

// pool makes one document for each key, where a key cannot be spliced: as many
// as there are different keys to be had.
func (m *Maker) pool(rng *rand.Rand, places keyTemplate, hasKey bool) error {
	n := uint64(documents)
	if hasKey {
		n = max(n, min(m.cfg.Keys.Cardinality(), maxPool))
	}
	distinct := map[string]bool{}
	for repeated := 0; uint64(len(m.whole)) < n && repeated < maxRepeated; {
		doc, err := m.document(rng, places.places)
		if err != nil {
			return err
		}
		d := document{}
		if hasKey {
			if d.key, err = m.keyOf(doc); err != nil {
				return err
			}
			if distinct[string(d.key)] {
				repeated++
				continue
			}
			repeated = 0
			distinct[string(d.key)] = true
		}
		if d.value, err = m.encode(doc); err != nil {
			return err
		}
		m.whole = append(m.whole, d)
	}
	return nil
}

// keyOf is the record key of a document.
func (m *Maker) keyOf(doc any) ([]byte, error) {
	value, err := KeyValue(m.cfg.Produces.Key, doc)
	if err != nil {
		return nil, err
	}
	if err = m.keys.Check(value); err != nil {
		return nil, err
	}
	key, err := m.keys.Encode(value)
	return slices.Concat(m.cfg.KeyFrame.prefix, key), err
}

// maxPool bounds the documents that are kept for keys that cannot be spliced,
// maxRepeated how many in a row may bring no new key before it is taken that
// there are no more.
const (
	maxPool     = 20_000
	maxRepeated = 1_000
)

// document makes data that has what its key is made of: an event's key may
// stand where other data of its schema has nothing. What never has it is
// returned as it is.
func (m *Maker) document(rng *rand.Rand, key []place.Place) (doc any, err error) {
	for range maxRepeated {
		if doc, err = m.cfg.Generate(rng); err != nil {
			return nil, fmt.Errorf("data for %s: %w", m.cfg.Produces.Event, err)
		}
		if !slices.ContainsFunc(key, func(p place.Place) bool { v, _ := p.In(doc); return v == nil }) {
			break
		}
	}
	return doc, nil
}

// encode writes a document as it stands on the topic.
func (m *Maker) encode(doc any) (data []byte, err error) {
	data, err = encode(m.cfg.Codec, doc)
	return slices.Concat(m.prefix, data), err
}

// random is the number that all choices of a sequence come from.
func (m *Maker) random(seq uint64) uint64 {
	return mix(m.cfg.Seed ^ mix(seq^uint64(m.cfg.Sender)<<48))
}

// Class says what a sequence is made to be.
func (m *Maker) Class(seq uint64) ledger.Class { return m.making(seq).class() }

// share is where a sequence falls among the shares of the load, from 0 to 1.
func (m *Maker) share(seq uint64) float64 { return float64(m.random(seq)>>11) / (1 << 53) }

// Event is the sequence of the first send of a sequence's event: an earlier
// one for an injected duplicate, else the sequence itself.
func (m *Maker) Event(seq uint64) uint64 { return m.making(seq).event }

// Due is when a sequence is due, since the load's start.
func (m *Maker) Due(seq uint64) time.Duration { return m.cfg.Schedule.Due(seq) }

// KeyHash is the hash of a sequence's record key. Records without a key, and
// those on another partition than their key's, have no order among each other,
// so their hashes differ.
func (m *Maker) KeyHash(seq uint64) uint64 {
	making := m.making(seq)
	if making.fault.elsewhere() {
		return mix(1<<63 | seq)
	}
	if m.keyed {
		return mix(m.cfg.Keys.Index(making.content))
	}
	if k := m.wholeOf(making.content).key; k != nil {
		return xxhash.Sum64(k)
	}
	return mix(seq)
}

func (m *Maker) wholeOf(event uint64) *document {
	return &m.whole[m.cfg.Keys.Index(event)%uint64(len(m.whole))]
}

// Make fills a record with key, value and headers, and says its class. It
// makes the same record whenever it is asked for a sequence.
func (m *Maker) Make(seq uint64, r *kgo.Record) ledger.Class {
	making := m.making(seq)
	fault, content := making.fault, making.content
	id := identity.EventID{Run: m.cfg.Run, Sender: m.cfg.Sender, Sequence: making.event}
	at := m.start.Add(m.Due(content))
	r.Headers = append(r.Headers[:0], m.headers...)
	var data []byte
	if m.keyed {
		data = m.spliced(r, content)
	} else {
		d := m.wholeOf(content)
		r.Key, data = d.key, d.value
	}
	if fault != nil {
		data = m.spoil(fault, id, data)
	}
	if len(m.templates) > 0 {
		m.fill(r, value.Record{Sequence: content, Key: r.Key, Due: at, Run: m.cfg.Run, Sender: m.cfg.Sender})
	}
	m.envelope.wrap(r, id, at, data)
	if fault != nil {
		finish(fault, r)
	}
	return making.class()
}

// fill fills in the headers that differ from record to record. It stands
// apart so that a load without them allocates nothing for them.
func (m *Maker) fill(r *kgo.Record, of value.Record) {
	for i, t := range m.templates {
		r.Headers[i].Value = t.Append(nil, &of)
	}
}

// Original computes a record again as it was sent, weir-id header included.
func (m *Maker) Original(seq uint64) *kgo.Record {
	r := &kgo.Record{}
	m.Make(seq, r)
	id := identity.Record{Run: m.cfg.Run, Sender: m.cfg.Sender, Sequence: seq, Due: m.start.Add(m.Due(seq))}
	r.Headers = append(r.Headers, kgo.RecordHeader{Key: identity.Header, Value: id.AppendHeader(nil)})
	return r
}
