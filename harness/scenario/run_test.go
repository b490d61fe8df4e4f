package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/internal/parts"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

func TestScenario(t *testing.T) {
	RegisterFailHandler(Fail)
	suite, reporter := GinkgoConfiguration()
	if testing.Short() && suite.LabelFilter == "" {
		suite.LabelFilter = "!long"
	}
	parts.Run(t, "harness/scenario", 2, suite, reporter) // they wait for brokers
}

// produceOnly is a load of 600 records without a service: a group of Weir's
// own reads them.
func produceOnly() *scenario.Scenario {
	GinkgoHelper()
	s, findings := scenario.LoadFile("testdata/run/produce.yaml")
	Expect(findings).To(BeEmpty())
	return s
}

// lasting is produceOnly for a minute, for who ends it before.
func lasting() *scenario.Scenario {
	GinkgoHelper()
	s := produceOnly()
	s.Load[0].Profile[0].For = document.Duration(time.Minute)
	return s
}

// withoutLeaks checks that a spec leaves no goroutine.
func withoutLeaks() {
	before := goleak.IgnoreCurrent()
	DeferCleanup(func() { Expect(goleak.Find(before)).To(Succeed()) })
}

func started(dir string, more ...scenario.Option) []scenario.Option {
	return append([]scenario.Option{
		scenario.With(embedded.Provider()), scenario.Dir(dir), scenario.Seed(7), scenario.WithoutObjectives(), scenario.Log(GinkgoWriter),
	}, more...)
}

func open(dir string) *run.Record {
	GinkgoHelper()
	r, err := run.Open(dir)
	Expect(err).NotTo(HaveOccurred())
	Expect(r.Problems).To(BeEmpty())
	return r
}

var _ = Describe("a run", func() {
	It("passes, and its files agree with each other", func(ctx SpecContext) {
		withoutLeaks()
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		result, err := scenario.Run(ctx, produceOnly(), started(dir)...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Reason).To(Equal("every listed invariant and objective held"))
		Expect(result.Run.Verdict).To(Equal(finding.Pass))

		for _, name := range []string{
			"run.json", "scenario.json", "results.json", "series.jsonl", "timeline.jsonl",
			"histograms/publish.hlog", "histograms/end-to-end.hlog", "journal/" + journal.File,
		} {
			info, err := os.Stat(filepath.Join(dir, name))
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Size()).To(BeNumerically(">", 0), name)
		}
		r := open(dir)
		Expect(r.Run.Status).To(Equal(run.Complete))
		Expect(r.Run.Seed).To(BeEquivalentTo(7))
		Expect(r.Run.Cluster.Durable).To(BeFalse())

		kept, findings := scenario.Parse("scenario.json", r.Scenario)
		Expect(findings).To(BeEmpty())
		Expect(*kept.Seed).To(BeEquivalentTo(7))
		Expect([]any{kept.Cluster.Kind, kept.Cluster.Brokers, kept.Load[0].Via, kept.Load[0].Producer.Acks, kept.Drain.Timeout.String()}).
			To(Equal([]any{"embedded", 1, "topic", "all", "1m"}))

		Expect(r.Results.Senders).To(HaveLen(1))
		s := r.Results.Senders[0]
		Expect([]uint64{s.Due, s.Sent, s.Acked, s.Received}).To(HaveEach(BeEquivalentTo(600)))
		Expect([]uint64{s.Failed, s.Unknown, s.Lost, s.ReceivedTwice}).To(HaveEach(BeZero()))

		var sum run.Interval
		partitions := map[string]int64{}
		for _, in := range r.Intervals {
			Expect(in.Start).To(Equal(sum.Length), "intervals have no holes")
			sum.Length += in.Length
			sum.Due, sum.Sent, sum.Acked = sum.Due+in.Due, sum.Sent+in.Sent, sum.Acked+in.Acked
			sum.Received, sum.Bytes = sum.Received+in.Received, sum.Bytes+in.Bytes
			for p, n := range in.Partitions {
				partitions[p] += n
			}
		}
		Expect([]int64{sum.Due, sum.Sent, sum.Acked, sum.Received}).To(HaveEach(BeEquivalentTo(600)))
		Expect(sum.Bytes).To(BeEquivalentTo(s.Bytes))

		acked := map[string]int64{}
		for e, err := range journal.Read(filepath.Join(dir, "journal")) {
			Expect(err).NotTo(HaveOccurred())
			if e.Kind == journal.Send && e.Outcome == journal.Acked {
				acked[fmt.Sprintf("%s/%d", e.Topic, e.Partition)]++
			}
		}
		Expect(acked).To(Equal(partitions))
		var ends int64
		for _, p := range r.Results.Partitions {
			if p.Topic == "order.events" {
				ends += p.EndOffset - p.StartOffset
				Expect([]int64{p.Acked, p.Received}).To(HaveEach(p.EndOffset - p.StartOffset))
			}
		}
		Expect(ends).To(BeEquivalentTo(600))

		Expect(r.Results.Groups).To(HaveLen(1))
		Expect(r.Results.Groups[0].EndLag).To(BeZero())
		Expect(r.Results.Drain.Complete).To(BeTrue())
		for _, o := range r.Results.Invariants {
			Expect(o.Verdict).To(Equal(finding.Pass), o.Sentence)
			Expect(o.Checked).To(BeEquivalentTo(600), o.Invariant)
		}
	})

	It("ends early and reports when its context is cancelled", func(ctx SpecContext) {
		withoutLeaks()
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		loading, interrupt := context.WithCancel(ctx)
		defer interrupt()
		result, err := scenario.Run(loading, lasting(), started(dir, scenario.OnProgress(func(p scenario.Progress) {
			if p.At >= time.Second {
				interrupt()
			}
		}))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Status).To(Equal(run.Interrupted))
		Expect(result.Run.Verdict).To(Equal(finding.Inconclusive))
		Expect(result.Run.Reason).To(HavePrefix("the run was interrupted"))

		r := open(dir)
		Expect(r.Run.Status).To(Equal(run.Interrupted))
		Expect(r.Results.Drain.Complete).To(BeTrue(), "%v", r.Results.Drain.Open)
		s := r.Results.Senders[0]
		Expect(s.Sent).To(And(BeNumerically(">", 0), BeNumerically("<", 18_000)))
		Expect(s.Received).To(Equal(s.Sent))
		var acked int64
		for _, in := range r.Intervals {
			acked += in.Acked
		}
		Expect(acked).To(BeEquivalentTo(s.Acked))
	})

	It("stops at once when it is aborted, and leaves nothing", func(ctx SpecContext) {
		withoutLeaks()
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		abort := make(chan struct{})
		aborted := false
		result, err := scenario.Run(ctx, lasting(), started(dir, scenario.Abort(abort), scenario.OnProgress(func(p scenario.Progress) {
			if p.At >= time.Second && !aborted {
				aborted = true
				close(abort)
			}
		}))...)
		Expect(err).To(MatchError(scenario.ErrInterrupted))
		Expect(result.Dir).To(Equal(dir))

		r, err := run.Open(dir)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Run.Status).To(Equal(run.Interrupted))
		Expect(r.Run.Verdict).To(Equal(finding.Inconclusive))
		Expect(r.Run.Reason).To(Equal("the run was interrupted before anything could be judged"))
	})

	It("says which import a cluster kind needs", func(ctx SpecContext) {
		_, err := scenario.Run(ctx, produceOnly(), scenario.Dir(filepath.Join(GinkgoT().TempDir(), "run")))
		Expect(err).To(MatchError("the run has no provider of clusters of kind embedded: import github.com/flowweir/weir/harness/embedded and pass scenario.With(embedded.Provider())"))
	})

	It("takes its contracts from AsyncAPI documents", func(ctx SpecContext) {
		withoutLeaks()
		s, findings := scenario.LoadFile("testdata/catalogue/scenario.yaml")
		Expect(findings).To(BeEmpty())
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
		sender := result.Results.Senders[0]
		Expect([]uint64{sender.Due, sender.Acked, sender.Received}).To(HaveEach(BeEquivalentTo(100)))
	})
})
