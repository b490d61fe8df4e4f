package hop

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPendingIsBounded fills a store of two pages: what has no room is refused,
// and there is room again once a page is empty.
func TestPendingIsBounded(t *testing.T) {
	p := newPending()
	p.max = 2
	for seq := range uint64(2 * pageSize) {
		if !p.put(seq, at(time.Duration(seq))) {
			t.Fatalf("no room for %d", seq)
		}
	}
	if p.put(2*pageSize, at(1)) {
		t.Fatal("room for a third page")
	}
	for seq := range uint64(pageSize) {
		if got := p.take(seq); got.time() != time.Duration(seq) || got&retried != 0 {
			t.Fatalf("%d arrived at %v", seq, got.time())
		}
	}
	if !p.put(2*pageSize, at(-5)) || p.used != 2 {
		t.Fatalf("%d pages used, and no room for another", p.used)
	}
	if !p.mark(2*pageSize) || p.mark(0) {
		t.Error("a pending event cannot be marked, or one that is not can")
	}
	if got := p.take(2 * pageSize); got.time() != -5 || got&retried == 0 {
		t.Errorf("a marked event came back as %v, %b", got.time(), got)
	}
	if p.take(2*pageSize) != 0 {
		t.Error("an event was taken twice")
	}
}

// TestPendingRetires leaves one event in every page: their pages go, and they
// stay.
func TestPendingRetires(t *testing.T) {
	p := newPending()
	const pages = 4 * staleAfter
	want := map[uint64]slot{}
	for seq := range uint64(pages * pageSize) {
		p.put(seq, at(time.Duration(seq)))
		if seq%pageSize == 7 {
			want[seq] = at(time.Duration(seq)) | retried
			continue
		}
		p.take(seq)
	}
	if p.used > staleAfter {
		t.Errorf("%d pages for %d events", p.used, pages)
	}
	for seq := range want {
		if !p.mark(seq) {
			t.Fatalf("%d is gone", seq)
		}
	}
	got := map[uint64]slot{}
	p.all(func(seq uint64, s slot) { got[seq] = s })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for seq := range maps.Keys(want) {
		if p.take(seq) != want[seq] {
			t.Fatalf("%d was not found", seq)
		}
	}
	if len(p.rest) != 0 {
		t.Errorf("%d events stay for good", len(p.rest))
	}
}
