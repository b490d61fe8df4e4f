package compare

import (
	"math"
	"slices"

	"github.com/flowweir/weir/reports/summary"
)

// Curve is the percentile curve of one kind of latency: what the metrics are
// points of.
type Curve struct {
	Kind string `json:"kind"`
	// Quantiles are those of summary.CurveQuantiles, up to the last of which
	// every run has enough samples.
	Quantiles []float64 `json:"quantiles"`
	// Base and Candidate are the curves of the sides, in nanoseconds: the
	// geometric means of their runs, as the sides' values are.
	Base      []float64 `json:"base_ns"`
	Candidate []float64 `json:"candidate_ns"`
	// BaseRuns and CandidateRuns are those of the runs.
	BaseRuns      [][]float64 `json:"-"`
	CandidateRuns [][]float64 `json:"-"`
}

// curves are those of the kinds of which every run has samples.
func curves(a, b []*measured) []Curve {
	var all []Curve
	runs := slices.Concat(a, b)
	for _, kind := range kinds {
		fewest := int64(math.MaxInt64)
		for _, m := range runs {
			fewest = min(fewest, m.samples(kind))
		}
		c := Curve{Kind: kind}
		for _, q := range summary.CurveQuantiles() {
			if float64(fewest) < math.Round(100/(1-q)) {
				break
			}
			c.Quantiles = append(c.Quantiles, q)
		}
		if len(c.Quantiles) < 2 {
			continue
		}
		for _, m := range a {
			c.BaseRuns = append(c.BaseRuns, m.latencies[kind].whole(c.Quantiles))
		}
		for _, m := range b {
			c.CandidateRuns = append(c.CandidateRuns, m.latencies[kind].whole(c.Quantiles))
		}
		c.Base, c.Candidate = means(c.BaseRuns), means(c.CandidateRuns)
		all = append(all, c)
	}
	return all
}

// means are the geometric means of runs, in whole nanoseconds.
func means(runs [][]float64) []float64 {
	all := make([]float64, len(runs[0]))
	for i := range all {
		for _, values := range runs {
			all[i] += math.Log(max(values[i], 1)) / float64(len(runs))
		}
		all[i] = math.Round(math.Exp(all[i]))
	}
	return all
}
