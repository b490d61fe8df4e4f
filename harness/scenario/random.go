package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
)

// leastPause is the shortest pause of a random mix, mostDrawn how many faults
// would fit into the load if they took no time.
const (
	leastPause = 100 * time.Millisecond
	mostDrawn  = 10000
)

// random checks the random mix by itself.
func (v *validator) random(path document.Path, r Random) {
	v.OneOf(path.Add("quiet"), r.Quiet, string(fault.FirstThird), string(fault.MiddleThird), string(fault.LastThird))
	if pause := path.Add("pause"); v.s.Doc.Has(pause...) && time.Duration(r.Pause) < leastPause {
		v.Error(document.OutOfRange, pause, fmt.Sprintf("pause must be at least %s", document.Duration(leastPause)), "")
	}
	if len(r.Faults) == 0 {
		v.Missing(path, "faults", "what is drawn from: [{kill: {leader-of: order.events/0}, heal-after: 5s}]")
	}
	for i, f := range v.s.Faults {
		if f.inLoad() == nil {
			v.Conflict(document.Path{"faults", i}, path, "a fault with a time could meet those that are drawn", "move it to random, or to a scenario of its own")
		}
	}
	for i, f := range r.Faults {
		v.drawn(path.Add("faults", i), f)
	}
}

// drawn checks a fault of the random mix, whose end must be known beforehand.
func (v *validator) drawn(path document.Path, f RandomFault) {
	if weight := path.Add("weight"); v.s.Doc.Has(weight...) && (f.Weight < 1 || f.Weight > 1000) {
		v.Error(document.OutOfRange, weight, "weight must be from 1 to 1000", "")
	}
	for _, field := range []string{"at", "every", "when", "always"} {
		if at := path.Add(field); v.s.Doc.Has(at...) {
			v.ErrorAtKey(document.Conflicting, at, "when a fault of a random mix begins is drawn", "remove "+field)
		}
	}
	if !v.action(path, f.Fault) {
		return
	}
	v.healing(path, f.Fault, f.inLoad() != nil)
	f.When = nil // of which that is said already
	resolved, err := f.resolve(0)
	if _, known := resolved.Lasts(); known || err != nil || f.HealAfter < 0 || v.s.Doc.Failed(path.Add("heal-after")...) {
		return
	}
	switch {
	case f.inLoad() != nil:
		v.Error(BadTiming, path, "it is part of the load", "write it under faults, with always: true")
	case f.Restart != nil || f.Rolling != nil || f.Crash != nil:
		v.Error(BadTiming, path, "how long it takes is not known beforehand, so that it could meet the next", "write it under faults, in a scenario without random")
	default:
		v.Missing(path, "heal-after", "the next begins when it is healed")
	}
}

// pause is the least time between two faults.
func (r Random) pause(length time.Duration) time.Duration {
	return max(cmp.Or(time.Duration(r.Pause), length/30), leastPause).Truncate(time.Millisecond)
}

// mix is the engine's form of the random faults; nil where there are none.
func (p *Plan) mix() *fault.Mix {
	r := p.Scenario.Random
	if r == nil {
		return nil
	}
	m := &fault.Mix{Pause: r.pause(p.measured()), Quiet: fault.Third(r.Quiet)}
	for _, f := range p.Faults[len(p.Scenario.Faults):] {
		m.Faults = append(m.Faults, f)
		m.Weights = append(m.Weights, cmp.Or(r.Faults[len(m.Weights)].Weight, 1))
	}
	return m
}

// measured is how much of the load comes after the warm-up. The mix is drawn for
// it alone: a quiet third that lay in the warm-up would show nothing.
func (p *Plan) measured() time.Duration { return p.Length - p.Warmup }

// place is where a fault of the plan stands in the file.
func (p *Plan) place(f fault.Fault) document.Path {
	if n := len(p.Scenario.Faults); f.Index >= n && p.Scenario.Random != nil {
		return document.Path{"random", "faults", f.Index - n}
	}
	return document.Path{"faults", f.Index}
}

// mixFits refuses a load into which not every fault of the mix fits.
func (r *resolver) mixFits() {
	if len(r.plan.Faults) < len(r.s.Faults)+len(r.s.Random.Faults) {
		return // one of them is no fault, which is said already
	}
	m, path := r.plan.mix(), document.Path{"random"}
	if measured := r.plan.measured(); measured < m.Needs() {
		r.Error(BadTiming, path, fmt.Sprintf("not each of the faults fits into a third of the load of %s after its warm-up, with pauses of %s: it must be at least %s", measured, m.Pause, m.Needs()), "make the profile longer, or the pause or the faults shorter")
	}
	if r.plan.Length/m.Pause > mostDrawn {
		r.Error(document.OutOfRange, path.Add("pause"), fmt.Sprintf("with pauses of %s the load of %s could meet more than %d faults", m.Pause, r.plan.Length, mostDrawn), "make the pause longer")
	}
}

// draw draws the random faults from the mix's own seed, or that of the run.
func (p *Plan) draw(seed uint64) {
	m := p.mix()
	if m == nil {
		return
	}
	if own := p.Scenario.Random.Seed; own != nil {
		seed = *own
	}
	drawn, quiet := m.Draw(seed, p.measured())
	for i := range drawn {
		drawn[i].At += p.Warmup
	}
	p.drawn = drawn
	from, until := quiet.Span(p.measured())
	p.note("%d random faults are drawn from seed %d; the %s third of what comes after the warm-up, from %s to %s, is without any", len(drawn), seed, quiet, (p.Warmup + from).Round(time.Millisecond), (p.Warmup + until).Round(time.Millisecond))
}

// Schedule are the faults of a run in the order of the file, those that come
// again with each of their times, and those that were drawn.
func (p *Plan) Schedule() []fault.Fault {
	written := p.Faults
	if p.Scenario.Random != nil {
		written = p.Faults[:min(len(p.Faults), len(p.Scenario.Faults))]
	}
	all := slices.Concat(fault.Repeat(written, p.Length), p.drawn)
	for i := range all {
		all[i].Index = i
	}
	return all
}
