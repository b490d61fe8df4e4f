package compare

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkCompare is a whole comparison after the logs are read: two sides of
// five runs of 60 seconds at 5,000 records a second, three kinds of latency in
// histograms of three digits, 16 metrics, 10,000 resamples.
func BenchmarkCompare(b *testing.B) {
	rng := newRand(1)
	var sides [2][]*measured
	for i := range 10 {
		m := flow{seconds: 60, perSecond: 5000}.run(rng, character{})
		for _, kind := range simulatedKinds {
			m.latencies[kind] = newLatency(recorded(b, rng))
		}
		sides[i%2] = append(sides[i%2], m)
	}
	benchmark(b, sides[0], sides[1], Options{})
}

// recorded are the seconds of a run as a histogram log has them.
func recorded(b *testing.B, rng *rand.Rand) []span {
	var all []span
	for i := range 60 {
		h := newHistogram()
		for range 5000 {
			if err := h.RecordValue(int64(5e6 * math.Exp(0.6*rng.NormFloat64()))); err != nil {
				b.Fatal(err)
			}
		}
		s := span{start: time.Duration(i) * time.Second, length: time.Second}
		for _, x := range h.Distribution() {
			if x.Count > 0 {
				s.bars = append(s.bars, bar{x.To, x.Count})
			}
		}
		all = append(all, s)
	}
	return all
}

// BenchmarkSimulated is one as the simulations repeat it.
func BenchmarkSimulated(b *testing.B) {
	f := flow{seconds: 60, perSecond: 2000, kinds: 3}
	x, y := f.sides(newRand(1), 5)
	benchmark(b, x, y, Options{inner: 100, Resamples: 2000})
}

func benchmark(b *testing.B, x, y []*measured, o Options) {
	o, err := o.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c := &Comparison{Base: make([]Run, 5), Candidate: make([]Run, 5)}
		if c.weigh(x, y, o); c.Comparisons != 16 {
			b.Fatalf("%d metrics", c.Comparisons)
		}
	}
}

func BenchmarkSimulate(b *testing.B) {
	rng := newRand(1)
	f := flow{seconds: 60, perSecond: 2000, kinds: 3}
	for b.Loop() {
		f.sides(rng, 5)
	}
}

// BenchmarkRead reads a run directory of 20 seconds and two kinds.
func BenchmarkRead(b *testing.B) {
	base, _ := sides(b, 1, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := measure(base[0]); err != nil {
			b.Fatal(err)
		}
	}
}
