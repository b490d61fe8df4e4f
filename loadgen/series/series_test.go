package series_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/reports/run"
)

func clockAt(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// TestTickAgain: a goroutine that stood still between the clock and the counts
// reads both again, and after some looks takes the later time, so that no rate
// comes out higher than it was.
func TestTickAgain(t *testing.T) {
	for _, tt := range []struct {
		stands int // of how many looks
		want   run.Interval
	}{
		{0, run.Interval{Length: time.Second, Due: 1}},
		{1, run.Interval{Length: 4 * time.Second, Due: 4}},
		{9, run.Interval{Length: 16 * time.Second, Due: 13}},
	} {
		c, at, calls := &series.Counters{}, time.Second, 0
		c.Due.Add(1)
		clock := func() time.Duration {
			if calls++; calls%2 == 0 && calls/2 <= tt.stands {
				at += 3 * time.Second
				c.Due.Add(3)
			}
			return at
		}
		if diff := cmp.Diff(tt.want, c.Tick(clock)); diff != "" {
			t.Errorf("stood still %d times (-want +got):\n%s", tt.stands, diff)
		}
	}
}

func TestTick(t *testing.T) {
	c := &series.Counters{}
	c.Due.Add(5)
	c.Sent.Add(4)
	c.Acked.Add(3)
	c.Partition("t", 0).Add(2)
	c.Partition("t", 1).Add(1)
	want := run.Interval{
		Length: time.Second, Due: 5, Sent: 4, Acked: 3,
		Partitions: map[string]int64{"t/0": 2, "t/1": 1},
	}
	if diff := cmp.Diff(want, c.Tick(clockAt(time.Second))); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	c.Acked.Add(1)
	c.Failed.Add(1)
	c.Received.Add(6)
	c.Effects.Add(7)
	c.Dead.Add(8)
	c.Bytes.Add(9)
	c.Partition("t", 1).Add(1)
	want = run.Interval{
		Start: time.Second, Length: 1500 * time.Millisecond,
		Acked: 1, Failed: 1, Received: 6, Effects: 7, Dead: 8, Bytes: 9,
		Partitions: map[string]int64{"t/1": 1},
	}
	if diff := cmp.Diff(want, c.Tick(clockAt(2500*time.Millisecond))); diff != "" {
		t.Errorf("second (-want +got):\n%s", diff)
	}
	want = run.Interval{Start: 2500 * time.Millisecond, Length: time.Second}
	if diff := cmp.Diff(want, c.Tick(clockAt(3500*time.Millisecond))); diff != "" {
		t.Errorf("idle (-want +got):\n%s", diff)
	}
	want = run.Interval{
		Length: 4 * time.Second, Due: 5, Sent: 4, Acked: 4, Failed: 1, Received: 6, Effects: 7, Dead: 8, Bytes: 9,
		Partitions: map[string]int64{"t/0": 2, "t/1": 2},
	}
	if diff := cmp.Diff(want, c.Totals(4*time.Second)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

// TestIntervalsAddUp: whatever is added while intervals end is in exactly one
// of them, and no interval's sums show more of a later stage than of an
// earlier one.
func TestIntervalsAddUp(t *testing.T) {
	c := &series.Counters{}
	var wg sync.WaitGroup
	const workers, each = 4, 20_000
	for n := range workers {
		wg.Go(func() {
			p := c.Partition("t", int32(n))
			for range each {
				c.Due.Add(1)
				c.Sent.Add(1)
				c.Acked.Add(1)
				p.Add(1)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var sum run.Interval
	partitions := map[string]int64{}
	for at, last := time.Second, false; !last; at += time.Second {
		select {
		case <-done:
			last = true
		default:
		}
		i := c.Tick(clockAt(at))
		sum.Due, sum.Sent, sum.Acked = sum.Due+i.Due, sum.Sent+i.Sent, sum.Acked+i.Acked
		if sum.Due < sum.Sent || sum.Sent < sum.Acked {
			t.Fatalf("up to %v: due %d, sent %d, acked %d", at, sum.Due, sum.Sent, sum.Acked)
		}
		for name, n := range i.Partitions {
			partitions[name] += n
		}
	}
	if sum.Acked != workers*each || sum.Due != workers*each {
		t.Errorf("intervals add up to %+v, want %d", sum, workers*each)
	}
	if want := map[string]int64{"t/0": each, "t/1": each, "t/2": each, "t/3": each}; !cmp.Equal(partitions, want) {
		t.Errorf("partitions add up to %v, want %v", partitions, want)
	}
}

func BenchmarkCounter(b *testing.B) {
	c := &series.Counters{}
	b.Run("Add", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			c.Acked.Add(1)
		}
	})
	b.Run("parallel/own", func(b *testing.B) {
		b.ReportAllocs()
		var mu sync.Mutex
		own := []*series.Counter{&c.Sent, &c.Acked, &c.Received, &c.Effects}
		b.RunParallel(func(pb *testing.PB) {
			mu.Lock()
			n := own[0]
			own = append(own[1:], n)
			mu.Unlock()
			for pb.Next() {
				n.Add(1)
			}
		})
	})
	b.Run("Partition", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			c.Partition("order.events", 3).Add(1)
		}
	})
}

func BenchmarkTick(b *testing.B) {
	c := &series.Counters{}
	for n := range int32(100) {
		c.Partition("order.events", n).Add(1)
	}
	b.ReportAllocs()
	for n := range b.N {
		c.Tick(clockAt(time.Duration(n)))
	}
}

func BenchmarkStalls(b *testing.B) {
	s := &series.Stalls{}
	b.ReportAllocs()
	for n := range b.N {
		at := time.Duration(n) * time.Microsecond
		s.Acked(at, at+time.Millisecond)
	}
}
