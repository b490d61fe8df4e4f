package series_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/series"
)

const ms = time.Millisecond

type ack struct{ due, acked time.Duration }

// steady is a record every 10 ms, acked 5 ms after it was due.
func steady(from, to time.Duration) (acks []ack) {
	for due := from; due < to; due += 10 * ms {
		acks = append(acks, ack{due, due + 5*ms})
	}
	return acks
}

// late is a record every 10 ms, all acked at one time.
func late(from, to, acked time.Duration) (acks []ack) {
	for due := from; due < to; due += 10 * ms {
		acks = append(acks, ack{due, acked})
	}
	return acks
}

func join(parts ...[]ack) (all []ack) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestStalls(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name          string
		acks          []ack
		from, to      time.Duration
		start, length time.Duration
	}{
		{"nothing", nil, 0, 9 * s, 0, 0},
		{"a late first ack", []ack{{s, 5 * s}}, 0, 9 * s, s, 4 * s},
		{"late first acks, not in the order of their dues", []ack{{2 * s, 5 * s}, {s, 5*s + 50*ms}}, 0, 9 * s, s, 4 * s},
		{"a first ack in time", []ack{{s, s + 99*ms}}, 0, 9 * s, 0, 0},
		{"steady", steady(0, 9*s), 0, 9 * s, 0, 0},
		{
			// Brokers stop at 2 s: the record due then is the first that is
			// delayed, and all of them are acked at 4 s.
			"two seconds", join(steady(0, 2*s), late(2*s, 4*s, 4*s), steady(4*s, 6*s)),
			0, 9 * s, 2 * s, 2 * s,
		},
		{
			// After healing a record that was due later is acked first.
			"out of order", join(steady(0, 2*s), []ack{{2*s + 70*ms, 4 * s}, {2 * s, 4*s + 30*ms}, {2*s + 10*ms, 4*s + 40*ms}}, steady(4*s+50*ms, 6*s)),
			0, 9 * s, 2 * s, 2 * s,
		},
		{
			// Long after the end, a straggler belongs to no stall.
			"straggler", join(steady(0, 2*s), late(2*s, 4*s, 4*s), steady(4*s, 5*s), []ack{{1 * s, 5*s + 10*ms}}, steady(5*s+10*ms, 6*s)),
			0, 9 * s, 2 * s, 2 * s,
		},
		{
			// A slow load is silent between records, but nothing is delayed.
			"idle", []ack{{0, 5 * ms}, {s, s + 5*ms}, {2 * s, 2*s + 5*ms}},
			0, 9 * s, 0, 0,
		},
		{"99 ms", []ack{{0, 5 * ms}, {10 * ms, 104 * ms}}, 0, 9 * s, 0, 0},
		{"100 ms", []ack{{0, 5 * ms}, {5 * ms, 105 * ms}}, 0, 9 * s, 5 * ms, 100 * ms},
		{
			"the longest", join(steady(0, s), late(s, 2*s, 2*s), steady(2*s, 3*s), late(3*s, 5*s, 5*s), steady(5*s, 6*s)),
			0, 9 * s, 3 * s, 2 * s,
		},
		{
			"the longest of a span", join(steady(0, s), late(s, 2*s, 2*s), steady(2*s, 3*s), late(3*s, 5*s, 5*s), steady(5*s, 6*s)),
			1500 * ms, 2500 * ms, s, s,
		},
		{
			"outside of the span", join(steady(0, s), late(s, 2*s, 2*s), steady(2*s, 3*s)),
			2 * s, 9 * s, 0, 0,
		},
		{"not ended", steady(0, s), 0, 9 * s, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			stalls := &series.Stalls{}
			for _, a := range c.acks {
				stalls.Acked(a.due, a.acked)
			}
			start, length := stalls.Longest(c.from, c.to)
			if start != c.start || length != c.length {
				t.Errorf("a stall of %v at %v, want %v at %v", length, start, c.length, c.start)
			}
		})
	}
}

func TestObserved(t *testing.T) {
	s := &series.Stalls{}
	if _, ok := s.Last(); ok {
		t.Error("a stream without sightings has a last one")
	}
	for _, at := range []time.Duration{0, 50 * ms, 120 * ms, 2 * time.Second, 2*time.Second - ms, 2*time.Second + 99*ms} {
		s.Observed(at)
	}
	if start, length := s.Longest(0, time.Minute); start != 120*ms || length != 1880*ms {
		t.Errorf("a stall of %v at %v", length, start)
	}
	want := []series.Stall{{After: 120 * ms, Until: 2 * time.Second, Due: 120 * ms}}
	if diff := cmp.Diff(want, s.All()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if at, ok := s.Last(); !ok || at != 2*time.Second+99*ms {
		t.Errorf("last %v, %v", at, ok)
	}
}

// TestPartitions: a stall of one partition out of three is found where the
// stream of all of them never falls silent.
func TestPartitions(t *testing.T) {
	all, each := &series.Stalls{}, &series.Partitions{}
	for at := time.Duration(0); at < 6*time.Second; at += 10 * ms {
		for id := range int32(3) {
			due, acked := at, at+5*ms
			if id == 1 && due >= 2*time.Second && due < 4*time.Second {
				continue
			}
			if id == 1 && due == 4*time.Second {
				due = 2 * time.Second
			}
			all.Acked(due, acked)
			each.Of("t", id).Acked(due, acked)
		}
	}
	if _, length := all.Longest(0, time.Minute); length != 0 {
		t.Errorf("all partitions together stall for %v", length)
	}
	stalled, of := each.Stalled(0, time.Minute)
	if want := []series.PartitionStall{{Topic: "t", Partition: 1, Start: 2 * time.Second, Length: 2005 * ms}}; !slices.Equal(stalled, want) || of != 3 {
		t.Errorf("%v of %d partitions, want %v", stalled, of, want)
	}
	if stalled, of = each.Stalled(5*time.Second, time.Minute); len(stalled) != 0 || of != 3 {
		t.Errorf("after it: %v of %d", stalled, of)
	}
}
