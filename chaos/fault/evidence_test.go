package fault

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/reports/run"
)

func TestBrokerEvidence(t *testing.T) {
	before := func() State {
		return State{
			tp("a", 0): {Leader: 1, Epoch: 3, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2, 3}},
			tp("a", 1): {Leader: 2, Epoch: 3, Replicas: []int32{2, 3, 1}, ISR: []int32{2, 3, 1}},
			tp("a", 2): {Leader: 3, Epoch: 3, Replicas: []int32{3, 2}, ISR: []int32{3, 2}},
			tp("b", 0): {Leader: -1, Epoch: 8, Replicas: []int32{3}},
		}
	}
	tests := []struct {
		name  string
		nodes []int32
		later func(State)
		facts []string
	}{
		{"nothing", []int32{1}, func(State) {}, nil},
		{"the leadership moved", []int32{1}, func(s State) {
			s[tp("a", 0)] = PartitionState{Leader: 2, Epoch: 4, ISR: []int32{1, 2, 3}}
		}, []string{"leadership moved on 1 partition: a/0: leader 1 epoch 3, then leader 2 epoch 4"}},
		{"no leader now", []int32{1}, func(s State) {
			s[tp("a", 0)] = PartitionState{Leader: -1, Epoch: 4, ISR: []int32{1, 2, 3}}
		}, []string{"leadership moved on 1 partition: a/0: leader 1 epoch 3, then leader -1 epoch 4"}},
		{"the node left the in-sync replicas", []int32{1}, func(s State) {
			s[tp("a", 1)] = PartitionState{Leader: 2, Epoch: 3, ISR: []int32{2, 3}}
		}, []string{"in-sync replicas shrank on 1 partition: a/1: in-sync replicas [2 3 1], then [2 3]"}},
		{"every epoch rose, as when some other broker leaves the embedded cluster", []int32{1}, func(s State) {
			for k, p := range s {
				p.Epoch += 2
				s[k] = p
			}
		}, nil},
		{"another node's leadership moved", []int32{1}, func(s State) {
			s[tp("a", 1)] = PartitionState{Leader: 3, Epoch: 4, ISR: []int32{3, 1}}
		}, nil},
		{"another node left the in-sync replicas", []int32{1}, func(s State) {
			s[tp("a", 0)] = PartitionState{Leader: 1, Epoch: 3, ISR: []int32{1, 2}}
		}, nil},
		{"a partition without a leader got one", []int32{1}, func(s State) {
			s[tp("b", 0)] = PartitionState{Leader: 3, Epoch: 9, ISR: []int32{3}}
		}, nil},
		{"a partition is not in the answer", []int32{1}, func(s State) { delete(s, tp("a", 0)) }, nil},
		{"several nodes", []int32{2, 3}, func(s State) {
			s[tp("a", 0)] = PartitionState{Leader: 1, Epoch: 3, ISR: []int32{1}}
			s[tp("a", 1)] = PartitionState{Leader: 1, Epoch: 4, ISR: []int32{1}}
			s[tp("a", 2)] = PartitionState{Leader: -1, Epoch: 4, ISR: []int32{3}}
		}, []string{
			"leadership moved on 2 partitions: a/1: leader 2 epoch 3, then leader 1 epoch 4; a/2: leader 3 epoch 3, then leader -1 epoch 4",
			"in-sync replicas shrank on 3 partitions: a/0: in-sync replicas [1 2 3], then [1]; a/1: in-sync replicas [2 3 1], then [1]; a/2: in-sync replicas [3 2], then [3]",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newBrokerEvidence(tt.nodes, before(), nil)
			now := before()
			tt.later(now)
			e.observe(now)
			if diff := cmp.Diff(tt.facts, e.facts()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if e.bit() != (len(tt.facts) > 0) {
				t.Errorf("bit is %v", e.bit())
			}
			e.observe(before())
			if diff := cmp.Diff(tt.facts, e.facts()); diff != "" {
				t.Errorf("what was seen once is forgotten: -want +got:\n%s", diff)
			}
		})
	}
}

// stood are partitions that stood still since the first second.
func stood(topic string, length time.Duration, partitions ...int32) (all []series.PartitionStall) {
	for _, p := range partitions {
		all = append(all, series.PartitionStall{Topic: topic, Partition: p, Start: time.Second, Length: length})
	}
	return all
}

func TestManyPartitionsAreSampled(t *testing.T) {
	before, now := State{}, State{}
	for i := range int32(12) {
		before[tp("t", i)] = PartitionState{Leader: 1, Epoch: 0}
		now[tp("t", i)] = PartitionState{Leader: 2, Epoch: 1}
	}
	e := newBrokerEvidence([]int32{1}, before, nil)
	e.observe(now)
	want := []string{"leadership moved on 12 partitions: t/0: leader 1 epoch 0, then leader 2 epoch 1; t/10: leader 1 epoch 0, then leader 2 epoch 1; t/11: leader 1 epoch 0, then leader 2 epoch 1 (and 9 more)"}
	if diff := cmp.Diff(want, e.facts()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestWhatCountsAsBitten plays a fault and takes each trace away in turn.
func TestWhatCountsAsBitten(t *testing.T) {
	kill := Fault{Kind: Kill, Target: leaderOf("orders", 0), At: time.Second, HealAfter: 2 * time.Second}
	move := func(w *world) {
		w.acted = func(string) {
			w.set(tp("orders", 0), func(p *PartitionState) { p.Leader, p.Epoch, p.ISR = 2, 4, []int32{2, 3} })
		}
	}
	tests := []struct {
		name    string
		fault   Fault
		prepare func(*world)
		stand   Stand
		stall   time.Duration // of publishing, where it is not stand.Publish
		idle    bool
		bit     bool
		want    []string
	}{
		{
			name: "the leadership moved", fault: kill, prepare: move, bit: true,
			want: []string{
				"leadership moved on 1 partition: orders/0: leader 1 epoch 3, then leader 2 epoch 4",
				"in-sync replicas shrank on 1 partition: orders/0: in-sync replicas [1 2 3], then [2 3]",
				"0 client errors while it was open",
				"200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "no trace", fault: kill,
			want: []string{"0 client errors while it was open", "200 records were due while it was open, 200 acked, 0 effects"},
		},
		{
			name: "only healing raised epochs and moved leaders", fault: kill,
			prepare: func(w *world) {
				w.acted = func(what string) {
					if what == "start 1" {
						w.set(tp("orders", 0), func(p *PartitionState) { p.Leader, p.Epoch = 3, 9 })
					}
				}
			},
			want: []string{"0 client errors while it was open", "200 records were due while it was open, 200 acked, 0 effects"},
		},
		{
			name: "client errors", fault: kill, bit: true,
			prepare: func(w *world) {
				w.acted = func(what string) {
					if what == "kill 1" {
						w.count(meetErrors(1, 3))
					}
				}
			},
			want: []string{"3 client errors while it was open", "200 records were due while it was open, 200 acked, 0 effects"},
		},
		{
			name: "client errors at another broker, and at none", fault: kill,
			prepare: func(w *world) {
				w.acted = func(what string) {
					if what == "kill 1" {
						w.count(meetErrors(2, 3))
						w.count(meetErrors(-1, 1))
					}
				}
			},
			want: []string{"4 client errors while it was open, 0 of them at its brokers", "200 records were due while it was open, 200 acked, 0 effects"},
		},
		{
			name: "client errors before it and after its healing", fault: kill,
			prepare: func(w *world) {
				w.count(meetErrors(1, 5))
				w.acted = func(what string) {
					if what == "start 1" {
						w.count(meetErrors(1, 3))
					}
				}
			},
			want: []string{"0 client errors while it was open", "200 records were due while it was open, 200 acked, 0 effects"},
		},
		{
			name: "publishing stood still", fault: kill, stand: Stand{Publish: 400 * time.Millisecond, Consume: 2 * time.Second}, bit: true,
			want: []string{
				"0 client errors while it was open", "publishing stood still for 400ms", "consuming stood still for 2s",
				"200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "publishing to some of its partitions stood still", fault: kill, bit: true, stall: 1900 * time.Millisecond,
			stand: Stand{Of: 5, Partitions: []series.PartitionStall{{Topic: "orders", Partition: 0, Length: 1900 * time.Millisecond}, {Topic: "orders", Partition: 7, Length: 400 * time.Millisecond}, {Topic: "orders", Partition: 8, Length: 399 * time.Millisecond}}},
			want: []string{
				"0 client errors while it was open", "publishing stood still for 1.9s, on 2 of 5 partitions: orders/0, orders/7",
				"200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "publishing to many stood still", fault: kill, bit: true, stall: 2 * time.Second,
			stand: Stand{Of: 5, Partitions: stood("orders", 2*time.Second, 3, 4, 5, 6)},
			want: []string{
				"0 client errors while it was open", "publishing stood still for 2s, on 4 of 5 partitions: orders/3, orders/4, orders/5 (and 1 more)",
				"200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "publishing to all stood still", fault: kill, bit: true, stall: 2 * time.Second,
			stand: Stand{Publish: time.Second, Of: 2, Partitions: stood("orders", 2*time.Second, 3, 4)},
			want: []string{
				"0 client errors while it was open", "publishing stood still for 2s, on all partitions (2)",
				"200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "publishing to a partition of another broker stood still", fault: kill,
			stand: Stand{Of: 5, Partitions: stood("orders", 2*time.Second, 1)},
			want: []string{
				"0 client errors while it was open", "200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "a stand-still as short as a pause of the machine", fault: kill, stand: Stand{Publish: 399 * time.Millisecond},
			want: []string{"0 client errors while it was open", "200 records were due while it was open, 200 acked, 0 effects"},
		},
		{
			name: "no record was due", fault: kill, prepare: move, idle: true,
			want: []string{
				"leadership moved on 1 partition: orders/0: leader 1 epoch 3, then leader 2 epoch 4",
				"in-sync replicas shrank on 1 partition: orders/0: in-sync replicas [1 2 3], then [2 3]",
				"0 client errors while it was open",
				"0 records were due while it was open, 0 acked, 0 effects",
			},
		},
		{
			name: "the cluster did not answer", fault: Fault{Kind: Pause, Target: Target{All: true}, At: time.Second, HealAfter: 2 * time.Second},
			prepare: func(w *world) {
				w.acted = func(string) { w.mu.Lock(); w.stateErr = errBroken; w.mu.Unlock() }
			},
			want: []string{
				"the cluster did not answer while the fault was open", "0 client errors while it was open",
				"200 records were due while it was open, 200 acked, 0 effects",
			},
		},
		{
			name: "a crash", fault: Fault{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second}, bit: true,
			want: []string{
				"pay had been up for 1s", "ended by the run at 1s, up again at 2.25s",
				"100 records were due while it was open, 100 acked, 0 effects",
			},
		},
		{
			name: "a crash of a service without load", fault: Fault{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second}, idle: true,
			want: []string{
				"pay had been up for 1s", "ended by the run at 1s, up again at 2.25s",
				"0 records were due while it was open, 0 acked, 0 effects",
			},
		},
		{
			name: "a crash that fails", fault: Fault{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second},
			prepare: func(w *world) { w.fail["crash pay"] = errBroken },
			want:    []string{"pay had been up for 1s", "0 records were due while it was open, 0 acked, 0 effects"},
		},
		{
			name: "a service that does not come back", fault: Fault{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second}, bit: true,
			prepare: func(w *world) { w.fail["start pay"] = errBroken },
			want: []string{
				"pay had been up for 1s", "ended by the run at 1s, and not up again",
				"100 records were due while it was open, 100 acked, 0 effects",
			},
		},
		{
			name: "a restart", fault: Fault{Kind: Restart, Target: Target{Service: "pay"}, At: time.Second}, bit: true,
			want: []string{
				"pay had been up for 1s", "ended by the run at 1s, up again at 1.25s",
				"25 records were due while it was open, 25 acked, 0 effects",
			},
		},
		{
			name: "an election that another partition follows too", idle: true, bit: true,
			fault: Fault{Kind: ElectUnclean, Target: Target{Partition: ptr(tp("dark", 0))}, At: time.Second},
			prepare: func(w *world) {
				w.state[tp("dark", 1)] = PartitionState{Leader: -1}
				w.acted = func(string) {
					w.set(tp("dark", 0), func(p *PartitionState) { p.Leader, p.Epoch = 3, 8 })
					w.set(tp("dark", 1), func(p *PartitionState) { p.Leader, p.Epoch = 3, 8 })
				}
			},
			want: []string{
				"leadership moved on 1 partition: dark/0: leader -1 epoch 7, then leader 3 epoch 8",
				"0 records were due while it was open, 0 acked, 0 effects",
			},
		},
		{
			name:  "an election that changes nothing, whatever else happens",
			fault: Fault{Kind: ElectUnclean, Target: Target{Partition: ptr(tp("dark", 0))}, At: time.Second},
			prepare: func(w *world) {
				w.state[tp("dark", 1)] = PartitionState{Leader: -1}
				w.acted = func(string) {
					w.set(tp("dark", 1), func(p *PartitionState) { p.Leader = 3 })
					w.count(meetErrors(1, 3))
				}
			},
			stand: Stand{Publish: time.Second},
			want:  []string{"publishing stood still for 1s", "500 records were due while it was open, 500 acked, 0 effects"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.service("pay")
				if tt.prepare != nil {
					tt.prepare(w)
				}
				in := w.injector(tt.fault)
				if tt.idle {
					in.cfg.Activity = func() Activity { return Activity{} }
				}
				w.play(in, 10*time.Second)
				var spans [][2]time.Duration
				r := in.Results(func(from, to time.Duration) Stand {
					spans = append(spans, [2]time.Duration{from, to})
					return tt.stand
				}, nil)[0]
				if r.Bit != tt.bit {
					t.Errorf("bit is %v", r.Bit)
				}
				if diff := cmp.Diff(tt.want, r.Evidence); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if r.PublishStall != max(tt.stall, tt.stand.Publish) || r.ConsumeStall != tt.stand.Consume {
					t.Errorf("stalls %v and %v", r.PublishStall, r.ConsumeStall)
				}
				if len(spans) != 1 || spans[0][0] != time.Second || r.Healed != 0 && spans[0][1] != r.Healed {
					t.Errorf("asked for the stand-still in %v; healed at %v", spans, r.Healed)
				}
			})
		})
	}
}

func TestFaultsInTheLoad(t *testing.T) {
	poison := Fault{Kind: Poison, Target: Target{Event: "OrderPlaced", Share: 0.015}, Always: true}
	in := newWorld().injector(poison)
	for _, tt := range []struct {
		facts LoadFacts
		bit   bool
		want  string // with what follows it, by lines
	}{
		{LoadFacts{}, false, "0 of 0 records drawn for a share of 1.5%"},
		{LoadFacts{Of: 30}, false, "0 of 30 records drawn for a share of 1.5%"},
		{LoadFacts{Of: 1, Drawn: 1}, false, "1 of 1 record drawn for a share of 1.5%, and none has another so far before it"},
		{LoadFacts{Of: 600, Drawn: 9, Sent: 9}, false, "9 records sent, 0 found in the input topic"},
		{LoadFacts{Sent: 9, Found: 8}, true, "9 records sent, 8 found in the input topic"},
		{LoadFacts{Sent: 9, Found: 8, Forms: map[string]uint64{"without $.total": 4, "that is an array": 5}}, true, "9 records sent, 8 found in the input topic\nsent by form, an event that is an array: 5, without $.total: 4"},
		{LoadFacts{Sent: 9, Found: 8, Size: 900, Largest: 901}, true, "9 records sent, 8 found in the input topic\nthe longest value in the input topic has 901 bytes, and theirs have 900 or more"},
		{LoadFacts{Sent: 9, Found: 8, Size: 900, Largest: 899}, false, "9 records sent, 8 found in the input topic\nthe longest value in the input topic has 899 bytes, and theirs have 900 or more"},
		{LoadFacts{Sent: 9, Found: 8, Elsewhere: &Elsewhere{7, 6}}, true, "9 records sent, 8 found in the input topic\n6 of 7 whose places are known stand on another partition than the first of their event"},
		{LoadFacts{Sent: 9, Found: 8, Elsewhere: &Elsewhere{7, 0}}, false, "9 records sent, 8 found in the input topic\n0 of 7 whose places are known stand on another partition than the first of their event"},
	} {
		in.states[0].result.Evidence = nil
		got := in.Results(nil, func(f Fault) LoadFacts {
			if f.Target.Event != "OrderPlaced" {
				t.Errorf("asked for %+v", f)
			}
			return tt.facts
		})
		want := []run.Fault{{
			What: "poison 1.5% of OrderPlaced", Kind: "poison", Target: "1.5% of OrderPlaced", Always: true,
			Bit: tt.bit, Evidence: strings.Split(tt.want, "\n"),
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
