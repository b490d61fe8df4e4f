package html

import (
	"math"
	"testing"

	"github.com/flowweir/weir/reports/compare"
)

func TestBars(t *testing.T) {
	metric := func(d, low, high float64) compare.Metric {
		return compare.Metric{Unit: compare.UnitNanoseconds, Difference: &d, Interval: &compare.Interval{Low: low, High: high}}
	}
	described := metric(-0.1, 0, 0)
	described.Interval = nil
	points := metric(0.5, 0, 1)
	points.Unit = compare.UnitShare
	endless := metric(math.Inf(1), 0, 1)
	c := &compare.Comparison{Threshold: 0.05, Metrics: []compare.Metric{metric(0.2, 0.1, 0.3), described, points, endless, {Withheld: "too few"}}}
	scale := scaleOf(c)
	if scale != 0.3 {
		t.Errorf("bars to %v, want 0.3: what holds the interval of the first", scale)
	}
	c.Metrics = append(c.Metrics, metric(0.01, -7, 7))
	if s := scaleOf(c); s != 0.6 {
		t.Errorf("bars to %v, want 0.6: an interval that says nothing is cut", s)
	}
	for i, want := range []*bar{
		{"83.3", "33.3", "133.3", "200.0", "165.7"},
		{"83.3", "33.3", "", "", "65.7"},
		nil, nil, nil,
		{"83.3", "33.3", "0.0", "200.0", "102.3"},
	} {
		got := newBar(c.Metrics[i], scale, c.Threshold)
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("bar of metric %d: %+v, want %+v", i, got, want)
		}
	}
}
