package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
)

// names says whether it names any broker.
func (p Pick) names() bool {
	return p.Count != 0 || slices.ContainsFunc(p.options(), func(o document.Option) bool { return o.Set })
}

// options are the fields of which one names brokers.
func (p Pick) options() []document.Option {
	return []document.Option{
		{Field: "broker", Set: p.Broker != nil},
		{Field: "brokers", Set: len(p.Brokers) > 0},
		{Field: "leader-of", Set: p.LeaderOf != ""},
		{Field: "followers-of", Set: p.FollowersOf != ""},
		{Field: "group-coordinator", Set: p.GroupCoordinator != ""},
		{Field: "transaction-coordinator", Set: p.TransactionCoordinator != ""},
		{Field: "rack", Set: p.Rack != ""},
		{Field: "controller", Set: p.Controller},
		{Field: "controllers", Set: len(p.Controllers) > 0},
	}
}

// counted says whether it names nodes of which some can be meant.
func (p Pick) counted() bool { return len(p.ids()) > 0 || p.FollowersOf != "" || p.Rack != "" }

// target checks a target, which must name brokers, or what others names.
func (v *validator) target(path document.Path, t Target, others ...document.Option) {
	options := append(append(t.options(), others...), document.Option{Field: "all", Set: t.All})
	if !t.counted() {
		options = append(options, document.Option{Field: "count", Set: t.Count != 0})
	}
	if v.ExactlyOne(path, options...) {
		v.picked(path, t.Pick)
	}
}

// pick checks a pick that may name no broker, which stands for all.
func (v *validator) pick(path document.Path, p Pick) {
	options := p.options()
	if !p.counted() {
		options = append(options, document.Option{Field: "count", Set: p.Count != 0})
	}
	if _, ok := v.AtMostOne(path, options...); ok {
		v.picked(path, p)
	}
}

// picked checks the fields of a pick by themselves.
func (v *validator) picked(path document.Path, p Pick) {
	if p.Broker != nil {
		v.id("broker", path.Add("broker"), *p.Broker)
	}
	v.list("broker", path.Add("brokers"), p.Brokers)
	v.list("controller", path.Add("controllers"), p.Controllers)
	if p.LeaderOf != "" {
		v.topicPartition(path.Add("leader-of"), p.LeaderOf)
	}
	if p.FollowersOf != "" {
		v.topicPartition(path.Add("followers-of"), p.FollowersOf)
	}
	at := path.Add("count")
	switch n := len(p.ids()); {
	case p.Count < 0 || p.Count == 0 && v.s.Doc.Has(at...):
		v.Error(document.OutOfRange, at, fmt.Sprintf("count must be at least 1, not %d", p.Count), "")
	case n > 0 && p.Count > n:
		v.Error(BadTarget, at, fmt.Sprintf("there are not %d of %d nodes", p.Count, n), "")
	}
}

// ids are those of the nodes that it names, of which it can mean some.
func (p Pick) ids() []int { return append(slices.Clip(p.Brokers), p.Controllers...) }

// list checks ids of nodes, each of which is there once.
func (v *validator) list(kind string, path document.Path, ids []int) {
	for i, id := range ids {
		v.id(kind, path.Add(i), id)
		if slices.Contains(ids[:i], id) {
			v.Error(BadTarget, path.Add(i), fmt.Sprintf("%s %d is there twice", kind, id), "")
		}
	}
}

func (v *validator) id(kind string, at document.Path, id int) {
	if id < 0 {
		v.Error(BadTarget, at, fmt.Sprintf("%d is no %s: ids are not negative", id, kind), "")
	}
}

// String names the brokers as reports do: "broker 2", "leader of orders/0".
func (t Target) String() string {
	brokers, err := t.brokers()
	if err != nil {
		return err.Error() // the loader has said so
	}
	return brokers.String()
}

// brokers is the engine's form of a target.
func (t Target) brokers() (out fault.Target, err error) {
	out.All, out.Count, out.Rack = t.All, t.Count, t.Rack
	if t.Broker != nil {
		out.Brokers = []int32{int32(*t.Broker)}
	}
	for _, id := range t.Brokers {
		out.Brokers = append(out.Brokers, int32(id))
	}
	for _, id := range t.Controllers {
		out.Controllers = append(out.Controllers, int32(id))
	}
	switch {
	case t.GroupCoordinator != "":
		out.Role = &fault.Role{Kind: fault.GroupCoordinator, Name: t.GroupCoordinator}
	case t.TransactionCoordinator != "":
		out.Role = &fault.Role{Kind: fault.TransactionCoordinator, Name: t.TransactionCoordinator}
	case t.Controller:
		out.Role = &fault.Role{Kind: fault.Controller}
	}
	if out.LeaderOf, err = parseTopicPartition(t.LeaderOf); err != nil {
		return out, err
	}
	out.FollowersOf, err = parseTopicPartition(t.FollowersOf)
	return out, err
}

// findRacks reads which racks the brokers are in, where a fault names one, and
// refuses those that none is in.
func (x *execution) findRacks(ctx context.Context) error {
	if !slices.ContainsFunc(slices.Concat(x.plan.Faults, x.hold), func(f fault.Fault) bool { return f.Target.Rack != "" }) {
		return nil
	}
	brokers, err := x.admin.ListBrokers(ctx)
	if err != nil {
		return &InfrastructureError{"reading the brokers' racks", err}
	}
	x.racks = map[int32]string{}
	var names []string
	for _, b := range brokers {
		if b.Rack != nil {
			x.racks[b.NodeID] = *b.Rack
			names = append(names, *b.Rack)
		}
	}
	for _, f := range x.plan.Faults {
		if rack := f.Target.Rack; rack != "" && !slices.Contains(names, rack) {
			return x.usage(BadTarget, fmt.Sprintf("no broker is in rack %s: there are [%s]", rack, strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), " ")), x.plan.place(f).Add(string(f.Kind), "rack")...)
		}
	}
	return nil
}
