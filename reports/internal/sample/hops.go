package sample

import (
	"fmt"
	"math"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// The logs of the hops of the simulated run: payment-service's, its dead
// letters' and the way from due to its event.
const (
	hopPaid  = "hops/1"
	hopDead  = "hops/2"
	wayPaid  = "hops/1-whole"
	received = 6 * time.Millisecond // after due, of the single events
)

// hops are those of the one consumer.
func (f *flow) hops(inputs, dead uint64) *run.Hops {
	paid := run.Hop{
		ID: 1, Sender: "OrderPlaced/0", Event: "com.acme.order.OrderPlaced", Topic: "order.events", Consumer: "payment-service",
		Output: "com.acme.payment.PaymentReceived", OutputTopic: "payment.events", Retries: []string{"order.events.retry"},
		Inputs: inputs, Samples: inputs - dead, Retried: 412, RetriesApart: 1, Again: 3,
		Latencies: f.latencyOf(hopPaid, "order.events", "payment.events"),
	}
	letters := run.Hop{
		ID: 2, Sender: paid.Sender, Event: paid.Event, Topic: paid.Topic, Consumer: paid.Consumer,
		OutputTopic: "order.events.dlq", DeadLetter: true, Samples: dead, Retried: dead,
		Latencies: f.latencyOf(hopDead, "order.events", "order.events.dlq"),
	}
	way := run.Chain{Hops: []int{1}, Latencies: f.latencyOf(wayPaid, "due", "payment.events"), Followed: 3107}
	for i, q := range []float64{0.5, 0.99} {
		way.Traces = append(way.Traces, traceAt(way.Latencies, q, uint64(57_000+i), 1))
	}
	return &run.Hops{Hops: []run.Hop{paid, letters}, Chains: []run.Chain{way}}
}

// traceAt is a single event at a percentile, with evenly long hops.
func traceAt(all []run.Latency, q float64, seq uint64, hops ...int) run.Trace {
	value := quantile(all, all[0].Kind, "", q)
	t := run.Trace{
		Q: q, Value: value, Sequence: seq, Event: fmt.Sprintf("5f3a9c01-d2e4-8a31-8000-0000%08x", seq),
		Due: 17 * time.Second, Received: 17*time.Second + received,
	}
	for i, id := range hops {
		at := t.Received + (value-received)*time.Duration(i+1)/time.Duration(len(hops))
		t.Steps = append(t.Steps, run.TraceStep{Hop: id, At: at, Retried: q > 0.9 && i == 0})
	}
	return t
}

// latencyOf summarizes the histograms of a kind as a runner would.
func (f *flow) latencyOf(kind, from, to string) []run.Latency {
	var all []run.Latency
	for _, phase := range []string{"", run.PhaseSteady, run.PhaseFault, run.PhaseHealed} {
		h := f.phases[kind][phase]
		l := run.Latency{
			Kind: kind, Phase: phase, From: from, To: to,
			Count: h.TotalCount(), Min: time.Duration(h.Min()),
			Mean: time.Duration(h.Mean()), Max: time.Duration(h.Max()),
		}
		if phase == "" {
			l.Excluded = f.excluded[kind]
		}
		for _, q := range []float64{0.5, 0.9, 0.95, 0.99, 0.999, 0.9999} {
			need := int64(math.Round(100 / (1 - q)))
			l.Quantiles = append(l.Quantiles, run.Quantile{
				Q: q, Value: time.Duration(h.ValueAtQuantile(q * 100)), Judged: l.Count >= need, Need: need,
			})
		}
		all = append(all, l)
	}
	return all
}

// hourHops are two chains of three hops, as many as a report embeds. All have
// dead letters, which are not among them and have no samples.
var hourHops = func() (kinds []hourKind) {
	for id := 1; id <= 12; id += 2 {
		kinds = append(kinds, hourKind{fmt.Sprintf("hops/%d", id), 12 * time.Millisecond, 1.1})
	}
	return append(kinds, hourKind{"hops/5-whole", 60 * time.Millisecond, 1.1}, hourKind{"hops/11-whole", 60 * time.Millisecond, 1.1})
}()

// hourResults are what is said of those.
func (f *flow) hourResults() *run.Hops {
	all := &run.Hops{}
	for id := 1; id <= 12; id++ {
		kind := fmt.Sprintf("hops/%d", id)
		h := run.Hop{
			ID: id, Sender: "OrderPlaced/0", Event: "com.acme.order.OrderPlaced", Topic: fmt.Sprintf("step-%d.events", (id-1)/2), Consumer: fmt.Sprintf("service-%d", (id+1)/2),
		}
		if h.DeadLetter = id%2 == 0; h.DeadLetter {
			h.OutputTopic = h.Consumer + ".dlq"
		} else {
			h.Output, h.OutputTopic = fmt.Sprintf("Step%d", (id+1)/2), fmt.Sprintf("step-%d.events", (id+1)/2)
			h.Latencies = f.latencyOf(kind, h.Topic, h.OutputTopic)
			h.Samples = uint64(h.Latencies[0].Count)
			h.Inputs = h.Samples
		}
		if n := (id - 1) / 2 % 3; n > 0 {
			h.After = (id-1)/2*2 - 1
		}
		all.Hops = append(all.Hops, h)
	}
	for _, ids := range [][]int{{1, 3, 5}, {7, 9, 11}} {
		c := run.Chain{Hops: ids, Latencies: f.latencyOf(fmt.Sprintf("hops/%d-whole", ids[2]), "due", "c"), Followed: 4000}
		c.Traces = []run.Trace{traceAt(c.Latencies, 0.5, 1, ids...), traceAt(c.Latencies, 0.99, 2, ids...)}
		all.Chains = append(all.Chains, c)
	}
	return all
}
