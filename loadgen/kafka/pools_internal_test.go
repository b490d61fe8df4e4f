package kafka

import (
	"sync"
	"testing"
)

// TestEntriesAreUsedAgain, each by one at a time, and a backlog is not kept
// for ever.
func TestEntriesAreUsedAgain(t *testing.T) {
	made := 0
	f := entries{fresh: func() *entry { made++; return &entry{} }}
	const n = 200_000
	out := make(chan *entry, 1000)
	var giving sync.WaitGroup
	giving.Go(func() {
		for e := range out {
			if e.seq == 0 {
				t.Error("an entry came twice")
			}
			e.seq = 0
			f.put(e)
		}
	})
	for i := range uint64(n) {
		e := f.get()
		if e.seq != 0 {
			t.Fatal("an entry that is in use was taken")
		}
		e.seq = i + 1
		out <- e
	}
	close(out)
	giving.Wait()
	// What is under way, and a chunk on each side.
	if limit := 1000 + 1 + 2*chunkSize; made > limit {
		t.Errorf("%d entries were made, and at most %d were needed", made, limit)
	}
	for range 3 * maxChunks * chunkSize {
		f.put(&entry{})
	}
	if kept := len(f.chunks); kept != maxChunks {
		t.Errorf("%d chunks are kept, want %d", kept, maxChunks)
	}
}
