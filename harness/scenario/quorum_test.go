package scenario

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// voters are the controllers of a cluster of five brokers at most.
type voters struct {
	ids      []int32
	separate bool
}

func (v voters) Controllers() []int32 { return v.ids }
func (v voters) Separate() bool       { return v.separate }

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
		{"in turn beside one that is down", "{at: 1s, pause: {broker: 0}, heal-after: 3s}, {at: 2s, rolling-restart: {brokers: [1, 2]}}", 3, []string{note("2s", "restart brokers 1, 2 one after the other", 2, 3)}},
		{"one some time behind others in turn", "{at: 1s, rolling-restart: {all: true}}, {at: 4s, kill: {broker: 0}, heal-after: 1s}", 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, are := range []voters{{ids: []int32{0, 1, 2, 3, 4}[:tt.nodes]}, {ids: []int32{5, 6, 7}, separate: true}} {
				plan := planOf(t, both, load10, "cluster: {kind: docker, racks: [a, b]}\n", "topics: {order.events: {replication: 3}}\n", "faults: ["+tt.faults+"]\n")
				before := slices.Clone(plan.Notes)
				p := &preflight{x: &execution{plan: plan}}
				p.quorum(are, []int32{0, 1, 2, 3, 4}[:tt.nodes])
				want := before
				if !are.separate {
					want = append(want, tt.want...)
				}
				if diff := cmp.Diff(want, plan.Notes); diff != "" {
					t.Errorf("separate %t: want -, got +:\n%s", are.separate, diff)
				}
			}
		})
	}
}

func TestControllersOfTheirOwnThatLeaveNoMajority(t *testing.T) {
	const note = "from 2s on, with %s, up to %d of 3 controllers are away at once: without a majority of them nothing is elected and nobody fenced until enough are back"
	for _, tt := range []struct {
		faults string
		want   []string
	}{
		{"{at: 2s, kill: {controller: true}, heal-after: 1s}", nil},
		{"{at: 2s, kill: {controllers: [3, 4]}, heal-after: 1s}", []string{fmt.Sprintf(note, "kill controllers 3, 4", 2)}},
		{"{at: 2s, kill: {controllers: [3, 4, 5], count: 2}, heal-after: 1s}", []string{fmt.Sprintf(note, "kill 2 of controllers 3, 4, 5", 2)}},
		{"{at: 1s, pause: {controllers: [5]}, heal-after: 3s}, {at: 2s, isolate: {controller: true, network: controller}, heal-after: 1s}", []string{fmt.Sprintf(note, "cut the controller off from the controller network", 2)}},
		{"{at: 1s, kill: {brokers: [0, 1]}, heal-after: 3s}, {at: 2s, kill: {controller: true}, heal-after: 1s}", nil},
	} {
		plan := planOf(t, both, load10, "cluster: {kind: docker, controllers: separate}\n", "faults: ["+tt.faults+"]\n")
		want := append(slices.Clone(plan.Notes), tt.want...)
		p := &preflight{x: &execution{plan: plan}}
		p.quorum(voters{ids: []int32{3, 4, 5}, separate: true}, []int32{0, 1, 2})
		if diff := cmp.Diff(want, plan.Notes); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.faults, diff)
		}
	}
}
