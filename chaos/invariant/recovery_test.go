package invariant

import (
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

func TestRecovery(t *testing.T) {
	bitten := func(f run.Fault) run.Fault {
		f.Bit = true
		if f.Kind == "" {
			f.Kind = "kill"
		}
		return f
	}
	kill := bitten(run.Fault{What: "kill broker 1", Recovered: true, Recovery: 4321400 * time.Microsecond})
	faults := func(all ...run.Fault) func(*Evidence) { return func(e *Evidence) { e.Faults = all } }
	const none = "no fault bit, so there was nothing to recover from"
	runCases(t, Recovery, []testCase{
		{name: "recovered", change: faults(kill), want: outcome{pass, "recovered from 1 fault, at the slowest in 4.321s", 1, 0, nil, nil}},
		{name: "the slowest counts", change: faults(kill, bitten(run.Fault{Recovered: true, Recovery: 12345 * time.Millisecond})),
			want: outcome{pass, "recovered from 2 faults, at the slowest in 12.3s", 2, 0, nil, nil}},
		{name: "not seen to recover", change: faults(kill, bitten(run.Fault{What: "crash pay"})),
			want: outcome{inconclusive, "the run ended before the flow was seen to recover from: crash pay", 2, 0, nil,
				[]string{"let the load go on for longer after the fault is healed"}}},
		{name: "no fault", want: outcome{vacuous, none, 0, 0, nil, nil}},
		{name: "a fault that did not bite", change: faults(run.Fault{Kind: "kill", Recovered: true}), want: outcome{vacuous, none, 0, 0, nil, nil}},
		{name: "faults in the load are nothing to recover from", change: faults(bitten(run.Fault{Kind: "poison"}), bitten(run.Fault{Kind: "duplicate"})),
			want: outcome{vacuous, none, 0, 0, nil, nil}},
		{name: "leaderless", change: both(faults(kill), func(e *Evidence) { e.Leaderless = []string{"a/0", "b/1"} }),
			want: outcome{fail, "2 partitions without a leader 30 s after healing: a/0, b/1", 1, 2, []string{
				"a/0 has no leader 30 s after the last fault was healed", "b/1 has no leader 30 s after the last fault was healed",
			}, nil}},
		{name: "leaderless without a fault that bit", change: func(e *Evidence) { e.Leaderless = []string{"a/0"} },
			want: outcome{fail, "1 partition without a leader 30 s after healing: a/0", 0, 1, []string{"a/0 has no leader 30 s after the last fault was healed"}, nil}},
	})
}

// sec is a second of a series: due, acked and, where it is not -1, the lag of
// group g.
type sec struct{ due, acked, lag int64 }

func series(seconds ...sec) []run.Interval {
	all := make([]run.Interval, len(seconds))
	for i, s := range seconds {
		all[i] = run.Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Due: s.due, Acked: s.acked}
		if s.lag >= 0 {
			all[i].Lag = map[string]map[string]int64{"g": {"t/0": s.lag}}
		}
	}
	return all
}

// one is a group of which nobody knows how often it commits.
var one = map[string]time.Duration{"g": 0}

func TestRecovered(t *testing.T) {
	good, bad := sec{100, 100, 0}, sec{100, 20, 0}
	five := map[string]time.Duration{"g": 5 * time.Second}
	tests := []struct {
		name   string
		series []run.Interval
		at     time.Duration
		groups map[string]time.Duration
		want   time.Duration
		ok     bool
		until  time.Duration
	}{
		{"at once", series(good, good, good, good), time.Second, nil, 0, true, 0},
		{"two good seconds are too few", series(good, good, good), time.Second, nil, 0, false, 0},
		{"the first of three in a row", series(good, bad, good, good, bad, good, good, good, good), time.Second, nil, 4 * time.Second, true, 0},
		{"95% is enough", series(sec{100, 95, 0}, sec{100, 95, 0}, sec{100, 95, 0}), 0, nil, 0, true, 0},
		{"94% is not", series(sec{100, 94, 0}, sec{100, 94, 0}, sec{100, 94, 0}), 0, nil, 0, false, 0},
		{"more acks than due: a backlog drains", series(bad, sec{100, 180, 0}, good, good), 0, nil, time.Second, true, 0},
		{"the second of the fault counts neither way", series(good, good, good, good, good), 1500 * time.Millisecond, nil, 500 * time.Millisecond, true, 0},
		{"seconds before the fault are not after it", series(good, good, good, good, bad, bad), 4 * time.Second, nil, 0, false, 0},
		{"no series", nil, 0, nil, 0, false, 0},
		{"a backlog that is acked at the end of a second in which it stood still", series(good, bad, sec{100, 180, 0}, good, good, good),
			time.Second, nil, 2 * time.Second, true, 2800 * time.Millisecond},
		{"still until the end of a second", series(good, bad, sec{100, 180, 0}, good, good), time.Second, nil, time.Second, true, 2 * time.Second},

		{"lag back to its maximum before and one second of load", series(sec{10, 10, 40}, sec{10, 10, 25}, sec{10, 10, 90}, sec{10, 10, 51}, sec{10, 10, 50}, sec{10, 10, 50}, sec{10, 10, 3}),
			2 * time.Second, one, 2 * time.Second, true, 0},
		{"lag stays one above", series(sec{10, 10, 40}, sec{10, 10, 51}, sec{10, 10, 51}, sec{10, 10, 51}), time.Second, one, 0, false, 0},
		{"commits every 1.25 s, seen each second at another point of their rise", series(sec{100, 100, 65}, sec{100, 100, 40}, sec{100, 100, 15}, sec{100, 100, 900},
			sec{100, 100, 120}, sec{100, 100, 95}, sec{100, 100, 120}, sec{100, 100, 95}, sec{100, 100, 120}), 3 * time.Second, one, time.Second, true, 0},
		{"lag of one second of load is no higher", series(sec{100, 100, 0}, sec{100, 100, 100}, sec{100, 100, 100}, sec{100, 100, 100}), time.Second, one, 0, true, 0},
		{"lag of more is", series(sec{100, 100, 0}, sec{100, 100, 101}, sec{100, 100, 101}, sec{100, 100, 101}), time.Second, one, 0, false, 0},
		{"lag of a commit's interval and one second is no higher", series(sec{100, 100, 0}, sec{100, 100, 600}, sec{100, 100, 100}, sec{100, 100, 200}), time.Second, five, 0, true, 0},
		{"lag of more than a commit's interval and one second is", series(sec{100, 100, 0}, sec{100, 100, 601}, sec{100, 100, 100}, sec{100, 100, 200}), time.Second, five, 0, false, 0},
		{"the lag in the second of the fault is not from before it", series(sec{10, 10, 5}, sec{10, 10, 900}, sec{10, 10, 800}, sec{10, 10, 800}, sec{10, 10, 800}),
			1500 * time.Millisecond, one, 0, false, 0},
		{"unknown lag is not low", series(sec{100, 100, 0}, sec{100, 100, -1}, sec{100, 100, -1}, sec{100, 100, -1}, sec{100, 100, -1}), time.Second, one, 0, false, 0},
		{"lag is unknown in the midst", series(good, good, sec{100, 100, -1}, good, good, good), time.Second, one, 2 * time.Second, true, 0},
		{"a group of which nothing is ever known", series(good, good, good, good), 0, map[string]time.Duration{"g": 0, "other": 0}, 0, false, 0},
		{"without a group lag is no matter", series(sec{100, 100, -1}, sec{100, 100, -1}, sec{100, 100, -1}), 0, nil, 0, true, 0},

		{"after the load nearly everything must have its ack", series(good, bad, bad, sec{0, 70, 0}, sec{0, 79, 0}, sec{0, 6, 0}, sec{0, 0, 0}, sec{0, 0, 0}),
			time.Second, nil, 4 * time.Second, true, 0},
		{"after the load sends stay without an outcome", series(good, bad, sec{0, 0, 0}, sec{0, 0, 0}, sec{0, 0, 0}, sec{0, 0, 0}), time.Second, nil, 0, false, 0},
		{"the load ended before the fault", series(good, sec{0, 0, 0}, sec{0, 0, 0}, sec{0, 0, 0}), time.Second, nil, 0, true, 0},
		{"after the load lag must be down", series(sec{100, 100, 10}, sec{100, 100, 500}, sec{0, 0, 300}, sec{0, 0, 11}, sec{0, 0, 10}, sec{0, 0, 0}, sec{0, 0, 0}),
			time.Second, one, 3 * time.Second, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Recovered(tt.series, tt.at, tt.until, tt.at, tt.groups)
			if got != tt.want || ok != tt.ok {
				t.Errorf("%v, %v; want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// The lag of the first fault is no measure for the second.
func TestRecoveredFromTheSecondFault(t *testing.T) {
	seconds := series(sec{10, 10, 40}, sec{10, 0, 900}, sec{10, 10, 30}, sec{10, 10, 30}, sec{10, 10, 30},
		sec{10, 10, 800}, sec{10, 10, 51}, sec{10, 10, 50}, sec{10, 10, 50}, sec{10, 10, 50})
	if got, ok := Recovered(seconds, 5*time.Second, 0, time.Second, one); got != 2*time.Second || !ok {
		t.Errorf("got %v, %v; want 2s", got, ok)
	}
}

// Nor is that at the end of the second in which the first fault came, however
// soon the second one follows.
func TestRecoveredFromAFaultWithinASecondOfAnother(t *testing.T) {
	seconds := series(sec{10, 10, 40}, sec{10, 0, 900}, sec{10, 10, 800}, sec{10, 10, 700}, sec{10, 10, 600}, sec{10, 10, 50}, sec{10, 10, 50}, sec{10, 10, 50})
	const first, second = 1700 * time.Millisecond, 2300 * time.Millisecond
	if got, ok := Recovered(seconds, second, 0, first, one); got != 5*time.Second-second || !ok {
		t.Errorf("got %v, %v; want 2.7s", got, ok)
	}
}

func TestRecoveredOverIntervalsOfOtherLengths(t *testing.T) {
	second := func(start, length time.Duration) run.Interval {
		return run.Interval{Start: start, Length: length, Due: 10, Acked: 10}
	}
	ten := []run.Interval{second(0, 10*time.Second), second(10*time.Second, 10*time.Second)}
	if got, ok := Recovered(ten, 5*time.Second, 0, 5*time.Second, nil); got != 14*time.Second || !ok {
		t.Errorf("one interval of ten good seconds: %v, %v", got, ok)
	}
	lagged := []run.Interval{ten[0], ten[1], second(20*time.Second, 10*time.Second)}
	for i, lag := range []int64{5, 200, 5} {
		lagged[i].Lag = map[string]map[string]int64{"g": {"t/0": lag}}
	}
	if got, ok := Recovered(lagged, 10*time.Second, 0, 10*time.Second, one); got != 19*time.Second || !ok {
		t.Errorf("a lag that fell at some time of ten seconds: %v, %v; want 19s", got, ok)
	}
	hole := []run.Interval{second(0, time.Second), second(time.Second, time.Second), second(3*time.Second, time.Second), second(4*time.Second, time.Second)}
	if got, ok := Recovered(hole, 0, 0, 0, nil); ok {
		t.Errorf("three good seconds around a hole: %v", got)
	}
	failed := []run.Interval{{Length: time.Second, Due: 100, Failed: 100}, {Start: time.Second, Length: 5 * time.Second}}
	if got, ok := Recovered(failed, 0, 0, 0, nil); got != 5*time.Second || !ok {
		t.Errorf("sends that failed for certain are not waited for: %v, %v", got, ok)
	}
}
