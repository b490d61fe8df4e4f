package hop

import (
	"strconv"
	"testing"

	"github.com/flowweir/weir/loadgen/identity"
)

// TestIDs forgets the oldest id and no other.
func TestIDs(t *testing.T) {
	x := NewIDs()
	for i := range maxIDs + 1 {
		id := []byte(strconv.Itoa(i))
		x.Add(id, identity.EventID{Sequence: uint64(i)})
		x.Add(id, identity.EventID{Sequence: 1 << 39}) // as one that was read twice
	}
	x.Add(nil, identity.EventID{})
	if _, ok := x.Find([]byte("0")); ok {
		t.Error("the oldest id is still known")
	}
	for _, i := range []int{1, maxIDs / 2, maxIDs} {
		if of, ok := x.Find([]byte(strconv.Itoa(i))); !ok || of.Sequence != uint64(i) {
			t.Errorf("%d goes back to %d, %v", i, of.Sequence, ok)
		}
	}
	if _, ok := x.Find(nil); ok || len(x.of) != maxIDs {
		t.Errorf("%d ids are known, that of no event among them: %v", len(x.of), ok)
	}
}
