package compare

import (
	"math"
	"os"
	"testing"
)

// proof says whether the full simulations run: WEIR_PROOF=1.
func proof() bool { return os.Getenv("WEIR_PROOF") == "1" }

// repetitions is how often a comparison is repeated.
func repetitions() int {
	switch {
	case proof():
		return 1000
	case testing.Short():
		return 20
	}
	return 60
}

// p50p99 is the family of two metrics that the measured variation is of.
var p50p99 = Options{Metrics: []string{"publish.p50", "publish.p99"}}

// The simulations are deterministic: their seeds are fixed.

// TestFalseAlarms compares a flow with itself, with the variation measured on
// containers. An alarm is any metric that is called slower or faster; at most
// 2% may have one. Kinds of latency vary each for itself, which gives alarms
// most chances.
func TestFalseAlarms(t *testing.T) {
	tests := []struct {
		name        string
		flow        flow
		n           int
		interleaved bool
		options     Options
	}{
		{"16 metrics, 5 runs", flow{kinds: 3}, 5, false, Options{}},
		{"16 metrics, 5 pairs", flow{kinds: 3}, 5, true, Options{}},
		{"16 metrics, 5 pairs that share half", flow{kinds: 3, shared: 0.5}, 5, true, Options{}},
		{"2 metrics, 5 runs", flow{kinds: 1}, 5, false, p50p99},
		{"2 metrics, 12 pairs that share 80%", flow{kinds: 1, shared: 0.8}, 12, true, p50p99},
		{"16 metrics, one run against 5", flow{kinds: 3, one: true}, 5, false, Options{}},
		{"2 metrics, one run against 8", flow{kinds: 1, one: true}, 8, false, p50p99},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.flow.seconds, tt.flow.perSecond = 60, 2000
			got := tt.flow.repeated(1, repetitions(), tt.n, tt.interleaved, tt.options)
			t.Logf("%d comparisons of a flow with itself: %d false alarms, %d of them a regression", got.repetitions, got.alarms, got.failed)
			if got.share(got.alarms) > 0.02 {
				t.Errorf("false alarms in %.1f%%", 100*got.share(got.alarms))
			}
		})
	}
}

// TestPower compares a flow with one whose latencies are all 25% longer. The
// numbers of runs are those that docs/compare.md states for nine of ten
// comparisons, and a few more where they only just do.
func TestPower(t *testing.T) {
	tests := []struct {
		name        string
		flow        flow
		n           int
		interleaved bool
		options     Options
		metric      string // "" for a regression, whatever the metric
	}{
		{"a regression", flow{kinds: 1}, 9, false, p50p99, ""},
		{"p50", flow{kinds: 1}, 9, false, p50p99, "publish.p50"},
		{"p99", flow{kinds: 1}, 30, false, p50p99, "publish.p99"},
		{"p99 of pairs that share half", flow{kinds: 1, shared: 0.5}, 24, true, p50p99, "publish.p99"},
		{"p99 of pairs that share 80%", flow{kinds: 1, shared: 0.8}, 13, true, p50p99, "publish.p99"},
		{"p50 among 16 metrics", flow{kinds: 3, alike: true}, 12, false, Options{}, "publish.p50"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.flow.seconds, tt.flow.perSecond, tt.flow.shift = 60, 2000, math.Log(1.25)
			got := tt.flow.repeated(2, repetitions(), tt.n, tt.interleaved, tt.options)
			found := got.failed
			if tt.metric != "" {
				found = got.slower[tt.metric]
			}
			t.Logf("%d runs a side: found in %d of %d comparisons", tt.n, found, got.repetitions)
			if got.share(found) < 0.9 {
				t.Errorf("found in %.1f%%", 100*got.share(found))
			}
		})
	}
}

// TestPowerOfOneRun holds a single run whose latencies are twice as long against
// the runs of a baseline. What it finds of 25% the table prints: nearly nothing.
func TestPowerOfOneRun(t *testing.T) {
	f := flow{seconds: 60, perSecond: 2000, kinds: 1, one: true, shift: math.Log(2)}
	const n = 10
	got := f.repeated(4, repetitions(), n, false, p50p99)
	t.Logf("one run against %d: twice as long is found in %d of %d comparisons", n, got.failed, got.repetitions)
	if got.share(got.failed) < 0.9 {
		t.Errorf("found in %.1f%%", 100*got.share(got.failed))
	}
}

// TestVariation holds the made-up flow to the variation that was measured.
func TestVariation(t *testing.T) {
	f := flow{seconds: 60, perSecond: 2000, kinds: 1}
	a, _ := f.sides(newRand(5), 400)
	var p50, p99 []float64
	for _, m := range a {
		q := m.latencies[simulatedKinds[0]].whole([]float64{0.5, 0.99})
		p50, p99 = append(p50, q[0]), append(p99, q[1])
	}
	if cv := variation(p50); math.Abs(cv-0.09) > 0.01 {
		t.Errorf("p50 varies by %.1f%%, want 9%%", 100*cv)
	}
	if cv := variation(p99); math.Abs(cv-0.19) > 0.02 {
		t.Errorf("p99 varies by %.1f%%, want 19%%", 100*cv)
	}
}

// TestPercentilesOfTheBootstrapAreTooNarrow is why they are not used: of five
// runs, their 99% intervals miss a difference of zero several times as often.
func TestPercentilesOfTheBootstrapAreTooNarrow(t *testing.T) {
	const comparisons, resamples = 2000, 2000
	rng := newRand(6)
	narrow, welchs := 0, 0
	for range comparisons {
		var a, b [5]float64
		for i := range a {
			a[i], b[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		below := 0
		for range resamples {
			d := 0.0
			for range a {
				d += b[rng.IntN(5)] - a[rng.IntN(5)]
			}
			if d < 0 {
				below++
			}
		}
		if below < resamples/200 || below > resamples-resamples/200 {
			narrow++
		}
		ma, va := moment(a[:])
		mb, vb := moment(b[:])
		if s := welch(va/5, vb/5, 5, 5); math.Abs(mb-ma) > s.half(0.01) {
			welchs++
		}
	}
	t.Logf("99%% intervals of 5 runs miss: percentiles of the bootstrap in %.1f%%, t in %.1f%%", 100.0*float64(narrow)/comparisons, 100.0*float64(welchs)/comparisons)
	if narrow < 3*comparisons/100 {
		t.Errorf("percentiles of the bootstrap miss in %d of %d only: they could be used after all", narrow, comparisons)
	}
	if welchs > 2*comparisons/100 {
		t.Errorf("t misses in %d of %d", welchs, comparisons)
	}
}

func moment(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, variance
}

// TestTableOfOneRun prints how often a regression is found in one run, by the
// number of runs of its baseline.
func TestTableOfOneRun(t *testing.T) {
	if !proof() {
		return // make proof prints the table
	}
	const repetitions = 200
	t.Log("runs of the baseline | 16 metrics: +25%, +50%, twice | 2 metrics: +25%, +50%, twice")
	for _, n := range []int{5, 8, 10, 14, 20, 30} {
		row := []any{n}
		for _, family := range []struct {
			kinds int
			o     Options
		}{{3, Options{}}, {1, p50p99}} {
			for _, factor := range []float64{1.25, 1.5, 2} {
				f := flow{seconds: 60, perSecond: 2000, kinds: family.kinds, alike: true, one: true, shift: math.Log(factor)}
				got := f.repeated(5, repetitions, n, false, family.o)
				row = append(row, 100*got.share(got.failed))
			}
		}
		t.Logf("%3d | %3.0f %3.0f %3.0f | %3.0f %3.0f %3.0f", row...)
	}
}

// TestPowerTable prints how often 25% is found, by the number of runs.
func TestPowerTable(t *testing.T) {
	if !proof() {
		return // make proof prints the table
	}
	const repetitions = 200
	t.Log("runs a side | 16 metrics: regression, p50, p99 | 2 metrics: regression, p50, p99 | in pairs that share half | 80%")
	for _, n := range []int{5, 6, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32, 36, 40} {
		row := func(f flow, interleaved bool, o Options) []any {
			f.seconds, f.perSecond, f.shift, f.alike = 60, 2000, math.Log(1.25), true
			got := f.repeated(3, repetitions, n, interleaved, o)
			return []any{100 * got.share(got.failed), 100 * got.share(got.slower["publish.p50"]), 100 * got.share(got.slower["publish.p99"])}
		}
		const three = " | %3.0f %3.0f %3.0f"
		t.Logf("%3d"+three+three+three+three, append(append(append(append([]any{n},
			row(flow{kinds: 3}, false, Options{})...),
			row(flow{kinds: 1}, false, p50p99)...),
			row(flow{kinds: 1, shared: 0.5}, true, p50p99)...),
			row(flow{kinds: 1, shared: 0.8}, true, p50p99)...)...)
	}
}
