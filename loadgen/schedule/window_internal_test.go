package schedule

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestBlockedIsTheOverlapWithLaterSpans(t *testing.T) {
	w := NewWindow(time.Now(), 1, nil)
	for _, s := range [][2]time.Duration{{10, 20}, {30, 50}, {60, 61}} {
		w.block(s[0], s[1])
	}
	for _, tt := range []struct{ due, want time.Duration }{
		{0, 31}, {10, 31}, {15, 26}, {20, 21}, {25, 21}, {30, 21}, {49, 2}, {50, 1}, {60, 1}, {61, 0}, {99, 0},
	} {
		if got := w.Blocked(tt.due); got != tt.want {
			t.Errorf("Blocked(%d) = %d, want %d", tt.due, got, tt.want)
		}
	}
	w.block(100, 107)
	if got := w.Blocked(103); got != 4 {
		t.Errorf("after a new span: Blocked(103) = %d, want 4", got)
	}
}

func TestWindowLetsInOnlySoMany(t *testing.T) {
	w := NewWindow(time.Now(), 2, nil)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := w.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Enter(done); !errors.Is(err, context.Canceled) || w.Open() != 2 {
		t.Fatalf("the third got in: %v, %d under way", err, w.Open())
	}
	entered := make(chan error)
	go func() { entered <- w.Enter(t.Context()) }()
	w.Leave()
	if err := <-entered; err != nil || w.Open() != 2 {
		t.Fatalf("the third did not get in after one left: %v, %d under way", err, w.Open())
	}
	if err := w.Drain(done); !errors.Is(err, context.Canceled) {
		t.Fatalf("drained with %d under way: %v", w.Open(), err)
	}
	go w.Leave()
	go w.Leave()
	if err := w.Drain(t.Context()); err != nil || w.Open() != 0 {
		t.Fatalf("not drained: %v, %d under way", err, w.Open())
	}
}

// TestWaitingIsToldOfEveryWait: a sender that is held up again and again, each
// time for less than a look apart, is held up as much as by one long wait.
func TestWaitingIsToldOfEveryWait(t *testing.T) {
	var told atomic.Int64
	w := NewWindow(time.Now(), 1, func() { told.Add(1) })
	for n := range int64(3) {
		if err := w.Enter(t.Context()); err != nil || told.Load() < n {
			t.Fatalf("entered after %d waits, told of %d: %v", n, told.Load(), err)
		}
		go func() {
			for !w.waits.Load() {
				runtime.Gosched()
			}
			w.Leave()
		}()
	}
	if err := w.Enter(t.Context()); err != nil || told.Load() < 3 {
		t.Fatalf("told of %d of 3 waits: %v", told.Load(), err)
	}
	before := told.Load()
	w.Hold(func() {})
	if told.Load() != before+1 {
		t.Errorf("told %d times of one hold", told.Load()-before)
	}
}

// TestWaitingIsToldDuringAHold: a commit that takes seconds is told of before
// it is over.
func TestWaitingIsToldDuringAHold(t *testing.T) {
	told := make(chan struct{}, 100)
	w := NewWindow(time.Now(), 1, func() { told <- struct{}{} })
	w.Hold(func() { <-told })
}

// TestDrainTellsNobody: what is due in a drain is not offered any more.
func TestDrainTellsNobody(t *testing.T) {
	var told atomic.Int64
	w := NewWindow(time.Now(), 1, func() { told.Add(1) })
	if err := w.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*every)
	defer cancel()
	if err := w.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) || told.Load() != 0 {
		t.Errorf("told %d times in a drain: %v", told.Load(), err)
	}
}
