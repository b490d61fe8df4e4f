package schedule_test

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/flowweir/weir/loadgen/schedule"
)

func TestPacerHandsOverEveryTickOnceAndNotBeforeItsTime(t *testing.T) {
	s := build(t, Ramp(0, 200_000, 100*time.Millisecond), Hold(200_000, 50*time.Millisecond))
	start := time.Now()
	var next uint64
	n, err := Pacer{Schedule: s, Start: start}.Run(t.Context(), func(first, n uint64, woke time.Duration) error {
		if first != next {
			t.Fatalf("got tick %d after %d", first, next)
		}
		next += n
		if last := s.Due(next - 1); last > woke || woke > time.Since(start) {
			t.Fatalf("tick %d, due at %s, came at %s; it is %s", next-1, last, woke, time.Since(start))
		}
		return nil
	})
	if err != nil || n != s.Total() || next != s.Total() {
		t.Fatalf("got %d and %d of %d ticks, %v", n, next, s.Total(), err)
	}
}

func TestPacerCatchesUpAfterASenderThatBlocked(t *testing.T) {
	// All is over when the pacer starts: as after a long block.
	s := build(t, Hold(1000, time.Second))
	calls := 0
	n, err := Pacer{Schedule: s, Start: time.Now().Add(-time.Hour)}.Run(t.Context(), func(first, n uint64, woke time.Duration) error {
		calls++
		if first != 0 || n != 1000 || woke < time.Hour {
			t.Errorf("got %d ticks from %d, woken at %s", n, first, woke)
		}
		return nil
	})
	if calls != 1 || n != 1000 || err != nil {
		t.Fatalf("got %d calls, %d ticks, %v", calls, n, err)
	}
}

func TestPacerEnds(t *testing.T) {
	boom := errors.New("boom")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tests := []struct {
		name string
		ctx  context.Context
		s    *Schedule
		from time.Duration
		send func(first, n uint64, woke time.Duration) error
		n    uint64
		err  error
	}{
		{"before it began", stopped, build(t, Hold(10, time.Second)), 0, nil, 0, context.Canceled},
		{"in a long sleep", ctx, build(t, Hold(0, time.Hour), Hold(10, time.Second)), time.Second, nil, 0, context.Canceled},
		{"by the sender", t.Context(), build(t, Hold(10, time.Second)), -time.Minute, func(uint64, uint64, time.Duration) error { return boom }, 0, boom},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.ctx == ctx {
				go cancel()
			}
			n, err := Pacer{Schedule: tt.s, Start: time.Now().Add(tt.from)}.Run(tt.ctx, tt.send)
			if n != tt.n || !errors.Is(err, tt.err) {
				t.Fatalf("got %d ticks, %v; want %d, %v", n, err, tt.n, tt.err)
			}
		})
	}
}
