package capacity_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/capacity"
)

// run makes the probes of a search and returns them as text.
func run(t interface {
	Helper()
	Fatal(...any)
}, c capacity.Config, probe func(capacity.Step) capacity.Outcome) (capacity.Result, []string) {
	t.Helper()
	s, err := capacity.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for step, ok := s.Next(); ok; step, ok = s.Next() {
		o := probe(step)
		repeat := ""
		if step.Repeat {
			repeat = " again"
		}
		made = append(made, fmt.Sprintf("%s %.5g%s: %s", step.Purpose, step.Rate, repeat, o))
		s.Observe(o)
		if len(made) > 10_000 {
			t.Fatal("the search does not end")
		}
	}
	return s.Result(), made
}

func upTo(limit float64) func(capacity.Step) capacity.Outcome {
	return func(s capacity.Step) capacity.Outcome {
		if s.Rate <= limit {
			return capacity.Met
		}
		return capacity.Missed
	}
}

// scripted answers what the script says, in order.
func scripted(outcomes ...capacity.Outcome) func(capacity.Step) capacity.Outcome {
	i := -1
	return func(capacity.Step) capacity.Outcome {
		i++
		return outcomes[i]
	}
}

const (
	met       = capacity.Met
	missed    = capacity.Missed
	undecided = capacity.Undecided
)

func TestSearch(t *testing.T) {
	base := capacity.Config{From: 1000, Resolution: 0.25, Confirmations: 2}
	max3000 := base
	max3000.Max = 3000
	sure2 := math.Sqrt(0.05)
	for _, c := range []struct {
		name   string
		config capacity.Config
		probe  func(capacity.Step) capacity.Outcome
		made   []string
		want   capacity.Result
	}{
		{
			"a limit is bracketed, bisected and confirmed", base, upTo(3000),
			[]string{
				"bracket 1000: met", "bracket 2000: met", "bracket 4000: missed", "bracket 4000 again: missed",
				"bisect 2828: met", "bisect 3363: missed", "bisect 3363 again: missed", "confirm 2828: met", "confirm 2828: met",
			},
			capacity.Result{Kind: capacity.Found, Rate: 2828, Confirmed: 2, Wanted: 2, Sure: sure2, Missed: 3363},
		},
		{
			"the highest rate ends it", max3000, upTo(1e9),
			[]string{"bracket 1000: met", "bracket 2000: met", "bracket 3000: met", "confirm 3000: met", "confirm 3000: met"},
			capacity.Result{Kind: capacity.AtLeast, Rate: 3000, Confirmed: 2, Wanted: 2, Sure: sure2},
		},
		{
			"not even the lowest", base, upTo(10),
			[]string{"bracket 1000: missed", "bracket 1000 again: missed"},
			capacity.Result{Kind: capacity.Below, Wanted: 2, Missed: 1000},
		},
		{
			"a miss that does not come again is none", base, scripted(met, missed, met, missed, missed, met, missed, missed, met, met),
			[]string{
				"bracket 1000: met", "bracket 2000: missed", "bracket 2000 again: met", "bracket 4000: missed", "bracket 4000 again: missed",
				"bisect 2828: met", "bisect 3363: missed", "bisect 3363 again: missed", "confirm 2828: met", "confirm 2828: met",
			},
			capacity.Result{Kind: capacity.Found, Rate: 2828, Confirmed: 2, Wanted: 2, Sure: sure2, Missed: 3363, Unsteady: []float64{2000}},
		},
		{
			"a missed confirmation lowers the answer", base, scripted(met, met, missed, missed, met, met, met, missed, met, met),
			[]string{
				"bracket 1000: met", "bracket 2000: met", "bracket 4000: missed", "bracket 4000 again: missed", "bisect 2828: met", "bisect 3363: met",
				"confirm 3363: met", "confirm 3363: missed", "confirm 2690.4: met", "confirm 2690.4: met",
			},
			capacity.Result{Kind: capacity.Found, Rate: 3363 / 1.25, Confirmed: 2, Wanted: 2, Sure: sure2, Missed: 3363, Unsteady: []float64{3363}},
		},
		{
			"a confirmation right after an overload is repeated", base, scripted(met, met, missed, missed, met, missed, missed, missed, met, met),
			[]string{
				"bracket 1000: met", "bracket 2000: met", "bracket 4000: missed", "bracket 4000 again: missed", "bisect 2828: met",
				"bisect 3363: missed", "bisect 3363 again: missed", "confirm 2828: missed", "confirm 2828 again: met", "confirm 2828: met",
			},
			capacity.Result{Kind: capacity.Found, Rate: 2828, Confirmed: 2, Wanted: 2, Sure: sure2, Missed: 3363, Unsteady: []float64{2828}},
		},
		{
			"no evidence above what was met", base, scripted(met, met, undecided, met, met),
			[]string{"bracket 1000: met", "bracket 2000: met", "bracket 4000: undecided", "confirm 2000: met", "confirm 2000: met"},
			capacity.Result{Kind: capacity.AtLeast, Rate: 2000, Confirmed: 2, Wanted: 2, Sure: sure2, Undecided: 4000},
		},
		{
			"no evidence below a miss", base, scripted(met, met, missed, missed, undecided, met, met),
			[]string{"bracket 1000: met", "bracket 2000: met", "bracket 4000: missed", "bracket 4000 again: missed", "bisect 2828: undecided", "confirm 2000: met", "confirm 2000: met"},
			capacity.Result{Kind: capacity.AtLeast, Rate: 2000, Confirmed: 2, Wanted: 2, Sure: sure2, Missed: 4000, Undecided: 2828},
		},
		{
			"no evidence at all", base, scripted(undecided),
			[]string{"bracket 1000: undecided"},
			capacity.Result{Kind: capacity.Unsure, Wanted: 2, Undecided: 1000},
		},
		{
			"no evidence while confirming", base, scripted(met, undecided, met, undecided),
			[]string{"bracket 1000: met", "bracket 2000: undecided", "confirm 1000: met", "confirm 1000: undecided"},
			capacity.Result{Kind: capacity.Unsure, Rate: 1000, Confirmed: 1, Wanted: 2, Sure: 0.05, Undecided: 1000},
		},
		{
			"confirmations that go on missing end below the first rate", base, scripted(met, undecided, missed),
			[]string{"bracket 1000: met", "bracket 2000: undecided", "confirm 1000: missed"},
			capacity.Result{Kind: capacity.Unsure, Rate: 1000, Wanted: 2, Missed: 1000, Undecided: 2000, Unsteady: []float64{1000}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, made := run(t, c.config, c.probe)
			if diff := cmp.Diff(c.made, made); diff != "" {
				t.Errorf("probes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// most is the bound on the number of probes that the package states.
func most(c capacity.Config, limit float64) int {
	bracket := math.Log2(max(limit/c.From, 1)) + 3
	bisect := 2*math.Log2(math.Ln2/math.Log1p(c.Resolution)) + 2
	return int(math.Ceil(bracket) + math.Ceil(max(bisect, 2)) + float64(c.Confirmations))
}

func TestMonotoneCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := capacity.Config{
			From:          rapid.Float64Range(0.1, 1e5).Draw(t, "from"),
			Resolution:    rapid.Float64Range(0.005, 1).Draw(t, "resolution"),
			Confirmations: rapid.IntRange(1, 5).Draw(t, "confirmations"),
		}
		limit := c.From * math.Pow(2, rapid.Float64Range(0, 25).Draw(t, "doublings"))
		got, made := run(t, c, upTo(limit))
		if got.Kind != capacity.Found || got.Rate > limit || got.Rate*(1+c.Resolution) < limit*(1-1e-12) {
			t.Fatalf("of a limit of %g it found %+v", limit, got)
		}
		if got.Missed <= limit || got.Confirmed != c.Confirmations || len(got.Unsteady) > 0 {
			t.Fatalf("of a limit of %g it found %+v", limit, got)
		}
		if bound := most(c, limit); len(made) > bound {
			t.Fatalf("%d probes, at most %d:\n%v", len(made), bound, made)
		}
	})
}

// TestNoise: near the limit a probe meets by chance. Whatever it shows, the
// search ends, within a bound, and a confirmed rate was confirmed.
func TestNoise(t *testing.T) {
	c := capacity.Config{From: 1000, Resolution: 0.05, Confirmations: 3}
	const limit, spread = 50_000, 0.1
	var rates []float64
	unsure := 0
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 1))
		confirmed := map[float64]int{}
		got, made := run(t, c, func(s capacity.Step) capacity.Outcome {
			if s.Rate <= limit*(1+spread*random.NormFloat64()) {
				if s.Purpose == capacity.Confirm {
					confirmed[s.Rate]++
				}
				return capacity.Met
			}
			return capacity.Missed
		})
		if bound := most(c, 2*limit) + 8*(c.Confirmations+1); len(made) > bound {
			t.Fatalf("seed %d: %d probes, at most %d", seed, len(made), bound)
		}
		switch got.Kind {
		case capacity.Found:
			if confirmed[got.Rate] != 3 || got.Missed > got.Rate*1.05*(1+1e-12) {
				t.Fatalf("seed %d: %+v, confirmed %d times", seed, got, confirmed[got.Rate])
			}
			rates = append(rates, got.Rate)
		case capacity.Unsure:
			unsure++
		default:
			t.Fatalf("seed %d: %+v", seed, got)
		}
	}
	slices.Sort(rates)
	low, high := rates[len(rates)/20], rates[len(rates)*19/20]
	t.Logf("limit %d ± %g%%: 90%% of the answers between %.0f and %.0f, median %.0f, unsure %d of 1000", limit, spread*100, low, high, rates[len(rates)/2], unsure)
	if low < 0.75*limit || high > 1.1*limit || unsure > 20 {
		t.Errorf("the answers spread from %.0f to %.0f, %d unsure", low, high, unsure)
	}
}

// TestAnything: no sequence of outcomes makes the search go on for ever once
// the rates that meet are bounded, or lets it claim what it did not see.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]capacity.Outcome{met, missed, missed, undecided}), 200, 200).Draw(t, "outcomes")
		c := capacity.Config{From: 100, Max: 1e6, Resolution: 0.1, Confirmations: 2}
		i := 0
		seen := map[float64][]capacity.Outcome{}
		got, made := run(t, c, func(s capacity.Step) capacity.Outcome {
			if !(s.Rate >= c.From && s.Rate <= c.Max) {
				t.Fatalf("a probe at %g", s.Rate)
			}
			o := outcomes[i]
			i++
			seen[s.Rate] = append(seen[s.Rate], o)
			return o
		})
		if (got.Kind == capacity.Found || got.Kind == capacity.AtLeast) != (got.Confirmed == 2) {
			t.Fatalf("%+v after %v", got, made)
		}
		if got.Kind == capacity.Found && !slices.Contains(seen[got.Missed], missed) {
			t.Fatalf("%+v after %v", got, made)
		}
	})
}

func TestUnfinished(t *testing.T) {
	s, err := capacity.New(capacity.Config{From: 100, Resolution: 0.05, Confirmations: 3})
	if err != nil {
		t.Fatal(err)
	}
	s.Observe(met)
	s.Observe(met)
	want := capacity.Result{Kind: capacity.Unsure, Rate: 200, Wanted: 3}
	if diff := cmp.Diff(want, s.Result()); diff != "" {
		t.Error(diff)
	}
}

func TestBadConfig(t *testing.T) {
	good := capacity.Config{From: 100, Resolution: 0.05, Confirmations: 3}
	for name, spoil := range map[string]func(*capacity.Config){
		"from 0":             func(c *capacity.Config) { c.From = 0 },
		"from NaN":           func(c *capacity.Config) { c.From = math.NaN() },
		"max below from":     func(c *capacity.Config) { c.Max = 99 },
		"max NaN":            func(c *capacity.Config) { c.Max = math.NaN() },
		"resolution 0":       func(c *capacity.Config) { c.Resolution = 0 },
		"resolution 2":       func(c *capacity.Config) { c.Resolution = 2 },
		"no confirmation":    func(c *capacity.Config) { c.Confirmations = 0 },
		"many confirmations": func(c *capacity.Config) { c.Confirmations = 101 },
	} {
		c := good
		spoil(&c)
		if _, err := capacity.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
