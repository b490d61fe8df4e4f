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

// curveQuantiles are those of percentile curves, nine to a decade of rarity:
// 0, p10 to p80, p90 to p98, p99 to p99.8, and so on to p99.999.
func curveQuantiles() []float64 {
	var all []float64
	for scale := 10.0; scale <= 1e5; scale *= 10 {
		for m := 10.0; m >= 2; m-- {
			all = append(all, (scale-m)/scale)
		}
	}
	return append(all, 0.99999)
}

// rarity is log10(1/(1−q)): 1 for p90, 2 for p99.
func rarity(q float64) float64 { return math.Log10(1 / (1 - q)) }

// curve are the percentiles of curveQuantiles, in microseconds, as far as there
// are samples to judge by.
func (w wholeRun) curve() []float64 {
	all := []float64{}
	for _, q := range curveQuantiles() {
		if w.count() < need(q) {
			break
		}
		all = append(all, max(math.Round(float64(w.at(q))/10)/100, 1)) // a logarithmic axis has no 0
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
}

// newPercentileChart is nil where there is no curve to draw.
func newPercentileChart(kinds []*latencyCurve) *percentileChart {
	var drawn []*latencyCurve
	longest, low, high := 0, math.Inf(1), 0.0
	for _, c := range kinds {
		if compared[c.Kind] == "" || len(c.Curve) < 2 {
			continue
		}
		drawn = append(drawn, c)
		longest = max(longest, len(c.Curve))
		low, high = min(low, slices.Min(c.Curve)), max(high, slices.Max(c.Curve))
	}
	if len(drawn) == 0 {
		return nil
	}
	quantiles := curveQuantiles()[:longest]
	last := rarity(quantiles[longest-1])
	a := newAxis([]curve{{values: []*float64{&low, &high}}}, true)
	x := func(rare float64) float64 { return svgLeft + rare/last*(svgWidth-svgLeft-svgRight) }
	y := func(us float64) float64 { return svgTop + (1-a.Share(us))*(svgHeight-svgTop-svgBottom) }
	chart := &percentileChart{Drawing: &drawing{Title: "Percentiles of the whole run"}, Hidden: hidden(drawn)}
	d := chart.Drawing
	for _, c := range drawn {
		var b strings.Builder
		for i, us := range c.Curve {
			fmt.Fprintf(&b, "%c%s %s", "ML"[min(i, 1)], num(x(rarity(quantiles[i]))), num(y(us)))
		}
		d.Lines = append(d.Lines, svgLine{compared[c.Kind], curveName(c), b.String()})
		chart.Names = append(chart.Names, c.Name)
	}
	for _, t := range a.Ticks {
		d.YTicks = append(d.YTicks, svgTick{num(y(t)), microsLabel(t)})
	}
	for decade := 0.0; decade <= last+1e-9; decade++ {
		d.XTicks = append(d.XTicks, svgTick{num(x(decade)), summary.QuantileName(1 - math.Pow(10, -decade))})
	}
	for i, q := range quantiles {
		r := heatRow{Name: summary.QuantileName(q)}
		for _, c := range drawn {
			cell := "–"
			if i < len(c.Curve) {
				cell = microsLabel(c.Curve[i])
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
func hidden(drawn []*latencyCurve) string {
	var publish, send *latencyCurve
	for _, c := range drawn {
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
	quantiles := curveQuantiles()
	for i := min(len(publish.Curve), len(send.Curve)) - 1; i > 0; i-- {
		if i%9 == 0 { // p90, p99, p99.9: those that people name
			return fmt.Sprintf("Over the whole run, %s is %s from when a record was due and %s from when it was sent.",
				summary.QuantileName(quantiles[i]), microsLabel(publish.Curve[i]), microsLabel(send.Curve[i]))
		}
	}
	return ""
}
