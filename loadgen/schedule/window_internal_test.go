package schedule

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestBlocked tells what held the sender up from what it did itself. Each tick
// is due and sent at a time, after spans that nothing was sent in.
func TestBlocked(t *testing.T) {
	type tick struct {
		spans           [][2]time.Duration
		due, sent, want time.Duration
	}
	// A commit of 9 behind each tick, with 1 of work: one is due each 5, so that
	// they gather, and the work alone would have kept up.
	var commits []tick
	for i := range time.Duration(100) {
		next := tick{due: 5 * i, sent: 10*i + 1, want: 5 * i}
		if i > 0 {
			next.spans = [][2]time.Duration{{10*i - 9, 10 * i}}
		}
		commits = append(commits, next)
	}
	for name, ticks := range map[string][]tick{
		"nothing holds it up":            {{nil, 0, 3, 0}, {nil, 1, 4, 0}, {nil, 10, 11, 0}},
		"one wait":                       {{nil, 0, 1, 0}, {[][2]time.Duration{{2, 12}}, 2, 12, 10}, {nil, 5, 13, 7}, {nil, 14, 15, 0}},
		"a wait that began before":       {{nil, 0, 1, 0}, {[][2]time.Duration{{2, 12}}, 7, 13, 5}},
		"two waits":                      {{[][2]time.Duration{{1, 3}, {4, 9}}, 0, 10, 7}},
		"a wait before it is due":        {{nil, 0, 1, 0}, {[][2]time.Duration{{1, 4}}, 6, 8, 0}},
		"late by itself, then held up":   {{nil, 0, 100, 0}, {[][2]time.Duration{{100, 150}}, 1, 151, 50}, {nil, 120, 152, 31}},
		"work that is slower than ticks": {{nil, 0, 2, 0}, {[][2]time.Duration{{2, 12}}, 1, 14, 10}, {nil, 2, 16, 10}, {nil, 3, 18, 10}},
		"many short commits":             commits,
	} {
		w := NewWindow(time.Now(), 1, nil)
		for i, tt := range ticks {
			for _, s := range tt.spans {
				w.block(s[0], s[1])
			}
			if got := w.Blocked(tt.due, tt.sent); got != tt.want {
				t.Errorf("%s: tick %d was blocked for %d, want %d", name, i, got, tt.want)
			}
		}
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
