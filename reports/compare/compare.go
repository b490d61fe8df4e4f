package compare

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// MinRuns is how many runs a side needs to be judged.
const MinRuns = 5

// pairShare is the part of the error that the intervals of pairs have. Pairs
// have half of the degrees of freedom, so they win only where most of the
// variation is shared; then they win by much, and the others lose little.
const pairShare = 0.2

// errorThreshold is the difference of the share of errors that matters: one
// record in a thousand.
const errorThreshold = 0.001

// Options say how sides are compared. The zero value has the defaults.
type Options struct {
	// Threshold is the relative difference that matters; default 0.05.
	Threshold float64
	// Confidence is that of all intervals together; default 0.99.
	Confidence float64
	// Resamples of the outer bootstrap; default 10,000.
	Resamples int
	// Seed is where the bootstrap's random choices come from; default 1.
	Seed uint64
	// Metrics are the names of those that are compared, of MetricNames;
	// default all. Fewer share the error, so each is told better.
	Metrics []string
	// Prediction judges a single candidate run: whether it lies where one more
	// run of the base would. See the package comment. Without it one run is
	// described and never judged.
	Prediction bool
	// inner is how often the intervals of each run are drawn; default 500. The
	// outer bootstrap takes one of these draws, at random, for each run.
	inner int
}

// UnknownMetricError says that Options name a metric that is none of
// MetricNames.
type UnknownMetricError struct{ Name string }

func (e *UnknownMetricError) Error() string {
	return fmt.Sprintf("there is no metric %q: choose of %s", e.Name, strings.Join(MetricNames(), ", "))
}

// Check says what is wrong with the options, before there are runs to compare.
func (o Options) Check() error {
	_, err := o.withDefaults()
	return err
}

func (o Options) withDefaults() (Options, error) {
	o.Threshold = cmp.Or(o.Threshold, 0.05)
	o.Confidence = cmp.Or(o.Confidence, 0.99)
	o.Resamples = cmp.Or(o.Resamples, 10_000)
	o.Seed = cmp.Or(o.Seed, 1)
	o.inner = cmp.Or(o.inner, 500)
	switch {
	case !(o.Threshold > 0 && o.Threshold < 1):
		return o, fmt.Errorf("the threshold is %v: choose one above 0 and below 1", o.Threshold)
	case !(o.Confidence > 0.5 && o.Confidence < 1):
		return o, fmt.Errorf("the confidence is %v: choose one above 0.5 and below 1", o.Confidence)
	case o.Resamples < 100:
		return o, fmt.Errorf("%d resamples are too few: choose 100 or more", o.Resamples)
	}
	names := MetricNames()
	for _, name := range o.Metrics {
		if !slices.Contains(names, name) {
			return o, &UnknownMetricError{Name: name}
		}
	}
	return o, nil
}

// Compare compares two sides, each of one or more runs. The order in which
// the runs are given does not matter. A log that cannot be read is an error
// that names its place; runs that must not be compared are findings.
func Compare(base, candidate []*run.Record, o Options) (*Comparison, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	base, candidate = byStart(base), byStart(candidate)
	if err := distinct(base, candidate); err != nil {
		return nil, err
	}
	a, err := measureAll(base)
	if err != nil {
		return nil, err
	}
	b, err := measureAll(candidate)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Base: names(base), Candidate: names(candidate), Interleaved: interleaved(base, candidate), Findings: inspect(base, candidate)}
	c.weigh(a, b, o)
	return c, nil
}

// weigh fills in everything but what c was made with.
func (c *Comparison) weigh(a, b []*measured, o Options) {
	c.Format, c.Metrics, c.Findings = Format, []Metric{}, append([]finding.Finding{}, c.Findings...)
	c.Threshold, c.ErrorThreshold, c.Confidence, c.Resamples, c.Seed = o.Threshold, errorThreshold, o.Confidence, o.Resamples, o.Seed
	c.Predicted = o.Prediction && len(b) == 1
	c.Judged = len(a) >= MinRuns && (len(b) >= MinRuns || c.Predicted) && finding.Errors(c.Findings) == 0
	family := c.describe(a, b, o.Metrics)
	if c.Judged = c.Judged && len(family) > 0; c.Judged {
		c.judge(family, a, b, o.inner)
	}
	c.Curves = curves(a, b)
	c.conclude()
}

func byStart(runs []*run.Record) []*run.Record {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *run.Record) int {
		return cmp.Or(a.Run.Started.Compare(b.Run.Started), cmp.Compare(a.Run.ID, b.Run.ID), cmp.Compare(a.Root, b.Root))
	})
	return runs
}

// distinct refuses a side without a run, and a run that is given twice: it
// would count as evidence twice.
func distinct(base, candidate []*run.Record) error {
	if len(base) == 0 || len(candidate) == 0 {
		return errors.New("each side needs at least one run")
	}
	seen := map[string]string{}
	for _, rec := range slices.Concat(base, candidate) {
		key := rec.Run.ID + "\x00" + rec.Run.Identity
		if first, ok := seen[key]; ok {
			return fmt.Errorf("%s and %s are the same run: give each run once", first, rec.Root)
		}
		seen[key] = rec.Root
	}
	return nil
}

func measureAll(runs []*run.Record) ([]*measured, error) {
	var all []*measured
	for _, rec := range runs {
		m, err := measure(rec)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func names(runs []*run.Record) []Run {
	var all []Run
	for _, rec := range runs {
		all = append(all, Run{ID: rec.Run.ID, Dir: rec.Root})
	}
	return all
}

// member is a metric that has values, and what it measures.
type member struct {
	quantity
	at int // in Comparison.Metrics
}

// describe fills in the values of both sides, and answers the metrics of
// which there can be intervals. Kinds of which no run has a sample are left
// out. What was asked for by name and has no value, or has none because it is
// unbounded, is an unknown regression.
func (c *Comparison) describe(a, b []*measured, only []string) []member {
	var family []member
	for _, q := range quantities() {
		if len(only) > 0 && !slices.Contains(only, q.name) {
			continue
		}
		m := Metric{Name: q.name, Unit: q.unit, Better: "lower"}
		if q.higherBetter {
			m.Better = "higher"
		}
		recorded := q.kind == ""
		for _, x := range slices.Concat(a, b) {
			recorded = recorded || x.samples(q.kind) > 0
			if m.Withheld == "" {
				var unbounded bool
				if m.Withheld, unbounded = x.withheld(q); c.Judged && (unbounded || m.Withheld != "" && len(only) > 0) {
					m.Regression = Unknown
				}
			}
		}
		if !recorded && len(only) == 0 {
			continue
		}
		if m.Withheld == "" {
			m.Base, m.Candidate = side(q, a), side(q, b)
			d := q.difference(q.scaled(m.Candidate.Value) - q.scaled(m.Base.Value))
			m.Difference = &d
			family = append(family, member{q, len(c.Metrics)})
		}
		c.Metrics = append(c.Metrics, m)
	}
	return family
}

// judge gives every metric of the family its interval and its outcome.
func (c *Comparison) judge(family []member, a, b []*measured, inner int) {
	family = slices.DeleteFunc(family, func(m member) bool { return c.untouched(m) })
	c.Comparisons = len(family)
	all := make([]quantity, len(family))
	for k, m := range family {
		all[k] = m.quantity
	}
	// Streams of random numbers: one for each run, and one for each bootstrap.
	const baseStream, candidateStream, outerStream = 1 << 20, 2 << 20, 3 << 20
	base, candidate := drawSide(a, all, inner, c.Seed, baseStream), drawSide(b, all, inner, c.Seed, candidateStream)
	rng := rand.New(rand.NewPCG(c.Seed, outerStream))
	baseError := base.errorOf(rng, c.Resamples, len(all))
	var candidateError []float64
	if !c.Predicted {
		candidateError = candidate.errorOf(rng, c.Resamples, len(all))
	}
	alpha, pairAlpha := (1-c.Confidence)/float64(max(len(all), 1)), 0.0
	var pairError []float64
	if c.Interleaved {
		pairError = pairedError(rng, base, candidate, c.Resamples, len(all))
		alpha, pairAlpha = alpha*(1-pairShare), alpha*pairShare
	}
	for k, m := range family {
		d := candidate.mean(k) - base.mean(k)
		var s spread
		if c.Predicted {
			s = predicted(baseError[k], len(a))
		} else {
			s = welch(baseError[k], candidateError[k], len(a), len(b))
		}
		half, detectable, paired := s.half(alpha), s.detectable(alpha), false
		if c.Interleaved {
			p := spread{math.Sqrt(pairError[k]), float64(len(a) - 1)}
			if of := p.half(pairAlpha); of < half {
				half, detectable, paired = of, p.detectable(pairAlpha), true
			}
		}
		c.Metrics[m.at].judge(m.quantity, c.threshold(m.quantity), d, half, detectable, paired)
	}
}

// untouched judges a share that is zero in every run: there is no error in it
// to share.
func (c *Comparison) untouched(m member) bool {
	at := &c.Metrics[m.at]
	nonzero := func(v float64) bool { return v != 0 }
	if !m.linear || slices.ContainsFunc(at.Base.Runs, nonzero) || slices.ContainsFunc(at.Candidate.Runs, nonzero) {
		return false
	}
	at.judge(m.quantity, c.threshold(m.quantity), 0, 0, 0, false)
	return true
}

func (c *Comparison) threshold(q quantity) float64 {
	if q.linear {
		return c.ErrorThreshold
	}
	return c.Threshold
}

// judge sets the interval d ± half, both on the scale of the quantity, and
// what follows from it.
func (m *Metric) judge(q quantity, threshold, d, half, detectable float64, paired bool) {
	low, high := q.difference(d-half), q.difference(d+half)
	m.Interval = &Interval{Low: low, High: high, Detectable: q.difference(detectable), Paired: paired}
	difference := q.difference(d)
	worse, worseLow, worseHigh := difference, low, high // the direction of a regression is up
	if q.higherBetter {
		m.Interval.Detectable = -q.difference(-detectable)
		worse, worseLow, worseHigh = -difference, -high, -low
	}
	slower, faster := Slower, Faster
	if q.linear {
		slower, faster = More, Fewer
	}
	m.Outcome, m.Regression = CannotTell, Unknown
	switch {
	case worseLow > 0 && worse >= threshold:
		m.Outcome, m.Regression = slower, Yes
		return
	case worseHigh < 0 && worse <= -threshold:
		m.Outcome = faster
	case worseLow >= -threshold && worseHigh <= threshold:
		m.Outcome = Same
	}
	if worseHigh <= threshold {
		m.Regression = No
	}
}
