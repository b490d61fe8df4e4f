package ledger_test

import (
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

// TestReactionsAreApart: what one consumer did says nothing of another, on
// open pages, on folded ones and where one of them saw nothing at all.
func TestReactionsAreApart(t *testing.T) {
	s, reactions := reacting(3)
	pay, reserve, ship := reactions[0], reactions[1], reactions[2]
	const sent = 2*page + 10
	for range sent {
		s.Acked(s.Begin(ledger.Normal))
	}
	for n := range uint64(sent) {
		s.Received(n)
		if n != 7 {
			pay.Effect(n)
		}
		switch n {
		case page + 3:
		case page + 4:
			reserve.Dead(n)
		default:
			reserve.Effect(n)
		}
	}
	reserve.Effect(8)
	// Of record 7, which only the second applied, each knows its own.
	const sender = ledger.Sent | ledger.Acked | ledger.Received
	for want, got := range map[ledger.Flags]ledger.Flags{
		sender | ledger.Effect: reserve.Flags(7), sender: pay.Flags(7) | ship.Flags(7) | s.Flags(7),
	} {
		if got != want {
			t.Errorf("flags %012b, want %012b", got, want)
		}
	}
	if got, want := ship.Flags(8), sender; got != want {
		t.Errorf("flags %012b of what others applied, want %012b", got, want)
	}

	const unprocessed = ledger.Effect | ledger.Dead
	expectSelect(t, pay, ledger.Received, unprocessed, []uint64{7})
	expectSelect(t, reserve, ledger.Received, unprocessed, []uint64{page + 3})
	expectSelect(t, pay, ledger.EffectTwice, 0, nil)
	expectSelect(t, reserve, ledger.EffectTwice, 0, []uint64{8})
	expectSelect(t, reserve, ledger.Dead, 0, []uint64{page + 4})
	var all []uint64
	for n := range uint64(sent) {
		all = append(all, n)
	}
	expectSelect(t, ship, ledger.Received, unprocessed, all)
	for want, r := range map[ledger.Reactions]*ledger.Reaction{
		{Effects: sent - 1}:                           pay,
		{Effects: sent - 2, EffectsTwice: 1, Dead: 1}: reserve,
		{}: ship,
	} {
		if got := r.Counts(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// TestReactionRisen: an effect of a record whose send failed is told apart,
// whichever reaction sees it.
func TestReactionRisen(t *testing.T) {
	s, reactions := reacting(2)
	s.Failed(s.Begin(ledger.Normal))
	for n, r := range reactions {
		if got := r.Effect(0); got != ledger.Risen {
			t.Errorf("reaction %d: %v", n, got)
		}
	}
}

func TestReactionMisuse(t *testing.T) {
	panics := func(name string, f func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", name)
			}
		}()
		f()
	}
	s, _ := reacting(1)
	panics("a fact of a reaction asked of its sender", func() { s.Select(ledger.Received, ledger.Effect) })
	s.Begin(ledger.Normal)
	panics("a reaction after the first record", func() { s.Reaction(true) })
}
