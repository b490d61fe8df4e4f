package fault

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSchedule plays schedules in the time of a bubble and compares all that
// was done, in order.
func TestSchedule(t *testing.T) {
	tests := []struct {
		name    string
		faults  []Fault
		length  time.Duration
		prepare func(*world)
		want    []string
	}{
		{
			name:   "a kill is healed after its time",
			faults: []Fault{{Kind: Kill, Target: leaderOf("orders", 0), At: 2 * time.Second, HealAfter: 3 * time.Second}},
			length: 10 * time.Second,
			want: []string{
				"2s open since 2s", "2s fault 0: kill leader of orders/0 (broker 1)", "2s kill 1",
				"5s start 1", "5s closed since 5s", "5s heal 0: healed: kill leader of orders/0 (broker 1)",
			},
		},
		{
			name:   "a fault without an end is healed when the load ends",
			faults: []Fault{{Kind: Pause, Target: Target{Brokers: []int32{2}}, At: time.Second}},
			length: 4 * time.Second,
			want: []string{
				"1s open since 1s", "1s fault 0: pause broker 2", "1s pause 2",
				"4s unpause 2", "4s closed since 4s", "4s heal 0: healed: pause broker 2",
			},
		},
		{
			name:   "a wipe kills first and starts the node again",
			faults: []Fault{{Kind: Wipe, Target: leaderOf("single", 0), At: 0, HealAfter: time.Second}},
			length: 2 * time.Second,
			want: []string{
				"0s open since 0s", "0s fault 0: wipe leader of single/0 (broker 3)", "0s kill 3", "0s wipe 3",
				"1s start 3", "1s closed since 1s", "1s heal 0: healed: wipe leader of single/0 (broker 3)",
			},
		},
		{
			name:   "a stop",
			faults: []Fault{{Kind: Stop, Target: Target{Brokers: []int32{1}}, At: 0, HealAfter: time.Second}},
			length: 2 * time.Second,
			want: []string{
				"0s open since 0s", "0s fault 0: stop broker 1", "0s stop 1",
				"1s start 1", "1s closed since 1s", "1s heal 0: healed: stop broker 1",
			},
		},
		{
			name:    "a crashed service comes back after RestartDelay and is healed once it is ready",
			faults:  []Fault{{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second}},
			length:  5 * time.Second,
			prepare: func(w *world) { w.service("pay") },
			want: []string{
				"1s open since 1s", "1s fault 0: crash pay", "1s crash pay",
				"2s start pay", "2.25s closed since 2.25s", "2.25s heal 0: healed: crash pay",
			},
		},
		{
			name:    "a crash with heal-after",
			faults:  []Fault{{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second, HealAfter: 3 * time.Second}},
			length:  5 * time.Second,
			prepare: func(w *world) { w.service("pay") },
			want: []string{
				"1s open since 1s", "1s fault 0: crash pay", "1s crash pay",
				"4s start pay", "4.25s closed since 4.25s", "4.25s heal 0: healed: crash pay",
			},
		},
		{
			name:    "a restart is over when the service is up again",
			faults:  []Fault{{Kind: Restart, Target: Target{Service: "pay"}, At: time.Second}},
			length:  5 * time.Second,
			prepare: func(w *world) { w.service("pay") },
			want: []string{
				"1s open since 1s", "1s fault 0: restart pay", "1s restart pay", "1s start pay",
				"1.25s closed since 1.25s",
			},
		},
		{
			name: "a paused service goes on with the last of the faults that froze it",
			faults: []Fault{
				{Kind: PauseService, Target: Target{Service: "pay"}, At: time.Second, HealAfter: 2 * time.Second},
				{Kind: PauseService, Target: Target{Service: "pay"}, At: 2 * time.Second},
			},
			length:  5 * time.Second,
			prepare: func(w *world) { w.service("pay") },
			want: []string{
				"1s open since 1s", "1s fault 0: pause pay", "1s pause pay",
				"2s fault 1: pause pay", "2s pause pay", "3s heal 0: healed: pause pay",
				"5s unpause pay", "5s closed since 5s", "5s heal 1: healed: pause pay",
			},
		},
		{
			name:   "an election is watched for a while and needs no healing",
			faults: []Fault{{Kind: ElectUnclean, Target: Target{Partition: ptr(tp("dark", 0))}, At: time.Second}},
			length: 10 * time.Second,
			want: []string{
				"1s open since 1s", "1s fault 0: elect an unclean leader of dark/0", "1s elect dark/0",
				"6s closed since 6s",
			},
		},
		{
			name: "faults that overlap are one open window",
			faults: []Fault{
				{Kind: Kill, Target: Target{Brokers: []int32{1}}, At: time.Second, HealAfter: 4 * time.Second},
				{Kind: Pause, Target: Target{Brokers: []int32{2}}, At: 2 * time.Second, HealAfter: time.Second},
				{Kind: Pause, Target: Target{Brokers: []int32{3}}, At: 6 * time.Second, HealAfter: time.Second},
			},
			length: 10 * time.Second,
			want: []string{
				"1s open since 1s", "1s fault 0: kill broker 1", "1s kill 1",
				"2s fault 1: pause broker 2", "2s pause 2", "3s unpause 2", "3s heal 1: healed: pause broker 2",
				"5s start 1", "5s closed since 5s", "5s heal 0: healed: kill broker 1",
				"6s open since 6s", "6s fault 2: pause broker 3", "6s pause 3",
				"7s unpause 3", "7s closed since 7s", "7s heal 2: healed: pause broker 3",
			},
		},
		{
			name: "a node that two faults took down comes back with the later",
			faults: []Fault{
				{Kind: Kill, Target: Target{Brokers: []int32{1}}, At: time.Second, HealAfter: 2 * time.Second},
				{Kind: Stop, Target: Target{Brokers: []int32{1}}, At: 2 * time.Second, HealAfter: 4 * time.Second},
			},
			length: 10 * time.Second,
			want: []string{
				"1s open since 1s", "1s fault 0: kill broker 1", "1s kill 1",
				"2s fault 1: stop broker 1", "2s stop 1", "3s heal 0: healed: kill broker 1",
				"6s start 1", "6s closed since 6s", "6s heal 1: healed: stop broker 1",
			},
		},
		{
			name: "a paused node that is killed too is unpaused and started by each",
			faults: []Fault{
				{Kind: Pause, Target: Target{Brokers: []int32{1}}, At: time.Second, HealAfter: 3 * time.Second},
				{Kind: Kill, Target: Target{Brokers: []int32{1}}, At: 2 * time.Second, HealAfter: time.Second},
			},
			length: 10 * time.Second,
			want: []string{
				"1s open since 1s", "1s fault 0: pause broker 1", "1s pause 1",
				"2s fault 1: kill broker 1", "2s kill 1", "3s start 1", "3s heal 1: healed: kill broker 1",
				"4s unpause 1", "4s closed since 4s", "4s heal 0: healed: pause broker 1",
			},
		},
		{
			name:   "faults in the load are nothing to inject",
			faults: []Fault{{Kind: Poison, Target: Target{Event: "e", Share: 0.01}, Always: true}},
			length: time.Second,
		},
		{
			name:   "a fault after the load's end never happens",
			faults: []Fault{{Kind: Kill, Target: Target{Brokers: []int32{1}}, At: 3 * time.Second}},
			length: 2 * time.Second,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if tt.prepare != nil {
					tt.prepare(w)
				}
				w.play(w.injector(tt.faults...), tt.length)
				if diff := cmp.Diff(tt.want, w.log); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestSeveralNodesAtOnce(t *testing.T) {
	for _, tt := range []struct {
		target Target
		what   string
		nodes  string
	}{
		{Target{All: true}, "pause all brokers (brokers 1, 2, 3)", "1 2 3"},
		{followersOf("orders", 0), "pause followers of orders/0 (brokers 2, 3)", "2 3"},
		{followersOf("orders", 1), "pause followers of orders/1 (broker 3)", "3"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			in := w.injector(Fault{Kind: Pause, Target: tt.target, HealAfter: time.Second})
			w.play(in, 2*time.Second)
			if got := results(in)[0].What; got != tt.what {
				t.Errorf("what: %s, want %s", got, tt.what)
			}
			for _, n := range strings.Fields(tt.nodes) {
				for _, done := range []string{"0s pause " + n, "1s unpause " + n} {
					if !strings.Contains(strings.Join(w.log, "\n"), done) {
						t.Errorf("%q is missing in %q", done, w.log)
					}
				}
			}
		})
	}
}

// TestTargetsThatAreNotThere: nothing is touched, opened or healed, and the
// fault says why.
func TestTargetsThatAreNotThere(t *testing.T) {
	tests := []struct {
		name    string
		fault   Fault
		prepare func(*world)
		want    string
	}{
		{"an unknown broker", Fault{Kind: Kill, Target: Target{Brokers: []int32{9}}}, nil, "there is no broker 9; the cluster has [1 2 3]"},
		{"an unknown partition", Fault{Kind: Kill, Target: leaderOf("orders", 7)}, nil, "the run has no partition orders/7"},
		{"no leader", Fault{Kind: Pause, Target: leaderOf("dark", 0)}, nil, "dark/0 has no leader"},
		{"no followers", Fault{Kind: Pause, Target: followersOf("single", 0)}, nil, "single/0 has no followers"},
		{"no target", Fault{Kind: Pause}, nil, "the fault names no broker"},
		{"a cluster that does not answer", Fault{Kind: Kill, Target: Target{All: true}}, func(w *world) { w.stateErr = errBroken },
			"the cluster's state before the fault: the engine is gone"},
		{"brokers that do not answer", Fault{Kind: Kill, Target: Target{All: true}}, func(w *world) { w.stateErr = errors.Join(errBroken, errBroken) },
			"the cluster's state before the fault: the engine is gone; the engine is gone"},
		{"a service that is down", Fault{Kind: Crash, Target: Target{Service: "pay"}}, func(w *world) { w.service("pay").set(false) }, "pay was already down"},
		{"a restart of a service that is down", Fault{Kind: Restart, Target: Target{Service: "pay"}}, func(w *world) { w.service("pay").set(false) }, "pay was already down"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if tt.prepare != nil {
					tt.prepare(w)
				}
				tt.fault.At = time.Second
				in := w.injector(tt.fault)
				w.play(in, 2*time.Second)
				if diff := cmp.Diff([]string{"1s fault 0: " + tt.fault.String() + " failed: " + tt.want}, w.log); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				r := results(in)[0]
				if r.Error != tt.want || r.Bit || r.Healed != 0 || r.Recovered {
					t.Errorf("%+v", r)
				}
				if diff := cmp.Diff([]string{"never injected"}, r.Evidence); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestASecondCrashLeavesTheFirstAlone: a service that another fault holds
// down is not brought back by one that found it down.
func TestASecondCrashLeavesTheFirstAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.service("pay")
		in := w.injector(
			Fault{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second, HealAfter: 4 * time.Second},
			Fault{Kind: Crash, Target: Target{Service: "pay"}, At: 2 * time.Second},
		)
		w.play(in, 10*time.Second)
		want := []string{
			"1s open since 1s", "1s fault 0: crash pay", "1s crash pay",
			"2s fault 1: crash pay failed: pay was already down",
			"5s start pay", "5.25s closed since 5.25s", "5.25s heal 0: healed: crash pay",
		}
		if diff := cmp.Diff(want, w.log); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestErrorsWhileInjecting(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		fails []string
		want  []string
		err   string
	}{
		{
			"one node of several: all are healed", Fault{Kind: Kill, Target: followersOf("orders", 0), HealAfter: time.Minute}, []string{"kill 3"},
			[]string{"start 2", "start 3", "closed since 1s", "heal 0: healed: kill followers of orders/0 (brokers 2, 3)"}, "the engine is gone",
		},
		{
			"healing fails too: both are said", Fault{Kind: Pause, Target: Target{Brokers: []int32{1}}}, []string{"pause 1", "unpause 1"},
			[]string{"unpause 1", "closed since 1s", "heal 0: healing failed: pause broker 1: the engine is gone"}, "the engine is gone; healing: the engine is gone",
		},
		{
			"only healing fails", Fault{Kind: Pause, Target: Target{Brokers: []int32{1}}, HealAfter: 500 * time.Millisecond}, []string{"unpause 1"},
			[]string{"unpause 1", "closed since 1.5s", "heal 0: healing failed: pause broker 1: the engine is gone"}, "healing: the engine is gone",
		},
		{
			"a wipe whose kill fails does not wipe", Fault{Kind: Wipe, Target: Target{Brokers: []int32{1}}}, []string{"kill 1"},
			[]string{"start 1", "closed since 1s", "heal 0: healed: wipe broker 1"}, "the engine is gone",
		},
		{
			"an election", Fault{Kind: ElectUnclean, Target: Target{Partition: ptr(tp("dark", 0))}}, []string{"elect dark/0"},
			[]string{"closed since 1s"}, "the engine is gone",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				for _, what := range tt.fails {
					w.fail[what] = errBroken
				}
				tt.fault.At = time.Second
				in := w.injector(tt.fault)
				w.play(in, 3*time.Second)
				log := strings.Join(w.log, "\n")
				for _, want := range tt.want {
					if strings.Count(log, want+"\n")+strings.Count(log+"\n", " "+want+"\n") == 0 {
						t.Errorf("%q is missing in:\n%s", want, log)
					}
				}
				if strings.Contains(log, "wipe 1\n") && tt.fault.Kind == Wipe {
					t.Errorf("wiped a node that could not be killed:\n%s", log)
				}
				if r := results(in)[0]; r.Error != tt.err || r.Bit && len(tt.fails) > 1 {
					t.Errorf("error %q, want %q; bit %v", r.Error, tt.err, r.Bit)
				}
				if open := in.OpenFaults(); len(open) > 0 {
					t.Errorf("still open: %q", open)
				}
			})
		})
	}
}

// TestTheLoadEndsWhileAFaultBegins: what was begun is finished and healed;
// what was only looked up never happened, and is no error.
func TestTheLoadEndsWhileAFaultBegins(t *testing.T) {
	t.Run("while it is looked up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			in := w.injector(Fault{Kind: Kill, Target: Target{Brokers: []int32{1}}, At: time.Second})
			in.cfg.Facts = slowFacts{w, time.Second}
			w.play(in, 1500*time.Millisecond)
			r := results(in)[0]
			if len(w.log) > 0 || r.Error != "" || r.Bit {
				t.Errorf("log %q, result %+v", w.log, r)
			}
			if diff := cmp.Diff([]string{"never injected: the load ended before its time"}, r.Evidence); diff != "" {
				t.Error(diff)
			}
		})
	})
	t.Run("while a service restarts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := w.service("pay")
			s.startTakes = 2 * time.Second
			in := w.injector(Fault{Kind: Restart, Target: Target{Service: "pay"}, At: time.Second})
			w.play(in, 1500*time.Millisecond)
			r := results(in)[0]
			if up, _ := s.Running(); !up || r.Error != "" || r.Healed != 3*time.Second {
				t.Errorf("up %v, result %+v", up, r)
			}
		})
	})
}

// slowFacts answers late, or when its question is taken back.
type slowFacts struct {
	*world
	after time.Duration
}

func (f slowFacts) State(ctx context.Context) (State, error) {
	select {
	case <-time.After(f.after):
		return f.world.State(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cutOffFacts answers nothing once it is cut off.
type cutOffFacts struct {
	*world
	cut atomic.Bool
}

func (f *cutOffFacts) State(ctx context.Context) (State, error) {
	if !f.cut.Load() {
		return f.world.State(ctx)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestACutOffClusterDoesNotDelayHealing: looking for traces takes no longer
// than what is left of the fault.
func TestACutOffClusterDoesNotDelayHealing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		in := w.injector(Fault{Kind: Pause, Target: Target{All: true}, HealAfter: 2500 * time.Millisecond})
		facts := &cutOffFacts{world: w}
		in.cfg.Facts = facts
		w.acted = func(string) { facts.cut.Store(true) }
		w.play(in, 5*time.Second)
		r := results(in)[0]
		if r.Healed != 2500*time.Millisecond {
			t.Errorf("healed at %v", r.Healed)
		}
		if want := "the cluster did not answer while the fault was open"; r.Evidence[0] != want {
			t.Errorf("evidence %q", r.Evidence)
		}
	})
}

func TestOpenFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		in := w.injector(
			Fault{Kind: Kill, Target: leaderOf("orders", 0), At: time.Second},
			Fault{Kind: Pause, Target: Target{Brokers: []int32{3}}, At: 2 * time.Second, HealAfter: time.Second},
		)
		go func() { w.play(in, 5*time.Second) }()
		open := [][]bool{{false, false}, {true, false}, {true, true}, {true, false}, {true, false}, {false, false}}
		for i, want := range [][]string{
			nil, {"kill leader of orders/0 (broker 1)"},
			{"kill leader of orders/0 (broker 1)", "pause broker 3"}, {"kill leader of orders/0 (broker 1)"},
			{"kill leader of orders/0 (broker 1)"}, nil,
		} {
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			if diff := cmp.Diff(want, in.OpenFaults()); diff != "" {
				t.Errorf("at %v: %s", w.now(), diff)
			}
			if diff := cmp.Diff(open[i], in.Open()); diff != "" {
				t.Errorf("at %v: %s", w.now(), diff)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

// TestLateFaults: what is late by a second or more says so.
func TestLateFaults(t *testing.T) {
	for _, tt := range []struct {
		slow time.Duration
		want string
	}{
		{999 * time.Millisecond, "2 client errors while it was open"},
		{2200 * time.Millisecond, "injected 2.2s after its time: the cluster, or this machine, took so long to say what there was"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			w.slow = tt.slow
			w.acted = func(string) { w.count(meetErrors(1, 2)) }
			in := w.injector(Fault{Kind: Kill, Target: Target{Brokers: []int32{1}}, At: time.Second})
			w.play(in, 10*time.Second)
			r := in.Results(func(_, _ time.Duration) Stand { return Stand{} }, nil)[0]
			if !slices.Contains(r.Evidence, tt.want) || strings.HasPrefix(r.Evidence[0], "injected") != strings.HasPrefix(tt.want, "injected") {
				t.Errorf("%s: %q", tt.slow, r.Evidence)
			}
		})
	}
}
