package fault

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBrokersByWhatTheyAre: which brokers suffer is found when the fault
// begins, and said.
func TestBrokersByWhatTheyAre(t *testing.T) {
	group, controller := Role{GroupCoordinator, "pay"}, Role{Kind: Controller}
	tests := []struct {
		name   string
		target Target
		want   string // what is paused, or why nothing is
		what   string
	}{
		{"a group's coordinator", Target{Role: &group}, "2", "pause coordinator of group pay (broker 2)"},
		{"the controller", Target{Role: &controller}, "3", "pause the controller (broker 3)"},
		{"a transactional id that nobody knows", Target{Role: &Role{TransactionCoordinator, "t"}},
			"who is coordinator of transactional id t: nobody answers", "pause coordinator of transactional id t"},
		{"a controller that is no broker", Target{Role: &Role{GroupCoordinator, "elsewhere"}},
			"coordinator of group elsewhere is node 9, which is none of the cluster's [1 2 3]", "pause coordinator of group elsewhere"},
		{"several", Target{Brokers: []int32{3, 1}}, "1 3", "pause brokers 3, 1"},
		{"one of several that is not there", Target{Brokers: []int32{3, 4}}, "there is no broker 4; the cluster has [1 2 3]", "pause brokers 3, 4"},
		{"some of several", Target{Brokers: []int32{1, 3}, Count: 1}, "1", "pause 1 of brokers 1, 3 (broker 1)"},
		{"a rack", Target{Rack: "a"}, "1 3", "pause rack a (brokers 1, 3)"},
		{"some of a rack", Target{Rack: "a", Count: 1}, "1", "pause 1 of rack a (broker 1)"},
		{"a rack that nobody is in", Target{Rack: "c"}, "no broker is in rack c", "pause rack c"},
		{"some of all", Target{Count: 2}, "1 3", "pause 2 of all brokers (brokers 1, 3)"},
		{"as many as there are", Target{Count: 3}, "1 2 3", "pause 3 of all brokers (brokers 1, 2, 3)"},
		{"more than there are", Target{Count: 4}, "there are not 4, but 3: brokers 1, 2, 3", "pause 4 of all brokers"},
		{"some of a partition's followers", Target{FollowersOf: ptr(tp("orders", 0)), Count: 1}, "2", "pause 1 of followers of orders/0 (broker 2)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.hold(group, 2)
				w.hold(controller, 3)
				w.hold(Role{GroupCoordinator, "elsewhere"}, 9)
				in := w.injector(Fault{Kind: Pause, Target: tt.target, HealAfter: time.Second})
				w.play(in, 2*time.Second)
				r := results(in)[0]
				got := r.Error
				if got == "" {
					var nodes []string
					for _, n := range []string{"1", "2", "3"} {
						if strings.Contains(strings.Join(w.log, "\n"), "0s pause "+n) {
							nodes = append(nodes, n)
						}
					}
					got = strings.Join(nodes, " ")
				}
				if got != tt.want || r.What != tt.what {
					t.Errorf("%q of %q, want %q of %q", got, r.What, tt.want, tt.what)
				}
			})
		})
	}
}

// TestOtherSeedsDrawOthers: which brokers suffer follows from the seed and the
// fault's place in the file alone.
func TestOtherSeedsDrawOthers(t *testing.T) {
	drawn := map[int32]bool{}
	for seed := range uint64(20) {
		in := New(nil, Config{Nodes: []int32{1, 2, 3}, Seed: seed})
		one, err := in.brokers(Target{Count: 1}, 0, nil, Holder{})
		again, _ := in.brokers(Target{Count: 1}, 0, nil, Holder{})
		if err != nil || !cmp.Equal(one, again) {
			t.Fatalf("seed %d: %v, then %v, %v", seed, one, again, err)
		}
		drawn[one[0]] = true
	}
	if len(drawn) != 3 {
		t.Errorf("only %v were drawn", drawn)
	}
}

// TestRolesThatMove are evidence, those that stay are none.
func TestRolesThatMove(t *testing.T) {
	group, controller := Role{GroupCoordinator, "pay"}, Role{Kind: Controller}
	for _, tt := range []struct {
		name  string
		fault Fault
		role  Role
		moves bool
		want  string
	}{
		{"a coordinator", Fault{Kind: Kill, Target: Target{Role: &group}}, group, true, "coordinator of group pay moved: broker 1, then broker 2"},
		{"one that stays", Fault{Kind: Kill, Target: Target{Role: &group}}, group, false, ""},
		{"the controller, off its network", Fault{Kind: Isolate, Network: ControllerLink, Target: Target{Brokers: []int32{1}}}, controller, true, "the controller moved: broker 1, then broker 2"},
		{"the controller by name", Fault{Kind: Isolate, Network: ControllerLink, Target: Target{Role: &controller}}, controller, true, "the controller moved: broker 1, then broker 2"},
		{"the controller, when nobody asks", Fault{Kind: Isolate, Network: Replication, Target: Target{Brokers: []int32{1}}}, controller, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.hold(tt.role, 1)
				if tt.moves {
					w.acted = func(string) { w.hold(tt.role, 2) }
				}
				tt.fault.HealAfter = time.Second
				in := w.injector(tt.fault)
				w.play(in, 2*time.Second)
				r := results(in)[0]
				if r.Bit != (tt.want != "") {
					t.Errorf("bit %t: %q", r.Bit, r.Evidence)
				}
				if tt.want != "" && r.Evidence[0] != tt.want {
					t.Errorf("%q, want %q first", r.Evidence, tt.want)
				}
			})
		})
	}
}
