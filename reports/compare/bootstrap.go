package compare

import (
	"math"
	"math/rand/v2"
)

// drawn are the runs of a side: their values and the draws of their intervals.
type drawn struct {
	values [][]float64 // by run, then quantity
	draws  [][]float64 // by run; see measured.draws
	inner  int         // draws of each run
}

func drawSide(side []*measured, all []quantity, inner int, seed, stream uint64) drawn {
	d := drawn{inner: inner}
	for i, m := range side {
		rng := rand.New(rand.NewPCG(seed, stream+uint64(i)))
		values := make([]float64, len(all))
		for k, q := range all {
			values[k] = q.scaled(m.value(q))
		}
		d.values = append(d.values, values)
		d.draws = append(d.draws, m.draws(rng, inner, all))
	}
	return d
}

// mean is the value of the side for quantity k.
func (d drawn) mean(k int) float64 {
	var sum float64
	for _, v := range d.values {
		sum += v[k]
	}
	return sum / float64(len(d.values))
}

// draw adds the values of run r in a draw of its intervals.
func (d drawn) draw(rng *rand.Rand, r int, sum []float64, sign float64) {
	at := rng.IntN(d.inner) * len(sum)
	for k, v := range d.draws[r][at : at+len(sum)] {
		sum[k] += sign * v
	}
}

// errorOf is the squared standard error of a side, by quantity.
func (d drawn) errorOf(rng *rand.Rand, resamples, quantities int) []float64 {
	n := len(d.draws)
	return squaredError(resamples, quantities, n, func(sum []float64) {
		for range n {
			d.draw(rng, rng.IntN(n), sum, 1)
		}
	})
}

// pairedError is that of the difference of two sides whose runs with the same
// index are pairs: pairs are drawn, not runs.
func pairedError(rng *rand.Rand, base, candidate drawn, resamples, quantities int) []float64 {
	n := len(base.draws)
	return squaredError(resamples, quantities, n, func(sum []float64) {
		for range n {
			pair := rng.IntN(n)
			base.draw(rng, pair, sum, -1)
			candidate.draw(rng, pair, sum, 1)
		}
	})
}

// squaredError is the variance of the mean of n drawn values over all
// resamples. Drawing n of n values makes it too small by (n−1)/n, which is
// taken back.
func squaredError(resamples, quantities, n int, resample func(sum []float64)) []float64 {
	sum := make([]float64, quantities)
	mean := make([]float64, quantities)
	square := make([]float64, quantities)
	for b := range resamples {
		clear(sum)
		resample(sum)
		for k, s := range sum { // Welford's algorithm
			v := s / float64(n)
			d := v - mean[k]
			mean[k] += d / float64(b+1)
			square[k] += d * (v - mean[k])
		}
	}
	for k := range square {
		square[k] *= float64(n) / float64(n-1) / float64(resamples-1)
	}
	return square
}

// spread is how sure a difference is: its standard error and the degrees of
// freedom of that.
type spread struct{ se, df float64 }

// welch combines the squared errors of two sides of n and m runs.
func welch(a, b float64, n, m int) spread {
	s := spread{se: math.Sqrt(a + b), df: float64(n + m - 2)}
	if a+b > 0 {
		s.df = (a + b) * (a + b) / (a*a/float64(n-1) + b*b/float64(m-1))
	}
	return s
}

// predicted is how sure the difference between the mean of n runs and one more
// run is, which varies as they do: squared is the squared error of the mean, and
// that of one run is n times as large.
func predicted(squared float64, n int) spread {
	return spread{se: math.Sqrt(squared * float64(n+1)), df: float64(n - 1)}
}

// half is half the width of the interval that misses with probability alpha.
func (s spread) half(alpha float64) float64 {
	if s.se == 0 {
		return 0
	}
	return studentQuantile(1-alpha/2, s.df) * s.se
}

// power is the probability with which a detectable difference is found.
const power = 0.9

// detectable is the smallest true difference that such an interval shows with
// probability power.
func (s spread) detectable(alpha float64) float64 {
	if s.se == 0 {
		return 0
	}
	return s.half(alpha) + studentQuantile(power, s.df)*s.se
}
