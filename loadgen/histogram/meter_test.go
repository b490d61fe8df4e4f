package histogram_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/run"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

func newMeter(t testing.TB, phases *histogram.Phases) (*histogram.Meter, string) {
	t.Helper()
	dir := t.TempDir()
	m, err := histogram.New(dir, start, phases)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, dir
}

func find(t *testing.T, list []run.Latency, kind histogram.Kind, phase string) run.Latency {
	t.Helper()
	n := slices.IndexFunc(list, func(l run.Latency) bool { return l.Kind == kind.String() && l.Phase == phase })
	if n < 0 {
		t.Fatalf("no latency of %v in phase %q", kind, phase)
	}
	return list[n]
}

// TestLatenciesFromLogs: what the meter says and what its logs say is equal,
// whatever was recorded, by however many recorders, rotated however often.
func TestLatenciesFromLogs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 5*time.Second)
	phases.Set(histogram.Fault, 20*time.Second)
	phases.Set(histogram.Healed, 25*time.Second)
	m, dir := newMeter(t, phases)
	recorders := []*histogram.Recorder{m.Recorder(), m.Recorder(), m.Recorder()}
	for second := range 30 {
		at := time.Duration(second) * time.Second
		for n := range 500 {
			r := recorders[n%len(recorders)]
			due := at + time.Duration(rng.IntN(1e9)) - 500*time.Millisecond
			kind := histogram.Kind(rng.IntN(6))
			r.Record(kind, due, time.Duration(rng.ExpFloat64()*5e6))
			switch n {
			case 1:
				r.Record(kind, due, -1)
			case 2:
				r.Record(kind, due, 2*time.Hour)
			case 3:
				r.Miss(kind, histogram.Failed, due, due)
			case 4:
				r.Miss(kind, histogram.Unfinished, due, due)
			}
		}
		m.Rotate(at + time.Second)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	want := m.Latencies()
	got, err := histogram.Recompute(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the logs differ from the meter (-meter +logs):\n%s", diff)
	}
	if len(want) != 6*4 {
		t.Fatalf("%d latencies, want 6 kinds with the whole run and three phases each", len(want))
	}
}

// TestQuantiles: percentiles equal those of the sorted samples to 3 digits.
func TestQuantiles(t *testing.T) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	rapid.Check(t, func(rt *rapid.T) {
		scale := rapid.SampledFrom([]float64{1e3, 1e6, 1e9, 1e12}).Draw(rt, "scale")
		n := rapid.IntRange(1, 3000).Draw(rt, "samples")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		m, _ := newMeter(t, phases)
		r := m.Recorder()
		samples := make([]time.Duration, n)
		var sum time.Duration
		for i := range samples {
			samples[i] = time.Duration(scale * min(rng.ExpFloat64(), 3))
			sum += samples[i]
			r.Record(histogram.Publish, 0, samples[i])
		}
		m.Rotate(time.Second)
		slices.Sort(samples)
		l := find(t, m.Latencies(), histogram.Publish, "")
		if l.Count != int64(n) || l.Min != samples[0] || l.Max != samples[n-1] || l.Mean != sum/time.Duration(n) {
			rt.Fatalf("got %+v; want min %v, mean %v, max %v of %d", l, samples[0], sum/time.Duration(n), samples[n-1], n)
		}
		for _, q := range l.Quantiles {
			exact := samples[int(math.Ceil(q.Q*float64(n)*(1-1e-12)))-1]
			// A bucket is at most 1/1024 of its value wide, and 512 ns below
			// a millisecond.
			if off := (q.Value - exact).Abs(); float64(off) > max(float64(exact)/1000, 512) {
				rt.Fatalf("p%v is %v, the sorted samples have %v", q.Q*100, q.Value, exact)
			}
			if q.Judged != (int64(n) >= q.Need) {
				rt.Fatalf("p%v judged: %v with %d of %d samples", q.Q*100, q.Judged, n, q.Need)
			}
		}
	})
}
