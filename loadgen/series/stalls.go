package series

import (
	"sync"
	"time"
)

// Gap is the shortest silence that is kept as a possible stall.
const Gap = 100 * time.Millisecond

// Stall is a silence between two consecutive sightings of a stream.
type Stall struct {
	// After is when the last sighting before the silence was, Until when the
	// first one after it was. What is before the first ack is a silence too, from
	// when its record was due.
	After, Until time.Duration
	// Due is when the first record was due whose ack ended the silence; it
	// equals After where nothing was due (Observed).
	Due time.Duration
}

// Length is how long the stream stood still: from when the first delayed
// record was due to the sighting that ended the silence. A silence in which
// nothing was due, such as an idle second of a slow load, is so as short as
// the latency of the record that ended it.
func (s Stall) Length() time.Duration { return s.Until - s.Due }

// Stalls keeps the silences of one stream: the acks of all partitions of a
// run, of one partition, or the receipts of a consumer. Times are since the
// load began. The zero value is ready for use, and safe for concurrent use.
//
// Where only some partitions stall, the stream of all of them does not fall
// silent: use one Stalls for each partition then (they are small), see
// Partitions.
//
// The due time of a stall is the earliest of the records acked within Gap of
// its end: after a broker heals, the partitions answer in any order, and the
// record that was due first need not be acked first.
type Stalls struct {
	mu   sync.Mutex
	any  bool
	last time.Duration
	// kept are in order of time; the last one is still open to an earlier
	// due time until Gap after its end.
	kept []Stall
}

// Acked tells of a record that was due and acked at these times. Calls come
// in the order of acked; one that is earlier than the latest does not move
// the stream back.
func (s *Stalls) Acked(due, acked time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.any {
		s.any, s.last = true, due // there was nothing to see before
	}
	switch {
	case acked-s.last >= Gap:
		s.kept = append(s.kept, Stall{After: s.last, Until: acked, Due: due})
	case len(s.kept) > 0:
		if open := &s.kept[len(s.kept)-1]; due < open.Due && acked-open.Until < Gap {
			open.Due = due
		}
	}
	s.last = max(s.last, acked)
}

// Observed tells of a sighting whose record's due time does not matter, such
// as a receipt or an effect: its stalls run from sighting to sighting, so
// they are meaningful only under a steady load.
func (s *Stalls) Observed(at time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.any && at-s.last >= Gap {
		s.kept = append(s.kept, Stall{After: s.last, Until: at, Due: s.last})
	}
	s.any, s.last = true, max(s.last, at)
}

// Longest returns the start and length of the longest stall that overlaps the
// span from..to, whole even where it reaches beyond the span; zeros where
// there is none of at least Gap. The start is the due time of the first
// delayed record. A silence that nothing has ended yet is not among them: see
// Last.
func (s *Stalls) Longest(from, to time.Duration) (start, length time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kept {
		if k.Until > from && k.Due < to && k.Length() >= Gap && k.Length() > length {
			start, length = k.Due, k.Length()
		}
	}
	return start, length
}

// Last returns the time of the latest sighting, and false if there was none:
// a stream whose Last stays behind stands still.
func (s *Stalls) Last() (at time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.any
}

// All returns the silences of at least Gap so far, in order of time, whether
// or not something was due in them.
func (s *Stalls) All() []Stall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Stall(nil), s.kept...)
}
