package ledger_test

import (
	"iter"
	"slices"
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

const page = 1 << 16

// TestFolded follows the records of a folded page that come late, come again,
// or come in such numbers that the page opens again.
func TestFolded(t *testing.T) {
	s, reactions := reacting(1)
	r := reactions[0]
	for n := range uint64(page + 1) {
		c := ledger.Normal
		if n == 5 {
			c = ledger.Poison | ledger.Duplicate
		}
		s.Begin(c)
	}
	// One in a hundred is late; the last of the others folds the page.
	late := func(n uint64) bool { return n%100 == 7 }
	complete := func(n uint64) {
		s.Acked(n)
		s.Received(n)
		r.Effect(n)
	}
	var missing []uint64
	for n := range uint64(page) {
		if late(n) {
			missing = append(missing, n)
		} else {
			complete(n)
		}
	}
	expectSelect(t, s, ledger.Sent, ledger.Acked, append(slices.Clone(missing), page))
	expectSelect(t, s, ledger.IsPoison|ledger.IsDuplicate, 0, []uint64{5})

	// A second sight of ordinary records, some of them twice.
	for _, n := range []uint64{3, 3, 9, 65535} {
		if got := s.Received(n); got != ledger.Again {
			t.Errorf("the second sight of %d is %v", n, got)
		}
	}
	expectSelect(t, s, ledger.ReceivedTwice, 0, []uint64{3, 9, 65535})
	if got := s.Counts().ReceivedTwice; got != 3 {
		t.Errorf("%d received twice, want 3", got)
	}

	// The late ones come, from the last to the first, one of them dead.
	for _, n := range slices.Backward(missing) {
		complete(n)
	}
	r.Dead(missing[0])
	expectSelect(t, s, ledger.Sent, ledger.Acked, []uint64{page})
	expectSelect(t, r, ledger.Dead, 0, missing[:1])

	// Every second record comes again: too many to list.
	var again []uint64
	for n := uint64(1); n < page; n += 2 {
		again = append(again, n)
		r.Effect(n)
	}
	expectSelect(t, r, ledger.EffectTwice, 0, again)
	expectSelect(t, s, ledger.ReceivedTwice, 0, []uint64{3, 9, 65535})
	want := ledger.Counts{
		Sent: page + 1, Acked: page, Unknown: 1, Pending: 1, Received: page, ReceivedTwice: 3,
		Poison: 1, Duplicates: 1,
	}
	if got := s.Counts(); got != want {
		t.Errorf("counts %+v\n  want %+v", got, want)
	}
	if got, want := r.Counts(), (ledger.Reactions{Effects: page, EffectsTwice: page / 2, Dead: 1}); got != want {
		t.Errorf("reactions %+v\n     want %+v", got, want)
	}
}

// TestFoldedOutcomes: an outcome that becomes more certain after its page was
// folded moves the record from one count to the other.
func TestFoldedOutcomes(t *testing.T) {
	s := ledger.New().Sender("s", ledger.Expect{Received: true})
	for range page + 1 {
		s.Begin(ledger.Normal)
	}
	s.Unknown(0)
	s.Failed(1)
	s.Failed(2)
	for n := range uint64(page) {
		s.Received(n)
		if n > 3 {
			s.Acked(n)
		}
	}
	want := ledger.Counts{
		Sent: page + 1, Acked: page - 4, Failed: 2, Unknown: 3, Pending: 2,
		UnknownSeen: 2, FailedSeen: 2, Received: page,
	}
	if got := s.Counts(); got != want {
		t.Errorf("counts %+v\n  want %+v", got, want)
	}
	expectSelect(t, s, ledger.Failed|ledger.Received, 0, []uint64{1, 2})

	s.Failed(0)  // was unknown
	s.Acked(1)   // was failed
	s.Unknown(2) // is certain already
	s.Unknown(3) // was pending
	s.Failed(4)  // is certain already
	want.Acked, want.Failed, want.Unknown, want.Pending = page-3, 2, 2, 1
	want.UnknownSeen, want.FailedSeen = 1, 2
	if got := s.Counts(); got != want {
		t.Errorf("counts %+v\n  want %+v", got, want)
	}
	expectSelect(t, s, ledger.Failed|ledger.Received, 0, []uint64{0, 2})
	expectSelect(t, s, ledger.Unknown, ledger.Received, []uint64{page})
}

// TestSelectAndChange: the caller of Select may use the sender, and may stop.
func TestSelectAndChange(t *testing.T) {
	s := ledger.New().Sender("s", ledger.Expect{Received: true})
	for range 3 * page {
		s.Acked(s.Begin(ledger.Normal))
	}
	n := uint64(0)
	for seq := range s.Select(ledger.Acked, ledger.Received) {
		if seq != n {
			t.Fatalf("sequence %d, want %d", seq, n)
		}
		s.Received(seq)
		if n++; n == page+page/2 {
			break
		}
	}
	if got := s.Counts().Lost; got != page+page/2 {
		t.Errorf("%d lost, want %d", got, page+page/2)
	}
	for range ledger.New().Sender("none", ledger.Expect{}).Select(0, 0) {
		t.Error("a sender that sent nothing has a record")
	}
}

// selector is a Sender or a Reaction.
type selector interface {
	Select(want, without ledger.Flags) iter.Seq[uint64]
}

func expectSelect(t *testing.T, s selector, want, without ledger.Flags, exact []uint64) {
	t.Helper()
	if got := slices.Collect(s.Select(want, without)); !slices.Equal(got, exact) {
		t.Errorf("Select(%012b, %012b): %d records, want %d", want, without, len(got), len(exact))
	}
}
