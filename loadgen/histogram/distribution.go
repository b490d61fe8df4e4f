package histogram

import "time"

// Distribution is how the samples of one kind in one phase are spread over
// bounds, for readers that know no HdrHistogram.
type Distribution struct {
	Phase Phase
	Stats
	// AtMost are the samples of at most each of the bounds, in their order.
	AtMost []int64
}

// Sum is the sum of all samples in seconds.
func (s *Stats) Sum() float64 {
	const word = 1 << 64
	return (float64(s.sumHigh)*word + float64(s.sumLow)) / float64(time.Second)
}

// Distributions returns the samples of a kind in each phase that has been
// recorded or missed, spread over ascending bounds. As Latencies, it knows what
// was taken by the last Rotate or Close, so that counts only ever grow from
// call to call. No sample counts below a bound that it exceeds; one that is
// less than 0.1% below a bound, the width of a bucket here, may count in the
// next.
func (m *Meter) Distributions(k Kind, bounds []time.Duration) []Distribution {
	ends := bucketsOf(bounds)
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Distribution
	for p := range Phase(phases) {
		d := Distribution{Phase: p, AtMost: make([]int64, len(bounds))}
		for _, c := range []*cell{&m.total[k][p], &m.pending[k][p]} {
			d.merge(&c.Stats)
			c.addTo(d.AtMost, ends)
		}
		if !d.empty() {
			all = append(all, d)
		}
	}
	return all
}

// bucketsOf are the indexes of the buckets that bounds fall into: all that lie
// below one hold samples that are at most as long as the bound.
func bucketsOf(bounds []time.Duration) (ends []int) {
	h := newHistogram()
	for _, b := range bounds {
		_ = h.RecordValue(int64(b)) // bounds are in its range
	}
	for index, n := range h.Export().Counts {
		for range n {
			ends = append(ends, index)
		}
	}
	return ends
}

// addTo adds the samples in the buckets below each end.
func (c *cell) addTo(counts []int64, ends []int) {
	if c.Count == 0 {
		return
	}
	index, below := 0, int64(0)
	buckets := c.hist.Export().Counts
	for i, end := range ends {
		for ; index < end; index++ {
			below += buckets[index]
		}
		counts[i] += below
	}
}
