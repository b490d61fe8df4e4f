package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/internal/axis"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Bounds of what the page shows of hops; results.json has all.
const (
	maxHopRows   = 48 // of the table
	maxHopCurves = 8  // of them with embedded intervals, for ranges
	maxChains    = 8  // with their waterfalls
	maxHopName   = 96 // characters above a bar
)

// hopsPanel is what the page shows of the hops of a run.
type hopsPanel struct {
	Rows      []hopRow
	Left      int  // rows that are left out
	Warmed    bool // by a warm-up, which no row has
	Quantiles []float64
	Chains    []chainView
	// LeftChains have no waterfall.
	LeftChains int
}

// hopRow is a hop, or a chain as a whole.
type hopRow struct {
	Name, From, To string
	Class          string // its indentation
	Whole          bool
	Samples        string
	Figures        []latencyCell
	Max            string
	// Beside are the counts that no percentile has.
	Beside string

	log  string // its histograms
	dead bool
}

// hopCurve are a row's samples over time, as those of latencyCurve.
type hopCurve struct {
	Max     []*int64  `json:"max"`
	Buckets []buckets `json:"buckets"`
	Warm    []buckets `json:"warm"`
}

// chainView is a chain with its single events.
type chainView struct {
	Name     string
	Columns  []string
	Rows     []chainRow
	Drawings []waterfall
	Followed int
}

// chainRow is a step: its median over all events, and how long it took each of
// the single ones.
type chainRow struct {
	Name  string
	Cells []string
	Whole bool
}

// hops shows the hops of a run that was judged.
func (c *charts) hops(rec *run.Record, g grid) {
	if rec.Results == nil || rec.Results.Hops == nil {
		return
	}
	all := rec.Results.Hops
	p := &hopsPanel{Quantiles: shownQuantiles, Warmed: c.Warmed()}
	for _, h := range all.Hops {
		p.add(newHopRow(all, h), h.Latencies)
	}
	for _, chain := range all.Chains {
		if len(chain.Hops) == 0 {
			continue // a directory of someone else
		}
		last := chain.Hops[len(chain.Hops)-1]
		p.add(hopRow{Name: "the whole way", From: "due", To: outputTopic(all, last), Whole: true, log: fmt.Sprintf("hops/%d-whole", last)}, chain.Latencies)
		if len(p.Chains) == maxChains {
			p.LeftChains++
			continue
		}
		p.Chains = append(p.Chains, newChainView(rec, chain))
	}
	c.Hops, c.Data.Hops = p, make([]*hopCurve, len(p.Rows))
	for _, i := range p.embedded() {
		curve, err := readLatency(rec, p.Rows[i].log, g)
		if err != nil {
			c.unread = append(c.unread, "A range has no figures of the hop from "+p.Rows[i].From+" to "+p.Rows[i].To+": "+err.Error())
			continue
		}
		c.Data.Hops[i] = &hopCurve{curve.Max, curve.Buckets, curve.Warm}
	}
}

// add adds a row with its figures of the whole run.
func (p *hopsPanel) add(r hopRow, latencies []run.Latency) {
	if len(p.Rows) == maxHopRows {
		p.Left++
		return
	}
	l := wholeOf(latencies)
	r.Samples, r.Figures, r.Max = summary.Count(l.Count), cells(l, shownQuantiles), "–"
	if l.Count > 0 {
		r.Max = summary.Duration(l.Max)
	}
	p.Rows = append(p.Rows, r)
}

// embedded are the rows whose intervals the page has: dead letters come last.
func (p *hopsPanel) embedded() (rows []int) {
	for _, dead := range []bool{false, true} {
		for i, r := range p.Rows {
			if r.dead == dead && len(rows) < maxHopCurves {
				rows = append(rows, i)
			}
		}
	}
	return rows
}

func newHopRow(all *run.Hops, h run.Hop) hopRow {
	r := hopRow{Name: h.Consumer, From: h.Topic, To: h.OutputTopic, Class: fmt.Sprintf("deep%d", min(depth(all, h), 4)), Beside: beside(h), log: fmt.Sprintf("hops/%d", h.ID), dead: h.DeadLetter}
	if h.DeadLetter {
		r.Name += ", dead letters"
	}
	return r
}

// depth is how many hops come before one. A directory of someone else may have
// hops in a circle.
func depth(all *run.Hops, h run.Hop) (n int) {
	for ; h.After != 0 && n < len(all.Hops); n++ {
		h = hopOf(all, h.After)
	}
	return n
}

// hopOf is the hop with an id; of someone else's directory it may be missing.
func hopOf(all *run.Hops, id int) run.Hop {
	if i := slices.IndexFunc(all.Hops, func(h run.Hop) bool { return h.ID == id }); i >= 0 {
		return all.Hops[i]
	}
	return run.Hop{}
}

func outputTopic(all *run.Hops, id int) string {
	h := hopOf(all, id)
	return h.OutputTopic
}

// beside says in words what is not among the samples, and of those what makes
// them longer.
func beside(h run.Hop) string {
	l := wholeOf(h.Latencies)
	var parts []string
	if !h.DeadLetter {
		parts = append(parts, summary.Plural(int64(h.Inputs), "input", "inputs"))
	}
	for _, c := range []struct {
		n    uint64
		name string
	}{
		{h.Retried, "retried by topic"}, {h.RetriesApart, "retries read apart"}, {h.Unfinished, "unfinished"}, {h.NotFollowed, "not followed"},
		{uint64(l.Negative), "negative"}, {uint64(l.OutOfRange), "out of range"}, {h.Again, "outputs again"},
		{h.WithoutInput, "outputs without input"}, {h.Untraced, "records that lead back to nothing"}, {uint64(l.Excluded), "of the warm-up"},
	} {
		if c.n != 0 {
			parts = append(parts, summary.Count(c.n)+" "+c.name)
		}
	}
	return strings.Join(parts, ", ")
}

func wholeOf(all []run.Latency) run.Latency {
	for _, l := range all {
		if l.Phase == "" {
			return l
		}
	}
	return run.Latency{}
}

// median is that of a latency in the words of the page.
func median(l run.Latency) string {
	cell := cells(l, []float64{0.5})[0]
	if cell.Withheld {
		return "not judged (n < " + cell.Value + ")"
	}
	return cell.Value
}

// newChainView lays a chain's single events beside the medians of its steps.
func newChainView(rec *run.Record, chain run.Chain) chainView {
	all := rec.Results.Hops
	first := hopOf(all, chain.Hops[0])
	v := chainView{Name: first.Event, Columns: []string{"p50 of each, all events"}, Followed: chain.Followed}
	v.Rows = append(v.Rows, chainRow{Name: "due → " + first.Topic, Cells: []string{received(rec)}})
	for _, id := range chain.Hops {
		h := hopOf(all, id)
		v.Name += " → " + h.Output
		v.Rows = append(v.Rows, chainRow{Name: h.Consumer + " → " + h.OutputTopic, Cells: []string{median(wholeOf(h.Latencies))}})
	}
	v.Rows = append(v.Rows, chainRow{Name: "the whole way", Cells: []string{median(wholeOf(chain.Latencies))}, Whole: true})
	for _, t := range chain.Traces {
		if len(t.Steps) != len(chain.Hops) {
			continue // a directory of someone else
		}
		v.Columns = append(v.Columns, "one event near "+summary.QuantileName(t.Q))
		spans := spansOf(t)
		for i, s := range spans {
			v.Rows[i].Cells = append(v.Rows[i].Cells, lasted(s))
		}
		v.Rows[len(spans)].Cells = append(v.Rows[len(spans)].Cells, lasted(span{t.Due, t.Steps[len(t.Steps)-1].At}))
		v.Drawings = append(v.Drawings, newWaterfall(t, spans, v.Rows))
	}
	return v
}

// received is the median of the end-to-end latency, of all loads.
func received(rec *run.Record) string {
	for _, l := range rec.Results.Latencies {
		if l.Kind == run.EndToEnd && l.Phase == "" {
			return median(l)
		}
	}
	return "–"
}

// span is a step of a single event: two moments since the load began.
type span struct{ from, to time.Duration }

// spansOf are the steps of an event: until it was received, then its hops.
func spansOf(t run.Trace) []span {
	all := []span{{t.Due, t.Received}}
	at := t.Received
	for _, s := range t.Steps {
		all = append(all, span{at, s.At})
		at = s.At
	}
	return all
}

func lasted(s span) string {
	if s.to < s.from {
		return "−" + summary.Duration(s.from-s.to)
	}
	return summary.Duration(s.to - s.from)
}

// waterfall draws a single event: its steps one below the other, each where it
// began. They are moments of one event, so that they do add up.
type waterfall struct {
	Title  string
	Text   string
	Height int
	Axis   int // where its labels stand
	Bottom int // of the bars
	Bars   []waterfallBar
	Ticks  []svgTick
}

type waterfallBar struct {
	Class, Name, Took string
	X, W              string
	TextY, BarY       int
}

// The places of a waterfall, in the units of its viewBox.
const (
	barLeft, barRight = 8, 8
	barTop            = 8
	barStep           = 42 // a line of text and its bar
)

func newWaterfall(t run.Trace, spans []span, rows []chainRow) waterfall {
	begin, end := t.Due, t.Due
	for _, s := range spans {
		begin, end = min(begin, s.from, s.to), max(end, s.from, s.to)
	}
	length := max(end-begin, time.Microsecond)
	x := func(at time.Duration) float64 {
		return barLeft + float64(at-begin)/float64(length)*(svgWidth-barLeft-barRight)
	}
	d := waterfall{
		Title: "One event near " + summary.QuantileName(t.Q), Bottom: barTop + barStep*len(spans),
		Text: fmt.Sprintf("%s from due to its last event, where %s is %s. Event %s, due at %s.", lasted(span{t.Due, t.Steps[len(t.Steps)-1].At}),
			summary.QuantileName(t.Q), summary.Duration(t.Value), t.Event, summary.Moment(t.Due)),
	}
	d.Axis, d.Height = d.Bottom+16, d.Bottom+22
	for i, s := range spans {
		left, right := x(min(s.from, s.to)), x(max(s.from, s.to))
		bar := waterfallBar{
			Class: lineClass(max(i-1, 0)), Name: clip(rows[i].Name), Took: lasted(s), X: num(left), W: num(max(right-left, 1.5)),
			TextY: barTop + barStep*i + 14, BarY: barTop + barStep*i + 20,
		}
		if i == 0 {
			bar.Class = "s0"
		} else if t.Steps[i-1].Retried {
			bar.Name += ", through a retry topic"
		}
		if s.to < s.from {
			bar.Name += ", read before its input"
		}
		d.Bars = append(d.Bars, bar)
	}
	micros := float64(length) / float64(time.Microsecond)
	for _, tick := range axis.Linear(micros, 5).Ticks {
		if tick <= micros {
			d.Ticks = append(d.Ticks, svgTick{num(x(begin + time.Duration(tick*float64(time.Microsecond)))), microsLabel(tick)})
		}
	}
	return d
}

// clip cuts a name that has no room.
func clip(s string) string {
	if r := []rune(s); len(r) > maxHopName {
		return string(r[:maxHopName]) + "…"
	}
	return s
}
