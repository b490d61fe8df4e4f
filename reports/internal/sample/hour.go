package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// The shape of the hour.
const (
	hourPartitions = 96
	hourWarmup     = 30 * time.Second
	hourEnd        = time.Hour
	hourCycle      = 37 // intervals, until latencies repeat
)

// hourKinds are the kinds of a real run, with the median of each and how widely
// it is spread.
var hourKinds = []hourKind{
	{run.ScheduleDelay, 90 * time.Microsecond, 1.1}, {"wake", 60 * time.Microsecond, 1.1}, {"blocked", 4 * time.Microsecond, 0.9},
	{run.Send, 3 * time.Millisecond, 0.8}, {run.Publish, 4 * time.Millisecond, 0.9},
	{run.EndToEnd, 9 * time.Millisecond, 0.9}, {run.Effect, 40 * time.Millisecond, 1.2},
}

type hourKind struct {
	kind   string
	median time.Duration
	sigma  float64
}

// Hour is a run of one hour over more partitions than are shown, with latencies
// spread as widely as a bad hour spreads them: what a report must stay small
// and quick with. Its other results are those of Held.
func Hour() Sample {
	s := Held()
	s.Run.Name, s.Run.Ended = "an hour", s.Run.Started.Add(LoadAfter+hourEnd)
	s.Run.Phases = []run.Phase{
		{Name: run.PhaseWarmup, End: hourWarmup}, {Name: run.PhaseSteady, Start: hourWarmup, End: hourEnd},
	}
	rng := rand.New(rand.NewPCG(36, 0))
	s.Intervals, s.Histograms = nil, map[string][]*hdrhistogram.Histogram{}
	for i := 0; ; i++ {
		start, length := interval(i)
		if start >= hourEnd {
			break
		}
		s.Intervals = append(s.Intervals, hourInterval(rng, start, length))
	}
	f := flow{phases: map[string]map[string]*hdrhistogram.Histogram{}, excluded: map[string]int64{}}
	for _, k := range slices.Concat(hourKinds, hourHops) {
		f.phases[k.kind] = map[string]*hdrhistogram.Histogram{
			"": newHistogram(), run.PhaseSteady: newHistogram(), run.PhaseFault: newHistogram(), run.PhaseHealed: newHistogram(),
		}
		var cycle []*hdrhistogram.Histogram // a new one each would be a gigabyte
		for i := range hourCycle {
			h := newHistogram()
			swell := 1 + 0.5*math.Sin(2*math.Pi*float64(i)/hourCycle)
			for range 250 {
				d := float64(k.median) * swell * math.Exp(k.sigma*rng.NormFloat64())
				_ = h.RecordValues(int64(d), rate/250) // below a minute
			}
			cycle = append(cycle, h)
		}
		for i, in := range s.Intervals {
			h := cycle[i%hourCycle]
			s.Histograms[k.kind] = append(s.Histograms[k.kind], h)
			if in.Phase == run.PhaseWarmup {
				f.excluded[k.kind] += h.TotalCount()
				continue
			}
			f.phases[k.kind][""].Merge(h)
			f.phases[k.kind][run.PhaseSteady].Merge(h)
		}
	}
	s.Results.Latencies, s.Results.Hops = f.latencies(), f.hourResults()
	s.Brokers, s.Results.Brokers = hourBrokers(rng)
	return s
}

func hourInterval(rng *rand.Rand, start, length time.Duration) run.Interval {
	n := int64(length / time.Second)
	in := run.Interval{
		Start: start, Length: length, Phase: run.PhaseSteady, Due: rate * n, Sent: rate * n,
		Partitions: map[string]int64{}, Lag: map[string]map[string]int64{"payment-service": {}, "inventory-service": {}, "weir-probe": {}},
	}
	if start < hourWarmup {
		in.Phase = run.PhaseWarmup
	}
	for p := range hourPartitions {
		name := fmt.Sprintf("order.events/%d", p)
		acked := n * rate / hourPartitions * (90 + rng.Int64N(20)) / 100
		in.Partitions[name] = acked
		in.Acked += acked
		for _, lag := range in.Lag {
			lag[name] = rng.Int64N(20_000)
		}
	}
	in.Received, in.Effects, in.Bytes = in.Acked, in.Acked, in.Acked*412
	return in
}

// hourBrokers are what three brokers said every five seconds, from before the
// load.
func hourBrokers(rng *rand.Rand) ([]run.BrokerSample, *run.BrokerMetrics) {
	m := &run.BrokerMetrics{Source: "Prometheus at http://127.0.0.1:9090", Scrapes: 721, Errors: []string{}, Absent: []string{}}
	var all []run.BrokerSample
	for _, series := range []struct {
		name, unit string
		level      float64
	}{{"disk-busy", run.UnitShare, 0.3}, {"network-in", run.UnitByteRate, 2e6}, {"request-handler-idle", run.UnitShare, 0.8}, {"under-replicated-partitions", run.UnitCount, 0}} {
		for broker := range 3 {
			name := fmt.Sprintf("broker-%d:9404", broker+1)
			sum := run.BrokerSeries{Series: series.name, Unit: series.unit, Broker: name, Min: math.Inf(1)}
			for at := -5 * time.Second; at <= hourEnd; at += 5 * time.Second {
				v := series.level * (0.9 + 0.2*rng.Float64())
				all = append(all, run.BrokerSample{At: at, Series: series.name, Broker: name, Value: v})
				if at < 0 {
					continue
				}
				sum.Samples, sum.Mean = sum.Samples+1, sum.Mean+v/721
				sum.Min, sum.Max, sum.Last = min(sum.Min, v), max(sum.Max, v), v
			}
			m.Series = append(m.Series, sum)
		}
	}
	return all, m
}
