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
	return x.guardOthers(ctx, own)
}

// claimGroups names the groups of the plan that do not exist yet: those are
// the run's own.
func (x *execution) claimGroups(ctx context.Context) (own []string, err error) {
	for _, g := range x.plan.groups() {
		claimed, err := x.created.ClaimGroup(ctx, x.admin, g.name)
		if err != nil {
			return nil, &InfrastructureError{"reading which groups there are", err}
		}
		if claimed {
			own = append(own, g.name)
		}
	}
	return own, nil
}

// guardOthers refuses load into topics that other groups read, and elections,
// on a cluster that is not the run's own.
func (x *execution) guardOthers(ctx context.Context, own []string) error {
	var findings []finding.Finding
	refuse := func(message string, path ...any) {
		findings = append(findings, finding.Finding{ID: Guarded, Severity: finding.Error, Message: message,
			Position: x.plan.Scenario.Doc.Position(path...), Hint: "allow-destructive: true permits it, if that is what you want"})
	}
	for _, f := range x.plan.Flows {
		others, err := external.OtherGroups(ctx, x.admin, f.Topic, own)
		if err != nil {
			return &InfrastructureError{"reading which groups use " + f.Topic, err}
		}
		if len(others) > 0 {
			slices.Sort(others)
			refuse(fmt.Sprintf("other groups read %s, into which the load would go: %s", f.Topic, strings.Join(others, ", ")), "load", f.Index, f.field())
		}
	}
	for _, f := range x.plan.Faults {
		if f.Kind == fault.ElectUnclean {
			refuse("an unclean election can lose records of others too", "faults", f.Index)
		}
	}
	if len(findings) > 0 {
		return &PlanError{Findings: findings}
	}
	return nil
}
