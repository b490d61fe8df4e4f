package html

import (
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// bucketBase is the width of the buckets in which a report embeds histograms:
// each holds latencies within 5% of each other. Percentiles of a zoomed range
// are computed from them; everything else is exact to 3 digits.
const bucketBase = 1.05

// minForP99 is the number of samples below which a point of the p99 curve is
// left out: with fewer, none of them lies above the 99th percentile.
const minForP99 = 100

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
	// Buckets of each step; Warm has those of them that the warm-up made, and
	// is as long as there are any.
	Buckets []buckets `json:"buckets"`
	Warm    []buckets `json:"warm"`
	// Curve has the percentiles of summary.CurveQuantiles over the whole run.
	Curve []float64 `json:"curve"`
	// Baseline is the same of the runs that the run was held against, if any.
	Baseline []float64 `json:"baseline,omitempty"`

	// whole has all samples but those of the warm-up.
	whole wholeRun
}

// histogram is one that others are added to.
type histogram struct{ *hdrhistogram.Histogram }

func (h *histogram) add(o *hdrhistogram.Histogram) error {
	if h.Histogram == nil {
		h.Histogram = hdrhistogram.New(o.LowestTrackableValue(), o.HighestTrackableValue(), int(o.SignificantFigures()))
	}
	if dropped := h.Merge(o); dropped > 0 {
		return fmt.Errorf("%d samples of another range", dropped)
	}
	return nil
}

// stepSamples are the samples of a step.
type stepSamples struct{ all, warm histogram }

// readLatency reads a histogram log into the grid. It reads the log once,
// merging as it goes: at no time is more than the histograms of two steps and
// of the whole run in memory, since the log is in order of time.
func readLatency(rec *run.Record, kind string, g grid) (*latencyCurve, error) {
	c := &latencyCurve{
		Kind: kind, Count: make([]int64, g.n), Buckets: make([]buckets, g.n), Warm: []buckets{},
		P50: make([]*int64, g.n), P99: make([]*int64, g.n), Max: make([]*int64, g.n),
	}
	steps := map[int]*stepSamples{}
	var whole histogram
	var long []cover
	finish := func(before int) {
		for i, s := range steps {
			if i < before {
				c.fill(i, s)
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
			steps[i] = &stepSamples{}
		}
		part := &whole
		if span.Tag == run.PhaseWarmup {
			part = &steps[i].warm
		}
		for _, sum := range []*histogram{&steps[i].all, part} {
			if err := sum.add(h); err != nil {
				return nil, fmt.Errorf("histogram log of %s at %v: %w", kind, span.Start, err)
			}
		}
	}
	finish(math.MaxInt)
	for _, l := range long {
		c.spread(l)
	}
	c.whole = newWholeRun(rec, kind, whole.Histogram)
	c.Curve = c.whole.curve()
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

func (c *latencyCurve) fill(i int, s *stepSamples) {
	h := s.all
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
	c.Buckets[i] = newBuckets(h.Histogram)
	if s.warm.Histogram != nil && s.warm.TotalCount() > 0 {
		for len(c.Warm) <= i {
			c.Warm = append(c.Warm, nil)
		}
		c.Warm[i] = newBuckets(s.warm.Histogram)
	}
}

// micros rounds, but never to 0, which has no place on a logarithmic axis.
func micros(ns int64) *int64 {
	us := max((ns+500)/1000, 1)
	return &us
}

// buckets are counts of latencies: the index of the first bucket, then the
// counts of it and those that follow. A negative number stands for so many
// empty ones.
type buckets []int64

func newBuckets(h *hdrhistogram.Histogram) buckets {
	var b buckets
	var next int64 // index after the last count
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		i := bucket(bar.To)
		switch {
		case b == nil:
			b = buckets{i, bar.Count}
		case i < next:
			b[len(b)-1] += bar.Count
			continue
		case i > next:
			b = append(b, next-i, bar.Count)
		default:
			b = append(b, bar.Count)
		}
		next = i + 1
	}
	return b
}

// all yields the buckets that are not empty and their counts.
func (b buckets) all() iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		if len(b) == 0 {
			return
		}
		i := b[0]
		for _, n := range b[1:] {
			if n < 0 {
				i -= n
				continue
			}
			if !yield(i, n) {
				return
			}
			i++
		}
	}
}

// bucket is the index of the bucket of a latency: bucket i holds those from
// bucketBase^i to bucketBase^(i+1) microseconds, and the first also those
// below.
func bucket(ns int64) int64 {
	if ns <= 1000 {
		return 0
	}
	return int64(math.Log(float64(ns)/1000) / math.Log(bucketBase))
}

// edge is where a bucket begins.
func edge(bucket int64) time.Duration {
	return time.Duration(1000 * math.Pow(bucketBase, float64(bucket)))
}
