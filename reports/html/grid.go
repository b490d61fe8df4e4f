package html

import (
	"math"
	"slices"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// maxPoints bounds what a report embeds: at most this many intervals of each
// kind, so that the report of a week is as light as that of a minute.
const maxPoints = 120

// grid divides a run into at most maxPoints equal steps.
type grid struct {
	step time.Duration
	n    int
}

// newGrid chooses the smallest round step that fits.
func newGrid(end time.Duration) grid {
	for _, s := range []int{1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600} {
		step := time.Duration(s) * time.Second
		if n := steps(end, step); n <= maxPoints {
			return grid{step, n}
		}
	}
	// Longer than five days: whole hours.
	step := time.Duration(steps(end, maxPoints*time.Hour)) * time.Hour
	return grid{step, steps(end, step)}
}

func steps(end, step time.Duration) int { return int((end + step - 1) / step) }

// at is the step of an interval. Its middle decides: intervals begin and end
// when a timer woke, a little off the second.
func (g grid) at(start, length time.Duration) int {
	if g.n == 0 {
		return -1
	}
	return min(max(int((start+length/2)/g.step), 0), g.n-1)
}

// middle of a step, in seconds.
func (g grid) middle(i int) float64 {
	return (float64(i) + 0.5) * g.step.Seconds()
}

// periods divides the steps into at most most columns of a table: how many
// steps each column has, and where each begins.
func (g grid) periods(most int) (length int, starts []int) {
	length = max((g.n+most-1)/most, 1)
	for i := 0; i < g.n; i += length {
		starts = append(starts, i)
	}
	return length, starts
}

// flowCurves are what happened over time, per second, and the lag of groups.
type flowCurves struct {
	Due      []*float64 `json:"due"`
	Acked    []*float64 `json:"acked"`
	Received []*float64 `json:"received"`
	Effects  []*float64 `json:"effects"`
	Lag      []lagCurve `json:"lag"`
}

// lagCurve is the lag of a group in records, over all its partitions: the
// highest in each step.
type lagCurve struct {
	Group string   `json:"group"`
	Lag   []*int64 `json:"lag"`
}

func readFlow(intervals []run.Interval, g grid) flowCurves {
	sums := make([]run.Interval, g.n)
	lag := map[string][]*int64{}
	for _, in := range intervals {
		i := g.at(in.Start, in.Length)
		if i < 0 {
			continue
		}
		s := &sums[i]
		s.Length += in.Length
		s.Due += in.Due
		s.Acked += in.Acked
		s.Received += in.Received
		s.Effects += in.Effects
		for group, partitions := range in.Lag {
			if lag[group] == nil {
				lag[group] = make([]*int64, g.n)
			}
			var total int64
			for _, n := range partitions {
				total += n
			}
			if old := lag[group][i]; old == nil || *old < total {
				lag[group][i] = &total
			}
		}
	}
	var f flowCurves
	f.Due = perSecond(sums, func(in run.Interval) int64 { return in.Due })
	f.Acked = perSecond(sums, func(in run.Interval) int64 { return in.Acked })
	f.Received = perSecond(sums, func(in run.Interval) int64 { return in.Received })
	f.Effects = perSecond(sums, func(in run.Interval) int64 { return in.Effects })
	f.Lag = []lagCurve{}
	for _, group := range sortedKeys(lag) {
		f.Lag = append(f.Lag, lagCurve{group, lag[group]})
	}
	return f
}

// perSecond divides by the time that was really covered: the last step of a
// run is shorter than the others.
func perSecond(sums []run.Interval, count func(run.Interval) int64) []*float64 {
	out := make([]*float64, len(sums))
	for i, s := range sums {
		if s.Length > 0 {
			rate := math.Round(float64(count(s))/s.Length.Seconds()*10) / 10
			out[i] = &rate
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
