package html

import (
	"fmt"
	"math"

	"github.com/flowweir/weir/reports/compare"
)

// bar is the difference of a metric, with its interval, over the threshold. It
// is 200 wide; no difference is in the middle.
type bar struct {
	Within, WithinWidth string // the threshold
	Low, High           string // of the interval; empty where nothing is judged
	At                  string
}

// scaleOf is the difference at the ends of the bars: a multiple of 10% that
// holds every difference, and every interval up to twice the largest of them.
func scaleOf(c *compare.Comparison) float64 {
	most := 2 * c.Threshold
	for _, m := range c.Metrics {
		if drawn(m) {
			most = max(most, 1.1*math.Abs(*m.Difference))
		}
	}
	for _, m := range c.Metrics {
		if drawn(m) && m.Interval != nil {
			most = max(most, min(max(math.Abs(m.Interval.Low), math.Abs(m.Interval.High)), 2*most))
		}
	}
	return math.Ceil(most*10-1e-9) / 10
}

// drawn says whether a metric has a relative difference: shares are compared in
// points.
func drawn(m compare.Metric) bool {
	return m.Difference != nil && m.Unit != compare.UnitShare && !math.IsInf(*m.Difference, 0) && !math.IsNaN(*m.Difference)
}

func newBar(m compare.Metric, scale, threshold float64) *bar {
	if !drawn(m) {
		return nil
	}
	x := func(difference float64) float64 { return 100 + 100*min(max(difference/scale, -1), 1) }
	at := func(difference float64) string { return fmt.Sprintf("%.1f", x(difference)) }
	b := &bar{
		Within: at(-threshold), WithinWidth: fmt.Sprintf("%.1f", x(threshold)-x(-threshold)),
		At: fmt.Sprintf("%.1f", x(*m.Difference)-1),
	}
	if m.Interval != nil {
		b.Low, b.High = at(m.Interval.Low), at(m.Interval.High)
	}
	return b
}
