package main

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// A window knows exactly the last ids, whatever comes in whatever order.
func TestWindowIsTheLastIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 8).Draw(t, "size")
		w := newWindow(size)
		var last []string
		for _, n := range rapid.SliceOf(rapid.IntRange(0, 12)).Draw(t, "ids") {
			id := fmt.Sprint(n)
			known := false
			for _, l := range last {
				known = known || l == id
			}
			if got := w.add(id); got == known {
				t.Fatalf("add(%s) = %v with %v in a window of %d", id, got, last, size)
			}
			if !known {
				last = append(last, id)
				last = last[max(0, len(last)-size):]
			}
		}
	})
}

func TestWindowTakesRecordsWithoutID(t *testing.T) {
	w := newWindow(2)
	for range 5 {
		if !w.add("") {
			t.Fatal("a record without an id was taken for a duplicate")
		}
	}
}

func BenchmarkWindow(b *testing.B) {
	w := newWindow(200_000)
	ids := make([]string, 400_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("0e8b2d1c-6f0a-8a57-9d0e-%012d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.add(ids[i%len(ids)])
	}
}
