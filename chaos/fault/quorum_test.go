package fault

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// combined is a world whose nodes are controllers too.
type combined struct{ *world }

func (combined) Combined() bool { return true }

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
						if has := strings.Contains(said, "controllers too"); has != (are && want != "") || are && !strings.Contains(said, want) {
							t.Errorf("combined %t: fault %d says %q, want %q", are, i, said, want)
						}
					}
				})
			}
		})
	}
}
