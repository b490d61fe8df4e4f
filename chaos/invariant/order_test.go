package invariant

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// keysOf computes keys as a run does: as a function of the sequence.
func keysOf(cardinality uint64) func(uint16, uint64) uint64 {
	return func(_ uint16, seq uint64) uint64 { return seq * 2654435761 % cardinality }
}

// naiveReversals counts the records that appear after a later record of the
// same key, remembering everything.
func naiveReversals(order []uint64, key func(uint16, uint64) uint64) uint64 {
	highest := map[uint64]uint64{}
	var n uint64
	for _, seq := range order {
		k := key(0, seq)
		if h, ok := highest[k]; ok && seq < h {
			n++
		} else {
			highest[k] = seq
		}
	}
	return n
}

func TestOrderFindsExactlyTheReversals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "records")
		key := keysOf(rapid.Uint64Range(1, 20).Draw(t, "keys"))
		order := make([]uint64, n)
		for i := range order {
			order[i] = uint64(i)
		}
		for range rapid.IntRange(0, 10).Draw(t, "swaps") {
			a, b := rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b")
			order[a], order[b] = order[b], order[a]
		}
		seen := map[uint64]bool{}
		o := NewOrder(key, func(_ uint16, seq uint64) bool { return seen[seq] })
		for _, seq := range order {
			seen[seq] = true
			o.See(0, seq, 0)
		}
		if want := naiveReversals(order, key); o.violations != want {
			t.Fatalf("%d reversals in %v; want %d", o.violations, order, want)
		}
		if o.checked != uint64(n) || o.exhausted {
			t.Fatalf("checked %d of %d, exhausted %v", o.checked, n, o.exhausted)
		}
	})
}

func TestOrderOfAnotherKeyIsNoReversal(t *testing.T) {
	seen := map[uint64]bool{}
	o := NewOrder(keysOf(1000), func(_ uint16, seq uint64) bool { return seen[seq] })
	for _, seq := range []uint64{0, 2, 1, 3} {
		seen[seq] = true
		o.See(0, seq, 7)
	}
	if o.violations != 0 {
		t.Fatalf("%d reversals among different keys", o.violations)
	}
}

// TestOrderExcepts: what is apart is no reversal, whether it is the one that
// comes late or the one that came before; others are.
func TestOrderExcepts(t *testing.T) {
	for apart, want := range map[uint64][]Reversal{9: {{0, 1, 2}}, 1: nil, 2: {{0, 1, 3}}} {
		seen := map[uint64]bool{}
		o := NewOrder(keysOf(1), func(_ uint16, seq uint64) bool { return seen[seq] })
		o.Except(func(_ uint16, seq uint64) bool { return seq == apart })
		for _, seq := range []uint64{0, 2, 3, 1, 4} {
			seen[seq] = true
			o.See(0, seq, 7)
		}
		if !slices.Equal(o.first, want) {
			t.Errorf("%d is apart: %v, want %v", apart, o.first, want)
		}
	}
}

func TestOrderWithoutBudgetIsExhausted(t *testing.T) {
	o := NewOrder(keysOf(1000), func(uint16, uint64) bool { return true })
	o.budget = 10
	o.See(0, 100, 0)
	o.See(0, 1, 0)
	if !o.exhausted || o.violations != 0 {
		t.Fatalf("exhausted %v after %d reversals", o.exhausted, o.violations)
	}
	if slices.ContainsFunc(o.first, func(Reversal) bool { return true }) {
		t.Fatal("a reversal without evidence")
	}
}
