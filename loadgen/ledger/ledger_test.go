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
