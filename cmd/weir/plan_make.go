package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/capacity"
	"github.com/flowweir/weir/reports"
	"github.com/flowweir/weir/reports/run"
)

// probe makes one run, with its reports, and says what it shows.
func (r *planner) probe(ctx context.Context, step capacity.Step) (run.Probe, *run.Record, error) {
	number := len(r.plan.Probes) + 1
	out := run.Probe{
		Dir: fmt.Sprintf("%02d-%s-%.0f", number, step.Purpose, step.Rate), Purpose: string(step.Purpose), Repeat: step.Repeat, Rate: step.Rate,
		Outcome: string(capacity.Undecided),
	}
	again := ""
	if step.Repeat {
		again = ", again"
	}
	_, _ = fmt.Fprintf(r.progress, "probe %d (%s%s): %s for %s%s\n", number, step.Purpose, again, rateText(step.Rate), r.flags.probe, r.plan.Capacity.With())
	f := r.flags.runs
	seed := r.plan.Seed + uint64(number)
	f.seed, f.dir = &seed, filepath.Join(r.dir, out.Dir)
	opts := append(f.options(ctx), scenario.Abort(r.abort), scenario.OnProgress(r.progress.show), scenario.BuildWith(r.build), scenario.While(r.probes.while...))
	if r.up != nil {
		opts = append(opts, scenario.On(r.up))
	}
	result, err := scenario.Run(ctx, r.probes.at(step.Rate), opts...)
	if why, ends := r.ends(ctx, err); ends {
		out.Why = why
		return out, nil, nil
	}
	if err != nil {
		if result != nil {
			r.left = result.Dir
		}
		return out, nil, err
	}
	rec, err := run.Open(result.Dir)
	if err != nil {
		return out, nil, err
	}
	if _, err := reports.WriteRecord(rec); err != nil {
		return out, nil, err
	}
	if number == 1 {
		r.plan.Host, r.plan.Cluster = rec.Run.Host, rec.Run.Cluster
		var caveats []string
		r.plan.Transferable, caveats = transferable(rec.Run.Cluster)
		r.plan.Caveats = append(r.plan.Caveats, caveats...)
		if rec.Results != nil {
			r.plan.Caveats = append(r.plan.Caveats, simulated(rec.Results.Faults)...)
		}
	}
	o, why, growth := r.probes.shows(rec, step.Rate)
	out.Outcome, out.Why, out.LagGrowth = string(o), why, growth
	if ctx.Err() != nil {
		out.Outcome, out.Why = string(capacity.Undecided), "interrupted"
	}
	if rec.Results != nil {
		out.Achieved, out.Objectives = rec.Results.Generator.Achieved, rec.Results.Objectives
		out.Latencies, out.Faults = probeLatencies(rec.Results.Latencies), rec.Results.Faults
	}
	return out, rec, nil
}

// probeLatencies are the percentiles that a plan keeps of its probes; what has
// too few samples is 0.
func probeLatencies(all []run.Latency) []run.ProbeLatency {
	var out []run.ProbeLatency
	for _, l := range all {
		if l.Phase != "" || l.Count == 0 || !slices.Contains([]string{run.Send, run.Publish, run.EndToEnd, run.Effect}, l.Kind) {
			continue
		}
		p := run.ProbeLatency{Kind: l.Kind}
		for _, q := range l.Quantiles {
			switch {
			case q.Judged && q.Q == 0.5:
				p.P50 = q.Value
			case q.Judged && q.Q == 0.99:
				p.P99 = q.Value
			}
		}
		out = append(out, p)
	}
	return out
}

// ends says whether an error of a probe is no error of the search: it was
// interrupted while it started, or the guard permits no higher rate.
func (r *planner) ends(ctx context.Context, err error) (why string, ends bool) {
	if err == nil || r.aborted() {
		return "", false
	}
	if ctx.Err() != nil {
		return "interrupted", true
	}
	var refused *scenario.PlanError
	if len(r.plan.Probes) > 0 && errors.As(err, &refused) && refused.Findings[0].ID == scenario.Guarded {
		return "limited by the guard: " + refused.Findings[0].Message, true
	}
	return "", false
}
