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
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Distribution
	for p := range Phase(phases) {
		c := m.total.over(k, p)
		c.merge(&m.pending[k][p])
		if !c.empty() {
			all = append(all, Distribution{Phase: p, Stats: c.Stats, AtMost: c.atMost(bounds)})
		}
	}
	return all
}

// atMost counts the samples of at most each bound.
func (c *cell) atMost(bounds []time.Duration) []int64 {
	counts := make([]int64, len(bounds))
	if c.Count == 0 {
		return counts
	}
	next, below := 0, int64(0)
	for _, bar := range c.hist.Distribution() {
		for ; next < len(bounds) && bar.To > int64(bounds[next]); next++ {
			counts[next] = below
		}
		below += bar.Count
	}
	for ; next < len(bounds); next++ {
		counts[next] = below
	}
	return counts
}
