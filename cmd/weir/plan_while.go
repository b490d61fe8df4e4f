package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/run"
)

// heldKinds are the faults of --while.
var heldKinds = []string{"kill", "stop", "pause"}

// whileFaults reads --while: a fault and the brokers that it is on, in the words
// of a scenario.
func whileFaults(texts []string) ([]scenario.Fault, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	var entries []string
	for _, text := range texts {
		words := strings.Fields(text)
		if len(words) > 0 && !slices.Contains(heldKinds, words[0]) {
			return nil, usageError(document.Suggest(words[0], heldKinds), "--while: %q cannot go on through a probe: kill, stop and pause of brokers can", words[0])
		}
		w, err := parseFault("while", text)
		if err != nil || w.timed || len(w.target) == 0 {
			return nil, usageError("write 'kill broker 2' or 'kill leader-of order.events/0'", "--while: %q is no fault on a broker", text)
		}
		entries = append(entries, w.yaml())
	}
	faults, findings := scenario.ParseWhile("--while", []byte("faults: ["+strings.Join(entries, ", ")+"]"))
	if len(findings) > 0 {
		return nil, &scenario.PlanError{Findings: findings[:1]}
	}
	return faults, nil
}

// whileText says in which state of the cluster the capacity is that of the
// flow: "broker 2 down".
func whileText(faults []scenario.Fault) string {
	var parts []string
	for _, f := range faults {
		target, state := f.Kill, "down"
		switch {
		case f.Stop != nil:
			target = f.Stop
		case f.Pause != nil:
			target, state = &f.Pause.Target, "frozen"
		}
		parts = append(parts, target.String()+" "+state)
	}
	return strings.Join(parts, " and ")
}

// refuse refuses faults that the cluster cannot suffer, or that leave nothing to
// measure, before anything is started.
func (r *planner) refuse(ctx context.Context) error {
	if len(r.probes.while) == 0 {
		return nil
	}
	f := r.flags.runs
	_, err := scenario.DryRun(ctx, r.probes.at(r.plan.Search.From), io.Discard, append(f.options(ctx), scenario.While(r.probes.while...))...)
	return err
}

// unbitten says which fault of a probe did not bite, or not until its end.
func unbitten(faults []run.Fault) string {
	for _, f := range faults {
		if !f.Bit || f.Error != "" {
			return strings.TrimSuffix(fmt.Sprintf("%s did not bite: %s", f.What, strings.Join(append(slices.Clone(f.Evidence), f.Error), "; ")), "; ")
		}
	}
	return ""
}

// brokersOut are the brokers that are out in a probe.
func brokersOut(faults []run.Fault) []int32 {
	var out []int32
	for _, f := range faults {
		out = append(out, f.Brokers...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// simulated is the caveat of faults that are only imitated.
func simulated(faults []run.Fault) []string {
	if !slices.ContainsFunc(faults, func(f run.Fault) bool { return f.Simulated }) {
		return nil
	}
	return []string{"what --while breaks is a simulated failover: leadership moves, and the brokers that are left take over no work of replication or disks"}
}

// leftOut is the caveat of a scenario with faults of its own.
func (p *prober) leftOut() string {
	if len(p.while) > 0 {
		return "the scenario's faults are left out: what is broken is what --while says"
	}
	return "the scenario's faults are left out: the capacity is that of a flow that nothing breaks"
}
