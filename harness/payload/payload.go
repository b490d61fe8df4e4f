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
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
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
	Seed     uint64
	Run      uint64
	Sender   uint16
	Schedule *schedule.Schedule
	Keys     key.Distribution
	// KeyList are the keys by their index, as many as Keys has; nil makes
	// them up. They are valid at the key's place in each document.
	KeyList []string
	// Headers are added to every record; they win over generated ones. Each
	// is a template, see value.Template.
	Headers map[string]string
	// Pattern makes a header's value for a regular expression.
	Pattern func(pattern string, rng *rand.Rand) (string, error)
	// Poison and Duplicate are shares of the load, 0 to 1.
	Poison, Duplicate float64
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
	parts []part
	whole []document
}

type part struct{ before, after []byte }

type document struct {
	key, value []byte
}

// New prepares the documents of a load. Its errors say what in the contract
// or its schema stands in the way.
func New(cfg Config) (*Maker, error) {
	m := &Maker{cfg: cfg}
	var err error
	if m.envelope, err = newEnveloper(cfg.Produces, cfg.Service); err != nil {
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

// hole is what stands at the key's place while a document is cut in two.
const hole = "\ufdd0weir-key\ufdd0"

// splice cuts documents at the key's place. It is false where keys
// of their style would not be valid in each of them.
func (m *Maker) splice(rng *rand.Rand, places keyTemplate) (bool, error) {
	at := places.places[0]
	docs := make([]any, documents)
	for i := range docs {
		var err error
		if docs[i], err = m.document(rng); err != nil {
			return false, err
		}
	}
	if !m.chooseStyle(docs, at) {
		return false, nil
	}
	if err := m.checkList(docs[0], at); err != nil {
		return false, err
	}
	for _, doc := range docs {
		if err := at.Set(doc, hole); err != nil {
			return false, err
		}
		text, err := marshal(doc)
		if err != nil {
			return false, err
		}
		before, after, found := bytes.Cut(text, []byte(`"`+hole+`"`))
		if !found {
			return false, errors.New("the key's place is not in the document that was made for it")
		}
		m.parts = append(m.parts, part{before, after})
	}
	return true, nil
}

// chooseStyle takes the style of key that the first document has, if all
// documents are valid with the first key of that style and with the last.
func (m *Maker) chooseStyle(docs []any, at place.Place) bool {
	old, _ := at.In(docs[0])
	m.key = keyMaker{seed: m.cfg.Seed, list: m.cfg.KeyList}
	switch v := old.(type) {
	case string:
		m.key.style = styleText
		if looksLikeUUID(v) {
			m.key.style = styleUUID
		}
	case json.Number, float64, int64, int:
		m.key.style = styleNumber
	default:
		return false
	}
	if m.key.list != nil {
		return true // checkList says which key does not fit
	}
	return !slices.ContainsFunc(docs, func(doc any) bool { return !m.fits(doc, at) })
}

// checkList tries every key of a list on a document.
func (m *Maker) checkList(doc any, at place.Place) error {
	for i, text := range m.key.list {
		quoted, err := marshal(text)
		if err != nil {
			return err
		}
		m.key.quoted = append(m.key.quoted, quoted)
		err = at.Set(doc, m.key.value(uint64(i)))
		var b []byte
		if err == nil {
			b, err = marshal(doc)
		}
		if err == nil {
			err = m.cfg.Validate(b)
		}
		if err != nil {
			return fmt.Errorf("the key %q, number %d of the file, is not valid at %s: %w", text, i+1, at, err)
		}
	}
	return nil
}

// fits says whether a document is valid with the first key and with the last.
func (m *Maker) fits(doc any, at place.Place) bool {
	for _, index := range []uint64{0, m.cfg.Keys.Cardinality() - 1} {
		if at.Set(doc, m.key.value(index)) != nil {
			return false
		}
		text, err := marshal(doc)
		if err != nil || m.cfg.Validate(text) != nil {
			return false
		}
	}
	return true
}

func looksLikeUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

// pool makes one document for each key, where a key cannot be spliced: as many
// as there are different keys to be had.
func (m *Maker) pool(rng *rand.Rand, places keyTemplate, hasKey bool) error {
	n := uint64(documents)
	if hasKey {
		n = max(n, min(m.cfg.Keys.Cardinality(), maxPool))
	}
	distinct := map[string]bool{}
	for repeated := 0; uint64(len(m.whole)) < n && repeated < maxRepeated; {
		doc, err := m.document(rng)
		if err != nil {
			return err
		}
		d := document{}
		if hasKey {
			if d.key, err = places.key(doc); err != nil {
				return err
			}
			if distinct[string(d.key)] {
				repeated++
				continue
			}
			repeated = 0
			distinct[string(d.key)] = true
		}
		if d.value, err = marshal(doc); err != nil {
			return err
		}
		m.whole = append(m.whole, d)
	}
	return nil
}

// maxPool bounds the documents that are kept for keys that cannot be spliced,
// maxRepeated how many in a row may bring no new key before it is taken that
// there are no more.
const (
	maxPool     = 20_000
	maxRepeated = 1_000
)

func (m *Maker) document(rng *rand.Rand) (any, error) {
	doc, err := m.cfg.Generate(rng)
	if err != nil {
		return nil, fmt.Errorf("data for %s: %w", m.cfg.Produces.Event, err)
	}
	return doc, nil
}

func marshal(doc any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// random is the number that all choices of a sequence come from.
func (m *Maker) random(seq uint64) uint64 {
	return mix(m.cfg.Seed ^ mix(seq^uint64(m.cfg.Sender)<<48))
}

// Class says what a sequence is made to be.
func (m *Maker) Class(seq uint64) ledger.Class {
	if m.cfg.Poison == 0 && m.cfg.Duplicate == 0 {
		return ledger.Normal
	}
	switch {
	case m.share(seq) < m.cfg.Poison:
		return ledger.Poison
	case m.Event(seq) != seq:
		return ledger.Duplicate
	}
	return ledger.Normal
}

// share is where a sequence falls among the shares of the load, from 0 to 1.
func (m *Maker) share(seq uint64) float64 { return float64(m.random(seq)>>11) / (1 << 53) }

// drawn says whether the share of duplicates falls on a sequence.
func (m *Maker) drawn(seq uint64) bool {
	share := m.share(seq)
	return share >= m.cfg.Poison && share < m.cfg.Poison+m.cfg.Duplicate
}

// reach is how far back an injected duplicate's first send is looked for; it
// is at most twice as far back.
const reach = 64

// Event is the sequence of the first send of a sequence's event: an earlier
// one for an injected duplicate, the nearest normal record at or before a
// random distance; else the sequence itself.
func (m *Maker) Event(seq uint64) uint64 {
	if m.cfg.Duplicate == 0 || !m.drawn(seq) {
		return seq
	}
	back := 1 + m.random(^seq)%reach
	for ; back <= min(seq, 2*reach); back++ {
		if m.share(seq-back) >= m.cfg.Poison+m.cfg.Duplicate {
			return seq - back
		}
	}
	return seq
}

// Due is when a sequence is due, since the load's start.
func (m *Maker) Due(seq uint64) time.Duration { return m.cfg.Schedule.Due(seq) }

// KeyHash is the hash of a sequence's record key. Records without a key have
// no order among each other, so their hashes differ.
func (m *Maker) KeyHash(seq uint64) uint64 {
	event := m.Event(seq)
	if m.keyed {
		return mix(m.cfg.Keys.Index(event))
	}
	if k := m.wholeOf(event).key; k != nil {
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
	class := m.Class(seq)
	event := m.Event(seq)
	id := identity.EventID{Run: m.cfg.Run, Sender: m.cfg.Sender, Sequence: event}
	at := m.start.Add(m.Due(event))
	r.Headers = append(r.Headers[:0], m.headers...)
	var data []byte
	if m.keyed {
		index := m.cfg.Keys.Index(event)
		p := &m.parts[m.random(event)%uint64(len(m.parts))]
		buf := make([]byte, 0, 2*48+len(p.before)+len(p.after))
		buf = m.key.appendText(buf, index)
		r.Key = buf[:len(buf):len(buf)]
		at := len(buf)
		buf = append(buf, p.before...)
		buf = m.key.appendJSON(buf, index)
		data = append(buf, p.after...)[at:]
	} else {
		d := m.wholeOf(event)
		r.Key, data = d.key, d.value
	}
	if class == ledger.Poison {
		data = poison(id)
	}
	if len(m.templates) > 0 {
		m.fill(r, value.Record{Sequence: event, Key: r.Key, Due: at, Run: m.cfg.Run, Sender: m.cfg.Sender})
	}
	m.envelope.wrap(r, id, at, data, class == ledger.Poison)
	return class
}

// fill fills in the headers that differ from record to record. It stands
// apart so that a load without them allocates nothing for them.
func (m *Maker) fill(r *kgo.Record, of value.Record) {
	for i, t := range m.templates {
		r.Headers[i].Value = t.Append(nil, &of)
	}
}

// poison is data that no reader can decode: JSON that breaks off. It carries
// the event's id, so that a dead letter that lost its headers still leads
// back.
func poison(id identity.EventID) []byte {
	b := append(make([]byte, 0, 64), `{"poison":"`...)
	b = id.AppendText(b)
	return append(b, `","cut":`...)
}

// Original computes a record again as it was sent, weir-id header included.
func (m *Maker) Original(seq uint64) *kgo.Record {
	r := &kgo.Record{}
	m.Make(seq, r)
	id := identity.Record{Run: m.cfg.Run, Sender: m.cfg.Sender, Sequence: seq, Due: m.start.Add(m.Due(seq))}
	r.Headers = append(r.Headers, kgo.RecordHeader{Key: identity.Header, Value: id.AppendHeader(nil)})
	return r
}
