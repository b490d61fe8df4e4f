package html

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/internal/axis"
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
	values := newAxis(curves, logarithmic)
	y := func(v float64) float64 {
		return svgTop + (1-values.Share(v))*(svgHeight-svgTop-svgBottom)
	}
	for _, b := range bands {
		left, right := x(b.Start), x(b.End)
		d.Bands = append(d.Bands, svgBand{b.Kind, b.Label, num(left), num(max(right-left, 1))})
	}
	for _, c := range curves {
		d.Lines = append(d.Lines, svgLine{c.class, c.name, path(g, c.values, logarithmic, x, y)})
	}
	for _, t := range values.Ticks {
		d.YTicks = append(d.YTicks, svgTick{num(y(t)), label(t)})
	}
	d.XTicks = timeTicks(end, x)
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

// newAxis is one that holds all values: from 0, or of whole decades.
func newAxis(curves []curve, logarithmic bool) axis.Axis {
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
		return axis.Linear(max(high*1.05, 1), 5)
	}
	return axis.Log(math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high*1.0001))))
}

// timeSteps are what a time axis is divided into.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// timeTicks are at most nine round times from 0 to end.
func timeTicks(end time.Duration, x func(seconds float64) float64) []svgTick {
	step := timeSteps[0]
	for i := 1; end/step > 8; i++ {
		if i < len(timeSteps) {
			step = timeSteps[i]
		} else {
			step += 24 * time.Hour
		}
	}
	var ticks []svgTick
	for at := time.Duration(0); at <= end; at += step {
		ticks = append(ticks, svgTick{num(x(at.Seconds())), timeLabel(at, step)})
	}
	return ticks
}

// timeLabel is a multiple of step: in seconds where they are the step, else in
// minutes and hours.
func timeLabel(at, step time.Duration) string {
	h, m := at/time.Hour, at%time.Hour/time.Minute
	switch {
	case step%time.Minute != 0:
		return fmt.Sprintf("%g s", at.Seconds())
	case h == 0:
		return fmt.Sprintf("%d m", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %02d m", h, m)
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
