package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// While holds faults on brokers (kill, stop, pause) through a run: they are
// injected when its topics and services are there, the load begins when the
// cluster shows that they bit, and they are healed after the drain. No phase
// of the run is theirs. Their times count for nothing.
func While(faults ...Fault) Option { return func(c *config) { c.while = faults } }

// ParseWhile reads the field faults as a scenario's file has it, of faults that
// can be held and without their times; file is the name that findings show.
func ParseWhile(file string, src []byte) ([]Fault, []finding.Finding) {
	s := &Scenario{}
	doc, findings := document.Decode(file, src, s)
	s.Doc = doc
	v := &validator{document.NewChecker(doc), s}
	for i, f := range s.Faults {
		if f.Pause != nil && f.Pause.Service != "" {
			v.Error(BadTarget, document.Path{"faults", i, "pause", "service"}, "only brokers can be held broken, and no service", "")
			continue
		}
		for _, action := range f.held() {
			v.target(document.Path{"faults", i, action.field}, *action.target)
		}
	}
	return s.Faults, append(findings, v.Findings()...)
}

// heldAction is what a fault that is held does, and to which brokers.
type heldAction struct {
	field  string
	target *Target
}

// held are the actions of a fault that can be held: one, of a fault that can.
func (f Fault) held() (actions []heldAction) {
	for _, a := range []heldAction{{"kill", f.Kill}, {"stop", f.Stop}} {
		if a.target != nil {
			actions = append(actions, a)
		}
	}
	if f.Pause != nil && f.Pause.Service == "" {
		actions = append(actions, heldAction{"pause", &f.Pause.Target})
	}
	return actions
}

// held resolves the faults of While and refuses those that the cluster cannot
// suffer, and those that leave nothing to measure. Findings have no place: the
// faults are no part of the file.
func (p *preflight) held(kind string, abilities any, nodes []int32) {
	refuse := func(id string, f fault.Fault, reason, hint string) {
		p.other = append(p.other, finding.Finding{ID: id, Severity: finding.Error, Message: (&fault.Refusal{Fault: f, Reason: reason}).Error(), Hint: hint})
	}
	p.x.hold = nil
	down := map[int32]bool{}
	for i, entry := range p.x.while {
		f, err := entry.resolve(len(p.x.plan.Schedule()) + i)
		if err != nil || len(entry.held()) != 1 {
			refuse(BadTarget, f, "only kill, stop and pause of brokers can be held", "")
			continue
		}
		p.x.hold = append(p.x.hold, f)
		if reason, hint := p.x.plan.unknown(f.Target); reason != "" {
			refuse(UnknownTopic, f, reason, hint)
			continue
		}
		for _, b := range f.Target.Brokers {
			if nodes != nil && !slices.Contains(nodes, b) {
				refuse(BadTarget, f, fmt.Sprintf("there is no broker %d", b), "the brokers are "+span(nodes))
			}
		}
		for _, b := range p.victims(f.Target, nodes).named {
			down[b] = true
		}
		if f.Target.All && f.Target.Count == 0 {
			refuse(BadTarget, f, "it leaves no broker: the capacity would be 0", "name one: broker 0")
		}
	}
	hint := ""
	if e, ok := abilities.(interface{ FaultNote() string }); ok {
		hint = e.FaultNote()
	}
	for _, r := range fault.Check(p.x.hold, abilities, kind, nil) {
		refuse(NotBuilt, r.Fault, r.Reason, hint)
	}
	if len(p.other) == 0 && len(down) > 0 && nodes != nil {
		if why := p.x.tooFew(len(nodes) - len(down)); why != "" {
			refuse(BadTarget, p.x.hold[len(p.x.hold)-1], why, "break fewer brokers, or have more")
		}
	}
}

// unknown says what of a target the plan has not; empty where it has all.
func (p *Plan) unknown(target fault.Target) (reason, hint string) {
	for _, tp := range []*fault.TopicPartition{target.LeaderOf, target.FollowersOf} {
		if tp == nil {
			continue
		}
		switch t := p.topic(tp.Topic); {
		case t == nil:
			return fmt.Sprintf("no contract of this scenario uses topic %s", tp.Topic), document.Suggest(tp.Topic, p.topicNames())
		case int(tp.Partition) >= t.Partitions:
			return fmt.Sprintf("%s has %s, 0 to %d", tp.Topic, several(t.Partitions, "partition"), t.Partitions-1), ""
		}
	}
	return "", ""
}

// tooFew says why so many brokers take no load; empty where they may.
func (x *execution) tooFew(left int) string {
	if left < 1 {
		return "it leaves no broker: the capacity would be 0"
	}
	for _, f := range x.plan.Flows {
		if least := x.leastInSync(f); left < least {
			return fmt.Sprintf("it leaves %d of the brokers, and acks=all on %s needs %d in sync (min.insync.replicas): the capacity would be 0", left, f.Topic, least)
		}
	}
	return ""
}

// leastInSync is how many replicas must be in sync for the load to be taken.
func (x *execution) leastInSync(f *Flow) int {
	const name = "min.insync.replicas"
	if f.Load.Via != ViaTrigger && f.settings().Acks != kafka.AcksAll {
		return 1
	}
	text := x.plan.Scenario.Cluster.Config[name]
	if t := x.plan.topic(f.Topic); t != nil {
		text = cmp.Or(t.Config[name], text)
	}
	least, err := strconv.Atoi(text)
	if err != nil {
		return 1 // Kafka's default
	}
	return least
}

// holdFaults injects the faults of While. The load begins only after they bit,
// and if what is left can take it.
func (x *execution) holdFaults(ctx context.Context) error {
	if len(x.hold) == 0 {
		return nil
	}
	x.logf("waiting until the cluster has noticed what is broken")
	var state fault.State
	var err error
	x.held, state, err = fault.Hold(ctx, x.hold, fault.Config{
		Cluster: x.up, Facts: x.facts, Nodes: x.up.Nodes(), Racks: x.racks, Seed: x.info.Seed, Event: x.event,
		Now: x.heldNow, Activity: func() fault.Activity { return fault.Activity{} },
	})
	if err != nil {
		return &InfrastructureError{"breaking brokers before the load", err}
	}
	for _, f := range x.plan.Flows {
		least := x.leastInSync(f)
		for i := range x.plan.topic(f.Topic).Partitions {
			tp := fault.TopicPartition{Topic: f.Topic, Partition: int32(i)}
			why := ""
			switch p := state[tp]; {
			case p.Leader < 0:
				why = fmt.Sprintf("%s has no leader then: the capacity would be 0", tp)
			case len(p.ISR) < least:
				why = fmt.Sprintf("%s has %d replicas in sync then, and acks=all needs %d (min.insync.replicas): the capacity would be 0", tp, len(p.ISR), least)
			default:
				continue
			}
			refusal := &fault.Refusal{Fault: x.hold[len(x.hold)-1], Reason: why}
			return &PlanError{Findings: []finding.Finding{{ID: BadTarget, Severity: finding.Error, Message: refusal.Error(), Hint: "break fewer brokers, or have more replicas"}}}
		}
	}
	return nil
}

// heldNow is the time since the load began, 0 before.
func (x *execution) heldNow() time.Duration {
	if x.t0.IsZero() {
		return 0
	}
	return max(0, x.now())
}

// release heals the faults of While, once, also when the run was aborted. Where
// the cluster goes on, the next run needs it whole.
func (x *execution) release(ctx context.Context) {
	if x.held == nil || x.released {
		return
	}
	x.released = true
	healing, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	x.held.Release(healing)
	if !x.outlives() {
		return
	}
	if err := x.held.Whole(ctx); err != nil {
		x.warn(err.Error())
	}
}

// heldResults are the faults of While with the proof that they bit.
func (x *execution) heldResults() []run.Fault {
	if x.held == nil {
		return nil
	}
	return x.held.Results()
}
