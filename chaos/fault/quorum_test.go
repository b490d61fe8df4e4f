package fault

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// combined is a world whose nodes are controllers too.
type combined struct{ *world }

func (combined) Controllers() []int32 { return []int32{1, 2, 3} }
func (combined) Separate() bool       { return false }

// apart is a world with controllers that are no brokers.
type apart struct{ *world }

func (apart) Controllers() []int32 { return []int32{4, 5, 6} }
func (apart) Separate() bool       { return true }

// TestOutvoted: a fault that takes the majority of the controllers away, with
// those that are open, says so; others do not.
func TestOutvoted(t *testing.T) {
	on := func(kind Kind, at, heal time.Duration, nodes ...int32) Fault {
		return Fault{Kind: kind, At: at, HealAfter: heal, Target: Target{Brokers: nodes}, Network: ControllerLink}
	}
	const s = time.Second
	two, all := "2 of 3 nodes, which are", "3 of 3 nodes, which are"
	for _, tt := range []struct {
		name   string
		faults []Fault
		want   []string
	}{
		{"one of three", []Fault{on(Kill, s, s, 1)}, []string{""}},
		{"two at once", []Fault{on(Kill, s, s, 1, 2)}, []string{two}},
		{"two, one after the other has come back", []Fault{on(Kill, s, s, 1), on(Kill, 3*s, s, 2)}, []string{"", ""}},
		{"two that overlap", []Fault{on(Pause, s, 3*s, 1), on(Kill, 2*s, s, 2)}, []string{"", two}},
		{"the same twice", []Fault{on(Pause, s, 3*s, 1), on(Kill, 2*s, s, 1)}, []string{"", ""}},
		{"two off the controllers' network, and one stopped", []Fault{on(Isolate, s, 3*s, 1, 3), on(Stop, 2*s, s, 2)}, []string{two, all}},
		{"two in turn", []Fault{on(RollingRestart, s, 0, 1, 2)}, []string{""}},
		{"one in turn beside one that is down", []Fault{on(Pause, s, 20*s, 1), on(RollingRestart, 2*s, 0, 2, 3)}, []string{"", two}},
		{"the one that is down in turn", []Fault{on(Pause, s, 20*s, 1), on(RollingRestart, 2*s, 0, 1)}, []string{"", ""}},
		{"one behind two in turn", []Fault{on(RollingRestart, s, 0, 1, 2), on(Kill, 25*s, s, 3)}, []string{"", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, are := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld()
					in := w.injector(tt.faults...)
					if are {
						in.cfg.Cluster = combined{w}
					}
					w.play(in, 30*s)
					for i, r := range results(in) {
						said := strings.Join(r.Evidence, "\n")
						want := tt.want[i]
						if n := strings.Count(said, "controllers too"); n > 1 {
							t.Errorf("fault %d says it %d times", i, n)
						}
						if has := strings.Contains(said, "controllers too"); has != (are && want != "") || are && !strings.Contains(said, want) {
							t.Errorf("combined %t: fault %d says %q, want %q", are, i, said, want)
						}
					}
				})
			}
		})
	}
}

// TestControllersOfTheirOwn: what is away of controllers that are no brokers is
// counted of them alone, and shows where the active one tells of them.
func TestControllersOfTheirOwn(t *testing.T) {
	const s = time.Second
	on := func(kind Kind, at time.Duration, controllers ...int32) Fault {
		return Fault{Kind: kind, At: at, HealAfter: 3 * s, Target: Target{Controllers: controllers}, Network: ControllerLink}
	}
	fresh := Voters{4: 0, 5: 100 * time.Millisecond, 6: 200 * time.Millisecond}
	active := Fault{Kind: Kill, At: s, HealAfter: 3 * s, Target: Target{Role: &Role{Kind: Controller}}}
	for _, tt := range []struct {
		name   string
		faults []Fault
		then   Voters // while the first fault is open
		moves  bool
		want   [][]string
		bit    []bool
	}{
		{
			name: "one that is not active", faults: []Fault{on(Pause, s, 5)}, then: Voters{4: 0, 5: 1600 * time.Millisecond, 6: 0},
			want: [][]string{{"controller 5 fetched nothing from the active one for 1.6s"}}, bit: []bool{true},
		},
		{
			name: "one that nobody misses", faults: []Fault{on(Pause, s, 5)}, then: Voters{4: 0, 5: 1499 * time.Millisecond, 6: 2 * s},
			want: [][]string{nil}, bit: []bool{false},
		},
		{
			name: "one of which the new active one has not heard yet", faults: []Fault{on(Pause, s, 5)}, then: Voters{4: 0, 6: 0},
			want: [][]string{nil}, bit: []bool{false},
		},
		{
			name: "the active one", faults: []Fault{active}, then: fresh, moves: true,
			want: [][]string{{"the controller moved: node 4 epoch 7, then node 5 epoch 8"}}, bit: []bool{true},
		},
		{
			name: "two", faults: []Fault{on(Kill, s, 5, 6)}, then: Voters{4: 0, 5: 2 * s, 6: 2 * s},
			want: [][]string{{
				"2 of 3 controllers were away at once: without a majority of them nothing was elected and nobody fenced",
				"controller 5 fetched nothing from the active one for 2s", "controller 6 fetched nothing from the active one for 2s",
			}}, bit: []bool{true},
		},
		{
			name: "one beside brokers", faults: []Fault{on(Kill, s, 6), {Kind: Kill, At: 2 * s, HealAfter: 3 * s, Target: Target{Brokers: []int32{1, 2}}}},
			then: Voters{4: 0, 5: 0, 6: 2 * s},
			want: [][]string{{"controller 6 fetched nothing from the active one for 2s"}, nil}, bit: []bool{true, false},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.hear(fresh)
				role := Role{Kind: Controller}
				w.holders[role] = Holder{Node: 4, Epoch: 7}
				w.acted = func(what string) {
					w.hear(tt.then)
					w.mu.Lock()
					defer w.mu.Unlock()
					if tt.moves {
						w.holders[role] = Holder{Node: 5, Epoch: 8}
					}
				}
				in := w.injector(tt.faults...)
				in.cfg.Cluster = apart{w}
				w.play(in, 30*s)
				for i, r := range results(in) {
					var said []string
					for _, line := range r.Evidence {
						if strings.Contains(line, "controller") {
							said = append(said, line)
						}
					}
					if diff := cmp.Diff(tt.want[i], said); diff != "" || r.Bit != tt.bit[i] || r.Error != "" {
						t.Errorf("fault %d: bit %t, error %q, -want +got:\n%s", i, r.Bit, r.Error, diff)
					}
				}
			})
		})
	}
}

func TestControllersThatAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		in := w.injector(Fault{Kind: Kill, At: time.Second, Target: Target{Controllers: []int32{1}}})
		in.cfg.Cluster = apart{w}
		w.play(in, 10*time.Second)
		if r := results(in)[0]; r.Error != "there is no controller 1; the cluster has [4 5 6]" || r.Bit {
			t.Errorf("bit %t, error %q", r.Bit, r.Error)
		}
	})
}

// TestRefusedOfControllers: what controllers cannot suffer is refused before
// the run.
func TestRefusedOfControllers(t *testing.T) {
	w := newWorld()
	named, active := Target{Controllers: []int32{4}}, Target{Role: &Role{Kind: Controller}}
	for _, tt := range []struct {
		fault   Fault
		cluster any
		want    string
	}{
		{Fault{Kind: Kill, Target: named}, apart{w}, ""},
		{Fault{Kind: Isolate, Target: named, Network: ControllerLink}, apart{w}, ""},
		{Fault{Kind: Isolate, Target: active, Network: Replication}, combined{w}, ""},
		{Fault{Kind: Latency, Target: active}, combined{w}, ""},
		{Fault{Kind: Kill, Target: named}, w, "a cluster of kind docker does not tell which nodes are its controllers: name them as brokers, or with controller: true"},
		{Fault{Kind: RollingRestart, Target: named}, apart{w}, "a rolling restart waits for replicas, of which controllers have none: stop them one after the other"},
		{Fault{Kind: RollingRestart, Target: active}, apart{w}, "a controller that is no broker copies no records: it has no part in replication"},
		{Fault{Kind: Isolate, Target: active, Network: Replication}, apart{w}, "a controller that is no broker copies no records: it has no part in replication"},
		{Fault{Kind: Latency, Target: active}, apart{w}, "no client has a connection to a controller that is no broker"},
	} {
		got := ""
		for _, r := range Check([]Fault{tt.fault}, tt.cluster, "docker", nil) {
			got += r.Reason
		}
		if got != tt.want {
			t.Errorf("%s of %T: %q, want %q", tt.fault.Kind, tt.cluster, got, tt.want)
		}
	}
}
