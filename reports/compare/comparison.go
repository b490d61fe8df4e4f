package compare

import (
	"math"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Format is the version of the JSON of a Comparison. Within it fields are only
// added.
const Format = run.BaselineFormat

// Comparison is what Compare found. Lists are never null in JSON.
type Comparison struct {
	Format string `json:"format"`
	// Judged says whether a judgement was made at all; Verdict is
	// inconclusive where none was. Reason says the verdict in a sentence.
	Judged  bool            `json:"judged"`
	Verdict finding.Verdict `json:"verdict"`
	Reason  string          `json:"reason"`
	Code    int             `json:"exit_code"`
	// Base and Candidate are the runs, in order of their start.
	Base      []Run `json:"base"`
	Candidate []Run `json:"candidate"`
	// Interleaved says that the i-th runs of the sides are a pair.
	Interleaved bool `json:"interleaved"`
	// Predicted says that the candidate is one run, which was held against
	// where one more run of the base would lie.
	Predicted bool     `json:"predicted,omitempty"`
	Metrics   []Metric `json:"metrics"`
	// Findings are what makes the sides differ beside what was to be compared;
	// those of severity error forbid a judgement.
	Findings []finding.Finding `json:"findings"`
	// Threshold is the relative difference that matters; ErrorThreshold that
	// of the share of errors, absolute.
	Threshold      float64 `json:"threshold"`
	ErrorThreshold float64 `json:"error_threshold"`
	// Confidence is that of all intervals together; Comparisons is how many
	// share the error that it leaves.
	Confidence  float64 `json:"confidence"`
	Comparisons int     `json:"comparisons"`
	Resamples   int     `json:"resamples"`
	Seed        uint64  `json:"seed"`
	// Curves are for drawing; every number of the judgement is in Metrics.
	Curves []Curve `json:"curves,omitempty"`
}

// Run is a run of a side.
type Run = run.BaselineRun

// Baseline is what a run says of its comparison with a baseline.
func (c *Comparison) Baseline() *run.Baseline {
	b := &run.Baseline{Format: c.Format, Judged: c.Judged, Verdict: c.Verdict, Reason: c.Reason, Code: c.Code, Base: c.Base}
	for _, curve := range c.Curves {
		b.Curves = append(b.Curves, run.BaselineCurve{Kind: curve.Kind, Quantiles: curve.Quantiles, Base: curve.Base})
	}
	return b
}

// Outcome is the verdict on one metric.
type Outcome string

// The outcomes. Slower and faster are also what a lower and a higher rate are
// called. A metric that is not judged has none.
const (
	// Slower: the interval excludes zero, and the difference reaches the
	// threshold. More is the same of errors.
	Slower Outcome = "slower"
	More   Outcome = "more"
	// Faster and Fewer are that in the other direction.
	Faster Outcome = "faster"
	Fewer  Outcome = "fewer"
	// Same: the whole interval lies within the threshold.
	Same Outcome = "same"
	// CannotTell: none of these; the interval is too wide.
	CannotTell Outcome = "cannot-tell"
)

// The units of metrics.
const (
	UnitNanoseconds = "ns"
	UnitRate        = "records/s"
	UnitShare       = "share"
)

// Metric is one metric of both sides.
type Metric struct {
	// Name is such as "publish.p99", achieved or errors; Unit one of the
	// units; Better is lower or higher.
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Better string `json:"better"`
	// Withheld says why there is no value; the rest is then absent.
	Withheld  string `json:"withheld,omitempty"`
	Base      *Side  `json:"base,omitempty"`
	Candidate *Side  `json:"candidate,omitempty"`
	// Difference is relative to the base, 0.1 for 10% more; of a share it is
	// the difference of both.
	Difference *float64 `json:"difference,omitempty"`
	// Interval is where the difference lies; absent where nothing is judged.
	Interval *Interval `json:"interval,omitempty"`
	Outcome  Outcome   `json:"outcome,omitempty"`
	// Regression is yes, no, or unknown where the interval reaches beyond the
	// threshold and does not exclude zero. It decides the verdict.
	Regression string `json:"regression,omitempty"`
}

// The values of Metric.Regression.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown"
)

// Side is a metric on one side.
type Side struct {
	// Value is the geometric mean of the runs' values, of a share their mean.
	Value float64   `json:"value"`
	Runs  []float64 `json:"runs"`
	// Variation is the coefficient of variation from run to run; 0 for one
	// run.
	Variation float64 `json:"variation"`
}

// Interval holds the difference with the confidence of the comparison.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Detectable is the smallest difference for the worse that runs which
	// vary like these would show in nine of ten comparisons.
	Detectable float64 `json:"detectable"`
	// Paired says that the interval is that of the pairs.
	Paired bool `json:"paired"`
}

func side(q quantity, runs []*measured) *Side {
	s := &Side{}
	var sum float64
	for _, m := range runs {
		v := m.value(q)
		s.Runs = append(s.Runs, v)
		sum += q.scaled(v)
	}
	s.Value = sum / float64(len(runs))
	if !q.linear {
		s.Value = math.Exp(s.Value)
	}
	s.Variation = variation(s.Runs)
	return s
}

// variation is the coefficient of variation.
func variation(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	var sum, square float64
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	if mean == 0 {
		return 0
	}
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	return math.Sqrt(square/float64(len(values)-1)) / mean
}
