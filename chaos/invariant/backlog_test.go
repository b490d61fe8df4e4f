package invariant

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// yields are the records that a backlog yields, by offset.
func (b *Backlog) yields(partition int32, from, to int64) map[int64]Ref {
	all := map[int64]Ref{}
	b.records(partition, from, to, func(offset int64, ref Ref) bool {
		all[offset] = ref
		return true
	})
	return all
}

// TestBacklogHoldsWhatSomeGroupHasNotCommitted compares with a map, while two
// groups commit at their own pace.
func TestBacklogHoldsWhatSomeGroupHasNotCommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBacklog()
		var groups [2]*Progress
		for i := range groups {
			groups[i] = NewProgress(ProgressConfig{Backlog: b, Begin: map[int32]int64{1: 0, 3: 0}})
		}
		all := map[int32]map[int64]Ref{1: {}, 3: {}}
		next, committed := map[int32]int64{}, map[int32][2]int64{}
		seq := uint64(1<<48 - 20_000) // the highest sequences that an identity has
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			partition := rapid.SampledFrom([]int32{1, 3}).Draw(t, "partition")
			gap := rapid.Int64Range(1, 2*backlogSize).Draw(t, "gap")
			for range rapid.IntRange(0, backlogSize+1).Draw(t, "records") {
				ref := Ref{uint16(seq), seq}
				b.Add(partition, next[partition], ref)
				all[partition][next[partition]] = ref
				seq++
				next[partition]++
			}
			next[partition] += gap
			at, i := committed[partition], rapid.IntRange(0, 1).Draw(t, "group")
			at[i] = max(at[i], rapid.Int64Range(0, next[partition]).Draw(t, "committed"))
			committed[partition] = at
			groups[i].See(0, partition, at[i])
		}
		held := 0
		for partition, records := range all {
			want, done := map[int64]Ref{}, min(committed[partition][0], committed[partition][1])
			for offset, ref := range records {
				if offset >= done {
					want[offset] = ref
				}
			}
			if got := b.yields(partition, done, 1<<62); !maps.Equal(want, got) {
				t.Fatalf("partition %d from %d on: %d records, want %d", partition, done, len(got), len(want))
			}
			pages := map[int64]bool{}
			for offset := range records {
				if offset>>backlogBits >= done>>backlogBits {
					pages[offset>>backlogBits] = true
				}
			}
			held += len(pages)
		}
		if b.held != held || b.missed != 0 {
			t.Fatalf("%d pages held, want %d; %d missed", b.held, held, b.missed)
		}
	})
}

// TestBacklogThatIsFull counts what it has no room for, and has room again once
// groups commit.
func TestBacklogThatIsFull(t *testing.T) {
	b := NewBacklog()
	b.max = 2
	p := NewProgress(ProgressConfig{Backlog: b, Begin: map[int32]int64{0: 0}})
	for offset := range int64(3 * backlogSize) {
		b.Add(0, offset, Ref{0, uint64(offset)})
	}
	if b.missed != backlogSize || b.held != 2 {
		t.Errorf("%d missed, %d pages held", b.missed, b.held)
	}
	p.See(0, 0, 3*backlogSize)
	b.Add(0, 2*backlogSize-6, Ref{0, 6}) // where every group was
	b.Add(0, 3*backlogSize+5, Ref{0, 7})
	b.Add(0, 4*backlogSize-1, Ref{0, 9})
	want := map[int64]Ref{3*backlogSize + 5: {0, 7}, 4*backlogSize - 1: {0, 9}}
	if diff := cmp.Diff(want, b.yields(0, 0, 1<<62)); diff != "" {
		t.Error(diff)
	}
	// What is written again to where every group was, is no record to wait for.
	b.Add(0, 3, Ref{0, 8})
	if diff := cmp.Diff(want, b.yields(0, 0, 1<<62)); diff != "" || b.held != 1 {
		t.Errorf("%d pages: %s", b.held, diff)
	}
}
