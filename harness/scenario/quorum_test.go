package scenario

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// voters are nodes that are controllers too, or not.
type voters bool

func (v voters) Combined() bool { return bool(v) }

func TestFaultsThatLeaveNoMajority(t *testing.T) {
	note := func(at, what string, away, of int) string {
		return fmt.Sprintf("from %s on, with %s, up to %d of %d nodes are away at once, and each is a controller too: without a majority of them nothing is elected and nobody fenced until enough are back", at, what, away, of)
	}
	for _, tt := range []struct {
		name   string
		faults string
		nodes  int
		want   []string
	}{
		{"one of three", "{at: 1s, kill: {leader-of: order.events/0}, heal-after: 1s}", 3, nil},
		{"both followers", "{at: 1s, pause: {followers-of: order.events/0}, heal-after: 1s}", 3, []string{note("1s", "pause followers of order.events/0", 2, 3)}},
		{"both followers of five", "{at: 1s, pause: {followers-of: order.events/0}, heal-after: 1s}", 5, nil},
		{"all", "{at: 1s, kill: {all: true}, heal-after: 1s}", 3, []string{note("1s", "kill all brokers", 3, 3)}},
		{"half of four", "{at: 1s, stop: {count: 2}, heal-after: 1s}", 4, []string{note("1s", "stop 2 of all brokers", 2, 4)}},
		{"two that overlap", "{at: 1s, kill: {broker: 0}, heal-after: 3s}, {at: 2s, wipe: {controller: true}}", 3, []string{note("2s", "wipe the controller", 2, 3)}},
		{"the same one", "{at: 1s, kill: {broker: 0}, heal-after: 3s}, {at: 2s, pause: {broker: 0}}", 3, nil},
		{"one after the other", "{at: 1s, kill: {broker: 0}, heal-after: 1s}, {at: 2s, kill: {broker: 1}}", 3, nil},
		{"a rack of two", "{at: 1s, isolate: {rack: a, network: controller}}", 3, []string{note("1s", "cut rack a off from the controller network", 2, 3)}},
		{"a rack of one", "{at: 1s, isolate: {rack: b, network: controller}}", 3, nil},
		{"off another network", "{at: 1s, isolate: {rack: a}}", 3, nil},
		{"in turn", "{at: 1s, rolling-restart: {all: true}}", 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, are := range []voters{true, false} {
				plan := planOf(t, both, load10, "cluster: {kind: docker, racks: [a, b]}\n", "topics: {order.events: {replication: 3}}\n", "faults: ["+tt.faults+"]\n")
				before := slices.Clone(plan.Notes)
				p := &preflight{x: &execution{plan: plan}}
				p.quorum(are, []int32{0, 1, 2, 3, 4}[:tt.nodes])
				want := before
				if are {
					want = append(want, tt.want...)
				}
				if diff := cmp.Diff(want, plan.Notes); diff != "" {
					t.Errorf("combined %t: want -, got +:\n%s", are, diff)
				}
			}
		})
	}
}
