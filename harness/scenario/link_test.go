package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// withFault is the load of produceOnly with one fault, written as in a file.
func withFault(fault string) *scenario.Scenario {
	GinkgoHelper()
	src, err := os.ReadFile("testdata/run/produce.yaml")
	Expect(err).NotTo(HaveOccurred())
	s, findings := scenario.Parse("testdata/run/produce.yaml", fmt.Appendf(src, "faults: [%s]\n", fault))
	Expect(findings).To(BeEmpty())
	return s
}

var _ = Describe("a fault on connections", func() {
	entries := []TableEntry{}
	for _, e := range []struct{ name, fault, what, evidence, elsewhere, nothing string }{
		{
			"cut", "{at: 500ms, cut: {%s}, heal-after: 800ms}", "cut %s off from all brokers",
			`^\d+ streams of requests or replies were held, the longest for (8|9)\d\dms|1\.\d+s$`,
			"client: nobody", "0 streams of requests or replies were held",
		},
		{
			"cut one way", "{at: 500ms, cut: {broker: 0, way: replies, %s}, heal-after: 800ms}", "cut %s off from broker 0 (replies only)",
			`^\d+ streams of requests or replies were held, the longest for `,
			"client: nobody", "0 streams of requests or replies were held",
		},
		{
			"reset", "{at: 500ms, reset: {%s}}", "reset connections of %s to all brokers",
			`^[1-9]\d* connections were reset$`,
			"client: nobody", "0 connections were reset",
		},
		{
			"latency", "{at: 500ms, latency: {delay: 50ms, jitter: 10ms, %s}, heal-after: 1s}", "delay %s at all brokers by 50ms ± 10ms",
			`^[1-9]\d* requests and replies were late, by (4|5)\d\.?\d*ms on average and at most (5\d|60)ms$`,
			"client: nobody", "0 requests and replies were late",
		},
		{
			"latency of one request", "{at: 500ms, latency: {delay: 50ms, api: [Produce], way: requests, leader-of: order.events/0, %s}, heal-after: 1s}", "delay Produce of %s at leader of order.events/0 by 50ms (requests only) (broker 0)",
			`^[1-9]\d* requests and replies were late, by 50ms on average and at most 50ms$`,
			"client: nobody", "0 requests and replies were late",
		},
		{
			"bandwidth", "{at: 500ms, bandwidth: {per-second: 20kB, %s}, heal-after: 1s}", "limit %s at all brokers to 20000 bytes/s",
			`^[1-9]\d* requests and replies passed, of which the slowest took `,
			"client: nobody", "0 requests and replies passed",
		},
		{
			"refused requests", "{at: 500ms, reply: {api: [Produce], error: NOT_LEADER_FOR_PARTITION, share: 50%%, %s}, heal-after: 1s}", "answer 50%% of Produce of %s at all brokers with NOT_LEADER_FOR_PARTITION",
			`^[1-9]\d* requests were refused$`,
			"client: nobody", "0 requests were refused",
		},
		{
			"dropped replies", "{at: 500ms, reply: {api: [Produce], drop: true, share: 50%%, %s}, heal-after: 500ms}", "drop the replies to 50%% of Produce of %s at all brokers",
			`^[1-9]\d* replies were dropped$`,
			"client: nobody", "0 replies were dropped",
		},
	} {
		entries = append(entries, Entry(e.name, e.fault, e.what, e.evidence, e.elsewhere, e.nothing))
	}
	DescribeTable("bites where there is something to bite, and says so where not",
		func(ctx SpecContext, fault, what, evidence, elsewhere, nothing string) {
			withoutLeaks()
			hit, err := scenario.Run(ctx, withFault(strings.ReplaceAll(fmt.Sprintf(fault, `client: "weir-*"`), "{, ", "{")),
				started(filepath.Join(GinkgoT().TempDir(), "run"))...)
			Expect(err).NotTo(HaveOccurred())
			f := hit.Results.Faults[0]
			Expect(f.What).To(Equal(fmt.Sprintf(what, "clients weir-*")))
			Expect(f.Error).To(BeEmpty())
			Expect(f.Evidence[0]).To(MatchRegexp(evidence))
			Expect(f.Bit).To(BeTrue(), "%q", f.Evidence)
			Expect(f.Healed).To(BeNumerically(">", f.Start))
			Expect(hit.Run.Verdict).To(Equal(finding.Pass), hit.Run.Reason)
			Expect(hit.Run.Cluster.Notes).To(ContainElement(HavePrefix("clients reach the brokers through a proxy")))

			missed, err := scenario.Run(ctx, withFault(fmt.Sprintf(fault, elsewhere)), started(filepath.Join(GinkgoT().TempDir(), "run"))...)
			Expect(err).NotTo(HaveOccurred())
			f = missed.Results.Faults[0]
			Expect(f.Evidence[0]).To(Equal(nothing))
			Expect(f.Bit).To(BeFalse())
			Expect(missed.Run.Verdict).To(Equal(finding.Vacuous), missed.Run.Reason)
			Expect(missed.Run.Reason).To(Equal("the fault never bit: " + f.What))
		}, entries)

	It("is healed when the run is interrupted", func(ctx SpecContext) {
		withoutLeaks()
		loading, interrupt := context.WithCancel(ctx)
		defer interrupt()
		result, err := scenario.Run(loading, withFault("{at: 500ms, cut: {}}"), started(filepath.Join(GinkgoT().TempDir(), "run"),
			scenario.OnProgress(func(p scenario.Progress) {
				if len(p.Open) > 0 {
					interrupt()
				}
			}))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Status).To(Equal(run.Interrupted))
		Expect(result.Results.Drain.Complete).To(BeTrue(), "%v", result.Results.Drain.Open)
		Expect(result.Results.Faults[0].Healed).To(BeNumerically(">", 0))
	})

	It("leaves nothing when the run is aborted", func(ctx SpecContext) {
		withoutLeaks()
		abort, aborted := make(chan struct{}), false
		_, err := scenario.Run(ctx, withFault("{at: 500ms, cut: {}}"), started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.Abort(abort),
			scenario.OnProgress(func(p scenario.Progress) {
				if len(p.Open) > 0 && !aborted {
					aborted = true
					close(abort)
				}
			}))...)
		Expect(err).To(MatchError("the run: aborted"))
	})

	It("costs nothing where there is none", func(ctx SpecContext) {
		result, err := scenario.Run(ctx, produceOnly(), started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Cluster.Notes).NotTo(ContainElement(ContainSubstring("proxy")))
	})

})
