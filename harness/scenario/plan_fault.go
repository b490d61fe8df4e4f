package scenario

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
)

func (r *resolver) faults() {
	for i, entry := range r.s.Faults {
		r.fault(entry, i, document.Path{"faults", i})
	}
	if r.s.Random == nil {
		return
	}
	for i, entry := range r.s.Random.Faults {
		r.fault(entry.Fault, len(r.s.Faults)+i, document.Path{"random", "faults", i})
	}
	if !r.partial && !r.unsure {
		r.mixFits()
	}
}

func (r *resolver) fault(entry Fault, index int, path document.Path) {
	f, err := entry.resolve(index)
	if err != nil {
		r.Error(BadLoad, path, err.Error(), "")
	}
	if flawed := r.s.Doc.Flawed(path...); err != nil || flawed {
		r.unsure = true
	}
	if err != nil || f.Kind == "" || r.s.Doc.Flawed(path.Add(f.Kind.Field())...) {
		return
	}
	if f.Every > 0 && !r.s.Doc.Has(path.Add("at")...) {
		f.At = f.Every
	}
	r.checkTarget(f, path)
	if f.Kind.InLoad() {
		r.spoil(entry, &f, path.Add(f.Kind.Field()))
	}
	r.checkCondition(entry.When, f.When, path.Add("when"))
	if path[0] == "faults" && !r.partial && !r.unsure { // what is drawn never overlaps
		r.checkOverlap(f, path)
	}
	r.plan.Faults = append(r.plan.Faults, f)
}

func (r *resolver) checkTarget(f fault.Fault, path document.Path) {
	path = path.Add(f.Kind.Field())
	for field, tp := range map[string]*fault.TopicPartition{"leader-of": f.Target.LeaderOf, "followers-of": f.Target.FollowersOf, "unclean": f.Target.Partition} {
		if tp == nil || r.plan.blind {
			continue
		}
		path := path.Add(field)
		switch t := r.plan.topic(tp.Topic); {
		case t == nil:
			r.Error(UnknownTopic, path, fmt.Sprintf("no contract of this scenario uses topic %s", tp.Topic), document.Suggest(tp.Topic, r.plan.topicNames()))
		case int(tp.Partition) >= t.Partitions:
			r.Error(UnknownTopic, path, fmt.Sprintf("%s has %s, 0 to %d", tp.Topic, several(t.Partitions, "partition"), t.Partitions-1), "")
		}
	}
	if f.Change != nil && f.Change.Topic != "" && !r.plan.blind && r.plan.topic(f.Change.Topic) == nil {
		r.Error(UnknownTopic, path.Add("topic"), fmt.Sprintf("no contract of this scenario uses topic %s", f.Change.Topic), document.Suggest(f.Change.Topic, r.plan.topicNames()))
	}
	if f.Target.Service != "" && !r.present(f.Target.Service) {
		r.Error(UnknownService, path.Add("service"), fmt.Sprintf("the scenario starts no service %s", f.Target.Service), document.Suggest(f.Target.Service, r.services()))
	}
}

func (p *Plan) flow(event string) *Flow {
	for _, f := range p.Flows {
		if f.Load.Event == event {
			return f
		}
	}
	return nil
}

// resolve is the engine's form of a fault of the file.
func (f Fault) resolve(index int) (fault.Fault, error) {
	out := fault.Fault{Index: index, At: time.Duration(f.At), Every: time.Duration(f.Every), When: f.When.resolve(), Always: f.Always, HealAfter: time.Duration(f.HealAfter)}
	brokers := func(kind fault.Kind, t *Target) (err error) {
		out.Kind = kind
		service := out.Target.Service
		out.Target, err = t.brokers()
		out.Target.Service = service
		return err
	}
	if kind, link, rule := f.rule(); kind != "" {
		out.Target.Service, out.Rule = link.Service, &rule
		target := link.target()
		return out, brokers(kind, &target)
	}
	if kind, change := f.change(); kind != "" {
		out.Kind, out.Change = kind, change
		return out, nil
	}
	switch {
	case f.Kill != nil:
		return out, brokers(fault.Kill, f.Kill)
	case f.Stop != nil:
		return out, brokers(fault.Stop, f.Stop)
	case f.Pause != nil && f.Pause.Service != "":
		out.Kind, out.Target.Service = fault.PauseService, f.Pause.Service
	case f.Pause != nil:
		return out, brokers(fault.Pause, &f.Pause.Target)
	case f.Wipe != nil:
		return out, brokers(fault.Wipe, f.Wipe)
	case f.Isolate != nil:
		out.Network = fault.Network(cmp.Or(f.Isolate.Network, string(fault.Replication)))
		return out, brokers(fault.Isolate, &f.Isolate.Target)
	case f.FillDisk != nil:
		return out, brokers(fault.FillDisk, f.FillDisk)
	case f.Rolling != nil:
		return out, brokers(fault.RollingRestart, f.Rolling)
	case f.Elect != nil:
		out.Kind = fault.ElectUnclean
		tp, err := parseTopicPartition(f.Elect.Unclean)
		out.Target.Partition = tp
		return out, err
	case f.Crash != nil:
		out.Kind, out.Target.Service, out.BeforeCommit = fault.Crash, f.Crash.Service, f.Crash.BeforeCommit
	case f.Restart != nil:
		out.Kind, out.Target.Service = fault.Restart, f.Restart.Service
	}
	if t := f.inLoad(); t != nil {
		out.Kind, out.Target.Event, out.Target.Share = fault.Kind(t.field), t.Event, float64(t.Share)
	}
	return out, nil
}

// parseTopicPartition reads topic/partition; empty is nil.
func parseTopicPartition(s string) (*fault.TopicPartition, error) {
	if s == "" {
		return nil, nil
	}
	i := strings.LastIndexByte(s, '/')
	if i > 0 {
		if p, err := strconv.ParseInt(s[i+1:], 10, 32); err == nil && p >= 0 {
			return &fault.TopicPartition{Topic: s[:i], Partition: int32(p)}, nil
		}
	}
	return nil, fmt.Errorf("%q is not topic/partition, such as order.events/0", s)
}
