package scenario

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
)

// quorum refuses controllers that there are not, and notes which faults leave
// the cluster without a majority of its controllers, with those that are open
// when they begin: that is a fault of its own, which is not refused, and which
// nobody should meet unawares.
func (p *preflight) quorum(abilities any, nodes []int32) {
	q, tells := abilities.(fault.Quorum)
	if !tells {
		return
	}
	controllers := q.Controllers()
	for _, f := range p.x.plan.Faults {
		for i, id := range f.Target.Controllers {
			if !slices.Contains(controllers, id) {
				p.Error(BadTarget, p.x.plan.place(f).Add(f.Kind.Field()).Add("controllers", i), fmt.Sprintf("there is no controller %d", id), "the controllers are "+span(controllers))
			}
		}
	}
	voters := quorum{controllers, q.Separate()}
	schedule := p.x.plan.Schedule()
	for _, f := range schedule {
		if !voters.loses(f) {
			continue
		}
		var away victims
		for _, other := range schedule {
			if !voters.loses(other) || other.At > begunBy(f) || f.At >= ends(other) {
				continue
			}
			switch {
			case other.Kind != fault.RollingRestart:
				away.add(p.victims(other.Target, nodes))
			case other.Index == f.Index: // how long it goes on nobody knows before
				away.unnamed++
			}
		}
		if n, all := away.count(voters.ids), len(voters.ids); fault.Outvotes(n, all) {
			from := "from " + f.At.String() + " on"
			if f.When != nil {
				from = fmt.Sprintf("when %s", f.When)
			}
			p.x.plan.note("%s, with %s, up to %d of %d %s: without a majority of them nothing is elected and nobody fenced until enough are back", from, f, n, all, voters.areAway())
		}
	}
}

// quorum are the controllers of a cluster.
type quorum struct {
	ids      []int32
	separate bool // they are no brokers
}

// loses says whether a fault takes one of them away.
func (q quorum) loses(f fault.Fault) bool {
	return f.TakesController() && (f.Target.OnControllers() || !q.separate)
}

func (q quorum) areAway() string {
	if q.separate {
		return "controllers are away at once"
	}
	return "nodes are away at once, and each is a controller too"
}

// begunBy is when a fault begins at the latest.
func begunBy(f fault.Fault) time.Duration {
	switch {
	case f.When == nil:
		return f.At
	case f.When.Until > 0:
		return f.When.Until
	}
	return math.MaxInt64
}

// victims are nodes that suffer: those that are named, and how many of which
// only the running cluster can tell who they are.
type victims struct {
	named   []int32
	unnamed int
}

func (v *victims) add(other victims) {
	v.named, v.unnamed = append(v.named, other.named...), v.unnamed+other.unnamed
}

// count is how many of some nodes they are at most.
func (v *victims) count(of []int32) int {
	slices.Sort(v.named)
	return min(len(slices.Compact(v.named))+v.unnamed, len(of))
}

// victims are those of a target, at most.
func (p *preflight) victims(t fault.Target, nodes []int32) victims {
	switch {
	case t.Count > 0:
		return victims{unnamed: t.Count}
	case len(t.Brokers)+len(t.Controllers) > 0:
		return victims{named: slices.Concat(t.Brokers, t.Controllers)}
	case t.All:
		return victims{named: slices.Clone(nodes)}
	case t.FollowersOf != nil:
		return victims{unnamed: p.x.plan.topic(t.FollowersOf.Topic).Replication - 1}
	case t.Rack != "":
		return victims{named: p.inRack(t.Rack, nodes)}
	}
	return victims{unnamed: 1} // a leader, a coordinator, the controller
}

// inRack are the nodes that the scenario puts in a rack.
func (p *preflight) inRack(rack string, nodes []int32) (in []int32) {
	racks := p.x.plan.Scenario.Cluster.Racks
	for i, node := range nodes {
		if len(racks) > 0 && racks[i%len(racks)] == rack {
			in = append(in, node)
		}
	}
	return in
}
