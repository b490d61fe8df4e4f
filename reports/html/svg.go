package html

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/summary"
)

// The drawing is in units of a viewBox that the page scales.
const (
	svgWidth, svgHeight = 1000, 260
	svgLeft, svgRight   = 64, 8
	svgTop, svgBottom   = 22, 26
)

// drawing is a chart without JavaScript: what the page shows where scripts do
// not run, and what it prints. Only numbers and texts; the template draws.
type drawing struct {
	Title  string
	Lines  []svgLine
	Bands  []svgBand
	XTicks []svgTick
	YTicks []svgTick
}

type svgLine struct {
	Class string // s0, s1, ...: the page's colors
	Name  string
	Path  string
}

type svgBand struct {
	Kind  string
	Label string
	X, W  string
}

type svgTick struct {
	At   string
	Text string
}

// curve is a line before it is drawn.
type curve struct {
	class, name string
	values      []*float64
}

// draw draws curves over the grid. A logarithmic drawing leaves out what is
// not positive.
func draw(title string, g grid, end time.Duration, bands []window, logarithmic bool, label func(float64) string, curves ...curve) *drawing {
	d := &drawing{Title: title}
	x := func(s float64) float64 {
		return svgLeft + s/end.Seconds()*(svgWidth-svgLeft-svgRight)
	}
	axis := newAxis(curves, logarithmic)
	y := func(v float64) float64 {
		return svgTop + (1-axis.share(v))*(svgHeight-svgTop-svgBottom)
	}
	for _, b := range bands {
		left, right := x(b.Start), x(b.End)
		d.Bands = append(d.Bands, svgBand{b.Kind, b.Label, num(left), num(max(right-left, 1))})
	}
	for _, c := range curves {
		d.Lines = append(d.Lines, svgLine{c.class, c.name, path(g, c.values, logarithmic, x, y)})
	}
	for _, t := range axis.ticks {
		d.YTicks = append(d.YTicks, svgTick{num(y(t)), label(t)})
	}
	for _, t := range linearTicks(end.Seconds(), 8) {
		d.XTicks = append(d.XTicks, svgTick{num(x(t)), secondsLabel(t)})
	}
	return d
}

// path draws the values; a missing one interrupts the line, and one that
// stands alone is a dot.
func path(g grid, values []*float64, logarithmic bool, x, y func(float64) float64) string {
	var b strings.Builder
	drawn := func(i int) bool {
		return i >= 0 && i < len(values) && values[i] != nil && (!logarithmic || *values[i] > 0)
	}
	for i := range values {
		if !drawn(i) {
			continue
		}
		op := "L"
		if !drawn(i - 1) {
			op = "M"
		}
		fmt.Fprintf(&b, "%s%s %s", op, num(x(g.middle(i))), num(y(*values[i])))
		if op == "M" && !drawn(i+1) {
			b.WriteString("h0.1")
		}
	}
	return b.String()
}

func num(f float64) string { return fmt.Sprintf("%.1f", f) }

// axis maps values to a share of the height.
type axis struct {
	low, high   float64
	logarithmic bool
	ticks       []float64
}

func newAxis(curves []curve, logarithmic bool) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for _, v := range c.values {
			if v != nil && (!logarithmic || *v > 0) {
				low, high = min(low, *v), max(high, *v)
			}
		}
	}
	if math.IsInf(low, 1) {
		low, high = 1, 10
	}
	if !logarithmic {
		high = max(high*1.05, 1)
		return axis{0, high, false, linearTicks(high, 5)}
	}
	a := axis{math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high*1.0001))), true, nil}
	for t := a.low; t <= a.high*1.001; t *= 10 {
		a.ticks = append(a.ticks, t)
	}
	return a
}

func (a axis) share(v float64) float64 {
	if a.logarithmic {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

// linearTicks are at most most+1 round values from 0 to high.
func linearTicks(high float64, most int) []float64 {
	if high <= 0 {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(high/float64(most))))
	for _, m := range []float64{1, 2, 5, 10} {
		if high/(step*m) <= float64(most) {
			step *= m
			break
		}
	}
	var ticks []float64
	for i := 0; float64(i)*step <= high*(1+1e-9); i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks
}

// secondsLabel is a tick of the time axis.
func secondsLabel(s float64) string {
	if s >= 600 {
		return summary.Duration(time.Duration(s * float64(time.Second)))
	}
	return fmt.Sprintf("%g s", s)
}

func microsLabel(us float64) string {
	return summary.Duration(time.Duration(us * float64(time.Microsecond)))
}

func countLabel(n float64) string { return summary.Count(int64(math.Round(n))) }

// floats turns counts into what draw takes.
func floats(values []*int64) []*float64 {
	out := make([]*float64, len(values))
	for i, v := range values {
		if v != nil {
			f := float64(*v)
			out[i] = &f
		}
	}
	return out
}
