package ledger_test

import (
	"slices"
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

func TestLost(t *testing.T) {
	s := ledger.New().Sender("orders", ledger.Expect{Received: true})
	for range 10 {
		s.Acked(s.Begin(ledger.Normal))
	}
	s.ReceivedAll([]uint64{0, 1, 2, 4, 5, 6, 7, 9, 9}, nil)
	if got, want := slices.Collect(s.Select(ledger.Acked, ledger.Received)), []uint64{3, 8}; !slices.Equal(got, want) {
		t.Fatalf("lost %v, want %v", got, want)
	}
	want := ledger.Counts{Sent: 10, Acked: 10, Received: 8, ReceivedTwice: 1, Lost: 2}
	if got := s.Counts(); got != want {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
}

// TestAborted: what was aborted on purpose is failed, counted apart, and never
// lost; seeing it is seeing a record that should not be there.
func TestAborted(t *testing.T) {
	s := ledger.New().Sender("a", ledger.Expect{Received: true})
	for range 4 {
		s.Begin(ledger.Normal)
	}
	s.Acked(0)
	s.Received(0)
	s.Aborted(1)
	s.Aborted(1)
	s.Failed(2)
	s.Aborted(2)
	s.Acked(3)
	s.Aborted(3)
	c := s.Counts()
	if c.Acked != 2 || c.Failed != 2 || c.Aborted != 1 || c.Lost != 1 || c.Unknown != 0 {
		t.Errorf("%+v", c)
	}
	if sight := s.Received(1); sight != ledger.Risen {
		t.Errorf("an aborted record was seen as %s", sight)
	}
}
