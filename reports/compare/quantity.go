package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// kinds are the latencies that are compared, and quantiles the percentiles of
// each.
var (
	kinds     = []string{run.Send, run.Publish, run.EndToEnd, run.Effect}
	quantiles = []float64{0.5, 0.9, 0.95, 0.99, 0.999}
)

// The names of the metrics that are no percentile.
const (
	// Achieved is acknowledged records per second in the steady phase.
	Achieved = "achieved"
	// Errors is the share of the records due in the steady phase that failed
	// or have no outcome.
	Errors = "errors"
)

// MetricNames are the metrics that can be compared, in the order of views:
// "send.p50" to "effect.p99.9", achieved, errors.
func MetricNames() []string {
	var names []string
	for _, q := range quantities() {
		names = append(names, q.name)
	}
	return names
}

// quantity is what a metric measures.
type quantity struct {
	name string
	unit string
	// kind and q are those of a percentile.
	kind string
	q    float64
	// linear says that it is compared by its difference and not by its ratio:
	// what may be zero has no ratio.
	linear       bool
	higherBetter bool
}

func quantities() []quantity {
	var all []quantity
	for _, kind := range kinds {
		for _, q := range quantiles {
			all = append(all, quantity{name: kind + "." + summary.QuantileName(q), unit: UnitNanoseconds, kind: kind, q: q})
		}
	}
	return append(all,
		quantity{name: Achieved, unit: UnitRate, higherBetter: true},
		quantity{name: Errors, unit: UnitShare, linear: true})
}

// measured is a run as it is compared.
type measured struct {
	rec       *run.Record
	latencies map[string]*latency
	steady    []run.Interval
	// missing are, by kind, the records due in the steady phase that have no
	// latency.
	missing map[string]int64
}

// measure reads what a run measured of the latency kinds in its steady phase.
func measure(rec *run.Record) (*measured, error) {
	m := &measured{rec: rec, latencies: map[string]*latency{}, missing: map[string]int64{}}
	for _, kind := range kinds {
		if !slices.Contains(rec.Kinds, kind) {
			continue
		}
		l, err := readLatency(rec, kind)
		if err != nil {
			return nil, err
		}
		m.latencies[kind] = l
	}
	for _, in := range rec.Intervals {
		if in.Phase == run.PhaseSteady && in.Length > 0 {
			m.steady = append(m.steady, in)
		}
	}
	if rec.Results != nil {
		for _, l := range rec.Results.Latencies {
			if l.Phase == run.PhaseSteady {
				m.missing[l.Kind] += l.Failed + l.Unfinished + l.Negative + l.OutOfRange
			}
		}
	}
	return m, nil
}

// samples is how many latencies there are of a kind.
func (m *measured) samples(kind string) int64 {
	if l := m.latencies[kind]; l != nil {
		return l.total
	}
	return 0
}

// withheld says why a run has no value of a quantity; empty if it has one.
// unbounded is true where that is not for want of samples.
func (m *measured) withheld(q quantity) (why string, unbounded bool) {
	switch {
	case q.kind != "":
		need := int64(math.Round(100 / (1 - q.q)))
		n, missing := m.samples(q.kind), m.missing[q.kind]
		if n < need {
			return fmt.Sprintf("not judged (n < %s)", summary.Count(need)), false
		}
		if float64(missing) >= float64(n)*(1-q.q) {
			return fmt.Sprintf("unbounded: %s records of a run have no latency, more than lie beyond it", summary.Count(missing)), true
		}
	case q.name == Achieved && rate(m.steady) <= 0:
		return "a run acknowledged nothing", true
	case q.name == Errors && m.samples(run.Publish)+m.missing[run.Publish] <= 0:
		return "a run published nothing", true
	}
	return "", false
}

// value is the quantity of the whole steady phase of a run.
func (m *measured) value(q quantity) float64 {
	switch {
	case q.kind != "":
		return m.latencies[q.kind].whole([]float64{q.q})[0]
	case q.name == Achieved:
		return rate(m.steady)
	}
	missing := float64(m.missing[run.Publish])
	return missing / (missing + float64(m.samples(run.Publish)))
}

// rate is acknowledged records per second.
func rate(intervals []run.Interval) float64 {
	var acked int64
	var seconds float64
	for _, in := range intervals {
		acked += in.Acked
		seconds += in.Length.Seconds()
	}
	if seconds == 0 {
		return 0
	}
	return float64(acked) / seconds
}

// scaled is a value on the scale on which it is compared.
func (q quantity) scaled(v float64) float64 {
	if q.linear {
		return v
	}
	return math.Log(v)
}

// difference is a difference on that scale in words of the metric: relative,
// or absolute if linear.
func (q quantity) difference(d float64) float64 {
	if q.linear {
		return d
	}
	return math.Expm1(d)
}

// draws are n values of each quantity, each of intervals drawn in blocks, on
// the scale of the quantity: draw i of quantity k is at i·len(all)+k.
func (m *measured) draws(rng *rand.Rand, n int, all []quantity) []float64 {
	out := make([]float64, n*len(all))
	for k := 0; k < len(all); k++ {
		q := all[k]
		switch {
		case q.kind != "":
			var qs []float64
			for _, other := range all[k:] {
				if other.kind == q.kind {
					qs = append(qs, other.q)
				}
			}
			m.latencies[q.kind].resample(rng, n, qs, func(draw int, percentiles []float64) {
				for j, v := range percentiles {
					out[draw*len(all)+k+j] = q.scaled(v)
				}
			})
			k += len(qs) - 1
		default: // a count of the whole phase, whose intervals are as unlike as the load's profile makes them
			v := q.scaled(m.value(q))
			for draw := range n {
				out[draw*len(all)+k] = v
			}
		}
	}
	return out
}
