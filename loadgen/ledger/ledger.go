// Package ledger decides who sent, acknowledged, received and applied which
// record of a run: for every (sender, dense sequence) it knows exactly what
// became of it. What each consumer did with a sender's events is a Reaction of
// its own, so that one consumer's effect never stands for another's.
//
// Guarantees. Answers are exact at any time, never probabilistic: a filter
// that can say "seen" of something unseen would hide a loss. Memory follows
// what is open and what is odd, not what was sent: sequences live in pages of
// 65,536, as one bit per fact while the page is open; a page in which (almost)
// every record has done what is expected of it is folded into the list of the
// records that differ, four bytes each, and still answers exactly. A page
// whose list would grow beyond an eighth of its records is kept as (or becomes
// again) bits, so no pattern of traffic costs more than about a byte and a
// half a record, and half a byte for each further reaction.
//
// Unknown is neither lost nor delivered: a send that timed out, or whose
// outcome was never reported, is Unknown, and seeing it is no ghost.
//
// The ledger holds no times, offsets or keys (package journal explains, this
// one decides), it judges nothing (package chaos/invariant does) and it is not
// stored: what it counted goes to results.json.
package ledger

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Class says how the load made a record. Its values are bits.
type Class uint8

// The classes of records.
const (
	// Normal records are expected to be processed.
	Normal Class = 0
	// Poison records are unreadable on purpose and belong in a dead-letter
	// topic.
	Poison Class = 1
	// Duplicate records carry the id of an older event: they must be acked
	// and received as any other, but have no effect of their own.
	Duplicate Class = 2
)

// Flags are the facts about one record.
type Flags uint16

// The facts. Exactly one of Acked, Failed and Unknown holds for a sent
// record: Unknown also where no outcome was reported at all.
const (
	Sent Flags = 1 << iota
	Acked
	Failed
	Unknown
	Received
	ReceivedTwice
	Effect
	EffectTwice
	Dead
	DeadTwice
	IsPoison
	IsDuplicate
)

const (
	outcomes = Acked | Failed | Unknown
	// reacted are the facts that a Reaction knows; the others are its sender's.
	reacted = Effect | EffectTwice | Dead | DeadTwice
)

// Expect is what must become of a sender's records. It decides when a page
// can be folded and what counts as lost; it never changes a recorded fact.
type Expect struct {
	// Received: an acked record must be received. Without it nothing counts
	// as lost.
	Received bool
}

// Sight says what the sighting of a record means.
type Sight uint8

// The sights.
const (
	// First: never seen before in this way.
	First Sight = iota
	// Again: seen before in this way; the record's Twice flag is set.
	Again
	// Ghost: a sequence that was never begun.
	Ghost
	// Risen: the first sight of a record whose send definitely failed. Where
	// the failure is reported only after the sight, the sight was First;
	// Counts.FailedSeen and Select(Failed|Received, 0) show both.
	Risen
)

// String names the sight for messages.
func (s Sight) String() string {
	switch s {
	case First:
		return "first"
	case Again:
		return "again"
	case Ghost:
		return "ghost"
	case Risen:
		return "risen"
	}
	return fmt.Sprintf("Sight(%d)", uint8(s))
}

// Counts are exact numbers of records of one sender.
//
// Sent = Acked + Failed + Unknown, at any time.
type Counts struct {
	Sent, Acked, Failed uint64
	// Unknown includes Pending, the records without a reported outcome.
	Unknown, Pending uint64
	// UnknownSeen are unknown records that were received all the same.
	UnknownSeen uint64
	// FailedSeen are definitely failed records that were received.
	FailedSeen uint64
	// Received and ReceivedTwice count record identities.
	Received, ReceivedTwice uint64
	// Lost are acked records not received (yet: it is a loss only after the
	// drain). Always 0 where nothing is expected to be received.
	Lost uint64
	// Aborted are those of the failed that were so on purpose, with their
	// transaction.
	Aborted uint64
	// Poison and Duplicates were begun with that class.
	Poison, Duplicates uint64
	// Ghosts counts sightings, in whatever way, of sequences that were never
	// begun.
	Ghosts uint64
}

// Ledger holds the senders of a run. It is safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	senders atomic.Pointer[[]*Sender]
}

// New returns an empty ledger.
func New() *Ledger {
	l := &Ledger{}
	l.senders.Store(new([]*Sender))
	return l
}

// Sender registers a sender. Its id is the number of senders before it, so
// ids are the same in every run of one scenario. Names need not be unique.
// The 65,537th sender panics: an identity has 16 bits for it.
func (l *Ledger) Sender(name string, e Expect) *Sender {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := *l.senders.Load()
	if len(old) > 1<<16-1 {
		panic("ledger: more than 65,536 senders; a record identity has 16 bits for its sender")
	}
	s := newSender(uint16(len(old)), name, e)
	// Readers have the old length, and see the new element only with the new
	// one.
	old = append(old, s)
	l.senders.Store(&old)
	return s
}

// At returns the sender with that id, or nil.
func (l *Ledger) At(id uint16) *Sender {
	senders := *l.senders.Load()
	if int(id) >= len(senders) {
		return nil
	}
	return senders[id]
}

// Senders returns all senders in order of their ids. The slice must not be
// changed.
func (l *Ledger) Senders() []*Sender { return *l.senders.Load() }
