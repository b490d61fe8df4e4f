package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// objective is one bound, where it is from and in which phase it holds.
type objective struct {
	name   string
	phase  string
	source string
	// own says that the scenario itself names it: only then is too little
	// evidence inconclusive, and not just a note.
	own   bool
	judge func(*measured) (want, got string, ok, judged bool, note string)
	// generator says, where the objective failed, why the generator and not
	// the flow decided that; empty where it did not. Nil where it never does.
	generator func(*measured) string
}

// measured is what objectives are judged from.
type measured struct {
	latencies []run.Latency
	groups    []run.Group
	intervals []run.Interval
	phases    []run.Phase
	faults    []run.Fault
	generator run.Generator
	// throttled is for how long brokers held producers back, in a load of
	// length.
	throttled, length time.Duration
	due, failed       uint64
	// timeless says why no time of effects is known; "" where it is.
	timeless string
	// unanswered says why what was sent has no outcome; "" where it has.
	unanswered string
	// partitions are all those that the load goes to.
	partitions []run.Partition
}

// objectives joins the scenario's with those of the contracts that take
// part; the scenario's override.
func (p *Plan) objectives() []objective {
	var all []objective
	taken := map[string]bool{}
	add := func(o objective) {
		if !taken[o.name] {
			taken[o.name] = true
			all = append(all, o)
		}
	}
	s, file := p.Scenario.Objectives, p.Scenario.Doc.File()
	addAll := func(list []objective) {
		for _, o := range list {
			add(o)
		}
	}
	if s.Steady != nil {
		addAll(bounds(s.Steady, run.PhaseSteady, file, true))
	}
	if s.Run != nil {
		addAll(bounds(s.Run, "", file, true))
	}
	if s.Fault != nil {
		if s.Fault.Unavailable > 0 {
			add(unavailable(time.Duration(s.Fault.Unavailable), file))
		}
		addAll(bounds(&s.Fault.Objectives, run.PhaseFault, file, true))
	}
	if s.Healed != nil {
		if s.Healed.Within > 0 {
			add(healedWithin("healed.within", time.Duration(s.Healed.Within), file, true))
		}
		addAll(bounds(&s.Healed.Objectives, run.PhaseHealed, file, true))
	}
	if s.Partitions != nil {
		for _, q := range slices.Sorted(maps.Keys(s.Partitions.Publish)) {
			add(partitionBound(q, time.Duration(s.Partitions.Publish[q]), file))
		}
	}
	for _, c := range p.participants() {
		if c.Objectives == nil {
			continue
		}
		for _, o := range bounds(c.Objectives, run.PhaseSteady, c.Doc.File(), false) {
			add(o)
		}
		if c.Objectives.Recovery > 0 && !taken["healed.within"] {
			add(healedWithin("recovery", time.Duration(c.Objectives.Recovery), c.Doc.File(), false))
		}
	}
	return all
}

// participants are the contracts of the flows' producers and consumers.
func (p *Plan) participants() []*contracts.Contract {
	var all []*contracts.Contract
	add := func(c *contracts.Contract) {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, f := range p.Flows {
		if f.raw() {
			continue
		}
		add(f.Producer)
		for _, x := range f.Reactions {
			add(x.Contract)
		}
	}
	return all
}

// bounds are the objectives of a phase, or of the whole run where it is empty.
// Of the steady phase, where a contract has all of its own, what is no latency
// is judged over the whole run.
func bounds(o *contracts.Objectives, phase, source string, own bool) []objective {
	var all []objective
	prefix := map[string]string{"": "run.", run.PhaseFault: "fault.", run.PhaseHealed: "healed."}[phase]
	kinds := []struct {
		name   string
		kind   histogram.Kind
		bounds map[string]document.Duration
	}{
		{run.Publish, histogram.Publish, o.Publish},
		{run.Send, histogram.Send, o.Send},
		{run.EndToEnd, histogram.EndToEnd, o.EndToEnd},
		{run.Effect, histogram.Effect, o.Effect},
	}
	for _, k := range kinds {
		for _, q := range slices.Sorted(maps.Keys(k.bounds)) {
			all = append(all, latencyBound(k.kind, phase, prefix+k.name+"."+q, q, time.Duration(k.bounds[q]), source, own))
		}
	}
	achieved, errors := achievedBound, errorsBound
	if phase == run.PhaseFault || phase == run.PhaseHealed {
		achieved, errors = achievedIn(phase), errorsIn(phase)
	}
	var rest []objective
	if o.Achieved > 0 {
		rest = append(rest, achieved(float64(o.Achieved), source, own))
	}
	if o.Errors != nil {
		rest = append(rest, errors(float64(*o.Errors), source, own))
	}
	if o.Lag != nil && o.Lag.Records > 0 {
		rest = append(rest, lagBound(phase, int64(o.Lag.Records), source, own))
	}
	for i := range rest {
		rest[i].name = prefix + rest[i].name
	}
	return append(all, rest...)
}

func latencyBound(kind histogram.Kind, phase, name, q string, bound time.Duration, source string, own bool) objective {
	o := objective{name: name, phase: phase, source: source, own: own,
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≤ " + bound.String()
			if kind == histogram.Effect && m.timeless != "" {
				return want, "—", false, false, m.timeless
			}
			for _, l := range m.latencies {
				if l.Kind != kind.String() || l.Phase != phase {
					continue
				}
				value, judged, note := quantile(l, q)
				if !judged {
					return want, "—", false, false, note
				}
				if missed := l.Failed + l.Unfinished; missed > 0 {
					note = fmt.Sprintf("%d without a latency", missed)
					if q == "max" {
						return want, "unbounded", false, true, note
					}
					if worse := tail(l, q); missed > worse {
						return want, "unbounded", false, true, note + " outweigh this percentile"
					}
					// Those that are missed are slower than all others, so
					// the percentile of all lies above that of the counted.
					if above := shifted(l, q); value <= bound && above > bound {
						return want, value.Round(10 * time.Microsecond).String(), false, false,
							fmt.Sprintf("%s: with them it may be up to %s", note, above.Round(10*time.Microsecond))
					}
				}
				return want, value.Round(10 * time.Microsecond).String(), value <= bound, true, note
			}
			return want, "—", false, false, "not judged (n = 0)"
		}}
	if kind != histogram.Send && phase == run.PhaseSteady { // which begins after the wake
		o.generator = func(m *measured) string { return lateness(m, kind, q, bound) }
	}
	return o
}

// tail is how many samples lie beyond a percentile.
func tail(l run.Latency, q string) int64 {
	p, _ := strconv.ParseFloat(strings.TrimPrefix(q, "p"), 64)
	return int64(float64(l.Count+l.Failed+l.Unfinished) * (1 - p/100))
}

// shifted bounds a percentile of all samples, those without a latency
// included, by the next higher one that is known of the others.
func shifted(l run.Latency, q string) time.Duration {
	p, _ := strconv.ParseFloat(strings.TrimPrefix(q, "p"), 64)
	share := p / 100 * float64(l.Count+l.Failed+l.Unfinished) / float64(l.Count)
	for _, x := range l.Quantiles { // in ascending order
		if x.Q >= share {
			return x.Value
		}
	}
	return l.Max
}

func quantile(l run.Latency, q string) (time.Duration, bool, string) {
	if q == "max" {
		if l.Count == 0 {
			return 0, false, "not judged (n = 0)"
		}
		return l.Max, true, ""
	}
	p, _ := strconv.ParseFloat(strings.TrimPrefix(q, "p"), 64)
	for _, x := range l.Quantiles {
		if diff := x.Q*100 - p; diff > -1e-6 && diff < 1e-6 {
			if !x.Judged {
				return 0, false, fmt.Sprintf("not judged (n = %d < %d)", l.Count, x.Need)
			}
			return x.Value, true, ""
		}
	}
	return 0, false, "not measured"
}

func achievedBound(bound float64, source string, own bool) objective {
	return objective{name: "achieved", source: source, own: own,
		generator: func(m *measured) string { return overload(m, bound) },
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≥ " + percent(bound)
			if m.unanswered != "" {
				return want, "—", false, false, m.unanswered
			}
			if m.generator.Offered == 0 {
				return want, "—", false, false, "nothing was offered"
			}
			got := m.generator.Achieved / m.generator.Offered
			return want, percent(got), got >= bound, true, ""
		}}
}

func errorsBound(bound float64, source string, own bool) objective {
	return objective{name: "errors", source: source, own: own,
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≤ " + percent(bound)
			if m.unanswered != "" {
				return want, "—", false, false, m.unanswered
			}
			if m.due == 0 {
				return want, "—", false, false, "nothing was sent"
			}
			got := float64(m.failed) / float64(m.due)
			return want, percent(got), got <= bound, true, ""
		}}
}

// lagBound holds the lag of each group at the end of each second within a
// phase, or of the run where it is empty, to a bound. A second that does not
// know it is no evidence.
func lagBound(phase string, bound int64, source string, own bool) objective {
	return objective{name: "lag", phase: phase, source: source, own: own,
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≤ " + several(bound, "record")
			if len(m.groups) == 0 {
				return want, "—", false, false, "no group was watched"
			}
			var worst, seconds, unknown int64
			whose := ""
			for _, in := range m.intervals {
				if phase != "" && !m.within(in, phase) {
					continue
				}
				seconds++
				for _, g := range m.groups {
					partitions, known := in.Lag[g.Name]
					if !known {
						unknown++
						break
					}
					if lag := (lagSample{lag: partitions}).total(); lag >= worst {
						worst, whose = lag, g.Name
					}
				}
			}
			got, note := several(worst, "record"), whose
			switch {
			case worst > bound:
				return want, got, false, true, note
			case seconds == unknown:
				return want, "—", false, false, "not known in the " + inPhase(phase)
			case unknown > 0:
				return want, got, false, false, fmt.Sprintf("%s; not known in %d of %d %s intervals", note, unknown, seconds, cmp.Or(phase, "measured"))
			}
			return want, got, true, true, note
		}}
}

func unavailable(bound time.Duration, source string) objective {
	return objective{name: "fault.unavailable", phase: run.PhaseFault, source: source, own: true,
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≤ " + bound.String()
			if m.unanswered != "" {
				return want, "—", false, false, m.unanswered
			}
			var worst time.Duration
			bit := 0
			for _, f := range m.faults {
				if f.Bit && !f.Always {
					bit++
					worst = max(worst, f.PublishStall)
				}
			}
			if bit == 0 {
				return want, "—", false, false, "no fault bit"
			}
			return want, worst.Round(time.Millisecond).String(), worst <= bound, true, ""
		}}
}

func healedWithin(name string, bound time.Duration, source string, own bool) objective {
	return objective{name: name, phase: run.PhaseHealed, source: source, own: own,
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≤ " + bound.String()
			if m.unanswered != "" {
				return want, "—", false, false, m.unanswered
			}
			var worst time.Duration
			bit := 0
			for _, f := range m.faults {
				if !f.Bit || f.Always {
					continue
				}
				bit++
				if !f.Recovered {
					return want, "—", false, false, "the run ended before the flow was seen to recover from: " + f.What
				}
				worst = max(worst, f.Recovery)
			}
			if bit == 0 {
				return want, "—", false, false, "no fault bit"
			}
			return want, worst.Round(time.Millisecond).String(), worst <= bound, true, "from the fault, not from its healing"
		}}
}

func percent(share float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(share*100, 'f', 2, 64), "0"), ".") + "%"
}

// judgeObjectives judges all. Too little evidence is inconclusive only where
// the scenario itself names the objective; else it is left out of the run's
// verdict and says so.
//
// bound says that the generator decided one, which is inconclusive then.
func (p *Plan) judgeObjectives(m *measured) (judged []run.Objective, bound bool) {
	for _, o := range p.objectives() {
		want, got, ok, known, note := o.judge(m)
		j := run.Objective{Name: o.name, Phase: o.phase, Want: want, Got: got, Note: note, Source: o.source}
		switch {
		case known && ok:
			j.Verdict = finding.Pass
		case known:
			j.Verdict = finding.Fail
			if why := o.decidedByGenerator(m); why != "" {
				j.Verdict, j.Note, bound = finding.Inconclusive, strings.TrimPrefix(note+"; "+why, "; "), true
			}
		case o.own:
			j.Verdict = finding.Inconclusive
		}
		judged = append(judged, j)
	}
	return judged, bound
}

func (o objective) decidedByGenerator(m *measured) string {
	if o.generator == nil {
		return ""
	}
	return o.generator(m)
}
