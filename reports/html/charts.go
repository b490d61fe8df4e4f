package html

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// charts are what the page draws: the data for its script, and drawings and
// tables for pages without one.
type charts struct {
	Data       data
	Kinds      []kindChart
	Percentile *percentileChart
	Throughput *drawing
	Lag        *drawing
	Layers     []layerChart
	Brokers    []brokerChart
	Hops       *hopsPanel // nil without any
	Step       time.Duration
	Numbers    []numbers
	// Quantiles are the columns of the table of the range.
	Quantiles []float64

	// unread are logs that could not be read, in words.
	unread []string
}

// Warmed says whether the run had a warm-up, which its figures leave out.
func (c charts) Warmed() bool {
	return slices.ContainsFunc(c.Data.Windows, func(w window) bool { return w.Kind == run.PhaseWarmup })
}

// data is the JSON that the page's script reads.
type data struct {
	X         []float64         `json:"x"` // seconds since the load began
	Step      float64           `json:"step"`
	End       float64           `json:"end"`
	Base      float64           `json:"base"` // of the buckets
	Rows      int               `json:"rows"` // buckets in a row of the heatmap
	Shares    []float64         `json:"shares"`
	Quantiles []float64         `json:"quantiles"` // of the table of the range
	Curve     []float64         `json:"curve"`     // quantiles of the curves
	Lines     map[string]string `json:"lines"`     // of the curves, by kind
	Windows   []window          `json:"windows"`
	Kinds     []*latencyCurve   `json:"kinds"`
	Flow      flowCurves        `json:"flow"`
	Layers    []*layer          `json:"layers"`
	Brokers   []*brokerSeries   `json:"brokers"`
	Hops      []*hopCurve       `json:"hops"` // rows of their table, the first ones
}

// kindChart is one latency kind: its chart, its heatmap, and its figures over
// the whole run.
type kindChart struct {
	Kind, Name, From, To string
	Drawing              *drawing
	Heat                 *heatDrawing
	HeatTable            heatTable
	First                bool
	Explains             bool // other kinds, rather than being what a user feels: not printed
	Samples              string
	Figures              []latencyCell // one for each of Quantiles
	Max                  string
}

// layerChart is a heatmap of partitions.
type layerChart struct {
	Name    string
	Drawing *heatDrawing
	Table   heatTable
	Left    int
	Full    string // what has the darkest shade
	First   bool
}

// brokerChart is one series of what brokers said of themselves.
type brokerChart struct {
	Name    string
	Drawing *drawing
	Table   heatTable
	Left    int
	First   bool
}

// newCharts reads what is drawn, and draws it for pages without script.
func newCharts(rec *run.Record) charts {
	end := endOf(rec)
	g := newGrid(end)
	c := charts{Step: g.step, Quantiles: shownQuantiles}
	c.Data = data{
		X: make([]float64, g.n), Step: g.step.Seconds(), End: end.Seconds(), Base: bucketBase, Rows: heatBuckets,
		Shares: latencyShares, Quantiles: shownQuantiles, Curve: summary.CurveQuantiles(), Lines: compared,
		Windows: windows(rec, end), Kinds: []*latencyCurve{}, Flow: readFlow(rec.Intervals, g), Layers: []*layer{}, Brokers: []*brokerSeries{}, Hops: []*hopCurve{},
	}
	for i := range g.n {
		c.Data.X[i] = g.middle(i)
	}
	if end == 0 {
		return c
	}
	c.latency(rec, g, end)
	c.hops(rec, g)
	f := c.Data.Flow
	c.Throughput = draw("Throughput over time", g, end, c.Data.Windows, false, countLabel,
		curve{"s0", "due", f.Due}, curve{"s1", "acked", f.Acked}, curve{"s2", "received", f.Received}, curve{"s3", "effects", f.Effects})
	var lag []curve
	for i, l := range f.Lag {
		lag = append(lag, curve{lineClass(i), l.Group, floats(l.Lag)})
	}
	if len(lag) > 0 {
		c.Lag = draw("Lag over time", g, end, c.Data.Windows, false, countLabel, lag...)
	}
	for i, l := range layers(rec.Intervals, g, end, c.Data.Windows) {
		c.Data.Layers = append(c.Data.Layers, l)
		c.Layers = append(c.Layers, layerChart{l.Name, l.drawing, l.table, l.Left, l.text(l.Full), i == 0})
	}
	for i, b := range newBrokerSeries(rec, g, end, c.Data.Windows) {
		c.Data.Brokers = append(c.Data.Brokers, b)
		c.Brokers = append(c.Brokers, brokerChart{b.Name, b.drawing, b.table, b.Left, i == 0})
	}
	c.Numbers = newNumbers(c.Data, g)
	return c
}

// lineClass is the color of the i-th of many lines.
func lineClass(i int) string { return fmt.Sprintf("s%d", i%4+1) }

func (c *charts) latency(rec *run.Record, g grid, end time.Duration) {
	kinds := slices.Clone(rec.Kinds)
	slices.SortStableFunc(kinds, byInterest)
	for _, kind := range kinds {
		l, err := readLatency(rec, kind, g)
		if err != nil {
			c.unread = append(c.unread, "The chart of "+summary.KindName(kind)+" is missing: "+err.Error())
			continue
		}
		if !slices.ContainsFunc(l.Count, func(n int64) bool { return n > 0 }) {
			continue
		}
		l.Name = summary.KindName(kind)
		l.From, l.To = moments(rec, kind)
		l.Baseline = baselineCurve(rec.Baseline, kind)
		k := kindChart{
			Kind: kind, Name: l.Name, From: l.From, To: l.To, First: len(c.Kinds) == 0, Explains: interest(kind) >= interest(run.Send), Samples: summary.Count(l.whole.count()), Max: l.whole.maximum(),
			Drawing: draw("Latency over time: "+l.Name, g, end, c.Data.Windows, true, microsLabel,
				curve{"s1", "p50", floats(l.P50)}, curve{"s2", "p99", floats(l.P99)}, curve{"s3", "max", floats(l.Max)}),
		}
		k.Heat, k.HeatTable = latencyHeat(l, g, end, c.Data.Windows)
		for _, q := range shownQuantiles {
			k.Figures = append(k.Figures, l.whole.quantile(q))
		}
		c.Data.Kinds = append(c.Data.Kinds, l)
		c.Kinds = append(c.Kinds, k)
	}
	c.Percentile = newPercentileChart(c.Data.Kinds)
	if c.Percentile != nil && c.Percentile.Baseline {
		c.Percentile.Runs = len(rec.Baseline.Base)
	}
}
