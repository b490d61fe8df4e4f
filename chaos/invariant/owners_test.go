package invariant

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/run"
)

// by is who has the partitions of orders, in order.
func by(members ...string) map[string]map[int32][]string {
	partitions := map[int32][]string{}
	for id, m := range members {
		if m != "" {
			partitions[int32(id)] = append(partitions[int32(id)], m)
		}
	}
	return map[string]map[int32][]string{"orders": partitions}
}

// watched are owners of pay over ten seconds, looked at twice a second; change
// says who has what at a time, or nil where a rebalance is met.
func watched(change func(at time.Duration) map[string]map[int32][]string) func(*Evidence) {
	return func(e *Evidence) {
		o := NewOwners("pay")
		for at := -time.Second; at <= 10*time.Second; at += 500 * time.Millisecond {
			if owners := change(at); owners != nil {
				o.Look(at, owners)
			} else {
				o.Rebalancing(at)
			}
		}
		e.Owners, e.Load = []*Owners{o}, Span{0, 10 * time.Second}
	}
}

func steady(time.Duration) map[string]map[int32][]string { return by("a", "b") }

// from changes hands at a time.
func from(when time.Duration, then ...string) func(time.Duration) map[string]map[int32][]string {
	return func(at time.Duration) map[string]map[int32][]string {
		if at < when {
			return by("a", "b")
		}
		return by(then...)
	}
}

// blind sees nothing from a time on.
func blind(e *Evidence) {
	o := NewOwners("pay")
	for at := time.Duration(0); at < 4*time.Second; at += 500 * time.Millisecond {
		o.Look(at, by("a", "b"))
	}
	e.Owners, e.Load = []*Owners{o}, Span{0, 10 * time.Second}
}

func unlooked(e *Evidence) { e.Owners, e.Load = []*Owners{NewOwners("pay")}, Span{0, 10 * time.Second} }

func broken(kind fault.Kind, start, healed time.Duration) func(*Evidence) {
	return func(e *Evidence) {
		e.Faults = append(e.Faults, run.Fault{Kind: string(kind), Start: start, Healed: healed, Bit: true, Recovered: true})
	}
}

func TestNoDoubleOwner(t *testing.T) {
	shared := func(at time.Duration) map[string]map[int32][]string {
		o := by("a", "b")
		if at >= 2*time.Second && at < 4*time.Second {
			o["orders"][1] = []string{"b", "a"}
		}
		return o
	}
	runCases(t, NoDoubleOwner, []testCase{
		{name: "one each", change: watched(steady), want: outcome{pass, "no partition had several owners: seen 46 times", 46, 0, nil, nil}},
		{name: "two at once", change: watched(shared), want: outcome{fail, "1 partition had several owners at once", 46, 1,
			[]string{"orders/1@-1: pay: orders/1 was of several members at 2s: a and b"}, nil}},
		{name: "fails whatever was not seen", change: both(watched(shared), func(e *Evidence) { e.Load.To = time.Minute }), want: outcome{fail, "1 partition had several owners at once", 46, 1,
			[]string{"orders/1@-1: pay: orders/1 was of several members at 2s: a and b"}, nil}},
		{name: "nobody looked", change: unlooked, want: outcome{inconclusive, "which member of pay has what was never seen", 0, 0, nil, nil}},
		{name: "nobody looked any more", change: blind, want: outcome{inconclusive, "which member of pay has what was not seen from 3.5s on, and the load ended at 10s", 16, 0, nil, nil}},
		{name: "nobody is there", change: watched(func(time.Duration) map[string]map[int32][]string { return by() }), want: outcome{vacuous, "no member of a group had a partition", 0, 0, nil, nil}},
		{name: "there is no group", want: outcome{vacuous, "no member of a group had a partition", 0, 0, nil, nil}},
	})
}

func TestNoNeedlessRebalance(t *testing.T) {
	moved := func(since, at, what string) []string {
		return []string{fmt.Sprintf("orders/1@-1: pay rebalanced between %s and %s, while nothing was broken: %s", since, at, what)}
	}
	toC := moved("4.5s", "5s", "1 partition changed hands, orders/1 from b to c")
	stir := func(at time.Duration) map[string]map[int32][]string {
		if at == 5*time.Second {
			return nil
		}
		return by("a", "b")
	}
	runCases(t, NoNeedlessRebalance, []testCase{
		{name: "none", change: watched(steady), want: outcome{pass, "no rebalance in 10 seconds in which nothing was broken", 10, 0, nil, nil}},
		{name: "another member", change: watched(from(5*time.Second, "a", "c")), want: outcome{fail, "1 rebalance while nothing was broken", 10, 1, toC, nil}},
		{name: "a member that leaves", change: watched(from(5*time.Second, "a", "a")), want: outcome{fail, "1 rebalance while nothing was broken", 10, 1,
			moved("4.5s", "5s", "1 partition changed hands, orders/1 from b to a"), nil}},
		{name: "a partition that nobody has", change: watched(from(5*time.Second, "a")), want: outcome{fail, "1 rebalance while nothing was broken", 10, 1,
			moved("4.5s", "5s", "1 partition changed hands, orders/1 from b to nobody"), nil}},
		{name: "one that changes nothing", change: watched(stir), want: outcome{fail, "1 rebalance while nothing was broken", 10, 1,
			[]string{"pay rebalanced between 4.5s and 5.5s, while nothing was broken: every partition is of whom it was"}, nil}},
		{name: "before the warm-up ended", change: both(watched(from(5*time.Second, "a", "c")), func(e *Evidence) { e.Load.From = 6 * time.Second }),
			want: outcome{pass, "no rebalance in 4 seconds in which nothing was broken", 4, 0, nil, nil}},
		{name: "during a fault", change: both(watched(from(5*time.Second, "a", "c")), broken(fault.Crash, 4*time.Second, 6*time.Second)),
			want: outcome{pass, "no rebalance in 4 seconds in which nothing was broken", 4, 0, nil, nil}},
		{name: "after a fault, though the flow had recovered", change: both(watched(from(5*time.Second, "a", "c")), broken(fault.Crash, 2*time.Second, 3*time.Second)),
			want: outcome{pass, "no rebalance in 2 seconds in which nothing was broken", 2, 0, nil, nil}},
		{name: "before a fault", change: both(watched(from(5*time.Second, "a", "c")), broken(fault.Crash, 7*time.Second, 8*time.Second)),
			want: outcome{fail, "1 rebalance while nothing was broken", 7, 1, toC, nil}},
		{name: "poison excuses none", change: both(watched(from(5*time.Second, "a", "c")), broken(fault.Poison, 0, 10*time.Second)),
			want: outcome{fail, "1 rebalance while nothing was broken", 10, 1, toC, nil}},
		{name: "fails whatever was not seen", change: both(watched(from(5*time.Second, "a", "c")), func(e *Evidence) { e.Load.To = time.Minute }),
			want: outcome{fail, "1 rebalance while nothing was broken", 11, 1, toC, nil}},

		{name: "nobody looked", change: unlooked, want: outcome{inconclusive, "which member of pay has what was not seen for more than 3s before 10s", 0, 0, nil, nil}},
		{name: "nobody looked any more", change: blind, want: outcome{inconclusive, "which member of pay has what was not seen for more than 3s before 10s", 4, 0, nil, nil}},
		{name: "one that does not end", change: watched(func(at time.Duration) map[string]map[int32][]string {
			if at >= 2*time.Second {
				return nil
			}
			return by("a", "b")
		}), want: outcome{inconclusive, "which member of pay has what was not seen for more than 3s before 10s: it was in the midst of a rebalance", 2, 0, nil, nil}},
		{name: "nobody looked, during a fault", change: both(blind, broken(fault.Kill, 4*time.Second, 5*time.Second)), want: outcome{pass, "no rebalance in 4 seconds in which nothing was broken", 4, 0, nil, nil}},
		{name: "something was broken all the time", change: both(watched(steady), broken(fault.Kill, 0, 10*time.Second)), want: outcome{vacuous, "no group had a member while nothing was broken", 0, 0, nil, nil}},
		{name: "there is no group", want: outcome{vacuous, "no group had a member while nothing was broken", 0, 0, nil, nil}},
	})
}

// TestMovesAreBounded: of more rebalances than are kept nobody knows whether a
// fault excuses them.
func TestMovesAreBounded(t *testing.T) {
	o := NewOwners("pay")
	for i := range 1500 {
		o.Look(time.Duration(i)*time.Millisecond, by(fmt.Sprint(i)))
	}
	e := &Evidence{Owners: []*Owners{o}, Load: Span{0, 10 * time.Second}, Faults: []run.Fault{{Kind: string(fault.Kill), Healed: time.Second}}}
	if len(o.moves) != maxFindings || o.missed != 499 {
		t.Fatalf("%d kept, %d not", len(o.moves), o.missed)
	}
	if got := judge(t, NoNeedlessRebalance, e); got.verdict != inconclusive || got.sentence != "pay rebalanced more than 1000 times" {
		t.Errorf("%+v", got)
	}
}
