package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/capacity"
	"github.com/flowweir/weir/loadgen/sizing"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// prober makes the scenario of a probe, and says what its run shows.
type prober struct {
	// base is the scenario of all probes, but for the rate.
	base          *scenario.Scenario
	resolved      *scenario.Plan
	loads         []run.PlanLoad
	probe, warmup time.Duration
	// named are the objectives of flags, of the scenario and of Weir, by
	// source: of each measure the first that names it counts.
	named   []namedObjectives
	caveats []string
	// while are the faults that go on through every probe.
	while []scenario.Fault
}

// namedObjectives are objectives with their source.
type namedObjectives struct {
	source string
	*contracts.Objectives
}

// The objectives that hold where nothing else is said: a rate that is not
// reached, or reached with errors, is not held.
const (
	defaultAchieved = document.Share(0.99)
	defaultErrors   = document.Share(0.001)
)

func newProber(file string, f planFlags) (*prober, error) {
	sc, findings := scenario.LoadFile(file)
	if finding.Errors(findings) > 0 {
		return nil, &scenario.PlanError{Findings: findings}
	}
	p := &prober{probe: time.Duration(f.probe), warmup: time.Duration(f.warmup)}
	flags, err := flagObjectives(f.objectives)
	if err != nil {
		return nil, err
	}
	if p.while, err = whileFaults(f.while); err != nil {
		return nil, err
	}
	base := *sc
	p.base = &base
	p.leaveOut()
	if p.resolved, findings = scenario.Resolve(p.base); p.resolved == nil || finding.Errors(findings) > 0 {
		return nil, &scenario.PlanError{Findings: findings}
	}
	p.share()
	p.judgeBy(flags, sc.Objectives)
	if len(p.objectives()) == 2 && len(f.objectives) == 0 && sc.Objectives.Steady == nil && sc.Objectives.Run == nil {
		return nil, usageError("--objective 'publish.p99<50ms', or objectives in the scenario or a contract", "weir plan needs an objective: nothing says what the flow must hold")
	}
	warmup := f.warmup
	p.base.Warmup = &warmup
	return p, nil
}

// flagObjectives reads --objective.
func flagObjectives(texts []string) (*contracts.Objectives, error) {
	src, err := objectivesMap(texts)
	if err != nil {
		return nil, err
	}
	all := &scenario.Objectives{}
	doc, findings := document.Decode("--objective", []byte(src), all)
	if *all != (scenario.Objectives{Steady: all.Steady}) {
		return nil, usageError("write publish.p99 < 50ms, without a phase", "--objective: a probe has no phase but the steady one")
	}
	o := cmp.Or(all.Steady, &contracts.Objectives{})
	check := document.NewChecker(doc)
	o.Check(check, document.Path{"steady"})
	if findings = append(findings, check.Findings()...); len(findings) > 0 {
		return nil, &scenario.PlanError{Findings: findings}
	}
	return o, nil
}

// leaveOut takes away what a probe at a constant rate is not about.
func (p *prober) leaveOut() {
	if len(p.base.Faults) > 0 || p.base.Random != nil {
		p.base.Faults, p.base.Random = nil, nil
		p.caveats = append(p.caveats, p.leftOut())
	}
	p.base.Invariants = slices.DeleteFunc(slices.Clone(p.base.Invariants), func(name string) bool {
		return name == "dlq-complete" || name == "healthy-keys-flow" || name == "recovery" // which only faults exercise
	})
}

// share is the part of each load: that of its mean rate in the scenario.
func (p *prober) share() {
	var sum float64
	means := make([]float64, len(p.resolved.Flows))
	for i, f := range p.resolved.Flows {
		means[i] = float64(f.Schedule.Count(f.Schedule.Length())) / f.Schedule.Length().Seconds()
		sum += means[i]
	}
	for i, f := range p.resolved.Flows {
		p.loads = append(p.loads, run.PlanLoad{Event: f.Name(), Topic: f.Topic, Share: means[i] / sum})
	}
}

// judgeBy joins the objectives: those of flags before the scenario's, then the
// contracts', then the defaults. A probe is steady from its warm-up to its end,
// so that both what the scenario wants of the steady phase and what it wants of
// the run must hold in it: the stricter of the two.
func (p *prober) judgeBy(flags *contracts.Objectives, own scenario.Objectives) {
	p.named = append(p.named, namedObjectives{sizing.Flag, flags})
	if o := stricter(own.Steady, own.Run); o != nil {
		p.named = append(p.named, namedObjectives{sizing.Scenario, o})
	}
	if own.Partitions != nil {
		p.caveats = append(p.caveats, "the scenario's objectives for each partition are left out: a probe is too short for their percentiles")
	}
	defaults := &contracts.Objectives{Achieved: defaultAchieved}
	errorShare := defaultErrors
	defaults.Errors = &errorShare
	for _, c := range p.resolved.Contracts {
		if o := c.Objectives; o != nil && o.Achieved > 0 {
			defaults.Achieved = 0
		}
		if o := c.Objectives; o != nil && o.Errors != nil {
			defaults.Errors = nil
		}
	}
	p.named = append(p.named, namedObjectives{sizing.Default, defaults})
	var steady contracts.Objectives
	for _, n := range slices.Backward(p.named) { // what counts is written last
		mergeLatencies(&steady, n.Objectives, func(_, bound document.Duration) document.Duration { return bound })
		if n.Lag != nil {
			steady.Lag = n.Lag
		}
		if n.Achieved > 0 {
			steady.Achieved = n.Achieved
		}
		if n.Errors != nil {
			steady.Errors = n.Errors
		}
	}
	p.base.Objectives = scenario.Objectives{Steady: &steady}
}

// stricter are the objectives with which both hold; nil where both are.
func stricter(a, b *contracts.Objectives) *contracts.Objectives {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	both := *a
	mergeLatencies(&both, b, lower[document.Duration])
	both.Achieved = max(a.Achieved, b.Achieved)
	if b.Errors != nil && (a.Errors == nil || *b.Errors < *a.Errors) {
		both.Errors = b.Errors
	}
	switch {
	case b.Lag == nil:
	case a.Lag == nil:
		both.Lag = b.Lag
	default:
		both.Lag = &contracts.LagObjective{Records: lower(a.Lag.Records, b.Lag.Records), Age: lower(a.Lag.Age, b.Lag.Age)}
	}
	return &both
}

// mergeLatencies takes the bounds of latencies that more has into o. Of two for
// one percentile which says what remains; known is 0 where o has none.
func mergeLatencies(o, more *contracts.Objectives, which func(known, bound document.Duration) document.Duration) {
	others := boundsOf(more)
	for i, l := range boundsOf(o) {
		merged := map[string]document.Duration{} // o may share its own with what it was made of
		maps.Copy(merged, *l.bounds)
		for q, bound := range *others[i].bounds {
			merged[q] = which(merged[q], bound)
		}
		*l.bounds = merged
	}
}

// kindBounds are the bounds of a kind of latency, by percentile.
type kindBounds struct {
	kind   string
	bounds *map[string]document.Duration
}

func boundsOf(o *contracts.Objectives) []kindBounds {
	return []kindBounds{{run.Publish, &o.Publish}, {run.Send, &o.Send}, {run.EndToEnd, &o.EndToEnd}, {run.Effect, &o.Effect}}
}

// lower is the lower of two bounds, of which 0 is none.
func lower[N document.Count | document.Duration](a, b N) N {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// objectives are all that a probe is judged by, with their sources.
func (p *prober) objectives() []run.PlanObjective {
	var all []run.PlanObjective
	add := func(name, want, source string) {
		if !slices.ContainsFunc(all, func(o run.PlanObjective) bool { return o.Name == name }) {
			all = append(all, run.PlanObjective{Name: name, Want: want, Source: source})
		}
	}
	named := slices.Clone(p.named)
	for _, c := range p.resolved.Contracts {
		if c.Objectives != nil {
			named = append(named, namedObjectives{sizing.Contract, c.Objectives})
		}
	}
	for _, n := range named {
		for _, l := range latencies(n.Objectives) {
			add(l.name+"."+l.quantile, "≤ "+l.bound.String(), n.source)
		}
		if n.Lag != nil && n.Lag.Records > 0 {
			add("lag", fmt.Sprintf("≤ %d records", n.Lag.Records), n.source)
		}
		if n.Achieved > 0 {
			add("achieved", "≥ "+n.Achieved.String(), n.source)
		}
		if n.Errors != nil {
			add("errors", "≤ "+n.Errors.String(), n.source)
		}
	}
	return all
}

// latencyBound is one bound of a latency.
type latencyBound struct {
	name, quantile string
	bound          document.Duration
}

func latencies(o *contracts.Objectives) []latencyBound {
	var all []latencyBound
	for _, l := range boundsOf(o) {
		for _, q := range slices.Sorted(maps.Keys(*l.bounds)) {
			all = append(all, latencyBound{l.kind, q, (*l.bounds)[q]})
		}
	}
	return all
}

// samples is how many records a probe must measure for its percentiles to be
// judged, 100/(1−q), and the percentile that needs most.
func (p *prober) samples() (need float64, of string) {
	for _, l := range latencies(p.base.Objectives.Steady) {
		q, err := strconv.ParseFloat(strings.TrimPrefix(l.quantile, "p"), 64)
		if n := math.Round(100 / (1 - q/100)); err == nil && n > need {
			need, of = n, l.name+"."+l.quantile
		}
	}
	return need, of
}

// from is the first rate where none is given: enough for the percentiles, a
// little more, and a round number.
func (p *prober) from() float64 {
	need, _ := p.samples()
	rate := max(100, 1.05*need/(p.probe-p.warmup).Seconds())
	unit := math.Pow(10, math.Floor(math.Log10(rate)))
	for _, step := range []float64{1, 2, 5} {
		if rate <= step*unit {
			return step * unit
		}
	}
	return 10 * unit
}

// enough says whether a probe at the rate is long enough to be judged.
func (p *prober) enough(rate float64) error {
	need, of := p.samples()
	measured := (p.probe - p.warmup).Seconds()
	if rate*measured >= need {
		return nil
	}
	long := time.Duration(math.Ceil(need/rate/measured*p.probe.Seconds())) * time.Second
	return usageError(fmt.Sprintf("write --probe %s, or a higher --from", document.Duration(long)),
		"%s needs %s samples, and a probe at %s measures for %s: %s", of, summary.Count(int64(need)), rateText(rate),
		document.Duration(p.probe-p.warmup), summary.Count(int64(rate*measured)))
}

// at is the scenario of a probe at a rate.
func (p *prober) at(rate float64) *scenario.Scenario {
	sc := *p.base
	sc.Load = slices.Clone(sc.Load)
	for i := range sc.Load {
		hold := scenario.Rate(rate * p.loads[i].Share)
		sc.Load[i].Profile = []scenario.Segment{{Hold: &hold, For: document.Duration(p.probe)}}
	}
	return &sc
}

// shows is what a run says of the flow at its rate. What the flow did wrong
// counts before what kept the run from showing anything.
func (p *prober) shows(rec *run.Record, rate float64) (o capacity.Outcome, why string, growth float64) {
	r := rec.Results
	if r == nil {
		return capacity.Undecided, rec.Run.Reason, 0
	}
	if why := unbitten(r.Faults); why != "" {
		return capacity.Undecided, why, 0 // whatever it shows, it is not of what was asked
	}
	for _, j := range r.Objectives {
		if j.Verdict == finding.Fail {
			return capacity.Missed, strings.TrimSpace(fmt.Sprintf("%s %s, wanted %s %s", j.Name, j.Got, j.Want, j.Note)), 0
		}
	}
	group, growth, grows := p.growth(rec, rate)
	if grows {
		return capacity.Missed, fmt.Sprintf("the lag of %s grew by %s", group, rateText(growth)), growth
	}
	switch rec.Run.Verdict {
	case finding.Pass:
		return capacity.Met, measuredText(r), growth
	case finding.Fail:
		return capacity.Missed, rec.Run.Reason, growth
	}
	for _, j := range r.Objectives {
		if j.Verdict == finding.Inconclusive {
			why := fmt.Sprintf("%s %s: %s", j.Name, j.Got, j.Note)
			if r.Generator.Bound {
				why = "limited by the generator: " + why
			}
			return capacity.Undecided, why, growth
		}
	}
	return capacity.Undecided, rec.Run.Reason, growth
}

// growth is the growth of the group whose lag grew most, after the warm-up.
func (p *prober) growth(rec *run.Record, rate float64) (group string, perSecond float64, grows bool) {
	for _, g := range rec.Results.Groups {
		var samples []capacity.Sample
		for _, in := range rec.Intervals {
			lag, known := in.Lag[g.Name]
			if !known || in.Start < p.warmup || in.Start >= p.probe {
				continue
			}
			s := capacity.Sample{At: in.Start}
			for _, n := range lag {
				s.Lag += float64(n)
			}
			samples = append(samples, s)
		}
		slope, is := capacity.Growth(samples, rate)
		if is && !grows || is == grows && slope > perSecond {
			group, perSecond, grows = g.Name, slope, is
		}
	}
	return group, perSecond, grows
}

// measuredText are the objectives of a probe that met, with what was measured.
func measuredText(r *run.Results) string {
	var parts []string
	for _, j := range r.Objectives {
		if j.Verdict == finding.Pass {
			parts = append(parts, j.Name+" "+j.Got)
		}
	}
	return strings.Join(parts, ", ")
}

func rateText(rate float64) string { return summary.Rate(rate) }
