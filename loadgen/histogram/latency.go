package histogram

import (
	"math"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Quantiles are those of every latency, as fractions.
var Quantiles = [...]float64{0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}

// Need is the number of samples below which the q-quantile, q from 0 to 1, is
// withheld: 100/(1−q), so that a hundred samples lie beyond it.
func Need(q float64) int64 {
	return int64(math.Round(100 / (1 - q)))
}

// Latencies returns each kind that has been recorded or missed: over the
// whole run without its warm-up, then by phase. Call it after the last Rotate
// or Close; what was recorded since is not in it.
func (m *Meter) Latencies() []run.Latency {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := newSet(len(m.measures))
	all.merge(m.total)
	all.merge(m.pending)
	return all.latencies()
}

// Measured is Latencies for the i-th measure alone, whose name is its log's.
func (m *Meter) Measured(i int) []run.Latency {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := newSet(len(m.measures))
	for p := range Phase(phases) {
		all[Extra(i)][p].merge(&m.total[Extra(i)][p])
		all[Extra(i)][p].merge(&m.pending[Extra(i)][p])
	}
	return all.of(Extra(i), m.measures[i].kindName())
}

func (s set) latencies() []run.Latency {
	var list []run.Latency
	for k := range Kind(kinds) {
		list = append(list, s.of(k, kindNames[k])...)
	}
	return list
}

// of lists one kind or measure.
func (s set) of(k Kind, name kindName) []run.Latency {
	whole := s.over(k, Steady, Fault, Healed)
	warmup := s[k][Warmup].all()
	if whole.empty() && warmup == 0 {
		return nil
	}
	latency := whole.latency(name, "")
	latency.Excluded = warmup
	list := []run.Latency{latency}
	for p := Steady; p < phases; p++ {
		if c := &s[k][p]; !c.empty() {
			list = append(list, c.latency(name, p.String()))
		}
	}
	return list
}

func (c *cell) latency(name kindName, phase string) run.Latency {
	l := run.Latency{
		Kind: name.name, Phase: phase, From: name.from, To: name.to,
		Count: c.Count, Min: c.Min, Mean: c.Mean(), Max: c.Max,
		Negative: c.Negative, OutOfRange: c.OutOfRange, Failed: c.Failed, Unfinished: c.Unfinished,
	}
	for _, q := range Quantiles {
		l.Quantiles = append(l.Quantiles, run.Quantile{
			Q: q, Value: c.quantile(q), Judged: c.Count >= Need(q), Need: Need(q),
		})
	}
	return l
}

// Quantile returns the q-quantile, q from 0 to 1, of a kind over the whole run
// without its warm-up, and the number of samples behind it. As Latencies, it
// knows what was taken by the last Rotate or Close.
func (m *Meter) Quantile(k Kind, q float64) (value time.Duration, samples int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	whole := m.total.over(k, Steady, Fault, Healed)
	whole.merge(m.pending.over(k, Steady, Fault, Healed))
	return whole.quantile(q), whole.Count
}
