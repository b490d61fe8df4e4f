package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// withFaults is the load of produceOnly with faults, written as in a file.
func withFaults(faults ...string) *scenario.Scenario { return during("2s", faults...) }

// during is withFaults for another time.
func during(span string, faults ...string) *scenario.Scenario {
	GinkgoHelper()
	src, err := os.ReadFile("testdata/run/produce.yaml")
	Expect(err).NotTo(HaveOccurred())
	text := strings.Replace(string(src), "for: 2s", "for: "+span, 1)
	s, findings := scenario.Parse("testdata/run/produce.yaml", fmt.Appendf(nil, "%sfaults: [%s]\n", text, strings.Join(faults, ", ")))
	Expect(findings).To(BeEmpty())
	return s
}

// forLong gives a run a load that is sure to go on when it is interrupted.
func forLong(s *scenario.Scenario) *scenario.Scenario {
	s.Load[0].Profile[0].For = document.Duration(time.Minute)
	return s
}

var _ = Describe("a fault on connections", func() {
	// Each is there twice in one run: for all of Weir's clients, and for one
	// that does not exist.
	DescribeTable("bites where there is something to bite, and says so where not", Label("long"),
		func(ctx SpecContext, fault, what, evidence, nothing string) {
			withoutLeaks()
			s := withFaults(strings.ReplaceAll(fault, "CLIENT", `"weir-*"`), strings.ReplaceAll(fault, "CLIENT", "nobody"))
			s.Consumers = nil // whose group the drain would wait for
			result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
			Expect(err).NotTo(HaveOccurred())

			hit, missed := result.Results.Faults[0], result.Results.Faults[1]
			Expect(hit.What).To(Equal(strings.ReplaceAll(what, "CLIENT", "clients weir-*")))
			Expect(hit.Error).To(BeEmpty())
			Expect(hit.Evidence[0]).To(MatchRegexp(evidence))
			Expect(hit.Bit).To(BeTrue(), "%q", hit.Evidence)
			Expect(hit.Healed).To(BeNumerically(">", hit.Start))

			Expect(missed.What).To(Equal(strings.ReplaceAll(what, "CLIENT", "clients nobody")))
			Expect(missed.Evidence[0]).To(Equal(nothing))
			Expect(missed.Bit).To(BeFalse())
			Expect(result.Run.Verdict).To(Equal(finding.Vacuous), result.Run.Reason)
			Expect(result.Run.Reason).To(Equal("the fault never bit: " + missed.What))
		},
		Entry("cut", "{at: 500ms, cut: {client: CLIENT}, heal-after: 800ms}", "cut CLIENT off from all brokers",
			`^[1-9]\d* streams of requests or replies were held, the longest for `, "0 streams of requests or replies were held"),
		Entry("cut one way", "{at: 500ms, cut: {client: CLIENT, broker: 0, way: replies}, heal-after: 800ms}", "cut CLIENT off from broker 0 (replies only)",
			`^[1-9]\d* streams of requests or replies were held, the longest for `, "0 streams of requests or replies were held"),
		Entry("reset once", "{at: 500ms, reset: {client: CLIENT}}", "reset connections of CLIENT to all brokers",
			`^[1-9]\d* connections were reset$`, "0 connections were reset"),
		Entry("reset for a while", "{at: 500ms, reset: {client: CLIENT}, heal-after: 500ms}", "reset connections of CLIENT to all brokers",
			`^[1-9]\d* connections were reset$`, "0 connections were reset"),
		Entry("latency", "{at: 500ms, latency: {client: CLIENT, delay: 50ms, jitter: 10ms}, heal-after: 1s}", "delay CLIENT at all brokers by 50ms ± 10ms",
			`^[1-9]\d* requests and replies were late, by [45]\d.* on average and at most [456]\dms$`, "0 requests and replies were late"),
		Entry("latency of one request", "{at: 500ms, latency: {client: CLIENT, leader-of: order.events/0, delay: 50ms, api: [Produce], way: requests}, heal-after: 1s}",
			"delay Produce of CLIENT at leader of order.events/0 by 50ms (requests only) (broker 0)",
			`^[1-9]\d* requests and replies were late, by 50ms on average and at most 50ms$`, "0 requests and replies were late"),
		Entry("bandwidth", "{at: 500ms, bandwidth: {client: CLIENT, per-second: 20kB}, heal-after: 1s}", "limit CLIENT at all brokers to 20000 bytes/s",
			`^[1-9]\d* requests and replies passed, of which the slowest took `, "0 requests and replies passed"),
		Entry("refused requests", "{at: 500ms, reply: {client: CLIENT, api: [Produce], error: NOT_LEADER_FOR_PARTITION, share: 50%}, heal-after: 1s}",
			"answer 50% of Produce of CLIENT at all brokers with NOT_LEADER_FOR_PARTITION",
			`^[1-9]\d* requests were refused$`, "0 requests were refused"),
		Entry("dropped replies", "{at: 500ms, reply: {client: CLIENT, api: [Fetch], drop: true, share: 50%}, heal-after: 500ms}",
			"drop the replies to 50% of Fetch of CLIENT at all brokers",
			`^[1-9]\d* replies were dropped$`, "0 replies were dropped"),
	)

	It("is survived by a flow that keeps its promises, and the report names the proxy", func(ctx SpecContext) {
		withoutLeaks()
		result, err := scenario.Run(ctx, withFaults("{at: 500ms, cut: {}, heal-after: 600ms}"), started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
		f := result.Results.Faults[0]
		Expect(f.PublishStall).To(BeNumerically(">", 0))
		Expect(f.Evidence).To(ContainElement(HavePrefix("publishing stood still for ")))
		Expect(result.Run.Cluster.Notes).To(ContainElement(HavePrefix("clients reach the brokers through a proxy")))
	})

	It("is healed when the run is interrupted", func(ctx SpecContext) {
		withoutLeaks()
		loading, interrupt := context.WithCancel(ctx)
		defer interrupt()
		result, err := scenario.Run(loading, forLong(withFaults("{at: 500ms, cut: {}}")), started(filepath.Join(GinkgoT().TempDir(), "run"),
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
		_, err := scenario.Run(ctx, forLong(withFaults("{at: 500ms, cut: {}}")), started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.Abort(abort),
			scenario.OnProgress(func(p scenario.Progress) {
				if len(p.Open) > 0 && !aborted {
					aborted = true
					close(abort)
				}
			}))...)
		Expect(err).To(MatchError(scenario.ErrInterrupted))
	})

	It("is all that puts a proxy in between", func(ctx SpecContext) {
		s := withFaults("{always: true, poison: {event: OrderPlaced, share: 1%}}")
		s.Consumers = nil
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Cluster.Notes).NotTo(ContainElement(ContainSubstring("proxy")))
	})

	It("bites in front of an external cluster that asks for a password", func(ctx SpecContext) {
		withoutLeaks()
		brokers, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.EnableSASL(), kfake.Superuser("PLAIN", "weir", "dam"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(brokers.Close)
		config := filepath.Join(GinkgoT().TempDir(), "client.properties")
		Expect(os.WriteFile(config, []byte("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"+
			"sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"weir\" password=\"dam\";\n"), 0o600)).To(Succeed())
		s := withFaults("{at: 500ms, cut: {client: \"weir-*\"}, heal-after: 500ms}", "{at: 200ms, latency: {leader-of: order.events/0, delay: 2ms}}")
		s.Cluster = scenario.Cluster{Kind: cluster.External, ClientConfig: config}
		s.Consumers = nil
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"),
			scenario.With(external.Provider()), scenario.Bootstrap(brokers.ListenAddrs()...))...)
		Expect(err).NotTo(HaveOccurred())
		for _, f := range result.Results.Faults {
			Expect(f.Bit).To(BeTrue(), "%s: %q", f.What, f.Evidence)
		}
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
	})

	It("is refused where nothing can be seen inside connections", func(ctx SpecContext) {
		up, err := embedded.Start(ctx, cluster.Spec{Brokers: 1})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = up.Close(context.Background()) })
		_, err = scenario.Run(ctx, withFaults("{at: 500ms, cut: {}, heal-after: 1s}"), started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.On(tls{up}))...)
		Expect(err).To(MatchError("cannot cut all clients off from all brokers: the cluster speaks SASL_SSL, and nothing can be seen inside TLS; give Weir a PLAINTEXT or SASL_PLAINTEXT listener"))
		Expect(err).To(BeAssignableToTypeOf(&scenario.PlanError{}))
	})

	It("is refused where a container cannot reach the proxy", func(ctx SpecContext) {
		up, err := embedded.Start(ctx, cluster.Spec{Brokers: 1})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = up.Close(context.Background()) })
		s := withFaults("{at: 500ms, cut: {}, heal-after: 1s}")
		s.Services = []scenario.Service{{Name: "payment-service", Image: "payments:1"}}
		_, err = scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.On(apart{up}))...)
		Expect(err).To(MatchError("cannot cut all clients off from all brokers: payment-service is a container, and from the network of a cluster of kind embedded it cannot reach the proxy at 127.0.0.1 of this host; run it as a process (build or command)"))
	})
})

// tls is a cluster that says that it speaks TLS, apart one whose containers
// have a network of their own.
type (
	tls   struct{ *embedded.Cluster }
	apart struct{ *embedded.Cluster }
)

func (tls) ClientProperties() map[string]string {
	return map[string]string{"security.protocol": "SASL_SSL"}
}

func (apart) ContainerBootstrap() (addresses []string, network string, err error) {
	return []string{"kafka-0:9092"}, "weir-svc", nil
}
