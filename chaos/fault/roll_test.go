package fault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// replicate makes the world's in-sync replicas follow what is done to nodes:
// one that is stopped leaves at once, one that is started is back after sync.
func (w *world) replicate(sync time.Duration) {
	whole := State{}
	for p, s := range w.state {
		whole[p] = s
	}
	w.acted = func(what string) {
		verb, node := what[:strings.IndexByte(what, ' ')], int32(what[len(what)-1]-'0')
		switch verb {
		case "stop":
			for p := range whole {
				w.set(p, func(s *PartitionState) {
					if len(s.ISR) > 1 {
						s.ISR = slices.DeleteFunc(slices.Clone(s.ISR), func(n int32) bool { return n == node })
					}
				})
			}
		case "start":
			time.AfterFunc(sync, func() {
				for p, before := range whole {
					w.set(p, func(s *PartitionState) { s.ISR = before.ISR })
				}
			})
		}
	}
}

// TestRollingRestart: each broker is restarted when the one before is in sync
// again, and not earlier.
func TestRollingRestart(t *testing.T) {
	roll := Fault{Kind: RollingRestart, Target: Target{Brokers: []int32{1, 2}}, At: time.Second}
	tests := []struct {
		name     string
		sync     time.Duration
		length   time.Duration
		log      []string
		evidence []string
		err      string
	}{
		{
			"whole", 2900 * time.Millisecond, 20 * time.Second,
			[]string{
				"1s open since 1s", "1s fault 0: restart brokers 1, 2 one after the other", "1s stop 1", "1s start 1",
				"4s fault 0: broker 1 was stopped at 1s and in sync again at 4s", "4s stop 2", "4s start 2",
				"7s fault 0: broker 2 was stopped at 4s and in sync again at 7s", "7s start 1", "7s start 2", "7s closed since 7s",
			},
			[]string{
				"broker 1 was stopped at 1s and in sync again at 4s", "broker 2 was stopped at 4s and in sync again at 7s",
				"in-sync replicas shrank on 2 partitions: orders/0: in-sync replicas [1 2 3], then [1 3]; orders/1: in-sync replicas [2 3], then [3]",
				"0 client errors while it was open", "600 records were due while it was open, 600 acked, 0 effects",
			}, "",
		},
		{
			"the load ends meanwhile", 2900 * time.Millisecond, 3500 * time.Millisecond,
			[]string{
				"1s open since 1s", "1s fault 0: restart brokers 1, 2 one after the other", "1s stop 1", "1s start 1",
				"3.5s start 1", "3.5s start 2", "3.5s closed since 3.5s",
			},
			[]string{
				"the load ended when 1 of 2 brokers were restarted",
				"in-sync replicas shrank on 1 partition: orders/0: in-sync replicas [1 2 3], then [2 3]",
				"0 client errors while it was open", "250 records were due while it was open, 250 acked, 0 effects",
			}, "",
		},
		{
			"a broker that is not in sync again", time.Hour, 3 * time.Minute,
			[]string{
				"1s open since 1s", "1s fault 0: restart brokers 1, 2 one after the other", "1s stop 1", "1s start 1",
				"2m1s fault 0: restart brokers 1, 2 one after the other failed: broker 1 is not in sync again 2m0s after its start: the others were not restarted",
				"2m1s start 1", "2m1s start 2", "2m1s closed since 2m1s",
			},
			[]string{
				"in-sync replicas shrank on 1 partition: orders/0: in-sync replicas [1 2 3], then [2 3]",
				"0 client errors while it was open", "12000 records were due while it was open, 12000 acked, 0 effects",
			}, "broker 1 is not in sync again 2m0s after its start: the others were not restarted",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.replicate(tt.sync)
				in := w.injector(roll)
				w.play(in, tt.length)
				w.mu.Lock()
				log := slices.Clone(w.log)
				w.mu.Unlock()
				slices.Sort(log[len(log)-3 : len(log)-1]) // both are started at once
				if diff := cmp.Diff(tt.log, log); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				r := results(in)[0]
				if diff := cmp.Diff(tt.evidence, r.Evidence); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if r.Error != tt.err || r.Bit == (tt.err != "") {
					t.Errorf("bit %t, error %q", r.Bit, r.Error)
				}
				time.Sleep(2 * time.Hour) // for what is still to happen in the world
			})
		})
	}
}

// TestIsolation: a node that its peers do not hear leaves their in-sync
// replicas, and they leave those of what it leads.
func TestIsolation(t *testing.T) {
	for _, tt := range []struct {
		name string
		node int32
		then func(*world)
		want string
	}{
		{"a leader", 1, func(w *world) { w.set(tp("orders", 0), func(p *PartitionState) { p.ISR = []int32{1} }) },
			"in-sync replicas shrank on 1 partition: orders/0: in-sync replicas [1 2 3], then [1]"},
		{"a follower", 3, func(w *world) { w.set(tp("orders", 0), func(p *PartitionState) { p.ISR = []int32{1, 2} }) },
			"in-sync replicas shrank on 1 partition: orders/0: in-sync replicas [1 2 3], then [1 2]"},
		{"another one's follower", 3, func(w *world) { w.set(tp("orders", 0), func(p *PartitionState) { p.ISR = []int32{1, 3} }) }, ""},
		{"nobody noticed", 1, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if tt.then != nil {
					w.acted = func(string) { tt.then(w) }
				}
				in := w.injector(Fault{Kind: Isolate, Network: Replication, Target: Target{Brokers: []int32{tt.node}}, HealAfter: time.Second})
				w.play(in, 2*time.Second)
				r := results(in)[0]
				if r.Bit != (tt.want != "") || tt.want != "" && r.Evidence[0] != tt.want {
					t.Errorf("bit %t: %q", r.Bit, r.Evidence)
				}
				if n := fmt.Sprint(tt.node); !slices.Contains(w.log, "0s isolate "+n+" from replication") || !slices.Contains(w.log, "1s rejoin "+n+" to replication") {
					t.Errorf("%q", w.log)
				}
			})
		})
	}
}

// TestOverlapsOfNetworksAndDisks: a node comes back to a network, and gets its
// space, when no other fault holds it there; one whose disk was full is started
// unless another fault keeps it down.
func TestOverlapsOfNetworksAndDisks(t *testing.T) {
	one := Target{Brokers: []int32{1}}
	for _, tt := range []struct {
		name   string
		faults []Fault
		want   []string
	}{
		{"one network twice", []Fault{
			{Kind: Isolate, Network: Replication, Target: one, HealAfter: time.Second},
			{Kind: Isolate, Network: Replication, Target: one, HealAfter: 3 * time.Second},
		}, []string{"0s isolate 1 from replication", "0s isolate 1 from replication", "3s rejoin 1 to replication"}},
		{"two networks", []Fault{
			{Kind: Isolate, Network: Replication, Target: one, HealAfter: time.Second},
			{Kind: Isolate, Network: ControllerLink, Target: one, HealAfter: 3 * time.Second},
		}, []string{"0s isolate 1 from controller", "0s isolate 1 from replication", "1s rejoin 1 to replication", "3s rejoin 1 to controller"}},
		{"a disk", []Fault{
			{Kind: FillDisk, Target: one, HealAfter: time.Second},
		}, []string{"0s fill 1", "1s free 1", "1s start 1"}},
		{"a disk of a node that is killed too", []Fault{
			{Kind: FillDisk, Target: one, HealAfter: time.Second},
			{Kind: Kill, Target: one, At: 500 * time.Millisecond, HealAfter: 2 * time.Second},
		}, []string{"0s fill 1", "1s free 1", "2.5s start 1", "500ms kill 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.play(w.injector(tt.faults...), 5*time.Second)
				var acts []string
				for _, line := range w.log {
					if !strings.Contains(line, "fault ") && !strings.Contains(line, "heal ") && !strings.Contains(line, " since ") {
						acts = append(acts, line)
					}
				}
				slices.Sort(acts)
				if diff := cmp.Diff(tt.want, acts); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

// TestChanges of topics and quotas.
func TestChanges(t *testing.T) {
	topic := func(kind Kind) Fault {
		return Fault{Kind: kind, Change: &Change{Topic: "orders"}, HealAfter: time.Second}
	}
	gone := func(w *world) {
		w.acted = func(what string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if what == "change" {
				delete(w.state, tp("orders", 0))
				delete(w.state, tp("orders", 1))
			}
		}
	}
	quota := Fault{Kind: SetQuota, Change: &Change{Client: "pay", Consume: 1000}, HealAfter: time.Second}
	for _, tt := range []struct {
		name    string
		fault   Fault
		prepare func(*world)
		stand   Stand
		bit     bool
		fact    string
	}{
		{"a topic that is gone", topic(DeleteTopic), gone, Stand{}, true, "deleted on 2 partitions: orders/0; orders/1"},
		{"one that is still there", topic(DeleteTopic), nil, Stand{}, false, "0 client errors while it was open"},
		{"a setting", topic(AlterTopic), nil, Stand{}, true, "0 client errors while it was open"},
		{"one that was so before", Fault{Kind: AlterTopic, Change: &Change{Topic: "orders", Config: map[string]string{"a": "a"}}, HealAfter: time.Second}, nil, Stand{}, false, "0 client errors while it was open"},
		{"a quota that holds somebody back", quota, func(w *world) {
			w.acted = func(string) { w.count(func(a *Activity) { a.Throttled += 1500 * time.Millisecond }) }
		}, Stand{}, true, "brokers held the run's own clients back for 1.5s in all"},
		{"one that nobody meets", quota, nil, Stand{Publish: time.Second}, false, "brokers held the run's own clients back for 0s in all"},
		{"one that the run's own clients do not meet, though the flow stands still", Fault{Kind: SetQuota, Change: &Change{Client: "weir-reader", Consume: 1000}, HealAfter: time.Second}, nil, Stand{Consume: time.Second}, false, "brokers held the run's own clients back for 0s in all"},
		{"one whose client stands still", quota, nil, Stand{Consume: time.Second}, true, "brokers held the run's own clients back for 0s in all"},
	} {
		for _, load := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					if tt.prepare != nil {
						tt.prepare(w)
					}
					in := w.injector(tt.fault)
					if activity := in.cfg.Activity; !load {
						in.cfg.Activity = func() Activity { a := activity(); a.Due = 0; return a }
					}
					w.play(in, 2*time.Second)
					r := in.Results(func(_, _ time.Duration) Stand { return tt.stand }, nil)[0]
					if r.Bit != (tt.bit && load) || !strings.HasPrefix(r.Evidence[0], "before: a; then: ") || r.Evidence[1] != tt.fact {
						t.Errorf("bit %t: %q", r.Bit, r.Evidence)
					}
					if !slices.Contains(w.log, "1s undo") {
						t.Errorf("%q", w.log)
					}
				})
			})
		}
	}
}

// TestChangeThatFails is undone as far as it was made, and what was not
// touched is left alone.
func TestChangeThatFails(t *testing.T) {
	for touched, want := range map[bool][]string{
		true:  {"0s change", "0s undo"},
		false: nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			w.fail["change"] = errBroken
			in := w.injector(Fault{Kind: AlterTopic, Change: &Change{Topic: "orders"}, HealAfter: time.Second})
			if !touched {
				in.cfg.Change = func(context.Context, Fault) (Changed, error) { return Changed{}, errBroken }
			}
			w.play(in, 2*time.Second)
			acts := slices.DeleteFunc(w.log, func(line string) bool { return !slices.Contains(want, line) && !strings.HasSuffix(line, "undo") })
			if r := results(in)[0]; !slices.Equal(acts, want) || r.Bit || r.Error != errBroken.Error() {
				t.Errorf("%q; bit %t, %q", acts, r.Bit, r.Error)
			}
		})
	}
}
