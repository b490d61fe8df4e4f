package invariant

import (
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// lagging is a load of as many seconds as there are lags of the group "g", -1
// where it is not known, that may be at most 10.
func lagging(lags ...int64) func(*Evidence) {
	return func(e *Evidence) {
		seconds := make([]sec, len(lags))
		for i, lag := range lags {
			seconds[i] = sec{100, 100, lag}
		}
		e.Intervals = series(seconds...)
		e.Load = Span{0, time.Duration(len(lags)) * time.Second}
		e.LagBounds = []LagBound{{Group: "g", Records: 10, Source: "pay/weir.yaml"}}
	}
}

func TestLagBounded(t *testing.T) {
	crash := func(start, healed, recovery time.Duration) func(*Evidence) {
		return func(e *Evidence) {
			e.Faults = []run.Fault{{Kind: "crash", Bit: true, Start: start * time.Second, Healed: healed * time.Second,
				Recovered: recovery > 0, Recovery: recovery * time.Second}}
		}
	}
	above := func(what string) []string {
		return []string{"g was more than 10 records behind (pay/weir.yaml) for " + what + " at most, the most of it in t/0"}
	}
	const unseen = -1
	older := func(bound time.Duration, seconds ...int64) func(*Evidence) {
		return func(e *Evidence) {
			// The record at each offset is due at the second of that number.
			following(func(c *ProgressConfig) { c.Group, c.Age = "g", bound }, func(_ *Flow, p *Progress) {
				for at, offset := range seconds {
					if offset != unseen {
						p.look(time.Duration(at)*time.Second, offset)
					}
				}
			})(e)
			e.Load = Span{0, time.Duration(len(seconds)-1) * time.Second}
			e.LagBounds = []LagBound{{Group: "g", Age: bound, Source: "pay/weir.yaml"}}
		}
	}
	old := func(seconds ...int64) func(*Evidence) { return older(3*time.Second, seconds...) }
	const records = "ar ar ar ar ar ar ar ar ar ar"
	runCases(t, LagBounded, []testCase{
		{name: "below", change: lagging(0, 10, 3), want: outcome{pass, "within its bound: g was 10 records behind at most", 3, 0, nil, nil}},
		{name: "above", change: lagging(0, 12, 19, 3), want: outcome{fail, "above its bound once", 4, 1, above("2s from 1s on: 19"), nil}},
		{name: "above twice", change: lagging(11, 0, 12), want: outcome{fail, "above its bound 2 times", 3, 2, append(above("1s from 0s on: 11"), above("1s from 2s on: 12")...), nil}},
		{name: "a crash excuses it", change: both(lagging(0, 50, 90, 20, 0, 0, 0, 0), crash(1, 2, 3)), want: outcome{pass, "within its bound: g was 90 records behind at most", 8, 0, nil, nil}},
		{name: "and not what comes long after", change: both(lagging(0, 50, 0, 0, 0, 0, 0, 0, 20), crash(1, 2, 1)), want: outcome{fail, "above its bound once", 9, 1, above("1s from 8s on: 20"), nil}},
		{name: "not back when the load ended", change: both(lagging(0, 50, 90, 20), crash(1, 2, 0)),
			want: outcome{inconclusive, "the load ended before g was back below its bound after a fault", 4, 0, nil, []string{"let the load go on for longer after the fault is healed"}}},
		{name: "never back", change: both(lagging(make50(40)...), crash(1, 2, 0)), want: outcome{fail, "above its bound once", 40, 1, above("40s from 0s on: 50"), nil}},
		{name: "what comes after the load", change: both(lagging(0, 5, 99), func(e *Evidence) { e.Load.To = 2 * time.Second }),
			want: outcome{pass, "within its bound: g was 5 records behind at most", 2, 0, nil, nil}},
		{name: "what comes in the warm-up", change: both(lagging(99, 5, 5), func(e *Evidence) { e.Load.From = time.Second }),
			want: outcome{pass, "within its bound: g was 5 records behind at most", 2, 0, nil, nil}},

		{name: "never known", change: lagging(-1, -1), want: outcome{inconclusive, "the lag of g was never known", 0, 0, nil, nil}},
		{name: "not known for long", change: lagging(0, -1, -1, -1, -1, 0), want: outcome{inconclusive, "the lag of g was not known for 4s from 1s on", 2, 0, nil, nil}},
		{name: "not known while a broker was away", change: both(lagging(0, -1, -1, -1, -1, 0), crash(1, 2, 4)), want: outcome{pass, "within its bound: g was 0 records behind at most", 2, 0, nil, nil}},
		{name: "assigned nothing", change: both(lagging(0, 0), func(e *Evidence) {
			for i := range e.Intervals {
				e.Intervals[i].Lag["g"] = map[string]int64{}
			}
		}), want: outcome{inconclusive, "g was assigned nothing and committed nothing", 2, 0, nil, nil}},
		{name: "no group", want: outcome{vacuous, "no group with a bound was watched", 0, 0, nil, nil}},

		{name: "young", records: records, change: old(0, 0, 1, 3, 4), want: outcome{pass, "within its bound", 5, 0, nil, nil}},
		{name: "old", records: records, change: old(0, 0, 0, 0, 0, 0, 6), want: outcome{fail, "above its bound once", 7, 1,
			[]string{"order.events/0@0: g had not committed what was due more than 3s before (pay/weir.yaml), for 2s from 3s on: this record was 5s old"}, nil}},
		{name: "old, young and old again", records: records, change: old(0, 0, 0, 0, 0, 4, 4, 4, 4, 9), want: outcome{fail, "above its bound 2 times", 10, 2, []string{
			"order.events/0@0: g had not committed what was due more than 3s before (pay/weir.yaml), for 1s from 3s on: this record was 4s old",
			"order.events/0@4: g had not committed what was due more than 3s before (pay/weir.yaml), for 1s from 7s on: this record was 4s old",
		}, nil}},
		{name: "old at one look, and a crash much earlier", records: records, change: both(old(0, 0, 0, 0, 0, 5, 6), crash(0, 0, 0), func(e *Evidence) { e.Faults[0].Recovered = true }),
			want: outcome{fail, "above its bound once", 7, 1,
				[]string{"order.events/0@0: g had not committed what was due more than 3s before (pay/weir.yaml), for 1s from 3s on: this record was 4s old"}, nil}},
		{name: "old in the warm-up, and after the load", records: records, change: both(old(0, 0, 0, 0, 0, 4, 4, 4, 4, 9), func(e *Evidence) { e.Load = Span{5 * time.Second, 7 * time.Second} }),
			want: outcome{pass, "within its bound", 10, 0, nil, nil}},
		{name: "old before a crash, and seen after it", records: records, change: both(old(0, 1, 2, 2, unseen, unseen, unseen, unseen, 2, 9), crash(6, 7, 2)),
			want: outcome{fail, "above its bound once", 6, 1,
				[]string{"order.events/0@2: g had not committed what was due more than 3s before (pay/weir.yaml), for 3s from 5s on: this record was 6s old"}, nil}},
		{name: "old and young again between two looks, perhaps", records: records, change: old(0, 1, 2, 2, unseen, unseen, unseen, unseen, 8, 9),
			want: outcome{inconclusive, "how old what g had not committed was is not known for 3s from 5s on", 6, 0, nil, nil}},
		{name: "the same while a crash disturbs it", records: records, change: both(old(0, 1, 2, 2, unseen, unseen, unseen, unseen, 8, 9), crash(4, 5, 4)),
			want: outcome{pass, "within its bound", 6, 0, nil, nil}},
		{name: "too short a time between two looks to become old", records: records, change: older(6*time.Second, 0, 1, 2, 2, unseen, unseen, unseen, unseen, 8, 9),
			want: outcome{pass, "within its bound", 6, 0, nil, nil}},
		{name: "not looked at before it may be old", records: records, change: old(unseen, unseen, unseen, unseen, unseen, 5, 6),
			want: outcome{inconclusive, "how old what g had not committed was is not known for 2s from 3s on", 2, 0, nil, nil}},
		{name: "old while a crash disturbs it", records: records, change: both(old(0, 0, 0, 0, 0, 0, 6), crash(3, 4, 3)), want: outcome{pass, "within its bound", 7, 0, nil, nil}},
		{name: "old of a group of which nothing else is known", records: records, change: both(old(0, 0, 0, 0, 0, 0, 6), func(e *Evidence) {
			e.Progress[0].traces[0].Reactions = nil
		}), want: outcome{fail, "above its bound once", 7, 1,
			[]string{"order.events/0@0: g had not committed what was due more than 3s before (pay/weir.yaml), for 2s from 3s on: this record was 5s old"}, nil}},
		{name: "old without a look", records: records, change: both(old(0), func(e *Evidence) { e.Progress = nil }),
			want: outcome{inconclusive, "nothing shows how old what g had not committed was", 0, 0, nil, nil}},
	})
}

func make50(n int) []int64 {
	lags := make([]int64, n)
	for i := range lags {
		lags[i] = 50
	}
	return lags
}
