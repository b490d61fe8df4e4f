package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Target is what a fault acts on. Of the fields that name brokers one is set;
// without any, Count is of all brokers.
type Target struct {
	Brokers     []int32
	Controllers []int32 // by their ids, whether they are brokers too or not
	All         bool
	LeaderOf    *TopicPartition
	FollowersOf *TopicPartition
	Role        *Role
	Rack        string
	// Count is how many of them suffer, drawn from the run's seed; 0 is all.
	Count     int
	Partition *TopicPartition // of elect-unclean
	Service   string
	Event     string  // of faults in the load
	Share     float64 // of faults in the load, 0 to 1
}

// Role is what one broker at a time is for the others or for clients. Name is
// that of the group, or the transactional.id.
type Role struct{ Kind, Name string }

// Holder is the node that has a role. Epoch rises when the controller is
// elected; coordinators have none.
type Holder struct{ Node, Epoch int32 }

func (h Holder) String() string {
	if h.Epoch == 0 {
		return fmt.Sprintf("broker %d", h.Node)
	}
	return fmt.Sprintf("node %d epoch %d", h.Node, h.Epoch)
}

// The kinds of roles.
const (
	GroupCoordinator       = "coordinator of group"
	TransactionCoordinator = "coordinator of transactional id"
	Controller             = "the controller"
)

// String says which role it is.
func (r Role) String() string { return strings.TrimSpace(r.Kind + " " + r.Name) }

// String renders the target as a scenario names it.
func (t Target) String() string {
	switch {
	case t.Count > 0:
		return fmt.Sprintf("%d of %s", t.Count, t.brokers())
	case t.Partition != nil:
		return t.Partition.String()
	case t.namesBrokers():
		return t.brokers()
	case t.Service != "":
		return t.Service
	}
	return fmt.Sprintf("%s%% of %s", trimFloat(t.Share*100), t.Event)
}

func (t Target) namesBrokers() bool {
	return len(t.Brokers) > 0 || len(t.Controllers) > 0 || t.All || t.LeaderOf != nil || t.FollowersOf != nil || t.Role != nil || t.Rack != "" || t.Count > 0
}

func (t Target) brokers() string {
	switch {
	case len(t.Brokers) > 0:
		return nodeList("broker", t.Brokers)
	case len(t.Controllers) > 0:
		return nodeList("controller", t.Controllers)
	case t.LeaderOf != nil:
		return "leader of " + t.LeaderOf.String()
	case t.FollowersOf != nil:
		return "followers of " + t.FollowersOf.String()
	case t.Role != nil:
		return t.Role.String()
	case t.Rack != "":
		return "rack " + t.Rack
	}
	return "all brokers"
}

// told says whether the target itself tells which brokers they are.
func (t Target) told() bool { return len(t.Brokers)+len(t.Controllers) > 0 && t.Count == 0 }

// OnControllers says whether the target is controllers, whatever else they are.
func (t Target) OnControllers() bool {
	return len(t.Controllers) > 0 || t.Role != nil && t.Role.Kind == Controller
}

// named names nodes by what they are.
func (in *Injector) named(nodes []int32) string {
	for _, n := range nodes {
		if !slices.Contains(in.cfg.Nodes, n) {
			return nodeList("controller", nodes)
		}
	}
	return nodeList("broker", nodes)
}

func nodeList(kind string, nodes []int32) string {
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = fmt.Sprint(n)
	}
	if len(nodes) == 1 {
		return kind + " " + names[0]
	}
	return kind + "s " + strings.Join(names, ", ")
}

// brokers finds the brokers of a target. holder is who has its role, if it is
// one; index tells faults of one run apart that draw from the same seed.
func (in *Injector) brokers(t Target, index int, state State, holder Holder) ([]int32, error) {
	nodes, err := in.candidates(t, state, holder)
	if err != nil || t.Count == 0 {
		return nodes, err
	}
	if t.Count > len(nodes) {
		return nil, fmt.Errorf("there are not %d, but %d: %s", t.Count, len(nodes), in.named(nodes))
	}
	rng := rand.New(rand.NewPCG(in.cfg.Seed, uint64(index)))
	rng.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	nodes = nodes[:t.Count]
	slices.Sort(nodes)
	return nodes, nil
}

func (in *Injector) candidates(t Target, state State, holder Holder) ([]int32, error) {
	for _, node := range t.Brokers {
		if !slices.Contains(in.cfg.Nodes, node) {
			return nil, fmt.Errorf("there is no broker %d; the cluster has %v", node, in.cfg.Nodes)
		}
	}
	controllers, _ := in.controllers()
	for _, node := range t.Controllers {
		if !slices.Contains(controllers, node) {
			return nil, fmt.Errorf("there is no controller %d; the cluster has %v", node, controllers)
		}
	}
	switch {
	case len(t.Brokers) > 0:
		return slices.Clone(t.Brokers), nil
	case len(t.Controllers) > 0:
		return slices.Clone(t.Controllers), nil
	case t.Role != nil:
		if !slices.Contains(in.cfg.Nodes, holder.Node) && !slices.Contains(controllers, holder.Node) {
			return nil, fmt.Errorf("%s is node %d, which is none of the cluster's %v", t.Role, holder.Node, in.cfg.Nodes)
		}
		return []int32{holder.Node}, nil
	case t.Rack != "":
		nodes := slices.DeleteFunc(slices.Clone(in.cfg.Nodes), func(n int32) bool { return in.cfg.Racks[n] != t.Rack })
		if len(nodes) == 0 {
			return nil, fmt.Errorf("no broker is in rack %s", t.Rack)
		}
		return nodes, nil
	case t.LeaderOf != nil:
		p, ok := state[*t.LeaderOf]
		switch {
		case !ok:
			return nil, fmt.Errorf("the run has no partition %s", t.LeaderOf)
		case p.Leader < 0:
			return nil, fmt.Errorf("%s has no leader", t.LeaderOf)
		}
		return []int32{p.Leader}, nil
	case t.FollowersOf != nil:
		p, ok := state[*t.FollowersOf]
		if !ok {
			return nil, fmt.Errorf("the run has no partition %s", t.FollowersOf)
		}
		followers := slices.DeleteFunc(slices.Clone(p.Replicas), func(n int32) bool { return n == p.Leader })
		if len(followers) == 0 {
			return nil, fmt.Errorf("%s has no followers", t.FollowersOf)
		}
		return followers, nil
	case t.Partition != nil:
		p, ok := state[*t.Partition]
		if !ok {
			return nil, fmt.Errorf("the run has no partition %s", t.Partition)
		}
		return []int32{p.Leader}, nil
	case t.All || t.Count > 0:
		return slices.Clone(in.cfg.Nodes), nil
	}
	return nil, errors.New("the fault names no broker")
}

// lookForRoles asks who has the roles of a fault now.
func (in *Injector) lookForRoles(ctx context.Context, s *injection) {
	for _, h := range s.evidence.roles {
		holder, err := in.cfg.Facts.Holder(ctx, h.role, s.nodes)
		if err != nil {
			continue
		}
		in.mu.Lock()
		h.then(holder)
		in.mu.Unlock()
	}
}

// roleSettle is how long the injector looks after healing for a controller
// that has moved: brokers that waited for the old one hear of it only then.
const roleSettle = 10 * time.Second

// lookBack looks for a controller that moved, as long as no other fault on brokers
// can have moved them.
func (in *Injector) lookBack(ctx context.Context, s *injection) {
	alone := func() bool {
		return !slices.ContainsFunc(in.states, func(other *injection) bool {
			return other != s && other.fault.Kind.OnBrokers() && other.started && !other.done
		})
	}
	stays := func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return alone() && slices.ContainsFunc(s.evidence.roles, func(h *held) bool { return !h.moved && h.role.Kind == Controller })
	}
	for end := in.cfg.Now() + roleSettle; s.evidence != nil && stays() && in.cfg.Now() < end; {
		look, cancel := context.WithTimeout(ctx, lookTimeout)
		in.lookForRoles(look, s)
		cancel()
		if !in.sleepUntil(ctx, in.cfg.Now()+watchEvery) {
			return
		}
	}
}

// watchController has the active controller watched, where one is told of: it
// may be the one that is cut off.
func (in *Injector) watchController(ctx context.Context, s *injection) {
	role := Role{Kind: Controller}
	if s.fault.Target.Role != nil && *s.fault.Target.Role == role {
		return // it is watched already
	}
	if holder, err := in.cfg.Facts.Holder(ctx, role, nil); err == nil {
		s.evidence.roles = append(s.evidence.roles, &held{role: role, before: holder})
	}
}
