package payload

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
)

// Kind is how the records of a fault differ from what the contract says.
type Kind int

// The kinds. The first four are poison: no consumer can process such a
// record.
const (
	// Undecodable data breaks off: no reader can decode it.
	Undecodable Kind = iota
	// WrongSchema data is well-formed, and the producer's schema refuses it.
	WrongSchema
	// MissingHeader records are whole but for a header that they must have.
	MissingHeader
	// TooLarge records are whole, and longer than consumers take.
	TooLarge
	// Duplicate records are earlier ones again, with their event's id.
	Duplicate
	// NearIdentical records are events of their own, and equal to one before them
	// in all but the event's id.
	NearIdentical
)

func (k Kind) poison() bool { return k <= TooLarge }

// Fault is a share of the load that is not made as the contract says.
type Fault struct {
	Kind Kind
	// Share is from 0 to 1; those of all faults are at most 1 together.
	Share float64
	// Header is what MissingHeader leaves out.
	Header string
	// Size is how long the data of TooLarge is, in bytes.
	Size int
	// After is how far a Duplicate is behind the first send of its event, or a
	// NearIdentical record behind the one that it is like; nil is 1 to 64
	// records.
	After *Distance
	// Elsewhere has a Duplicate go to another partition than that of its key.
	Elsewhere bool
}

func (f *Fault) elsewhere() bool { return f != nil && f.Elsewhere }

// Distance is from one record of a sender to a later one: so many records, or
// a time between those at which they are due. The zero Distance is to the next
// record.
type Distance struct {
	Records uint64
	Time    time.Duration
}

// band is where the share of a fault ends, from 0 to 1; it begins where the
// one before it ends.
type band struct {
	end   float64
	fault int
}

// bands lays the shares of faults beside each other, poison first.
func bands(faults []Fault) []band {
	all := make([]band, len(faults))
	for i := range all {
		all[i].fault = i
	}
	slices.SortStableFunc(all, func(a, b band) int { return cmp.Compare(faults[a.fault].Kind, faults[b.fault].Kind) })
	var end float64
	for i := range all {
		end += faults[all[i].fault].Share
		all[i].end = end
	}
	return all
}

// Drawn is the index of the fault whose share falls on a sequence, or -1. Where
// it repeats another record, and there is none, it makes nothing of it.
func (m *Maker) Drawn(seq uint64) int {
	share := m.share(seq)
	for _, b := range m.bands {
		if share < b.end {
			return b.fault
		}
	}
	return -1
}

// making is how a record is made.
type making struct {
	// fault is nil for a record as the contract says.
	fault *Fault
	// event is the sequence whose event the record carries: the same but for
	// duplicates.
	event uint64
	// content is the sequence that its key, its data and its time are of: the
	// event but for those that are near-identical to it.
	content uint64
}

func (m *Maker) making(seq uint64) making {
	normal := making{event: seq, content: seq}
	if len(m.bands) == 0 {
		return normal
	}
	i := m.Drawn(seq)
	if i < 0 {
		return normal
	}
	f := &m.cfg.Faults[i]
	if f.Kind.poison() {
		return making{f, seq, seq}
	}
	first, found := m.first(seq, f.After)
	switch {
	case !found:
		return normal
	case f.Kind == NearIdentical:
		return making{f, seq, first}
	}
	return making{f, first, first}
}

func (w making) class() ledger.Class {
	switch {
	case w.fault == nil, w.fault.Kind == NearIdentical:
		return ledger.Normal
	case w.fault.Kind.poison():
		return ledger.Poison
	}
	return ledger.Duplicate
}

// reach is how many records are looked at for one without a fault, and the
// most that a duplicate is behind such a place by default.
const reach = 64

// first is the sequence of the first send of a duplicate's event: the nearest
// record without a fault at or before its distance. Nothing is kept for it,
// however far it is.
func (m *Maker) first(seq uint64, after *Distance) (first uint64, found bool) {
	at, found := m.back(seq, after)
	for range reach {
		if !found || m.Drawn(at) < 0 {
			return at, found
		}
		found = at > 0
		at--
	}
	return 0, false
}

// back is the sequence at a distance before another one; false where the load
// begins behind it.
func (m *Maker) back(seq uint64, d *Distance) (at uint64, ok bool) {
	back := uint64(1)
	switch {
	case d == nil:
		back += m.random(^seq) % reach
	case d.Time > 0:
		due := m.Due(seq)
		if due < d.Time {
			return 0, false
		}
		n := m.cfg.Schedule.Count(due - d.Time)
		return n - 1, n > 0
	case d.Records > 0:
		back = d.Records
	}
	return seq - back, back <= seq
}

// Elsewhere says whether a sequence is a duplicate on another partition than
// that of its key.
func (m *Maker) Elsewhere(seq uint64) bool { return m.making(seq).fault.elsewhere() }

// Apart says whether an event comes a second time on another partition, by its
// sequence. Which of the two a consumer meets first is not known, so that its
// effect may come before those of earlier events of its key.
func (m *Maker) Apart(event uint64) bool {
	for i := range m.cfg.Faults {
		f := &m.cfg.Faults[i]
		if !f.Elsewhere {
			continue
		}
		from, to := m.ahead(event, f.After)
		for seq := from; seq < to; seq++ {
			if m.Drawn(seq) != i {
				continue
			}
			if first, found := m.first(seq, f.After); found && first == event {
				return true
			}
		}
	}
	return false
}

// ahead are the sequences of which the first send may be an event, up to to.
func (m *Maker) ahead(event uint64, d *Distance) (from, to uint64) {
	total := m.cfg.Schedule.Total()
	switch {
	case d == nil:
		from, to = event+1, event+2*reach
	case d.Time > 0:
		from, to = m.cfg.Schedule.Count(m.Due(event)+d.Time-1), total
		if event+reach < total {
			to = m.cfg.Schedule.Count(m.Due(event+reach) + d.Time)
		}
	default:
		from = event + max(d.Records, 1)
		to = from + reach
	}
	return from, min(to, total)
}

// FaultOf is the index of the fault that makes a sequence what it is, in the
// order of Config.Faults, or -1.
func (m *Maker) FaultOf(seq uint64) int {
	if w := m.making(seq); w.fault != nil {
		return m.Drawn(seq)
	}
	return -1
}

// Hits says of each fault whether it makes any of the records of a load. Of cfg
// it needs Seed, Sender, Schedule and Faults.
func Hits(cfg Config) []bool {
	m := &Maker{cfg: cfg, bands: bands(cfg.Faults)}
	hits := make([]bool, len(cfg.Faults))
	for seq := range cfg.Schedule.Total() {
		if i := m.FaultOf(seq); i >= 0 && !hits[i] {
			if hits[i] = true; !slices.Contains(hits, false) {
				break
			}
		}
	}
	return hits
}

// wrongOf is the form of a sequence's data that its schema refuses.
func (m *Maker) wrongOf(seq uint64) *Wrong { return m.wrong[m.random(^seq)%uint64(len(m.wrong))] }

// Wrong says in which form a sequence is that the schema refuses, in words that
// follow "an event"; "" where it is not of the kind WrongSchema.
func (m *Maker) Wrong(seq uint64) string {
	if f := m.making(seq).fault; f == nil || f.Kind != WrongSchema {
		return ""
	}
	return m.wrongOf(seq).What
}

// spoil puts the data of poison in place of good data.
func (m *Maker) spoil(f *Fault, id identity.EventID, data []byte) []byte {
	switch f.Kind {
	case Undecodable:
		return m.undecodable(id)
	case WrongSchema:
		return slices.Concat(m.prefix, m.wrongOf(id.Sequence).Data(id))
	case TooLarge:
		return m.grow(m.large[f.Size], id, data)
	}
	return data
}

// finish spoils a record that has its envelope: what breaks off breaks the
// document of an envelope around it too.
func finish(f *Fault, r *kgo.Record) {
	switch {
	case f.Kind == Undecodable && len(r.Value) > 0 && r.Value[len(r.Value)-1] == '}':
		r.Value = r.Value[:len(r.Value)-1]
	case f.Elsewhere:
		r.Partition = kafka.Elsewhere
	case f.Kind == MissingHeader:
		r.Headers = slices.DeleteFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == f.Header })
	}
}

// checkFaults refuses faults that would make nothing, and prepares the others.
func (m *Maker) checkFaults() error {
	m.large = map[int]*Large{}
	for _, f := range m.cfg.Faults {
		var err error
		switch f.Kind {
		case Undecodable:
			err = m.readable()
		case WrongSchema:
			m.wrong, err = LoadWrongs(m.cfg)
		case TooLarge:
			m.large[f.Size], err = NewLarge(m.cfg, f.Size)
		case MissingHeader:
			constant := slices.ContainsFunc(m.headers, func(h kgo.RecordHeader) bool { return h.Key == f.Header })
			if f.Header == "" || f.Header == identity.Header || !constant && !slices.Contains(writtenHeaders(m.cfg), f.Header) {
				err = fmt.Errorf("the records of %s have no header %s that could be missing", m.cfg.Produces.Event, f.Header)
			}
		}
		if f.Elsewhere && m.cfg.Produces.Key == nil {
			err = fmt.Errorf("records of %s have no key, so that none has a partition of its own", m.cfg.Produces.Event)
		}
		if f.Kind == NearIdentical && m.envelope.kind == contracts.EnvelopeNone {
			err = fmt.Errorf("events of %s have no envelope, so that none has an id to differ in", m.cfg.Produces.Event)
		}
		if err != nil {
			return err
		}
	}
	m.bands = bands(m.cfg.Faults)
	return nil
}
