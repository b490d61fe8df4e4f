package html

import (
	"math"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// TestCurvesAreResults: each percentile that results.json and a curve both have
// is the same to its last digit, and the curve ends where they are withheld.
func TestCurvesAreResults(t *testing.T) {
	s := sample.Held()
	dir := t.TempDir() + "/run"
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, l := range s.Results.Latencies {
		if l.Phase != "" {
			continue
		}
		c, err := readLatency(rec, l.Kind, newGrid(endOf(rec)))
		if err != nil {
			t.Fatal(err)
		}
		if c.whole.count() != l.Count {
			t.Errorf("%s: %d samples, results.json has %d", l.Kind, c.whole.count(), l.Count)
		}
		for i, at := range summary.CurveQuantiles() {
			for _, q := range l.Quantiles {
				if math.Abs(q.Q-at) > 1e-12 {
					continue
				}
				compared++
				switch {
				case q.Judged != (i < len(c.Curve)):
					t.Errorf("%s: p%g is judged: %v, drawn: %v", l.Kind, 100*at, q.Judged, i < len(c.Curve))
				case q.Judged && c.Curve[i] != math.Round(float64(q.Value)/10)/100:
					t.Errorf("%s: p%g = %v µs, results.json has %v", l.Kind, 100*at, c.Curve[i], q.Value)
				}
			}
		}
	}
	if compared != 30 { // p50, p90, p95, p99, p99.9 and p99.99 of five kinds
		t.Errorf("%d percentiles compared", compared)
	}
}

// TestWarmupIsApart: what the warm-up made is in the chart of its step, is
// embedded by itself, and is in no figure of the whole run.
func TestWarmupIsApart(t *testing.T) {
	s := sample.Held()
	s.Results = nil
	dir := t.TempDir() + "/run"
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := readLatency(rec, run.Publish, newGrid(endOf(rec)))
	if err != nil {
		t.Fatal(err)
	}
	var all, warm, counted int64
	for i, b := range c.Buckets {
		for _, n := range b.all() {
			all += n
		}
		counted += c.Count[i]
	}
	for _, b := range c.Warm {
		for _, n := range b.all() {
			warm += n
		}
	}
	if len(c.Warm) != 6 || warm == 0 || all != counted || all-warm != c.whole.count() {
		t.Errorf("%d samples, %d counted, %d of %d steps of warm-up, %d in the figures", all, counted, warm, len(c.Warm), c.whole.count())
	}
}

func TestHiddenBySend(t *testing.T) {
	whole := func(n int64, d time.Duration) *latencyCurve {
		h := hdrhistogram.New(1000, int64(time.Hour), 3)
		if err := h.RecordValues(int64(d), n); err != nil {
			t.Fatal(err)
		}
		w := newWholeRun(&run.Record{}, "", h)
		return &latencyCurve{Curve: w.curve()}
	}
	publish, send := whole(10_000, 20*time.Millisecond), whole(1000, 3*time.Millisecond)
	publish.Kind, send.Kind = run.Publish, run.Send
	if got, want := hidden([]*latencyCurve{publish, send}), "Over the whole run, p90 is 20 ms from when a record was due and 3 ms from when it was sent."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	few := whole(150, time.Millisecond)
	few.Kind = run.Send
	if got := hidden([]*latencyCurve{publish, few}) + hidden([]*latencyCurve{publish}); got != "" {
		t.Errorf("%q of too few samples, and of none", got)
	}
	if newPercentileChart(nil) != nil {
		t.Error("a chart of nothing")
	}
}
