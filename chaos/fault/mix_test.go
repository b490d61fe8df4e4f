package fault

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mix() Mix {
	return Mix{
		Faults: []Fault{
			{Kind: Kill, Target: leaderOf("orders", 0), HealAfter: 4 * time.Second},
			{Kind: Cut, Target: Target{All: true}, HealAfter: time.Second},
			{Kind: Crash, Target: Target{Service: "pay"}},
		},
		Weights: []int{1, 2, 1}, Pause: 2 * time.Second,
	}
}

// TestTheSameSeedDrawsTheSame pins what a seed draws: it is the same on every
// machine and with every version.
func TestTheSameSeedDrawsTheSame(t *testing.T) {
	m := mix()
	m.Faults[1] = Fault{Kind: Pause, Target: Target{Brokers: []int32{2}}, HealAfter: time.Second}
	drawn, quiet := m.Draw(7, 30*time.Second)
	got := string(quiet) + "\n" + strings.Join(Timeline(drawn), "\n")
	if diff := cmp.Diff(seven, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if other, _ := m.Draw(8, 30*time.Second); cmp.Diff(Timeline(drawn), Timeline(other)) == "" {
		t.Error("another seed draws the same")
	}
}

const seven = `first
12.231s   pause broker 2, healed after 1s
16.961s   pause broker 2, healed after 1s
21.955s   pause broker 2, healed after 1s
26.181s   pause broker 2, healed after 1s`

// TestMixes: whatever the seed, a third is quiet, no fault overlaps another,
// and all are healed within the load.
func TestMixes(t *testing.T) {
	seen := map[Third]bool{}
	for seed := range uint64(3000) {
		m := mix()
		m.Quiet = []Third{"", FirstThird, MiddleThird, LastThird}[seed%4]
		length := m.Needs() + time.Duration(seed)*37*time.Millisecond
		drawn, quiet := m.Draw(seed, length)
		check(t, m, drawn, quiet, length)
		if seed%4 == 0 {
			seen[quiet] = true
		} else if quiet != m.Quiet {
			t.Fatalf("seed %d: %s is quiet, and not %s", seed, quiet, m.Quiet)
		}
		if len(drawn) < 2 {
			t.Fatalf("seed %d: only %d faults in %s", seed, len(drawn), length)
		}
	}
	if len(seen) != 3 {
		t.Errorf("quiet were only %v", seen)
	}
}

func TestMixesOfAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Mix{Pause: time.Duration(rapid.Int64Range(1, 5000).Draw(t, "pause")) * time.Millisecond}
		for range rapid.IntRange(1, 5).Draw(t, "faults") {
			m.Faults = append(m.Faults, Fault{Kind: Kill, HealAfter: time.Duration(rapid.Int64Range(1, int64(10*time.Second)).Draw(t, "heal-after"))})
			m.Weights = append(m.Weights, rapid.IntRange(1, 1000).Draw(t, "weight"))
		}
		length := m.Needs() + time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "more"))
		seed := rapid.Uint64().Draw(t, "seed")
		drawn, quiet := m.Draw(seed, length)
		check(t, m, drawn, quiet, length)
		again, _ := m.Draw(seed, length)
		if diff := cmp.Diff(Timeline(drawn), Timeline(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func check(t rapid.TB, m Mix, drawn []Fault, quiet Third, length time.Duration) {
	t.Helper()
	from, until := quiet.Span(length)
	if until-from < length/3 {
		t.Fatalf("quiet from %s to %s of %s", from, until, length)
	}
	var healed time.Duration
	for _, f := range drawn {
		lasts, known := f.Lasts()
		end := f.At + lasts
		switch {
		case !known:
			t.Fatalf("%s has no end", f)
		case f.At < healed+m.Pause:
			t.Fatalf("%s at %s begins less than %s after %s", f, f.At, m.Pause, healed)
		case end > length-m.Pause:
			t.Fatalf("%s ends at %s of %s", f, end, length)
		case f.At < until && end > from:
			t.Fatalf("%s from %s to %s lies in the quiet third from %s to %s", f, f.At, end, from, until)
		}
		healed = end
	}
}

// TestWeights: one that weighs nine times as much is drawn about nine times as
// often, from one seed.
func TestWeights(t *testing.T) {
	m := Mix{
		Faults:  []Fault{{Kind: Kill, HealAfter: time.Second}, {Kind: Pause, HealAfter: time.Second}},
		Weights: []int{9, 1}, Pause: time.Second,
	}
	drawn, _ := m.Draw(1, 3*time.Hour)
	kills := 0
	for _, f := range drawn {
		if f.Kind == Kill {
			kills++
		}
	}
	if share := float64(kills) / float64(len(drawn)); share < 0.85 || share > 0.95 {
		t.Errorf("%d of %d", kills, len(drawn))
	}
}
