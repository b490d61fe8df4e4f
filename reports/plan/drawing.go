package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/internal/axis"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// The drawings are in units of a viewBox that the page scales.
const (
	width, height = 1000, 300
	left, right   = 76, 14
	top, bottom   = 22, 30
)

// drawing is a chart of probes.
type drawing struct {
	Title, Note string
	XTicks      []tick
	YTicks      []tick
	Rules       []rule
	Lines       []line
	Marks       []mark
	Legend      []line // its names alone
}

type tick struct{ At, Text string }

// rule is a line across the drawing: a rate, or the bound of an objective.
type rule struct {
	Class, Text    string
	X1, X2, Y1, Y2 string
	TextX, TextY   string
	Anchor         string
}

type line struct{ Class, Name, Path string }

// mark is a probe.
type mark struct{ Class, Path, Text string }

// kind is a kind of latency of the drawings, with its color.
type kind struct{ Kind, Name, Class string }

// kindsOf are those that the probes measured, of those that a user feels.
func kindsOf(probes []run.Probe) []kind {
	var all []kind
	for _, k := range []kind{{run.Publish, "publish", "s1"}, {run.EndToEnd, "end to end", "s2"}, {run.Effect, "effect", "s3"}} {
		if slices.ContainsFunc(probes, func(p run.Probe) bool { return k.of(p).Kind != "" }) {
			all = append(all, k)
		}
	}
	return all
}

// of is the latency of a probe, empty where it has none.
func (k kind) of(p run.Probe) run.ProbeLatency {
	for _, l := range p.Latencies {
		if l.Kind == k.Kind {
			return l
		}
	}
	return run.ProbeLatency{}
}

func latency(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return summary.Duration(d)
}

// drawings are the knee, where latencies are known, and the search.
func drawings(p run.Plan) []drawing {
	if len(p.Probes) == 0 {
		return nil
	}
	all := []drawing{searched(p)}
	if len(kindsOf(p.Probes)) > 0 {
		all = slices.Insert(all, 0, knee(p))
	}
	return all
}

// plot turns values into places.
type plot struct{ x, y axis.Axis }

func (p plot) at(x, y float64) (string, string) { return p.across(x), p.up(y) }

func (p plot) across(x float64) string { return num(left + p.x.Share(x)*(width-left-right)) }

func (p plot) up(y float64) string { return num(top + (1-p.y.Share(y))*(height-top-bottom)) }

func num(f float64) string { return fmt.Sprintf("%.1f", f) }

// level is a rule at a height.
func (p plot) level(class, text string, y float64) rule {
	at := p.up(y)
	return rule{class, text, num(left), num(width - right), at, at, num(left + 6), at, "start"}
}

// upright is a rule at a rate.
func (p plot) upright(class, text string, x float64) rule {
	at := p.across(x)
	return rule{class, text, at, at, num(top), num(height - bottom), at, num(top - 4), "middle"}
}

// mark draws a probe as what came of it.
func (p plot) mark(class string, probe run.Probe, x, y float64, text string) mark {
	const r = 4
	at, up := p.at(x, y)
	m := mark{Class: class + " " + outcomeClass(probe.Outcome), Text: text + ", " + probe.Outcome}
	m.Path = fmt.Sprintf("M%s %sm-%d 0a%d %d 0 1 0 %d 0a%d %d 0 1 0 -%d 0", at, up, r, r, r, 2*r, r, r, 2*r)
	if probe.Outcome == "missed" {
		m.Path = fmt.Sprintf("M%s %sm-%d -%dl%d %dm0 -%dl-%d %d", at, up, r, r, 2*r, 2*r, 2*r, 2*r, 2*r)
	}
	return m
}

// outcomeClass knows the outcomes by name; what a later version may call
// another one has no class.
func outcomeClass(outcome string) string {
	if slices.Contains([]string{"met", "missed", "undecided"}, outcome) {
		return outcome
	}
	return ""
}

// rates are those that matter, as rules.
func rates(p run.Plan, draw func(class, text string, rate float64) rule) []rule {
	var all []rule
	for _, r := range []struct {
		class, name string
		rate        float64
	}{{"held", "held", p.Capacity.Rate}, {"target", "target", p.Target}} {
		if r.rate > 0 {
			all = append(all, draw(r.class, r.name+" "+summary.Rate(r.rate), r.rate))
		}
	}
	return all
}

// knee draws what the latencies were at which rate.
func knee(p run.Plan) drawing {
	d := drawing{Title: "Latency by rate", Note: "p99, and p50 thinner; lines through the medians of a rate's probes"}
	highest, low, high := p.Target, math.Inf(1), 0.0
	kinds := kindsOf(p.Probes)
	for _, probe := range p.Probes {
		highest = max(highest, probe.Rate)
		for _, k := range kinds {
			for _, v := range []time.Duration{k.of(probe).P50, k.of(probe).P99} {
				if v > 0 {
					low, high = min(low, float64(v)), max(high, float64(v))
				}
			}
		}
	}
	bounds := boundsOf(p.Objectives, kinds)
	for _, b := range bounds {
		low, high = min(low, float64(b.at)), max(high, float64(b.at))
	}
	if math.IsInf(low, 1) {
		low, high = float64(time.Millisecond), float64(time.Second) // measured, and nothing judged
	}
	pl := plot{axis.Linear(highest*1.05, 8), axis.Log(low/1.3, high*1.3)}
	for _, t := range pl.x.Ticks {
		d.XTicks = append(d.XTicks, tick{pl.across(t), summary.Rate(t)})
	}
	for _, t := range pl.y.Ticks {
		d.YTicks = append(d.YTicks, tick{pl.up(t), summary.Duration(time.Duration(math.Round(t)))})
	}
	d.Rules = rates(p, pl.upright)
	for _, b := range bounds {
		d.Rules = append(d.Rules, pl.level("bound "+b.class, b.text, float64(b.at)))
	}
	for _, k := range kinds {
		for _, q := range []struct {
			name, class string
			of          func(run.ProbeLatency) time.Duration
		}{
			{"p50", k.Class + " thin", func(l run.ProbeLatency) time.Duration { return l.P50 }},
			{"p99", k.Class, func(l run.ProbeLatency) time.Duration { return l.P99 }},
		} {
			byRate := map[float64][]float64{}
			for _, probe := range p.Probes {
				v := float64(q.of(k.of(probe)))
				if v == 0 {
					continue
				}
				byRate[probe.Rate] = append(byRate[probe.Rate], v)
				if q.name == "p99" {
					text := fmt.Sprintf("%s: %s %s %s", summary.Rate(probe.Rate), k.Name, q.name, summary.Duration(time.Duration(v)))
					d.Marks = append(d.Marks, pl.mark(k.Class, probe, probe.Rate, v, text))
				}
			}
			d.Lines = append(d.Lines, line{q.class, k.Name + " " + q.name, pl.through(byRate)})
		}
		d.Legend = append(d.Legend, line{Class: k.Class, Name: k.Name})
	}
	return d
}

// through is a line through the medians.
func (p plot) through(byRate map[float64][]float64) string {
	var rates []float64
	for rate := range byRate {
		rates = append(rates, rate)
	}
	slices.Sort(rates)
	var b strings.Builder
	for i, rate := range rates {
		x, y := p.at(rate, median(byRate[rate]))
		fmt.Fprintf(&b, "%c%s %s", "ML"[min(i, 1)], x, y)
	}
	return b.String()
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// bound is an objective on a percentile that is drawn.
type bound struct {
	text, class string
	at          time.Duration
}

// boundsOf reads the bounds of plan.json, such as "≤ 50ms"; what is written in
// another way has no line.
func boundsOf(objectives []run.PlanObjective, kinds []kind) []bound {
	var all []bound
	for _, o := range objectives {
		name, q, _ := strings.Cut(o.Name, ".")
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.Kind == name })
		at, err := time.ParseDuration(strings.TrimSpace(strings.TrimPrefix(o.Want, "≤")))
		if i >= 0 && (q == "p50" || q == "p99") && err == nil && at > 0 {
			all = append(all, bound{o.Name + " " + o.Want, kinds[i].Class, at})
		}
	}
	slices.SortStableFunc(all, func(a, b bound) int { return cmp.Compare(a.at, b.at) })
	return all
}

// searched draws the rates of the probes in their order.
func searched(p run.Plan) drawing {
	d := drawing{Title: "The search", Note: "the rate of each probe"}
	low, high := math.Inf(1), p.Target
	for _, probe := range p.Probes {
		low, high = min(low, probe.Rate), max(high, probe.Rate)
	}
	low = max(low, 1e-3) // a plan of others may say anything
	pl := plot{axis.Axis{Low: 0.5, High: float64(len(p.Probes)) + 0.5}, axis.Log(low/1.2, high*1.2)}
	each := (len(p.Probes) + 23) / 24
	path := strings.Builder{}
	for i, probe := range p.Probes {
		n := float64(i + 1)
		if i%each == 0 {
			d.XTicks = append(d.XTicks, tick{pl.across(n), fmt.Sprint(i + 1)})
		}
		x, y := pl.at(n, max(probe.Rate, low))
		fmt.Fprintf(&path, "%c%s %s", "ML"[min(i, 1)], x, y)
		d.Marks = append(d.Marks, pl.mark("s1", probe, n, max(probe.Rate, low), fmt.Sprintf("probe %d: %s", i+1, summary.Rate(probe.Rate))))
	}
	for _, t := range pl.y.Ticks {
		d.YTicks = append(d.YTicks, tick{pl.up(t), summary.Rate(t)})
	}
	d.Lines = []line{{"s1 thin", "", path.String()}}
	d.Rules = rates(p, pl.level)
	return d
}
