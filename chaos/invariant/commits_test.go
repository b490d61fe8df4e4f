package invariant

import (
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// looked makes Commits of the group "pay" that saw its offsets in
// order.events/0, one a second; -1 is a look that found none.
func looked(seen ...int64) func(*Evidence) {
	return func(e *Evidence) {
		c := NewCommits("pay")
		for i, offset := range seen {
			at := map[string]map[int32]int64{}
			if offset >= 0 {
				at["order.events"] = map[int32]int64{0: offset}
			}
			c.Look(time.Duration(i)*time.Second, at)
		}
		e.Commits = append(e.Commits, c)
	}
}

func TestNoCommitRegression(t *testing.T) {
	back := []string{"order.events/0@3: pay committed order.events/0 to 9, and from 2s on to 3: what is between is processed again"}
	fault := func(kind string, start, healed time.Duration) func(*Evidence) {
		return func(e *Evidence) { e.Faults = []run.Fault{{Kind: kind, Start: start, Healed: healed}} }
	}
	runCases(t, NoCommitRegression, []testCase{
		{name: "forward", change: looked(-1, 5, 5, 9), want: outcome{pass, "no committed offset went back: 2 offsets compared", 2, 0, nil, nil}},
		{name: "back", change: looked(5, 9, 3), want: outcome{fail, "1 committed offset went back", 2, 1, back, nil}},
		{name: "back and forward again", change: looked(5, 9, 3, 9), want: outcome{fail, "1 committed offset went back", 3, 1, back, nil}},
		{name: "back twice", change: looked(5, 9, 3, 2), want: outcome{fail, "2 committed offsets went back", 3, 2, append(back[:1:1],
			"order.events/0@2: pay committed order.events/0 to 3, and from 3s on to 2: what is between is processed again"), nil}},
		{name: "gone", change: looked(5, 9, -1), want: outcome{fail, "1 committed offset went back", 2, 1,
			[]string{"order.events/0@9: pay had committed order.events/0 to 9, and from 2s on to nothing: a consumer that starts begins anywhere"}, nil}},
		{name: "fails whatever was not read", change: both(looked(5, 9, 3), cutShort), want: outcome{fail, "1 committed offset went back", 2, 1, back, nil}},
		{name: "what a paused broker knew before", change: both(looked(5, 9, 3, 9), fault("pause", time.Second, 2*time.Second)),
			want: outcome{pass, "no committed offset went back: 3 offsets compared", 3, 0, nil,
				[]string{"1 offset seen behind what pay had committed for less than 3s, near a fault on brokers: a broker that was away may tell what it knew before"}}},
		{name: "a paused broker excuses nothing that stays", change: both(looked(5, 9, 3, 4, 5, 6, 9), fault("pause", time.Second, 2*time.Second)), want: outcome{fail, "1 committed offset went back", 6, 1, back, nil}},
		{name: "a broker that was healed a while ago", change: both(looked(5, 9, 3, 9), fault("kill", 0, time.Second)),
			want: outcome{pass, "no committed offset went back: 3 offsets compared", 3, 0, nil,
				[]string{"1 offset seen behind what pay had committed for less than 3s, near a fault on brokers: a broker that was away may tell what it knew before"}}},
		{name: "a fault that comes later excuses nothing", change: both(looked(5, 9, 3, 9), fault("kill", 3*time.Second, 4*time.Second)), want: outcome{fail, "1 committed offset went back", 3, 1, back, nil}},
		{name: "a crash of a service excuses nothing", change: both(looked(5, 9, 3, 9), fault("crash", time.Second, 2*time.Second)), want: outcome{fail, "1 committed offset went back", 3, 1, back, nil}},
		{name: "the log lost its end", change: both(looked(5, 9, 3), func(e *Evidence) {
			e.Truncated = []Truncation{{Topic: "order.events", Partition: 0, From: 3, To: 9}}
		}), want: outcome{pass, "no committed offset went back: 2 offsets compared", 2, 0, nil, []string{"1 committed offset of pay went back with the end of the log"}}},
		{name: "the log lost its end behind what was committed", change: both(looked(5, 9, 3), func(e *Evidence) {
			e.Truncated = []Truncation{{Topic: "order.events", Partition: 0, From: 9, To: 12}}
		}), want: outcome{fail, "1 committed offset went back", 2, 1, back, nil}},
		{name: "another partition lost its end", change: both(looked(5, 9, 3), func(e *Evidence) {
			e.Truncated = []Truncation{{Topic: "order.events", Partition: 1, From: 3, To: 9}}
		}), want: outcome{fail, "1 committed offset went back", 2, 1, back, nil}},

		{name: "never seen", change: looked(), want: outcome{inconclusive, "what pay committed was seen never, and not compared", 0, 0, nil, nil}},
		{name: "seen once", change: looked(5), want: outcome{inconclusive, "what pay committed was seen once, and not compared", 0, 0, nil, nil}},
		{name: "not seen to the end", change: both(looked(5, 9), func(e *Evidence) { e.Load.To = 9 * time.Second }),
			want: outcome{inconclusive, "what pay committed was not seen from 1s on, and the load ended at 9s", 1, 0, nil, nil}},
		{name: "nothing was committed", change: looked(-1, -1), want: outcome{vacuous, "no group committed anything", 0, 0, nil, nil}},
		{name: "no group", want: outcome{vacuous, "no group committed anything", 0, 0, nil, nil}},
	})
}
