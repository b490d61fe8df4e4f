package fault

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestConditions plays faults that wait while a group falls behind by 100
// records and 50 records are acknowledged each second.
func TestConditions(t *testing.T) {
	pause := Fault{Kind: Pause, Target: Target{Brokers: []int32{2}}, HealAfter: time.Second}
	began := func(at, healed, condition string) []string {
		return []string{
			at + " note 0: pause broker 2: came true at " + at + ": " + condition, at + " open since " + at, at + " fault 0: pause broker 2", at + " pause 2",
			healed + " unpause 2", healed + " closed since " + healed, healed + " heal 0: healed: pause broker 2",
		}
	}
	for _, tt := range []struct {
		name  string
		when  Condition
		want  []string
		never string
	}{
		{"lag", Condition{Group: "pay", Lag: 150}, began("2s", "3s", "lag of group pay > 150 (200)"), ""},
		{"lag that only reaches the bound", Condition{Group: "pay", Lag: 500}, nil, "the lag of group pay never passed 500; the most seen was 500"},
		{"lag too late", Condition{Group: "pay", Lag: 350, Until: 3500 * time.Millisecond}, nil, "the lag of group pay never passed 350; the most seen was 300 (until 3.5s)"},
		{"lag in time", Condition{Group: "pay", Lag: 350, Until: 4 * time.Second}, began("4s", "5s", "lag of group pay > 350 (400)"), ""},
		{"lag of which nobody knows", Condition{Group: "other", Lag: 0}, nil, "the lag of group other was never known"},
		{"acks", Condition{Acks: 100}, began("2s", "3s", "100 records are acked (100)"), ""},
		{"too many acks", Condition{Acks: 251}, nil, "250 of 251 records were acked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				f := pause
				f.When = &tt.when
				in := w.injector(f)
				seconds := func() int64 { return int64(w.now() / time.Second) }
				in.cfg.Lag = func(group string) (int64, bool) { return 100 * seconds(), group == "pay" }
				in.cfg.Activity = func() Activity { return Activity{Acked: 50 * seconds(), Due: 50 * seconds()} }
				w.play(in, 5500*time.Millisecond)
				if diff := cmp.Diff(tt.want, w.log); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				r := results(in)[0]
				if r.Never != tt.never || r.Bit || r.When != tt.when.String() {
					t.Errorf("%+v", r)
				}
				if tt.never != "" {
					if diff := cmp.Diff([]string{"never injected: " + tt.never}, r.Evidence); diff != "" {
						t.Error(diff)
					}
				}
			})
		})
	}
}

func TestTimelineOfConditions(t *testing.T) {
	got := Timeline([]Fault{
		{Kind: Pause, Target: Target{All: true}, When: &Condition{Group: "pay", Lag: 10}, HealAfter: time.Second},
		{Kind: Kill, Target: Target{Brokers: []int32{1}}, When: &Condition{Acks: 10, Until: time.Minute}},
		{Kind: Kill, Target: Target{Brokers: []int32{2}}, At: time.Hour},
	})
	want := []string{
		"1h0m0s    kill broker 2",
		"when lag of group pay > 10: pause all brokers, healed after 1s",
		"when 10 records are acked (until 1m0s): kill broker 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
