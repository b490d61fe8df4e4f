package hop

import (
	"hash/maphash"

	"github.com/flowweir/weir/loadgen/identity"
)

// maxIDs is how many ids of events are known at most.
const maxIDs = 1 << 18

// IDs know which event of the run one in the middle of a chain goes back to, by
// the id that a service gave it: what is made of it names that id, and need not
// name any other. The last 262,144 are known.
type IDs struct {
	seed maphash.Seed
	of   map[uint64]identity.EventID
	ring []uint64 // the oldest is replaced
	next int
}

// NewIDs returns one that knows no event.
func NewIDs() *IDs {
	return &IDs{seed: maphash.MakeSeed(), of: map[uint64]identity.EventID{}}
}

// Add says what an event goes back to. One without an id is not found again.
func (x *IDs) Add(id []byte, of identity.EventID) {
	if len(id) == 0 {
		return
	}
	h := maphash.Bytes(x.seed, id)
	if _, known := x.of[h]; known {
		return
	}
	x.of[h] = of
	if len(x.ring) < maxIDs {
		x.ring = append(x.ring, h)
		return
	}
	delete(x.of, x.ring[x.next])
	x.ring[x.next] = h
	x.next = (x.next + 1) % maxIDs
}

// Find returns what the event with an id goes back to.
func (x *IDs) Find(id []byte) (of identity.EventID, ok bool) {
	if len(id) == 0 {
		return of, false
	}
	of, ok = x.of[maphash.Bytes(x.seed, id)]
	return of, ok
}
