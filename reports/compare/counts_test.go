package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// TestPercentilesAgainstSort takes percentiles from a written histogram log,
// and holds them to the sorted samples, within the three digits of the log
// (below a millisecond, half a microsecond), and to the library's own of the merged histogram, exactly.
func TestPercentilesAgainstSort(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := synthetic("run", seed)
		whole := newHistogram()
		var samples []int64
		for i := range s.Histograms[run.Publish] {
			h := newHistogram()
			for range 1 + rng.IntN(400) {
				v := int64(5e6 * math.Exp(1.2*rng.NormFloat64()))
				if err := h.RecordValue(v); err != nil {
					t.Fatal(err)
				}
				if i >= warmSeconds { // those before are no steady phase
					samples = append(samples, v)
				}
			}
			if i >= warmSeconds {
				whole.Merge(h)
			}
			s.Histograms[run.Publish][i] = h
		}
		l, err := readLatency(s.open(t), run.Publish)
		if err != nil {
			t.Fatal(err)
		}
		if l.total != int64(len(samples)) {
			t.Fatalf("%d samples, want %d", l.total, len(samples))
		}
		slices.Sort(samples)
		qs := []float64{0.001, 0.5, 0.9, 0.95, 0.99, 0.999, 1}
		for i, got := range l.whole(qs) {
			if want := float64(whole.ValueAtQuantile(qs[i] * 100)); got != want {
				t.Errorf("seed %d: q %v is %v, and the library's is %v", seed, qs[i], got, want)
			}
			rank := min(max(int(qs[i]*float64(len(samples))+0.5), 1), len(samples))
			if want := float64(samples[rank-1]); math.Abs(got-want) > max(0.001*want, 512) {
				t.Errorf("seed %d: q %v is %v, and the sorted samples have %v", seed, qs[i], got, want)
			}
		}
	}
}

// TestBlocksAgainstBruteForce merges the drawn intervals one by one.
func TestBlocksAgainstBruteForce(t *testing.T) {
	f := flow{seconds: 17, perSecond: 300}
	rng := rand.New(rand.NewPCG(3, 0))
	l := newLatency(f.spans(rng, math.Log(5e6), slope))
	qs := []float64{0.5, 0.99}
	length := blockLength(len(l.intervals))
	if length != 3 {
		t.Fatalf("blocks of %d, want 3", length)
	}
	picks := rand.New(rand.NewPCG(9, 9)) // as resample will draw
	l.resample(rand.New(rand.NewPCG(9, 9)), 50, qs, func(draw int, got []float64) {
		var all []int64
		for range 6 { // ⌈17 / 3⌉
			start := picks.IntN(17)
			for j := range 3 {
				for _, c := range l.intervals[(start+j)%17] {
					for range c.count {
						all = append(all, l.values[c.bin])
					}
				}
			}
		}
		slices.Sort(all)
		for i, q := range qs {
			if want := float64(all[int(q*float64(len(all))+0.5)-1]); got[i] != want {
				t.Errorf("draw %d: q %v is %v, want %v", draw, q, got[i], want)
			}
		}
	})
}

func TestBlockLength(t *testing.T) {
	for intervals, want := range map[int]int{1: 1, 2: 2, 8: 2, 9: 3, 27: 3, 28: 4, 60: 4, 64: 4, 65: 5, 1000: 10} {
		if got := blockLength(intervals); got != want {
			t.Errorf("%d intervals: blocks of %d, want %d", intervals, got, want)
		}
	}
}

// TestLongIntervals merges the seconds of a long run into intervals of the
// length that its later ones have.
func TestLongIntervals(t *testing.T) {
	var spans []span
	for i := range 20 {
		spans = append(spans, span{start: time.Duration(i) * time.Second, length: time.Second, bars: []bar{{7, 1}}})
	}
	spans = append(spans, span{start: 20 * time.Second, length: 10 * time.Second, bars: []bar{{9, 10}}})
	l := newLatency(spans)
	want := [][]cell{{{0, 10}}, {{0, 10}}, {{1, 10}}}
	if !slices.EqualFunc(l.intervals, want, slices.Equal) || !slices.Equal(l.values, []int64{7, 9}) || l.total != 30 {
		t.Errorf("intervals %v of %v, %d samples", l.intervals, l.values, l.total)
	}
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1000, int64(time.Hour), 3)
}

// TestDamagedLogs names the place, and never panics.
func TestDamagedLogs(t *testing.T) {
	line := func(payload string) string { return "Tag=steady,0.000,1.000,1.0," + payload + "\n" }
	tests := []struct{ name, log, want string }{
		{"no fields", "Tag=steady,1\n", "publish.hlog:1: want start, length, maximum and histogram"},
		{"no base64", line("§"), "histogram log of publish at 0s: illegal base64"},
		{"too short", line("AAAA"), "histogram log of publish at 0s: encoded histogram too short"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := synthetic("run", 1)
			rec := s.open(t, file{"histograms/publish.hlog", tt.log})
			_, err := Compare(records(rec), records(synthetic("other", 2).open(t)), Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), rec.Root) {
				t.Errorf("error is %v, want %q in %s", err, tt.want, rec.Root)
			}
		})
	}
}
