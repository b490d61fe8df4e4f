package fault

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRepeat(t *testing.T) {
	got := Timeline(Repeat([]Fault{
		{Kind: Pause, Target: Target{Brokers: []int32{1}}, At: time.Second, Every: 3 * time.Second, HealAfter: 2 * time.Second},
		{Kind: Kill, Target: Target{Brokers: []int32{2}}, At: 5 * time.Second},
		{Kind: Restart, Target: Target{Service: "pay"}, At: 4 * time.Second, Every: 4 * time.Second},
	}, 9*time.Second))
	want := []string{
		"1s        pause broker 1, healed after 2s",
		"4s        pause broker 1, healed after 2s",
		"4s        restart pay",
		"5s        kill broker 2",
		"7s        pause broker 1, healed after 2s", // which is healed as the load ends
		"8s        restart pay",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	late := Repeat([]Fault{{Kind: Pause, At: time.Second, Every: 3 * time.Second, HealAfter: 2 * time.Second}}, 8*time.Second)
	if len(late) != 2 {
		t.Errorf("%v: the third would not be healed within the load", late)
	}
}

func TestLasts(t *testing.T) {
	for _, tt := range []struct {
		f     Fault
		want  time.Duration
		known bool
	}{
		{Fault{Kind: Kill, HealAfter: time.Second}, time.Second, true},
		{Fault{Kind: Kill}, 0, false},
		{Fault{Kind: Crash}, RestartDelay, true},
		{Fault{Kind: Crash, BeforeCommit: true, HealAfter: time.Second}, 0, false},
		{Fault{Kind: Kill, When: &Condition{Acks: 1}, HealAfter: time.Second}, 0, false},
		{Fault{Kind: Reset}, resetSettle, true},
		{Fault{Kind: Reset, HealAfter: time.Second}, time.Second, true},
		{Fault{Kind: ElectUnclean}, settle, true},
		{Fault{Kind: RollingRestart}, 0, false},
		{Fault{Kind: Restart}, 0, false},
		{Fault{Kind: Poison, Always: true}, 0, false},
	} {
		if d, known := tt.f.Lasts(); d != tt.want || known != tt.known {
			t.Errorf("%s: %s, %t", tt.f.Kind, d, known)
		}
	}
}
