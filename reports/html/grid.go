package html

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// maxPoints bounds what a report embeds: at most this many intervals of each
// kind, so that the report of a week is as light as that of a minute.
const maxPoints = 120

// bucketBase is the width of the buckets in which a report embeds histograms:
// each holds latencies within 5% of each other. Percentiles of a zoomed range
// are computed from them; everything else is exact to 3 digits.
const bucketBase = 1.05

// minForP99 is the number of samples below which a point of the p99 curve is
// left out: with fewer, none of them lies above the 99th percentile.
const minForP99 = 100

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

// latencyCurve is one latency kind over time. Values are microseconds; nil is
// a step without a value.
type latencyCurve struct {
	Kind  string   `json:"kind"`
	Name  string   `json:"name"`
	From  string   `json:"from"`
	To    string   `json:"to"`
	Count []int64  `json:"count"`
	P50   []*int64 `json:"p50"`
	P99   []*int64 `json:"p99"`
	Max   []*int64 `json:"max"`
	// Buckets of each step: index, count, index, count, ...
	Buckets [][]int64 `json:"buckets"`
}

// readLatency reads a histogram log into the grid. It reads the log once,
// merging as it goes: at no time is more than the histograms of two steps in
// memory, since the log is in order of time.
func readLatency(rec *run.Record, kind string, g grid) (*latencyCurve, error) {
	c := &latencyCurve{
		Kind: kind, Count: make([]int64, g.n), Buckets: make([][]int64, g.n),
		P50: make([]*int64, g.n), P99: make([]*int64, g.n), Max: make([]*int64, g.n),
	}
	steps := map[int]*hdrhistogram.Histogram{}
	var long []cover
	finish := func(before int) {
		for i, h := range steps {
			if i < before {
				c.fill(i, h)
				delete(steps, i)
			}
		}
	}
	for span, err := range rec.Spans(kind) {
		if err != nil {
			return nil, err
		}
		h, err := span.Histogram()
		if err != nil {
			return nil, fmt.Errorf("histogram log of %s at %v: %w", kind, span.Start, err)
		}
		i := g.at(span.Start, span.Length)
		if i < 0 {
			continue
		}
		finish(i - 1)
		if span.Length > g.step {
			long = append(long, cover{i, g.at(span.Start, 0), g.at(span.Start+span.Length-1, 0)})
		}
		if c.Count[i] > 0 {
			return nil, fmt.Errorf("histogram log of %s: %v comes too late", kind, span.Start)
		}
		if steps[i] == nil {
			steps[i] = h
		} else if dropped := steps[i].Merge(h); dropped > 0 {
			return nil, fmt.Errorf("histogram log of %s at %v: %d samples of another range", kind, span.Start, dropped)
		}
	}
	finish(math.MaxInt)
	for _, l := range long {
		c.spread(l)
	}
	return c, nil
}

// cover is an interval that is longer than a step: the step that has its
// samples, and the first and last one that it reaches into.
type cover struct{ home, first, last int }

// spread draws the value of an interval in all steps of it that have no
// interval of their own: nothing stood still there, the clock of the series was
// late. The samples stay in one step.
func (c *latencyCurve) spread(l cover) {
	for i := l.first; i <= l.last; i++ {
		if c.P50[i] == nil && c.Count[i] == 0 {
			c.P50[i], c.P99[i], c.Max[i] = c.P50[l.home], c.P99[l.home], c.Max[l.home]
		}
	}
}

func (c *latencyCurve) fill(i int, h *hdrhistogram.Histogram) {
	n := h.TotalCount()
	if n == 0 {
		return
	}
	c.Count[i] = n
	c.P50[i] = micros(h.ValueAtQuantile(50))
	if n >= minForP99 {
		c.P99[i] = micros(h.ValueAtQuantile(99))
	}
	c.Max[i] = micros(h.Max())
	c.Buckets[i] = buckets(h)
}

// micros rounds, but never to 0, which has no place on a logarithmic axis.
func micros(ns int64) *int64 {
	us := max((ns+500)/1000, 1)
	return &us
}

func buckets(h *hdrhistogram.Histogram) []int64 {
	var out []int64
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		i := bucket(bar.To)
		if n := len(out); n > 0 && out[n-2] == i {
			out[n-1] += bar.Count
		} else {
			out = append(out, i, bar.Count)
		}
	}
	return out
}

// bucket is the index of the bucket of a latency: bucket i holds those from
// bucketBase^i to bucketBase^(i+1) microseconds.
func bucket(ns int64) int64 {
	if ns <= 1000 {
		return 0
	}
	return int64(math.Log(float64(ns)/1000) / math.Log(bucketBase))
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
