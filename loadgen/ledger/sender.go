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
	// base are the flags of a normal record that did what is expected.
	base Flags

	next atomic.Uint64

	mu    sync.Mutex
	pages []*page
	pool  pool
	count counters
}

// counters are what Counts is computed from.
type counters struct {
	acked, failed, unknown                 uint64
	received, receivedTwice                uint64
	ackedSeen, failedSeen                  uint64
	poison, duplicates                     uint64
	effects, effectsTwice, dead, deadTwice uint64
	ghosts                                 uint64
}

func newSender(id uint16, name string, e Expect) *Sender {
	s := &Sender{id: id, name: name, expect: e, base: Acked}
	if e.Received {
		s.base |= Received
	}
	if e.Effects {
		s.base |= Effect
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
		s.grow()
	}
	if c == Normal {
		return
	}
	p, i := s.pages[seq>>pageBits], uint16(seq)
	if c&Poison != 0 {
		s.count.poison++
		s.set(p, i, IsPoison)
	}
	if c&Duplicate != 0 {
		s.count.duplicates++
		s.set(p, i, IsDuplicate)
	}
}

// grow appends a page, and folds older ones that will not become complete:
// some of their records never will be.
func (s *Sender) grow() {
	p := &page{open: &bitsets{}}
	for f := s.base; f != 0; f &= f - 1 {
		p.foldAt += pageSize
	}
	p.foldAt -= p.foldAt / 64
	s.pages = append(s.pages, p)
	for _, age := range [...]int{8, 64} {
		if n := len(s.pages) - 1 - age; n >= 0 && s.pages[n].open != nil && s.pages[n].foldAt != noFold {
			s.pages[n].fold(&s.pool, s.base)
		}
	}
}

// set records a fact that was not set before.
func (s *Sender) set(p *page, i uint16, f Flags) {
	if p.open == nil {
		p.update(&s.pool, i, f, 0)
		return
	}
	n := plane(f)
	b := p.open[n]
	if b == nil {
		b = s.pool.get()
		p.open[n] = b
	}
	b[i>>6] |= 1 << (i & 63)
}

// mark counts a first fact and folds the page when it is time. Only a page
// whose last sequence was begun can be folded.
func (s *Sender) mark(p *page, seq uint64) {
	p.marks++
	if p.marks < p.foldAt || p.open == nil || s.next.Load()>>pageBits == seq>>pageBits {
		return
	}
	if !p.fold(&s.pool, s.base) {
		p.foldAt = p.marks + pageSize/64
	}
}

// at returns the page of a sequence, or nil if it was never begun.
func (s *Sender) at(seq uint64) *page {
	if seq >= s.next.Load() {
		return nil
	}
	return s.pages[seq>>pageBits]
}

// Acked records that the broker acknowledged the record. An outcome can only
// become more certain: Acked replaces Failed and Unknown, Failed replaces
// Unknown, and nothing replaces Acked. A sequence that was never begun counts
// as a ghost.
func (s *Sender) Acked(seq uint64) {
	s.mu.Lock()
	s.outcome(seq, Acked)
	s.mu.Unlock()
}

// AckedAll is Acked for a batch.
func (s *Sender) AckedAll(seqs []uint64) {
	s.mu.Lock()
	for _, seq := range seqs {
		s.outcome(seq, Acked)
	}
	s.mu.Unlock()
}

// Failed records that the send definitely failed: the record is in no log.
// Seeing it afterwards is Risen.
func (s *Sender) Failed(seq uint64) {
	s.mu.Lock()
	s.outcome(seq, Failed)
	s.mu.Unlock()
}

// Unknown records that the send timed out: the record may be in the log or
// not.
func (s *Sender) Unknown(seq uint64) {
	s.mu.Lock()
	s.outcome(seq, Unknown)
	s.mu.Unlock()
}

func (s *Sender) outcome(seq uint64, f Flags) {
	p := s.at(seq)
	if p == nil {
		s.count.ghosts++
		return
	}
	i := uint16(seq)
	if p.has(Acked, i) || p.has(f, i) || f == Unknown && p.has(Failed, i) {
		return
	}
	fresh := s.withdraw(p, i)
	seen := p.has(Received, i)
	s.set(p, i, f)
	switch f {
	case Acked:
		s.count.acked++
		if seen {
			s.count.ackedSeen++
		}
	case Failed:
		s.count.failed++
		if seen {
			s.count.failedSeen++
		}
	case Unknown:
		s.count.unknown++
	}
	if fresh {
		s.mark(p, seq)
	}
}

// withdraw takes back a weaker outcome and says whether there was none.
func (s *Sender) withdraw(p *page, i uint16) (fresh bool) {
	var was Flags
	switch {
	case p.has(Unknown, i):
		was = Unknown
		s.count.unknown--
	case p.has(Failed, i):
		was = Failed
		s.count.failed--
		if p.has(Received, i) {
			s.count.failedSeen--
		}
	default:
		return true
	}
	if p.open == nil {
		p.update(&s.pool, i, 0, was)
	} else {
		p.open[plane(was)][i>>6] &^= 1 << (i & 63)
	}
	return false
}

// Received records that the record was read from its topic.
func (s *Sender) Received(seq uint64) Sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received(seq)
}

// ReceivedAll is Received for a batch. Where sights is not nil it must be as
// long as seqs and gets each record's sight.
func (s *Sender) ReceivedAll(seqs []uint64, sights []Sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, seq := range seqs {
		sight := s.received(seq)
		if sights != nil {
			sights[n] = sight
		}
	}
}

func (s *Sender) received(seq uint64) Sight {
	sight := s.see(seq, Received, ReceivedTwice, &s.count.received, &s.count.receivedTwice)
	if sight > First {
		if sight == Risen {
			s.count.failedSeen++
		}
		return sight
	}
	if s.pages[seq>>pageBits].has(Acked, uint16(seq)) {
		s.count.ackedSeen++
	}
	return First
}

// Effect records that an effect of the event was observed. The sequence is
// that of the event's first send.
func (s *Sender) Effect(seq uint64) Sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.see(seq, Effect, EffectTwice, &s.count.effects, &s.count.effectsTwice)
}

// EffectAll is Effect for a batch; sights as in ReceivedAll.
func (s *Sender) EffectAll(seqs []uint64, sights []Sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, seq := range seqs {
		sight := s.see(seq, Effect, EffectTwice, &s.count.effects, &s.count.effectsTwice)
		if sights != nil {
			sights[n] = sight
		}
	}
}

// Dead records that the event was found in a dead-letter topic. The sequence
// is that of the event's first send.
func (s *Sender) Dead(seq uint64) Sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.see(seq, Dead, DeadTwice, &s.count.dead, &s.count.deadTwice)
}

func (s *Sender) see(seq uint64, once, twice Flags, count, countTwice *uint64) Sight {
	p := s.at(seq)
	if p == nil {
		s.count.ghosts++
		return Ghost
	}
	i := uint16(seq)
	if p.has(once, i) {
		if !p.has(twice, i) {
			s.set(p, i, twice)
			*countTwice++
		}
		return Again
	}
	failed := p.has(Failed, i)
	s.set(p, i, once)
	*count++
	s.mark(p, seq)
	if failed {
		return Risen
	}
	return First
}

// Flags returns the facts about a record, exactly, also after its page was
// folded. It is 0 for a sequence that was never begun.
func (s *Sender) Flags(seq uint64) Flags {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.at(seq)
	if p == nil {
		return 0
	}
	return complete(p.flags(uint16(seq)))
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
		Poison: c.poison, Duplicates: c.duplicates,
		Effects: c.effects, EffectsTwice: c.effectsTwice, Dead: c.dead, DeadTwice: c.deadTwice,
		Ghosts: c.ghosts,
	}
	if s.expect.Received {
		counts.Lost = c.acked - c.ackedSeen
	}
	return counts
}
