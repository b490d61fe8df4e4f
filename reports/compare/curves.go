package compare

import (
	"math"
	"slices"
)

// Curve is the percentile curve of one kind of latency, run by run: what the
// metrics are points of.
type Curve struct {
	Kind string
	// Quantiles are evenly spaced in log10(1/(1−q)), ten to a decade, up to the
	// last of which every run has enough samples.
	Quantiles []float64
	// Base and Candidate are nanoseconds by run, then by quantile.
	Base, Candidate [][]float64
}

// curves are those of the kinds of which every run has samples.
func curves(a, b []*measured) []Curve {
	const perDecade, decades = 10, 5
	var all []Curve
	runs := slices.Concat(a, b)
	for _, kind := range kinds {
		fewest := int64(math.MaxInt64)
		for _, m := range runs {
			fewest = min(fewest, m.samples(kind))
		}
		c := Curve{Kind: kind}
		for i := range perDecade*decades + 1 {
			q := 1 - math.Pow(10, -float64(i)/perDecade)
			if float64(fewest) < math.Round(100/(1-q)) {
				break
			}
			c.Quantiles = append(c.Quantiles, q)
		}
		if len(c.Quantiles) < 2 {
			continue
		}
		for _, m := range a {
			c.Base = append(c.Base, m.latencies[kind].whole(c.Quantiles))
		}
		for _, m := range b {
			c.Candidate = append(c.Candidate, m.latencies[kind].whole(c.Quantiles))
		}
		all = append(all, c)
	}
	return all
}
