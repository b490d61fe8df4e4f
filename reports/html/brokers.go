package html

import (
	"math"
	"time"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Bounds of the charts of what brokers said; brokers.jsonl has all.
const (
	maxBrokerSeries = 12
	maxBrokerLines  = 12 // brokers of a series
)

// brokerSeries is one series over time, with a line for each broker.
type brokerSeries struct {
	Name    string       `json:"name"`
	Unit    string       `json:"unit"`
	Brokers []string     `json:"brokers"`
	Values  [][]*float64 `json:"values"` // by broker, then step: the mean of its samples
	// Left says how many brokers have no line.
	Left int `json:"-"`

	drawing *drawing
	table   heatTable
}

// means are sums of samples by step.
type means struct {
	sum []float64
	n   []float64
}

// over is the mean of the samples of some steps; nil where there are none.
func (m *means) over(from, to int) *float64 {
	var sum, n float64
	for i := from; i < to; i++ {
		sum, n = sum+m.sum[i], n+m.n[i]
	}
	if n == 0 {
		return nil
	}
	mean := math.Round(sum/n*1e4) / 1e4
	return &mean
}

// newBrokerSeries reads what brokers said while the load and the drain went on
// into the grid.
func newBrokerSeries(rec *run.Record, g grid, end time.Duration, bands []window) []*brokerSeries {
	samples := map[string]map[string]*means{} // series, broker
	for _, s := range rec.Brokers {
		i := g.at(s.At, 0)
		if s.At < 0 || s.At > end || i < 0 {
			continue
		}
		if samples[s.Series] == nil {
			samples[s.Series] = map[string]*means{}
		}
		m := samples[s.Series][s.Broker]
		if m == nil {
			m = &means{make([]float64, g.n), make([]float64, g.n)}
			samples[s.Series][s.Broker] = m
		}
		m.sum[i] += s.Value
		m.n[i]++
	}
	var all []*brokerSeries
	for _, name := range sortedKeys(samples) {
		if len(all) < maxBrokerSeries {
			all = append(all, newSeries(name, unitOf(rec, name), samples[name], g, end, bands))
		}
	}
	return all
}

func newSeries(name, unit string, brokers map[string]*means, g grid, end time.Duration, bands []window) *brokerSeries {
	s := &brokerSeries{Name: name, Unit: unit, Brokers: sortedKeys(brokers)}
	if n := len(s.Brokers) - maxBrokerLines; n > 0 {
		s.Brokers, s.Left = s.Brokers[:maxBrokerLines], n
	}
	text := func(v float64) string { return summary.BrokerValue(v, unit) }
	length, starts := g.periods(heatPeriods)
	s.table.Columns = periodNames(g, length, starts)
	var curves []curve
	for i, broker := range s.Brokers {
		m := brokers[broker]
		values := make([]*float64, g.n)
		for step := range values {
			values[step] = m.over(step, step+1)
		}
		s.Values = append(s.Values, values)
		curves = append(curves, curve{lineClass(i), broker, values})
		row := heatRow{Name: broker}
		for _, start := range starts {
			cell := "–"
			if v := m.over(start, min(start+length, g.n)); v != nil {
				cell = text(*v)
			}
			row.Cells = append(row.Cells, cell)
		}
		s.table.Rows = append(s.table.Rows, row)
	}
	s.drawing = draw("Brokers over time: "+name, g, end, bands, false, text, curves...)
	return s
}

// unitOf is the unit that the results name; a killed run has none.
func unitOf(rec *run.Record, series string) string {
	if rec.Results != nil && rec.Results.Brokers != nil {
		for _, s := range rec.Results.Brokers.Series {
			if s.Series == series {
				return s.Unit
			}
		}
	}
	return ""
}
