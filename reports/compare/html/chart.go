package html

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/internal/axis"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// The drawing is in units of a viewBox that the page scales.
const (
	width, height = 900, 300
	left, right   = 70, 12
	top, bottom   = 12, 26
)

// chart is a percentile curve for each run, and over them that of each side.
type chart struct {
	Title  string
	Lines  []line
	XTicks []tick
	YTicks []tick
}

type line struct {
	Class string // base or candidate, and run or side
	Path  string
}

type tick struct{ At, Text string }

// draw draws percentiles, evenly spaced by how rare they are, over latencies
// on a logarithmic scale.
func draw(c compare.Curve) chart {
	ch := chart{Title: summary.KindName(c.Kind)}
	if from, to := summary.Moments(c.Kind); from != "" && c.Kind != run.Effect {
		ch.Title += ": " + from + " → " + to
	}
	low, high := math.Inf(1), 0.0
	for _, runs := range [][][]float64{c.BaseRuns, c.CandidateRuns} {
		for _, values := range runs {
			for _, v := range values {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	low, high = max(low, 1), max(high, 2*low)
	values := axis.Log(low, high)
	last := summary.Rarity(c.Quantiles[len(c.Quantiles)-1])
	x := func(q float64) float64 { return left + summary.Rarity(q)/last*(width-left-right) }
	y := func(v float64) float64 {
		return top + (1-values.Share(max(v, 1)))*(height-top-bottom)
	}
	path := func(latencies []float64) string {
		var b strings.Builder
		for i, q := range c.Quantiles {
			fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], x(q), y(latencies[i]))
		}
		return b.String()
	}
	sides := []struct {
		name string
		runs [][]float64
		mean []float64
	}{{"base", c.BaseRuns, c.Base}, {"candidate", c.CandidateRuns, c.Candidate}}
	for _, s := range sides {
		for _, values := range s.runs {
			ch.Lines = append(ch.Lines, line{s.name + " run", path(values)})
		}
	}
	for _, s := range sides {
		ch.Lines = append(ch.Lines, line{s.name + " side", path(s.mean)})
	}
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999} {
		if summary.Rarity(q) <= last+1e-9 {
			ch.XTicks = append(ch.XTicks, tick{fmt.Sprintf("%.1f", x(q)), summary.QuantileName(q)})
		}
	}
	for _, v := range values.Ticks {
		ch.YTicks = append(ch.YTicks, tick{fmt.Sprintf("%.1f", y(v)), summary.Duration(time.Duration(v))})
	}
	return ch
}
