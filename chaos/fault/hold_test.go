package fault

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// without2 is what a cluster says that has noticed that broker 2 is down.
func (w *world) without2() {
	w.set(tp("orders", 0), func(p *PartitionState) { p.ISR = []int32{1, 3} })
	w.set(tp("orders", 1), func(p *PartitionState) { p.Leader, p.Epoch, p.ISR = 3, 6, []int32{3} })
}

// holding holds faults on the world.
func (w *world) holding(ctx context.Context, faults ...Fault) (*Held, State, error) {
	return Hold(ctx, faults, w.injector(faults...).cfg)
}

func TestHeldFaultBitesBeforeTheLoadAndUntilItsEnd(t *testing.T) {
	moved := []string{
		"leadership moved on 1 partition: orders/1: leader 2 epoch 5, then leader 3 epoch 6",
		"in-sync replicas shrank on 2 partitions: orders/0: in-sync replicas [1 2 3], then [1 3]; orders/1: in-sync replicas [2 3], then [3]",
	}
	for name, back := range map[string]bool{"until the end": false, "not until the end": true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			time.AfterFunc(5*time.Second, w.without2)
			h, state, err := w.holding(t.Context(), Fault{Kind: Kill, Target: Target{Brokers: []int32{2}}})
			if err != nil || state[tp("orders", 1)].Leader != 3 || w.now() < 5*time.Second || w.now() > 6*time.Second {
				t.Fatalf("%s: held after %s with %v, %v", name, w.now(), state, err)
			}
			evidence := moved
			if back {
				w.set(tp("orders", 0), func(p *PartitionState) { p.ISR = []int32{1, 2, 3} })
				evidence = append(evidence[:2:2], "it did not hold until the end: broker 2 is in sync with orders/0")
			}
			h.Release(t.Context())
			h.Release(t.Context()) // heals once
			got := h.Results()[0]
			if diff := cmp.Diff(evidence, got.Evidence); diff != "" || got.Bit == back || !got.Always || !cmp.Equal(got.Brokers, []int32{2}) {
				t.Errorf("%s: %+v\n%s", name, got, diff)
			}
			starts := 0
			for _, line := range w.log {
				if line == w.now().String()+" start 2" {
					starts++
				}
			}
			if starts != 1 {
				t.Errorf("%s: broker 2 was started %d times: %q", name, starts, w.log)
			}
		})
	}
}

func TestHeldFaultThatDoesNotBite(t *testing.T) {
	for _, c := range []struct {
		name    string
		broker  int32
		prepare func(*world)
		want    string
	}{
		{"the cluster notices nothing", 2, func(*world) {}, "kill broker 2: it did not bite within 1m0s: broker 2 is in sync with orders/0"},
		{"another leads, and the broker is still in sync", 2, func(w *world) {
			w.acted = func(string) { w.set(tp("orders", 1), func(p *PartitionState) { p.Leader = 3 }) }
		}, "kill broker 2: it did not bite within 1m0s: broker 2 is in sync with orders/0"},
		{"there was nothing to bite", 2, func(w *world) { w.without2() }, "kill broker 2: nothing shows that it bit: broker 2 had no replica of the run's topics in sync"},
		{"there is no such broker", 7, func(*world) {}, "kill broker 7: there is no broker 7; the cluster has [1 2 3]"},
		{"the engine fails", 2, func(w *world) { w.fail["kill 2"] = errBroken }, "kill broker 2: the engine is gone"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			c.prepare(w)
			h, _, err := w.holding(t.Context(), Fault{Kind: Kill, Target: Target{Brokers: []int32{c.broker}}})
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
			h.Release(t.Context())
			if r := h.Results()[0]; r.Bit {
				t.Errorf("%s: it bit: %+v", c.name, r)
			}
		})
	}
}

// TestHeldFaultLeavesPartitionsWithoutALeader: such a one is on no broker, and
// who asked decides what that means.
func TestHeldFaultLeavesPartitionsWithoutALeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.acted = func(what string) {
			if what == "stop 3" {
				w.set(tp("orders", 0), func(p *PartitionState) { p.ISR = []int32{1, 2} })
				w.set(tp("orders", 1), func(p *PartitionState) { p.ISR = []int32{2} })
				w.set(tp("single", 0), func(p *PartitionState) { p.Leader = -1 })
			}
		}
		h, state, err := w.holding(t.Context(), Fault{Kind: Stop, Target: leaderOf("single", 0)})
		if err != nil || state[tp("single", 0)].Leader != -1 {
			t.Errorf("%v, %v", state, err)
		}
		h.Release(t.Context())
	})
}

func TestClusterIsWholeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		before, _ := w.State(t.Context())
		w.acted = func(what string) {
			switch what {
			case "kill 2":
				w.without2()
			case "start 2":
				time.AfterFunc(3*time.Second, func() {
					for p, s := range before {
						w.set(p, func(now *PartitionState) { now.ISR = s.ISR })
					}
				})
			}
		}
		h, _, err := w.holding(t.Context(), Fault{Kind: Kill, Target: Target{Brokers: []int32{2}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Whole(t.Context()); err == nil || err.Error() != "the cluster is not whole 1m0s after healing: broker 2 is not in sync with orders/0" {
			t.Errorf("without healing: %v", err)
		}
		h.Release(t.Context())
		if err := h.Whole(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestHoldingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		h, _, err := w.holding(ctx, Fault{Kind: Pause, Target: Target{Brokers: []int32{2}}})
		if err == nil || w.now() != 3*time.Second {
			t.Errorf("after %s: %v", w.now(), err)
		}
		h.Release(context.Background())
		if last := w.log[len(w.log)-1]; last != "3s heal 0: healed: pause broker 2" {
			t.Errorf("not healed: %q", w.log)
		}
	})
}

func TestHeldFaultOnControllers(t *testing.T) {
	for _, c := range []struct {
		name string
		then Voters
		want string
	}{
		{"the active one hears nothing of it", Voters{4: 0, 5: 2 * time.Second, 6: 0}, ""},
		{"the active one hears of it", Voters{4: 0, 5: 0, 6: 0}, "kill controller 5: it did not bite within 1m0s: the active controller still hears from controller 5"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			w.hear(Voters{4: 0, 5: 0, 6: 0})
			w.acted = func(string) { w.hear(c.then) }
			faults := []Fault{{Kind: Kill, Target: Target{Controllers: []int32{5}}}}
			cfg := w.injector(faults...).cfg
			cfg.Cluster = apart{w}
			h, _, err := Hold(t.Context(), faults, cfg)
			h.Release(t.Context())
			said := ""
			if err != nil {
				said = err.Error()
			}
			if got := h.Results()[0]; said != c.want || got.Bit != (c.want == "") {
				t.Errorf("%s: %q, bit %t, want %q", c.name, said, got.Bit, c.want)
			}
		})
	}
}
