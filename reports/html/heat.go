package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/internal/axis"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Bounds of the heatmaps.
const (
	maxHeatRows   = 64 // partitions: the busiest
	maxLagLayers  = 3  // groups: those that lagged most
	heatPeriods   = 12 // columns of the tables of heatmaps
	heatBuckets   = 4  // buckets of 5% in a row of the latency heatmap
	minHeatRows   = 12 // of it: a factor of ten
	heatRowHeight = 14 // of a partition, in units of the drawing
	namesLeft     = 170
)

// latencyShares bound the shades of a latency heatmap, by the share of the
// step's samples. A single sample has the first shade: the tail is what one
// looks for.
var latencyShares = []float64{0, 0.001, 0.01, 0.03, 0.1, 0.3}

// shades is how many shades a heatmap has, without the empty one.
const shades = 6

// shade of a value by a share of the highest one; 0 is empty.
func shade(share float64) int { return min(int(math.Ceil(share*shades)), shades) }

// latencyShade is the shade of a cell with n of all samples of its step.
func latencyShade(n, all int64) int {
	if n == 0 {
		return 0
	}
	level := 0
	for level < len(latencyShares) && float64(n) > latencyShares[level]*float64(all) {
		level++
	}
	return level
}

// heatTable is a heatmap in numbers, in fewer columns than the drawing.
type heatTable struct {
	Columns []string
	Rows    []heatRow
}

type heatRow struct {
	Name  string
	Cells []string
}

// latencyHeat draws how many samples of each step had which latency.
func latencyHeat(c *latencyCurve, g grid, end time.Duration, bands []window) (*heatDrawing, heatTable) {
	low, high := int64(math.MaxInt64), int64(-1)
	counts := make([]map[int64]int64, g.n) // by step, then row
	for i, b := range c.Buckets {
		counts[i] = map[int64]int64{}
		for bucket, n := range b.all() {
			row := bucket / heatBuckets
			counts[i][row] += n
			low, high = min(low, row), max(high, row)
		}
	}
	high = max(high, low+minHeatRows-1)
	rows := int(high - low + 1)
	const plot = svgHeight - svgTop - svgBottom
	d := drawHeat("Latency heatmap: "+c.Name, svgLeft, g, end, bands, rows, plot, func(step, row int) int {
		return latencyShade(counts[step][high-int64(row)], c.Count[step])
	})
	latencies := axis.Log(edge(low*heatBuckets).Seconds(), edge((high+1)*heatBuckets).Seconds())
	for _, tick := range latencies.Ticks {
		d.YTicks = append(d.YTicks, svgTick{num(svgTop + (1-latencies.Share(tick))*plot), microsLabel(tick * 1e6)})
	}
	var t heatTable
	length, starts := g.periods(heatPeriods)
	t.Columns = periodNames(g, length, starts)
	for row := high; row >= low; row-- {
		r := heatRow{Name: "from " + summary.Duration(edge(row*heatBuckets))}
		if row == 0 {
			r.Name = "below " + summary.Duration(edge(heatBuckets))
		}
		var all int64
		for _, start := range starts {
			var n int64
			for i := start; i < min(start+length, g.n); i++ {
				n += counts[i][row]
			}
			all += n
			r.Cells = append(r.Cells, countOrNone(n))
		}
		if all > 0 {
			t.Rows = append(t.Rows, r)
		}
	}
	return d, t
}

func countOrNone(n int64) string {
	if n == 0 {
		return "–"
	}
	return summary.Count(n)
}

// periodNames are where the columns of a table begin.
func periodNames(g grid, length int, starts []int) []string {
	var names []string
	for _, i := range starts {
		names = append(names, timeLabel(time.Duration(i)*g.step, time.Duration(length)*g.step))
	}
	return names
}

// layer is a heatmap of partitions over time: their acks per second, or the
// lag of a group on them.
type layer struct {
	Name string `json:"name"`
	// Unit is "/s" or empty.
	Unit   string       `json:"unit"`
	Rows   []string     `json:"rows"`
	Values [][]*float64 `json:"values"` // by row, then step
	// Full has the darkest shade, as all above it: 98% of the cells that are
	// not empty are not higher, so that one burst leaves the rest its shades.
	Full float64 `json:"full"`
	// Left says how many partitions have no row.
	Left int `json:"left"`

	drawing *heatDrawing
	table   heatTable
}

// partitionSteps is what a layer is made of: for each partition a number for
// each step.
type partitionSteps struct {
	n       int
	seconds []float64 // covered, by step
	values  map[string][]*int64
}

func (p *partitionSteps) row(name string) []*int64 {
	if p.values == nil {
		p.values = map[string][]*int64{}
	}
	if p.values[name] == nil {
		p.values[name] = make([]*int64, p.n)
	}
	return p.values[name]
}

// layers reads the series into the grid, once for the acks and once for each
// of the groups that lagged most.
func layers(intervals []run.Interval, g grid, end time.Duration, bands []window) []*layer {
	acked := partitionSteps{n: g.n, seconds: make([]float64, g.n)}
	lag := map[string]*partitionSteps{}
	for _, in := range intervals {
		i := g.at(in.Start, in.Length)
		if i < 0 {
			continue
		}
		acked.seconds[i] += in.Length.Seconds()
		for name, n := range in.Partitions {
			r := acked.row(name)
			if r[i] == nil {
				r[i] = new(int64)
			}
			*r[i] += n
		}
		for group, partitions := range in.Lag {
			if lag[group] == nil {
				lag[group] = &partitionSteps{n: g.n}
			}
			for name, n := range partitions {
				if r := lag[group].row(name); r[i] == nil || *r[i] < n {
					r[i] = &n
				}
			}
		}
	}
	for _, r := range acked.values { // a second without acks is one of none
		for i := range r {
			if r[i] == nil && acked.seconds[i] > 0 {
				r[i] = new(int64)
			}
		}
	}
	var all []*layer
	if len(acked.values) > 0 {
		all = append(all, acked.layer("acked", "/s", g, end, bands))
	}
	var lags []*layer
	for _, group := range sortedKeys(lag) {
		if l := lag[group].layer("lag of "+group, "", g, end, bands); l.Full > 0 {
			lags = append(lags, l)
		}
	}
	slices.SortStableFunc(lags, func(a, b *layer) int { return cmp.Compare(b.Full, a.Full) })
	return append(all, lags[:min(len(lags), maxLagLayers)]...)
}

// layer chooses the rows, and draws them.
func (p *partitionSteps) layer(name, unit string, g grid, end time.Duration, bands []window) *layer {
	l := &layer{Name: name, Unit: unit, Rows: sortedKeys(p.values)}
	total := func(name string) (n int64) {
		for _, v := range p.values[name] {
			if v != nil {
				n += *v
			}
		}
		return n
	}
	slices.SortStableFunc(l.Rows, func(a, b string) int { return cmp.Compare(total(b), total(a)) })
	if n := len(l.Rows) - maxHeatRows; n > 0 {
		l.Rows, l.Left = l.Rows[:maxHeatRows], n
	}
	slices.SortStableFunc(l.Rows, byPartition)
	var positive []float64
	for _, row := range l.Rows {
		values := make([]*float64, p.n)
		for i, v := range p.values[row] {
			if v == nil {
				continue
			}
			f := p.over(row, i, i+1)
			values[i] = &f
			if f > 0 {
				positive = append(positive, f)
			}
		}
		l.Values = append(l.Values, values)
	}
	if n := len(positive); n > 0 {
		slices.Sort(positive)
		l.Full = positive[(n*98+99)/100-1]
	}
	l.draw(g, end, bands)
	length, starts := g.periods(heatPeriods)
	l.table.Columns = periodNames(g, length, starts)
	for _, row := range l.Rows {
		r := heatRow{Name: row}
		for _, start := range starts {
			r.Cells = append(r.Cells, l.text(p.over(row, start, min(start+length, p.n))))
		}
		l.table.Rows = append(l.table.Rows, r)
	}
	return l
}

// over is the rate over steps, or the highest lag in them.
func (p *partitionSteps) over(row string, from, to int) float64 {
	var sum, high int64
	var seconds float64
	for i := from; i < to; i++ {
		if v := p.values[row][i]; v != nil {
			sum, high = sum+*v, max(high, *v)
		}
		if p.seconds != nil {
			seconds += p.seconds[i]
		}
	}
	switch {
	case p.seconds == nil:
		return float64(high)
	case seconds == 0:
		return 0
	}
	rate := float64(sum) / seconds
	if rate < 10 {
		return math.Round(rate*100) / 100
	}
	return math.Round(rate*10) / 10
}

// text is a value in the words of the page.
func (l *layer) text(v float64) string {
	if l.Unit == "" {
		return summary.Count(int64(v))
	}
	return summary.Rate(v)
}

func (l *layer) draw(g grid, end time.Duration, bands []window) {
	l.drawing = drawHeat("Partitions over time: "+l.Name, namesLeft, g, end, bands, len(l.Rows), float64(len(l.Rows)*heatRowHeight), func(step, row int) int {
		if v := l.Values[row][step]; v != nil && l.Full > 0 {
			return shade(*v / l.Full)
		}
		return 0
	})
	for i, row := range l.Rows {
		l.drawing.YTicks = append(l.drawing.YTicks, svgTick{num(svgTop + (float64(i)+0.5)*heatRowHeight), shorten(row)})
	}
}

// byPartition orders "topic/partition" by topic, then by number.
func byPartition(a, b string) int {
	split := func(s string) (string, int) {
		i := strings.LastIndexByte(s, '/')
		n, err := strconv.Atoi(s[i+1:])
		if err != nil {
			return s, 0
		}
		return s[:max(i, 0)], n
	}
	topicA, numberA := split(a)
	topicB, numberB := split(b)
	return cmp.Or(cmp.Compare(topicA, topicB), cmp.Compare(numberA, numberB))
}

// shorten keeps the end of a long name: the number of the partition is there.
func shorten(name string) string {
	const most = 22
	r := []rune(name)
	if len(r) <= most {
		return name
	}
	return "…" + string(r[len(r)-most+1:])
}

// heatDrawing is a heatmap without JavaScript: one path for each shade, in
// units of steps and rows.
type heatDrawing struct {
	Title       string
	Left, Width int    // of the plot
	Box         string // of the plot, in steps and rows
	Plot        string // its height
	Bottom      string // of the labels below it
	Height      string
	Shades      []svgLine
	Bands       []svgBand
	XTicks      []svgTick
	YTicks      []svgTick
}

// drawHeat draws the cells, the first row on top. Cells of one shade that
// follow each other in time are one.
func drawHeat(title string, left int, g grid, end time.Duration, bands []window, rows int, plot float64, shadeOf func(step, row int) int) *heatDrawing {
	d := &heatDrawing{
		Title: title, Left: left, Width: svgWidth - left - svgRight,
		Box:  fmt.Sprintf("0 0 %.4g %d", end.Seconds()/g.step.Seconds(), rows),
		Plot: num(plot), Bottom: num(svgTop + plot + 18), Height: num(svgTop + plot + svgBottom),
	}
	paths := make([]strings.Builder, shades+1)
	for row := range rows {
		for from := 0; from < g.n; {
			level, to := shadeOf(from, row), from+1
			for to < g.n && shadeOf(to, row) == level {
				to++
			}
			if level > 0 {
				fmt.Fprintf(&paths[level], "M%d %dh%dv1H%dz", from, row, to-from, from)
			}
			from = to
		}
	}
	for level := 1; level <= shades; level++ {
		if paths[level].Len() > 0 {
			d.Shades = append(d.Shades, svgLine{Class: fmt.Sprintf("h%d", level), Path: paths[level].String()})
		}
	}
	x := func(s float64) float64 { return float64(left) + min(s/end.Seconds(), 1)*float64(d.Width) }
	for _, b := range bands {
		d.Bands = append(d.Bands, svgBand{b.Kind, b.Label, num(x(b.Start)), num(max(x(b.End)-x(b.Start), 1))})
	}
	d.XTicks = timeTicks(end, x)
	return d
}
