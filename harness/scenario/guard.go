package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/reports/finding"
)

// Guarded is the id of findings that keep a run from doing harm.
const Guarded = "scenario/guard"

// guard keeps a run from harming a cluster that others use, and claims the
// groups that the run is about to create.
func (x *execution) guard(ctx context.Context) error {
	if x.owned && x.info.Cluster.Kind != cluster.External {
		return nil
	}
	own, err := x.claimGroups(ctx)
	if err != nil {
		return err
	}
	if x.info.Cluster.Kind != cluster.External || x.plan.Scenario.AllowDestructive {
		return nil
	}
	return x.guardOthers(ctx, append(own, x.readers...))
}

// claimGroups names the groups of the plan, and of who opened the stage, that
// do not exist yet: those are the run's own.
func (x *execution) claimGroups(ctx context.Context) (own []string, err error) {
	names := slices.Clone(x.readers)
	for _, g := range x.plan.groups() {
		names = append(names, g.name)
	}
	for _, name := range names {
		claimed, err := x.created.ClaimGroup(ctx, x.admin, name)
		if err != nil {
			return nil, &InfrastructureError{"reading which groups there are", err}
		}
		if claimed {
			own = append(own, name)
		}
	}
	return own, nil
}

// guardOthers refuses load into topics that other groups read, and elections,
// quotas and changes of topics that were there before, on a cluster that is
// not the run's own.
func (x *execution) guardOthers(ctx context.Context, own []string) error {
	var findings []finding.Finding
	refuse := func(message string, path ...any) {
		findings = append(findings, finding.Finding{ID: Guarded, Severity: finding.Error, Message: message,
			Position: x.plan.Scenario.Doc.Position(path...), Hint: "allow-destructive: true permits it, if that is what you want"})
	}
	missing := map[string]bool{}
	created, err := x.missingTopics(ctx)
	if err != nil {
		return &InfrastructureError{"reading which topics there are", err}
	}
	for _, t := range created {
		missing[t.Name] = true
	}
	read := func(topic, what string, path ...any) error {
		others, err := external.OtherGroups(ctx, x.admin, topic, own)
		if err != nil {
			return &InfrastructureError{"reading which groups use " + topic, err}
		}
		if len(others) > 0 {
			slices.Sort(others)
			refuse(fmt.Sprintf("other groups read %s, into which %s would go: %s", topic, what, strings.Join(others, ", ")), path...)
		}
		return nil
	}
	for _, f := range x.plan.Flows {
		if err := read(f.Topic, "the load", "load", f.Index, f.field()); err != nil {
			return err
		}
	}
	for _, topic := range x.sends {
		if err := read(topic, "events and poison"); err != nil {
			return err
		}
	}
	for _, f := range x.plan.Faults {
		switch {
		case f.Kind == fault.ElectUnclean:
			refuse("an unclean election can lose records of others too", x.plan.place(f)...)
		case f.Kind.OnBrokers():
			refuse("others use the brokers too that a fault breaks", x.plan.place(f).Add(string(f.Kind))...)
		case f.Kind == fault.SetQuota:
			refuse("a quota holds back what others run under the same client.id too", x.plan.place(f).Add(string(f.Kind))...)
		case f.Kind.Changes() && !missing[f.Change.Topic]:
			refuse(fmt.Sprintf("topic %s was there before the run: what a fault does to it, it does to others too", f.Change.Topic), x.plan.place(f).Add(string(f.Kind), "topic")...)
		}
	}
	if len(findings) > 0 {
		return &PlanError{Findings: findings}
	}
	return nil
}
