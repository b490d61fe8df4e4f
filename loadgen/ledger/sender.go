package ledger

import (
	"sync"
	"sync/atomic"
)

// Sender is the ledger of one logical producer. One goroutine calls Begin;
// everything else is safe for concurrent use by any number of goroutines.
//
// Each call takes the sender's mutex; the calls that end in All take it once
// for a batch, which is what a consumer that polled many records should use.
type Sender struct {
	id     uint16
	name   string
	expect Expect

	// next is written for each record, by another processor than the one
	// that takes outcomes: it has cache lines of its own.
	_    [64]byte
	next atomic.Uint64
	_    [64]byte

	mu sync.Mutex
	// begun is what was last read of next.
	begun uint64
	// own are the pages of the sends and receipts, and of the first reaction
	// that expects effects, if shared.
	own    track
	shared bool
	count  counters
}

// counters are what Counts is computed from.
type counters struct {
	acked, failed, unknown  uint64
	received, receivedTwice uint64
	ackedSeen, failedSeen   uint64
	poison, duplicates      uint64
	aborted                 uint64
	ghosts                  uint64
}

func newSender(id uint16, name string, e Expect) *Sender {
	s := &Sender{id: id, name: name, expect: e}
	s.own = track{begun: &s.next, base: Acked}
	if e.Received {
		s.own.base |= Received
	}
	return s
}

// ID is the sender's number in record identities.
func (s *Sender) ID() uint16 { return s.id }

// Name is the name that the sender was registered with.
func (s *Sender) Name() string { return s.name }

// Expect is what must become of the sender's records.
func (s *Sender) Expect() Expect { return s.expect }

// Begin starts a record and returns its sequence: 0, 1, 2 and so on. It must
// be called before the record is handed to the client, and by one goroutine
// at a time.
func (s *Sender) Begin(c Class) uint64 {
	seq := s.next.Load()
	if c != Normal || seq%pageSize == 0 {
		s.begin(seq, c)
	}
	// The page exists before the sequence does, so whoever sees the sequence
	// finds its page.
	s.next.Store(seq + 1)
	return seq
}

// begin is the part of Begin that needs the mutex: a new page, or a class.
func (s *Sender) begin(seq uint64, c Class) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq%pageSize == 0 {
		s.own.grow()
	}
	if c == Normal {
		return
	}
	p, i := s.own.pages[seq>>pageBits], uint16(seq)
	if c&Poison != 0 {
		s.count.poison++
		s.own.set(p, i, planePoison)
	}
	if c&Duplicate != 0 {
		s.count.duplicates++
		s.own.set(p, i, planeDuplicate)
	}
}

// at returns the page of a sequence, or nil if it was never begun.
func (s *Sender) at(seq uint64) *page {
	if seq >= s.begun {
		if s.begun = s.next.Load(); seq >= s.begun {
			return nil
		}
	}
	return s.own.pages[seq>>pageBits]
}

// Acked records that the broker acknowledged the record. An outcome can only
// become more certain: Acked replaces Failed and Unknown, Failed replaces
// Unknown, and nothing replaces Acked. A sequence that was never begun counts
// as a ghost.
func (s *Sender) Acked(seq uint64) {
	s.mu.Lock()
	s.outcome(seq, planeAcked)
	s.mu.Unlock()
}

// Failed records that the send definitely failed: the record is in no log.
// Seeing it afterwards is Risen.
func (s *Sender) Failed(seq uint64) {
	s.mu.Lock()
	s.outcome(seq, planeFailed)
	s.mu.Unlock()
}

// Aborted is Failed for a record whose transaction was aborted on purpose: it
// is in a log, but committed readers never see it.
func (s *Sender) Aborted(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.count.failed
	s.outcome(seq, planeFailed)
	s.count.aborted += s.count.failed - before
}

// Unknown records that the send timed out: the record may be in the log or
// not.
func (s *Sender) Unknown(seq uint64) {
	s.mu.Lock()
	s.outcome(seq, planeUnknown)
	s.mu.Unlock()
}

func (s *Sender) outcome(seq uint64, n plane) {
	p := s.at(seq)
	if p == nil {
		s.count.ghosts++
		return
	}
	i := uint16(seq)
	var seen bool
	if o := p.open; o != nil && !o.has(planeAcked, i) && !o.has(planeFailed, i) && !o.has(planeUnknown, i) {
		seen = o.has(planeReceived, i)
		o.set(n, i, &s.own.pool)
		s.own.mark(p, seq, 1)
	} else {
		f := p.flags(i)
		if weight(n.flag()) <= weight(f&outcomes) {
			return
		}
		seen = f&Received != 0
		s.replace(p, i, f, n)
	}
	switch n {
	case planeAcked:
		s.count.acked++
		if seen {
			s.count.ackedSeen++
		}
	case planeFailed:
		s.count.failed++
		if seen {
			s.count.failedSeen++
		}
	case planeUnknown:
		s.count.unknown++
	}
}

// weight orders outcomes by how certain they are.
func weight(outcome Flags) int {
	switch outcome {
	case Acked:
		return 3
	case Failed:
		return 2
	case Unknown:
		return 1
	}
	return 0
}

// replace sets the outcome of a record with flags f and takes back the weaker
// one that it may have had.
func (s *Sender) replace(p *page, i uint16, f Flags, n plane) {
	switch f & outcomes {
	case Unknown:
		s.count.unknown--
	case Failed:
		s.count.failed--
		if f&Received != 0 {
			s.count.failedSeen--
		}
	}
	if p.open == nil {
		p.update(&s.own.pool, i, n.flag(), f&outcomes)
		return
	}
	if weaker := f & outcomes; weaker != 0 {
		p.open[planeOf(weaker)][i>>6] &^= 1 << (i & 63)
	}
	p.open.set(n, i, &s.own.pool)
}

// Received records that the record was read from its topic.
func (s *Sender) Received(seq uint64) Sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received(seq)
}

func (s *Sender) received(seq uint64) Sight {
	sight, f := s.see(seq, planeReceived, planeReceivedTwice, &s.count.received, &s.count.receivedTwice)
	switch {
	case sight == Risen:
		s.count.failedSeen++
	case sight == First && f&Acked != 0:
		s.count.ackedSeen++
	}
	return sight
}

// see records a sighting in the sender's own pages. Of the flags that the
// record had before, it returns Acked and Failed.
func (s *Sender) see(seq uint64, once, twice plane, count, countTwice *uint64) (Sight, Flags) {
	p := s.at(seq)
	if p == nil {
		s.count.ghosts++
		return Ghost, 0
	}
	i := uint16(seq)
	var f Flags
	if o := p.open; o != nil && !o.has(once, i) {
		if o.has(planeAcked, i) {
			f = Acked
		} else if o.has(planeFailed, i) {
			f = Failed
		}
		o.set(once, i, &s.own.pool)
		s.own.mark(p, seq, 1)
	} else {
		f = p.flags(i)
		if f&once.flag() != 0 {
			if f&twice.flag() == 0 {
				s.own.set(p, i, twice)
				*countTwice++
			}
			return Again, f
		}
		s.own.set(p, i, once)
	}
	*count++
	if f&Failed != 0 {
		return Risen, f
	}
	return First, f
}

// Flags returns the facts about a record but for those of its reactions,
// exactly, also after its page was folded. It is 0 for a sequence that was
// never begun.
func (s *Sender) Flags(seq uint64) Flags {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.at(seq)
	if p == nil {
		return 0
	}
	return complete(p.flags(uint16(seq)) &^ reacted)
}

// complete adds what is not stored: that the record was sent, and that an
// outcome nobody reported is unknown.
func complete(f Flags) Flags {
	if f&outcomes == 0 {
		f |= Unknown
	}
	return f | Sent
}

// Counts returns the sender's counts. It is cheap and may be called while the
// load runs; the numbers of one call belong together.
func (s *Sender) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, sent := s.count, s.next.Load()
	counts := Counts{
		Sent: sent, Acked: c.acked, Failed: c.failed,
		Unknown: sent - c.acked - c.failed, Pending: sent - c.acked - c.failed - c.unknown,
		UnknownSeen: c.received - c.ackedSeen - c.failedSeen, FailedSeen: c.failedSeen,
		Received: c.received, ReceivedTwice: c.receivedTwice,
		Aborted: c.aborted, Poison: c.poison, Duplicates: c.duplicates,
		Ghosts: c.ghosts,
	}
	if s.expect.Received {
		counts.Lost = c.acked - c.ackedSeen
	}
	return counts
}
