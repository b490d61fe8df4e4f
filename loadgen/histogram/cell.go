package histogram

import (
	"math"
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of every histogram; merging relies on it being the same.
const (
	lowest  = time.Microsecond
	highest = time.Hour
	digits  = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(lowest), int64(highest), digits)
}

// Stats is what is known of the samples of a kind in a phase beside their
// histogram. Its fields are exact.
type Stats struct {
	// Count is the number of samples in the histogram.
	Count int64
	// Min and Max are 0 where Count is.
	Min, Max time.Duration
	// Negative and OutOfRange samples are not in the histogram.
	Negative, OutOfRange int64
	// Failed and Unfinished records never got a latency.
	Failed, Unfinished int64

	// The sum of all samples in nanoseconds: 64 bits overflow after 30
	// million samples of ten minutes.
	sumHigh, sumLow uint64
}

// Mean is the exact mean, rounded down to a nanosecond.
func (s *Stats) Mean() time.Duration {
	if s.Count == 0 {
		return 0
	}
	// The quotient fits: no sample is longer than an hour.
	mean, _ := bits.Div64(s.sumHigh, s.sumLow, uint64(s.Count))
	return time.Duration(mean)
}

func (s *Stats) add(d time.Duration) {
	if s.Count == 0 || d < s.Min {
		s.Min = d
	}
	s.Max = max(s.Max, d)
	s.Count++
	var carry uint64
	s.sumLow, carry = bits.Add64(s.sumLow, uint64(d), 0)
	s.sumHigh += carry
}

func (s *Stats) merge(o *Stats) {
	if o.Count > 0 {
		if s.Count == 0 || o.Min < s.Min {
			s.Min = o.Min
		}
		s.Max = max(s.Max, o.Max)
	}
	s.Count += o.Count
	s.Negative += o.Negative
	s.OutOfRange += o.OutOfRange
	s.Failed += o.Failed
	s.Unfinished += o.Unfinished
	var carry uint64
	s.sumLow, carry = bits.Add64(s.sumLow, o.sumLow, 0)
	s.sumHigh += o.sumHigh + carry
}

// empty says that nothing at all was counted.
func (s *Stats) empty() bool { return *s == Stats{} }

// all is what Latency.Excluded counts of a warm-up.
func (s *Stats) all() int64 { return s.Count + s.Negative + s.OutOfRange + s.Failed + s.Unfinished }

// cell is the histogram and stats of one kind in one phase. Its histogram
// (197 KB) is made with its first sample.
type cell struct {
	Stats
	hist *hdrhistogram.Histogram
}

func (c *cell) record(d time.Duration) {
	switch {
	case d < 0:
		c.Negative++
	case d > highest:
		c.OutOfRange++
	default:
		if c.hist == nil {
			c.hist = newHistogram()
		}
		// In range, so the histogram cannot refuse it.
		_ = c.hist.RecordValue(int64(d))
		c.add(d)
	}
}

func (c *cell) merge(o *cell) {
	if o.Count > 0 {
		if c.hist == nil {
			c.hist = newHistogram()
		}
		c.hist.Merge(o.hist)
	}
	c.Stats.merge(&o.Stats)
}

func (c *cell) reset() {
	if c.Count > 0 {
		c.hist.Reset()
	}
	c.Stats = Stats{}
}

// quantile returns the q-quantile, q from 0 to 1, within the exact bounds.
func (c *cell) quantile(q float64) time.Duration {
	if c.Count == 0 {
		return 0
	}
	// Nearest rank, ceil(q·n). The library takes a percentage and rounds the
	// rank to the nearest, so it is asked for that rank's own percentage. What
	// q·n exceeds a whole number by may be an error of its last digits.
	rank := math.Ceil(q * float64(c.Count) * (1 - 1e-12))
	v := c.hist.ValueAtPercentile(100 * rank / float64(c.Count))
	return min(max(time.Duration(v), c.Min), c.Max)
}

// set is every cell of an interval, or of the whole run: of the kinds, then of
// the measures.
type set [][phases]cell

func newSet(measures int) set { return make(set, kinds+measures) }

func (s set) merge(o set) {
	for k := range s {
		for p := range s[k] {
			if !o[k][p].empty() {
				s[k][p].merge(&o[k][p])
			}
		}
	}
}

func (s set) reset() {
	for k := range s {
		for p := range s[k] {
			s[k][p].reset()
		}
	}
}

// over merges the cells of a kind over phases into a new one.
func (s set) over(k Kind, from ...Phase) *cell {
	c := &cell{}
	for _, p := range from {
		c.merge(&s[k][p])
	}
	return c
}
