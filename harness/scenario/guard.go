package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
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
	if err := x.findDead(ctx, own); err != nil {
		return err
	}
	if x.info.Cluster.Kind != cluster.External {
		return nil
	}
	err = x.guardOthers(ctx, append(own, x.readers...))
	var refused *PlanError
	if x.plan.Scenario.AllowDestructive && errors.As(err, &refused) {
		for _, f := range refused.Findings {
			if what := f.Message + ": allow-destructive permits it"; !slices.Contains(x.permitted, what) {
				x.permitted = append(x.permitted, what)
			}
		}
		return nil
	}
	return err
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

// outlet is a topic into which a service writes.
type outlet struct {
	topic, what string
	path        document.Path
}

// outlets answers the topics into which services of the run write because of
// its load, each once.
func (p *Plan) outlets() []outlet {
	var all []outlet
	seen := map[string]bool{"": true}
	for _, f := range p.Flows {
		seen[f.Topic] = true
	}
	add := func(topic, what string, path document.Path) {
		if !seen[topic] {
			seen[topic] = true
			all = append(all, outlet{topic, what, path})
		}
	}
	for _, c := range p.Contracts {
		path, present := p.part(c)
		if !present {
			continue
		}
		for i := range c.Produces {
			add(c.Produces[i].TopicName(), "what "+c.Service.Name+" makes of the load", path)
		}
		for _, consumes := range c.Consumes {
			if consumes.Retry != nil {
				for _, topic := range consumes.Retry.Topics {
					add(topic, "retries of "+c.Service.Name, path)
				}
			}
			if consumes.DLQ != nil {
				add(consumes.DLQ.Topic, "dead letters of "+c.Service.Name, path)
			}
		}
	}
	return all
}

// part says whether the service of a contract takes part in the run, and by
// what of the scenario.
func (p *Plan) part(c *contracts.Contract) (document.Path, bool) {
	if i := p.Scenario.service(c.Service.Name); i >= 0 {
		return document.Path{"services", i}, true
	}
	for _, f := range p.Flows {
		if slices.ContainsFunc(f.Reactions, func(r Reaction) bool { return r.Contract == c }) {
			return document.Path{"load", f.Index, f.field()}, true
		}
	}
	return nil, false
}

// guardOthers refuses load into topics that other groups read, directly and by
// what services make of it, and elections, quotas and changes of topics that
// were there before, on a cluster that is not the run's own.
func (x *execution) guardOthers(ctx context.Context, own []string) error {
	var findings []finding.Finding
	refuseWith := func(hint, message string, path ...any) {
		findings = append(findings, finding.Finding{ID: Guarded, Severity: finding.Error, Message: message,
			Position: x.plan.Scenario.Doc.Position(path...), Hint: hint})
	}
	refuse := func(message string, path ...any) {
		refuseWith("allow-destructive: true permits it, if that is what you want", message, path...)
	}
	missing := map[string]bool{}
	created, err := x.missingTopics(ctx)
	if err != nil {
		return &InfrastructureError{"reading which topics there are", err}
	}
	for _, t := range created {
		missing[t.Name] = true
	}
	joined, err := x.joined(ctx, own)
	if err != nil {
		return err
	}
	apart := slices.Clone(own) // of those that it would join more is said below
	for _, g := range joined {
		apart = append(apart, g.name)
	}
	read := func(except []string, topic, what string, path ...any) error {
		others, err := external.OtherGroups(ctx, x.admin, topic, except)
		if err == nil {
			others, err = x.alive(ctx, others)
		}
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
		if err := read(apart, f.Topic, "the load", "load", f.Index, f.field()); err != nil {
			return err
		}
	}
	for _, topic := range x.sends {
		if err := read(apart, topic, "events and poison"); err != nil {
			return err
		}
	}
	// A group of the run reads what its services write: that is the flow.
	flow := slices.Concat(own, x.plan.groupNames())
	for _, w := range x.plan.outlets() {
		if missing[w.topic] || slices.Contains(x.sends, w.topic) {
			continue
		}
		if err := read(flow, w.topic, w.what, w.path...); err != nil {
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
	for _, g := range joined {
		if run, dead := x.deadGroups[g.name]; dead {
			refuseWith("wait until the sessions of its members have ended (session.timeout.ms); if members stay, others use it",
				fmt.Sprintf("group %s is of run %s, which was killed, and has %s still", g.name, run, members(g.members)), g.path...)
			continue
		}
		refuse(fmt.Sprintf("group %s is there already and has %s, whose partitions the run would take", g.name, members(g.members)), g.path...)
	}
	if len(findings) > 0 {
		return &PlanError{Findings: findings}
	}
	return nil
}

// alive answers the groups that are no leftovers of dead runs. Of those of the
// plan that are, joined and tellOfTopics say what there is to be said.
func (x *execution) alive(ctx context.Context, groups []string) (others []string, err error) {
	for _, group := range groups {
		if _, dead := x.deadGroups[group]; dead {
			if slices.Contains(x.plan.groupNames(), group) {
				continue
			}
			n, err := external.Members(ctx, x.admin, group)
			if err != nil {
				return nil, err
			}
			if n == 0 {
				continue
			}
		}
		others = append(others, x.whose(group))
	}
	return others, nil
}

// whose is a group, with the run that left it.
func (x *execution) whose(group string) string {
	if run, dead := x.deadGroups[group]; dead {
		return fmt.Sprintf("%s (of run %s, which was killed, and with members still)", group, run)
	}
	return group
}

// joinedGroup is a group that the run would join, and that has members already.
type joinedGroup struct {
	name    string
	members int
	path    document.Path
}

// joined answers the groups of the plan that have members and are not the
// run's own.
func (x *execution) joined(ctx context.Context, own []string) (all []joinedGroup, err error) {
	for _, g := range x.plan.groups() {
		if slices.Contains(own, g.name) {
			continue
		}
		n, err := external.Members(ctx, x.admin, g.name)
		if err != nil {
			return nil, &InfrastructureError{"reading who is in group " + g.name, err}
		}
		if n > 0 {
			all = append(all, joinedGroup{g.name, n, x.plan.joins(g.name)})
		}
	}
	return all, nil
}

func members(n int) string {
	if n == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", n)
}

// joins is the place of a scenario that makes a run join a group.
func (p *Plan) joins(group string) document.Path {
	for i, c := range p.Scenario.Consumers {
		if c.Group == group {
			return document.Path{"consumers", i, "group"}
		}
	}
	for _, f := range p.Flows {
		for _, r := range f.Reactions {
			if path, _ := p.part(r.Contract); r.Consumes.Group == group {
				return path
			}
		}
	}
	return nil
}
