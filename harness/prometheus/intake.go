package prometheus

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Bounds of what a run takes.
const (
	MaxSamples = 100_000 // lines of brokers.jsonl
	maxKept    = 1_000   // series of brokers
	maxTracked = 20_000  // metrics with their labels, of which the last sample is remembered
)

// sample is one value of one metric of a broker.
type sample struct {
	metric string
	labels map[string]string
	broker string
	at     time.Time
	value  float64
}

// intake makes values of series out of samples, each once.
type intake struct {
	series []Series
	start  time.Time
	// chosen is the selector of each series, once there was a sample of one;
	// −1 before that.
	chosen []int
	last   map[string]point // by series, broker and labels
	kept   map[keptKey]*run.BrokerSeries
	taken  int
	// dropped counts what is beyond the bounds.
	dropped int64
}

type point struct {
	at    time.Time
	value float64
}

type keptKey struct{ series, broker string }

func newIntake(series []Series, start time.Time) *intake {
	in := &intake{series: series, start: start, last: map[string]point{}, kept: map[keptKey]*run.BrokerSeries{}}
	for range series {
		in.chosen = append(in.chosen, -1)
	}
	return in
}

// take returns the values that samples add, in order of their time.
func (in *intake) take(samples []sample) []run.BrokerSample {
	slices.SortStableFunc(samples, func(a, b sample) int { return a.at.Compare(b.at) })
	var values []run.BrokerSample
	for i, s := range in.series {
		values = append(values, in.of(i, s, samples)...)
	}
	slices.SortStableFunc(values, func(a, b run.BrokerSample) int { return cmp.Compare(a.At, b.At) })
	return values
}

// of are the values of one series.
func (in *intake) of(index int, s Series, samples []sample) []run.BrokerSample {
	if in.chosen[index] < 0 {
		in.chosen[index] = slices.IndexFunc(s.Of, func(of Selector) bool {
			return slices.ContainsFunc(samples, func(x sample) bool { return of.matches(x.metric, x.labels) })
		})
	}
	if in.chosen[index] < 0 {
		return nil
	}
	type moment struct {
		broker string
		at     time.Time
	}
	together := map[moment][]float64{}
	for _, x := range samples {
		if !s.Of[in.chosen[index]].matches(x.metric, x.labels) {
			continue
		}
		if v, ok := in.value(s, x); ok {
			at := moment{x.broker, x.at}
			together[at] = append(together[at], v)
		}
	}
	var values []run.BrokerSample
	for at, all := range together {
		v := run.BrokerSample{At: at.at.Sub(in.start).Round(time.Millisecond), Series: s.Name, Broker: at.broker, Value: s.Combine(all)}
		if in.keep(s, v) {
			values = append(values, v)
		}
	}
	slices.SortFunc(values, func(a, b run.BrokerSample) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Broker, b.Broker))
	})
	return values
}

// value is what a sample says; ok is false where it came before, is no number,
// or is the first of a counter, or the first after it began anew.
func (in *intake) value(s Series, x sample) (v float64, ok bool) {
	if math.IsNaN(x.value) || math.IsInf(x.value, 0) {
		return 0, false
	}
	key := fingerprint(s.Name, x)
	before, known := in.last[key]
	if known && !x.at.After(before.at) {
		return 0, false
	}
	if !known && len(in.last) >= maxTracked {
		in.dropped++
		return 0, false
	}
	in.last[key] = point{x.at, x.value}
	if !s.counter() {
		return x.value, true
	}
	return (x.value - before.value) / x.at.Sub(before.at).Seconds(), known && x.value >= before.value
}

// fingerprint tells a metric of a broker from all others of a series.
func fingerprint(series string, x sample) string {
	var b strings.Builder
	for _, part := range []string{series, x.broker} {
		b.WriteString(part + "\x00")
	}
	for _, name := range slices.Sorted(maps.Keys(x.labels)) {
		b.WriteString(name + "\x00" + x.labels[name] + "\x00")
	}
	return b.String()
}

// keep counts a value, and says whether it is within the bounds. What was
// measured before the load is context, and in no figure.
func (in *intake) keep(s Series, v run.BrokerSample) bool {
	key := keptKey{s.Name, v.Broker}
	of := in.kept[key]
	if in.taken >= MaxSamples || of == nil && len(in.kept) >= maxKept {
		in.dropped++
		return false
	}
	in.taken++
	if v.At < 0 {
		return true
	}
	if of == nil {
		of = &run.BrokerSeries{Series: s.Name, Unit: s.Unit, Broker: v.Broker, Min: v.Value, Max: v.Value}
		in.kept[key] = of
	}
	of.Samples++
	of.Min, of.Max, of.Last = min(of.Min, v.Value), max(of.Max, v.Value), v.Value
	of.Mean += (v.Value - of.Mean) / float64(of.Samples)
	return true
}

// results are the figures of all series, and the names of those without any.
func (in *intake) results() (all []run.BrokerSeries, absent []string) {
	all, absent = []run.BrokerSeries{}, []string{}
	some := map[string]bool{}
	for _, of := range in.kept {
		all = append(all, *of)
		some[of.Series] = true
	}
	slices.SortFunc(all, order(in.series))
	for _, s := range in.series {
		if !some[s.Name] {
			absent = append(absent, s.Name)
		}
	}
	return all, absent
}
