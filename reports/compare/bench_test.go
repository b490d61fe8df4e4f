package compare

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkCompare is a whole comparison after the logs are read: two sides of
// five runs of 60 seconds, 16 metrics, 10,000 resamples.
func BenchmarkCompare(b *testing.B) {
	benchmark(b, Options{})
}

// BenchmarkSimulated is one as the simulations repeat it.
func BenchmarkSimulated(b *testing.B) {
	benchmark(b, Options{inner: 100, Resamples: 2000})
}

func benchmark(b *testing.B, o Options) {
	o, err := o.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	f := flow{seconds: 60, perSecond: 2000, kinds: 3}
	x, y := f.sides(rand.New(rand.NewPCG(1, 1)), 5)
	b.ReportAllocs()
	for b.Loop() {
		c := &Comparison{Base: make([]Run, 5), Candidate: make([]Run, 5)}
		if c.weigh(x, y, o); c.Comparisons != 16 {
			b.Fatalf("%d metrics", c.Comparisons)
		}
	}
}

func BenchmarkSimulate(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		f := flow{seconds: 60, perSecond: 2000, kinds: 3}
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
