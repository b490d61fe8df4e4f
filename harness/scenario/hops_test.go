package scenario_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// shipping is how long ship takes over what it reads at a time.
const shipping = 250 * time.Millisecond

// forward is a service of a chain: it makes an event with an id of its own of
// each that it reads. pay tries every tenth order twice; ship takes its time,
// and gives every twentieth up. Neither passes on more than the id of what it
// read.
func forward(ctx context.Context, name string, brokers []string) error {
	from, delay := []string{"order.events", "pay.retry"}, time.Duration(0)
	if name == "ship" {
		from, delay = []string{"paid.events"}, shipping
	}
	return consume(ctx, name, from, brokers, func(client *kgo.Client, records []*kgo.Record) error {
		time.Sleep(delay)
		var out []*kgo.Record
		for _, r := range records {
			out = append(out, forwarded(r, name))
		}
		return client.ProduceSync(ctx, out...).FirstErr()
	})
}

func forwarded(r *kgo.Record, name string) *kgo.Record {
	header := func(name string) []byte {
		for _, h := range r.Headers {
			if h.Key == name {
				return h.Value
			}
		}
		return nil
	}
	unchanged := &kgo.Record{Key: r.Key, Value: r.Value, Headers: r.Headers}
	id, ours := sequence(r)
	switch {
	case !json.Valid(r.Value):
		unchanged.Topic = "pay.dlq"
		return unchanged
	case name == "pay" && ours && id.Sequence%10 == 3 && r.Topic != "pay.retry":
		unchanged.Topic = "pay.retry"
		return unchanged
	case name == "ship" && string(header("nth")) == "twentieth":
		unchanged.Topic = "ship.dlq"
		return unchanged
	}
	made := map[string]string{"pay": "Paid", "ship": "Shipped"}[name]
	next := &kgo.Record{Topic: strings.ToLower(made) + ".events", Key: r.Key, Value: r.Value, Headers: []kgo.RecordHeader{
		{Key: "ce_id", Value: []byte(uuid.NewString())}, {Key: "ce_type", Value: []byte(made)}, {Key: "causation_id", Value: header("ce_id")},
	}}
	if ours && id.Sequence%20 == 0 {
		next.Headers = append(next.Headers, kgo.RecordHeader{Key: "nth", Value: []byte("twentieth")})
	}
	return next
}

// countsOf are those of a hop, without its latencies.
func countsOf(h run.Hop) run.Hop {
	h.Latencies = nil
	return h
}

// whole is the latency over the whole run.
func whole(all []run.Latency) run.Latency {
	for _, l := range all {
		if l.Phase == "" {
			return l
		}
	}
	return run.Latency{}
}

// p50 is the median of a latency.
func p50(l run.Latency) time.Duration { return l.Quantiles[0].Value }

var _ = Describe("a chain of two services", Label("long"), func() {
	It("is measured hop by hop, and every event is in a count", func(ctx SpecContext) {
		withoutLeaks()
		s, findings := scenario.LoadFile("testdata/run/chain.yaml")
		Expect(findings).To(BeEmpty())
		exe, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		for i := range s.Services {
			s.Services[i].Command = []string{exe}
			s.Services[i].Env = map[string]string{"REACT": "chain", "FORWARD": s.Services[i].Name, "BROKERS": "{{.Bootstrap}}"}
		}
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		result, err := scenario.Run(ctx, s, started(dir)...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)

		// What became of each order is a function of its number and of the seed.
		poison := result.Results.Senders[0].Poison
		first, retried, twentieth := journaled(dir)
		paid := 400 - poison
		hops := result.Results.Hops.Hops
		// A retry that did not wait may be read after its output.
		apart := hops[0].RetriesApart
		Expect(apart).To(BeNumerically("<=", retried))
		sender := result.Results.Senders[0].Name
		Expect(hops).To(HaveLen(4))
		Expect([]run.Hop{countsOf(hops[0]), countsOf(hops[1]), countsOf(hops[2]), countsOf(hops[3])}).To(Equal([]run.Hop{
			{ID: 1, Sender: sender, Event: "OrderPlaced", Topic: "order.events", Consumer: "pay", Output: "Paid", OutputTopic: "paid.events",
				Retries: []string{"pay.retry"}, Inputs: 400, Samples: paid, Retried: retried - apart, RetriesApart: apart},
			{ID: 2, Sender: sender, Event: "OrderPlaced", Topic: "order.events", Consumer: "pay", OutputTopic: "pay.dlq", DeadLetter: true,
				Retries: []string{"pay.retry"}, Samples: poison},
			{ID: 3, After: 1, Sender: sender, Event: "Paid", Topic: "paid.events", Consumer: "ship", Output: "Shipped", OutputTopic: "shipped.events",
				Inputs: paid, Samples: paid - twentieth},
			{ID: 4, After: 1, Sender: sender, Event: "Paid", Topic: "paid.events", Consumer: "ship", OutputTopic: "ship.dlq", DeadLetter: true, Samples: twentieth},
		}))

		// The first hop, again from the journal: its times are whole microseconds.
		pay := whole(hops[0].Latencies)
		Expect(pay.Count + pay.Negative).To(BeEquivalentTo(len(first)))
		var longest time.Duration
		for _, d := range first {
			longest = max(longest, d)
		}
		Expect(pay.Max - longest).To(BeNumerically("~", 0, time.Microsecond))

		chains := result.Results.Hops.Chains
		Expect(chains).To(HaveLen(1))
		Expect(chains[0].Hops).To(Equal([]int{1, 3}))
		all := whole(chains[0].Latencies)
		Expect(all.Count).To(BeEquivalentTo(paid - twentieth))
		Expect(all.Min).To(BeNumerically(">=", shipping), "however late anybody reads")
		Expect(chains[0].Followed).To(BeEquivalentTo(paid - twentieth))
		Expect(chains[0].Traces).To(HaveLen(1), "a p99 of so few is withheld")
		trace := chains[0].Traces[0]
		Expect([]any{trace.Q, trace.Value}).To(Equal([]any{0.5, p50(all)}))
		Expect(trace.Steps).To(HaveLen(2))
		Expect([]int{trace.Steps[0].Hop, trace.Steps[1].Hop}).To(Equal([]int{1, 3}))
		Expect(trace.Due).To(Equal(time.Duration(trace.Sequence) * 2500 * time.Microsecond))
		// The trace nearest to the median, of all that there were.
		Expect(float64(trace.Steps[1].At - trace.Due)).To(BeNumerically("~", float64(p50(all)), float64(p50(all))/100))
		Expect(open(dir).Results.Hops).To(Equal(result.Results.Hops))
	})
})

// journaled is what the journal says of the orders: the first hop of each that was
// paid, how many of those were retried, and how many were every twentieth.
func journaled(dir string) (hops map[uint64]time.Duration, retried, twentieth uint64) {
	GinkgoHelper()
	at := map[journal.Kind]map[uint64]time.Duration{journal.Received: {}, journal.Effect: {}, journal.Retry: {}}
	for e, err := range journal.Read(filepath.Join(dir, "journal")) {
		Expect(err).NotTo(HaveOccurred())
		if at[e.Kind] != nil {
			at[e.Kind][e.Sequence] = e.At
		}
	}
	hops = map[uint64]time.Duration{}
	for seq, done := range at[journal.Effect] {
		hops[seq] = done - at[journal.Received][seq]
		if _, ok := at[journal.Retry][seq]; ok {
			retried++
		}
		if seq%20 == 0 {
			twentieth++
		}
	}
	return hops, retried, twentieth
}
