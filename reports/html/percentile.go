package html

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// shownQuantiles are the percentiles of a range that the page shows.
var shownQuantiles = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// wholeRun are the samples of a kind over the whole run without its warm-up:
// what results.json summarizes.
type wholeRun struct {
	*hdrhistogram.Histogram // nil: no samples
	// low and high are the exact bounds, which a histogram knows to 3 digits.
	low, high int64
}

func newWholeRun(rec *run.Record, kind string, h *hdrhistogram.Histogram) wholeRun {
	w := wholeRun{Histogram: h, high: math.MaxInt64}
	if rec.Results == nil {
		return w
	}
	for _, l := range rec.Results.Latencies {
		if l.Kind == kind && l.Phase == "" && l.Count > 0 {
			w.low, w.high = int64(l.Min), int64(l.Max)
		}
	}
	return w
}

func (w wholeRun) count() int64 {
	if w.Histogram == nil {
		return 0
	}
	return w.TotalCount()
}

// at is the q-quantile in nanoseconds, by nearest rank as results.json has it.
func (w wholeRun) at(q float64) int64 {
	// The library takes a percentage and rounds the rank to the nearest, so it
	// is asked for the percentage of ceil(q·n); what q·n exceeds a whole number
	// by may be an error of its last digits.
	n := float64(w.count())
	rank := math.Ceil(q * n * (1 - 1e-12))
	return min(max(w.ValueAtPercentile(100*rank/n), w.low), w.high)
}

// need is the number of samples from which on a percentile is judged.
func need(q float64) int64 { return int64(math.Round(100 / (1 - q))) }

// quantile is a percentile in the words of the page.
func (w wholeRun) quantile(q float64) latencyCell {
	if w.count() < need(q) {
		return latencyCell{summary.Count(need(q)), true}
	}
	return latencyCell{summary.Duration(time.Duration(w.at(q))), false}
}

// maximum is the highest sample in the words of the page.
func (w wholeRun) maximum() string {
	if w.count() == 0 {
		return "–"
	}
	return summary.Duration(time.Duration(min(w.Max(), w.high)))
}

// curve are the percentiles of summary.CurveQuantiles, in microseconds, as far as there
// are samples to judge by.
func (w wholeRun) curve() []float64 {
	all := []float64{}
	for _, q := range summary.CurveQuantiles() {
		if w.count() < need(q) {
			break
		}
		all = append(all, curveMicros(float64(w.at(q))))
	}
	return all
}

// compared are the kinds of the percentile curve, each with its line: publish
// beside send, whose clock starts when a record could be sent, and the longer
// ways of a record. A schedule delay is no latency of the flow.
var compared = map[string]string{run.Send: "s0", run.Publish: "s1", run.EndToEnd: "s2", run.Effect: "s3"}

// percentileChart is the percentile curve of the whole run.
type percentileChart struct {
	Drawing *drawing
	Names   []string
	Rows    []heatRow
	// Hidden says in words what a clock that starts at the send would hide.
	Hidden string
	// Baseline says that curves of a baseline are drawn too, and Runs of how
	// many runs they are the mean.
	Baseline bool
	Runs     int
}

// percentileLine is a curve of the chart: the run's of a kind, or its
// baseline's.
type percentileLine struct {
	class, name, title string
	curve              []float64
	baseline           bool
}

// percentileLines are those of the kinds that have enough samples.
func percentileLines(kinds []*latencyCurve) (lines []percentileLine) {
	for _, c := range kinds {
		class := compared[c.Kind]
		if class == "" || len(c.Curve) < 2 {
			continue
		}
		lines = append(lines, percentileLine{class, c.Name, curveName(c), c.Curve, false})
		if len(c.Baseline) >= 2 {
			name := c.Name + ", baseline"
			lines = append(lines, percentileLine{class + " baseline", name, name, c.Baseline, true})
		}
	}
	return lines
}

// newPercentileChart is nil where there is no curve to draw.
func newPercentileChart(kinds []*latencyCurve) *percentileChart {
	lines := percentileLines(kinds)
	if len(lines) == 0 {
		return nil
	}
	longest, low, high := 0, math.Inf(1), 0.0
	for _, l := range lines {
		longest = max(longest, len(l.curve))
		low, high = min(low, slices.Min(l.curve)), max(high, slices.Max(l.curve))
	}
	quantiles := summary.CurveQuantiles()[:longest]
	last := summary.Rarity(quantiles[longest-1])
	a := newAxis([]curve{{values: []*float64{&low, &high}}}, true)
	x := func(rare float64) float64 { return svgLeft + rare/last*(svgWidth-svgLeft-svgRight) }
	y := func(us float64) float64 { return svgTop + (1-a.Share(us))*(svgHeight-svgTop-svgBottom) }
	chart := &percentileChart{Drawing: &drawing{Title: "Percentiles of the whole run"}, Hidden: hidden(kinds)}
	d := chart.Drawing
	for _, l := range lines {
		var b strings.Builder
		for i, us := range l.curve {
			fmt.Fprintf(&b, "%c%s %s", "ML"[min(i, 1)], num(x(summary.Rarity(quantiles[i]))), num(y(us)))
		}
		d.Lines = append(d.Lines, svgLine{l.class, l.title, b.String()})
		chart.Names = append(chart.Names, l.name)
		chart.Baseline = chart.Baseline || l.baseline
	}
	for _, t := range a.Ticks {
		d.YTicks = append(d.YTicks, svgTick{num(y(t)), microsLabel(t)})
	}
	for decade := 0.0; decade <= last+1e-9; decade++ {
		d.XTicks = append(d.XTicks, svgTick{num(x(decade)), summary.QuantileName(1 - math.Pow(10, -decade))})
	}
	for i, q := range quantiles {
		r := heatRow{Name: summary.QuantileName(q)}
		for _, l := range lines {
			cell := "–"
			if i < len(l.curve) {
				cell = microsLabel(l.curve[i])
			}
			r.Cells = append(r.Cells, cell)
		}
		chart.Rows = append(chart.Rows, r)
	}
	return chart
}

// curveName says from when to when the line measures.
func curveName(c *latencyCurve) string {
	if c.From == "" {
		return c.Name
	}
	return c.Name + " (" + c.From + " → " + c.To + ")"
}

// hidden compares publish with send at the rarest percentile that both have.
func hidden(kinds []*latencyCurve) string {
	var publish, send *latencyCurve
	for _, c := range kinds {
		switch c.Kind {
		case run.Publish:
			publish = c
		case run.Send:
			send = c
		}
	}
	if publish == nil || send == nil {
		return ""
	}
	quantiles := summary.CurveQuantiles()
	for i := min(len(publish.Curve), len(send.Curve)) - 1; i > 0; i-- {
		if i%9 == 0 { // p90, p99, p99.9: those that people name
			return fmt.Sprintf("Over the whole run, %s is %s from when a record was due and %s from when it was sent.",
				summary.QuantileName(quantiles[i]), microsLabel(publish.Curve[i]), microsLabel(send.Curve[i]))
		}
	}
	return ""
}
