package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestErrorsAgainstClosedForm: drawing runs, and a draw of the intervals of
// each, has the variance s²/n + w/(n−1), where s² is the sample variance of
// the runs and w the mean variance within them; that of pairs likewise.
func TestErrorsAgainstClosedForm(t *testing.T) {
	const n, inner, resamples = 6, 400, 200_000
	rng := rand.New(rand.NewPCG(4, 4))
	makeSide := func() (d drawn) {
		d.inner = inner
		for range n {
			level := rng.NormFloat64()
			d.values = append(d.values, []float64{level})
			var draws []float64
			for range inner {
				draws = append(draws, level+0.5*rng.NormFloat64())
			}
			d.draws = append(d.draws, draws)
		}
		return d
	}
	moments := func(values []float64) (mean, variance float64) {
		for _, v := range values {
			mean += v / float64(len(values))
		}
		for _, v := range values {
			variance += (v - mean) * (v - mean) / float64(len(values))
		}
		return mean, variance
	}
	expected := func(means []float64, within float64) float64 {
		_, between := moments(means)
		return between/(n-1) + within/(n-1)
	}
	base, candidate := makeSide(), makeSide()
	var means, pairs []float64
	var within, both float64
	for i := range n {
		a, wa := moments(base.draws[i])
		b, wb := moments(candidate.draws[i])
		means, pairs = append(means, a), append(pairs, b-a)
		within, both = within+wa/n, both+(wa+wb)/n
	}
	if got, want := base.errorOf(rng, resamples, 1)[0], expected(means, within); math.Abs(got/want-1) > 0.02 {
		t.Errorf("squared error of a side is %v, want %v", got, want)
	}
	if got, want := pairedError(rng, base, candidate, resamples, 1)[0], expected(pairs, both); math.Abs(got/want-1) > 0.02 {
		t.Errorf("squared error of pairs is %v, want %v", got, want)
	}
}

func TestWelch(t *testing.T) {
	// Two sides alike have the degrees of freedom of both; one alone its own.
	if s := welch(2, 2, 5, 5); s.se != 2 || math.Abs(s.df-8) > 1e-12 {
		t.Errorf("alike: %+v", s)
	}
	if s := welch(9, 0, 5, 12); s.se != 3 || math.Abs(s.df-4) > 1e-12 {
		t.Errorf("one varies: %+v", s)
	}
	if s := welch(0, 0, 5, 7); s.se != 0 || s.df != 10 || s.half(0.01) != 0 {
		t.Errorf("none varies: %+v", s)
	}
}
