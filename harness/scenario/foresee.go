package scenario

import (
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/run"
)

// foresee notes which of the scenario's own objectives no run of it can judge,
// so that nobody waits for the end of one to learn it. At its end the objectives
// themselves say so.
func (p *Plan) foresee() {
	best := p.best()
	for _, o := range p.objectives() {
		if _, _, _, judged, why := o.judge(best); o.own && !judged {
			p.note("the objective %s cannot be judged, however the run goes: %s", o.name, why)
			p.foreseen = append(p.foreseen, p.Notes[len(p.Notes)-1])
		}
	}
	if slices.Contains(p.Invariants, invariant.NoLoss) && len(p.Flows) > 0 && !slices.ContainsFunc(p.Flows, (*Flow).answered) {
		p.note("the invariant %s will be vacuous, however the run goes: %s", invariant.NoLoss, p.unanswered())
	}
}

// answered says whether what the flow sends is acknowledged or not.
func (f *Flow) answered() bool {
	return f.Load.Via == ViaTrigger || f.settings().Acks != kafka.AcksNone
}

// unanswered says why what became of sends is not known; "" where it is of all.
func (p *Plan) unanswered() string {
	for _, f := range p.Flows {
		if !f.answered() {
			return "with acks none nothing of " + f.Name() + " is acknowledged"
		}
	}
	return ""
}

// best is the most evidence that a run can have: each record of the load has
// each latency that it can have, in whatever phase is asked for, every fault
// bites, and no partition gets fewer records than another.
func (p *Plan) best() *measured {
	m := &measured{due: p.due(p.Length), length: p.Length, timeless: p.timeless(), unanswered: p.unanswered()}
	lag := map[string]map[string]int64{}
	for _, g := range p.groups() {
		m.groups = append(m.groups, run.Group{Name: g.name})
		lag[g.name] = map[string]int64{}
	}
	phases := []string{"", run.PhaseSteady}
	for _, f := range p.Schedule() {
		if !f.Always && len(m.faults) == 0 {
			phases = append(phases, run.PhaseFault, run.PhaseHealed)
			m.faults = []run.Fault{{Bit: true, Recovered: true}}
		}
	}
	counts := p.samples()
	for _, phase := range phases {
		for kind, n := range counts {
			m.latencies = append(m.latencies, bestLatency(kind, phase, n))
		}
		m.phases = append(m.phases, run.Phase{Name: phase, End: time.Second})
		m.intervals = append(m.intervals, run.Interval{Phase: phase, Length: time.Second, Due: 1, Lag: lag})
	}
	m.generator.Offered = float64(p.due(p.Length) - p.due(p.Warmup))
	for _, t := range p.Topics {
		for id := range int32(t.Partitions) {
			if t.Role == RoleInput {
				m.partitions = append(m.partitions, run.Partition{Topic: t.Name, Partition: id, PublishP50: 1, PublishP99: 1,
					Acked: p.samples(t.Name)[histogram.Publish] / int64(t.Partitions)})
			}
		}
	}
	return m
}

// samples are how many latencies of each kind the loads of some topics have at
// most behind the warm-up, those of all without a topic.
func (p *Plan) samples(topics ...string) map[histogram.Kind]int64 {
	counts := map[histogram.Kind]int64{}
	for _, f := range p.Flows {
		if len(topics) > 0 && topics[0] != f.Topic {
			continue
		}
		n := float64(f.Schedule.Total() - f.Schedule.Count(p.Warmup-1)) // what is due when it ends is behind it
		n *= 1 + p.share(fault.Duplicate, f) + p.share(fault.NearIdentical, f)
		if f.answered() {
			counts[histogram.Send] += int64(n)
			counts[histogram.Publish] += int64(n)
		}
		if f.observed() {
			counts[histogram.EndToEnd] += int64(n)
		}
		for i := range f.Reactions {
			if f.Reactions[i].shown() {
				counts[histogram.Effect] += int64(n)
			}
		}
	}
	return counts
}

// bestLatency has n samples of no length.
func bestLatency(kind histogram.Kind, phase string, n int64) run.Latency {
	l := run.Latency{Kind: kind.String(), Phase: phase, Count: n}
	for _, q := range histogram.Quantiles {
		l.Quantiles = append(l.Quantiles, run.Quantile{Q: q, Judged: n >= histogram.Need(q), Need: histogram.Need(q)})
	}
	return l
}
