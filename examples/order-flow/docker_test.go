package orderflow_test

import (
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/match"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// Without a container engine these are skipped; WEIR_REQUIRE_DOCKER=1 makes
// that a failure.
var _ = Describe("the order flow on real brokers", Label("docker"), func() {
	// As committed: the verdict here is about what is lost. How fast the
	// machine is, weir run judges, and the proofs do: whether lag came back
	// below its bound, and the flow to its pace, before the load ended.
	It("loses nothing in the whole scenario", Label("alone"), func() {
		result := measure(harness.LoadScenario(GinkgoTB(), "scenario.yaml"), scenario.ClusterKind(cluster.Docker))
		if os.Getenv("WEIR_PROOF") == "1" {
			Expect(result).To(match.Pass())
		}
		held := map[string]finding.Verdict{}
		for _, o := range result.Results.Invariants {
			held[o.Invariant] = o.Verdict
		}
		delete(held, "lag-bounded")
		delete(held, "recovery")
		Expect(held).To(HaveLen(9))
		Expect(held).To(HaveEach(finding.Pass), "%v", result.Results.Invariants)
		Expect(result.Results.Faults).To(HaveEach(HaveField("Bit", true)))

		total := summary.Totals(result.Results.Senders)
		Expect(total.Sent).To(BeEquivalentTo(102_350))
		Expect(total.Sent).To(Equal(total.Acked + total.Failed + total.Unknown))
		Expect(total.Lost).To(BeZero())
		expectEqualCounts(result)
		payment, inventory := reactions(result)
		Expect([]uint64{payment.EffectsTwice, inventory.EffectsTwice}).To(HaveEach(BeZero()))
	})

	It("accepts no order without an event", func() {
		result := measure(harness.LoadScenario(GinkgoTB(), "scenario-calm.yaml"), scenario.ClusterKind(cluster.Docker))
		Expect(result).To(match.Pass())
		expectEqualCounts(result)
	})

	It("pays an order, by hand", func() {
		payByHand(GinkgoTB(), startKafka(GinkgoTB(), presentImage(GinkgoT())))
	})

	It("pays an order", func() {
		c := harness.Run(GinkgoTB(), harness.Kind(cluster.Docker), harness.With(docker.Provider()),
			harness.Contracts("order-service", "payment-service"))
		c.Start(harness.Service{
			Name: "payment-service", Build: "./payment-service",
			Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
			Ready: &harness.Ready{Group: "payment-service"},
		})
		order := c.Produce("com.acme.order.OrderPlaced", harness.Set("$.total", 13800))
		paid := c.Await("com.acme.payment.PaymentReceived", harness.CausedBy(order))
		Expect(paid).To(And(
			match.BeEvent("com.acme.payment.PaymentReceived", match.Fields{"$.amount": 13800}),
			match.HaveKey(string(order.Key)),
			match.HaveHeader("correlation_id"),
			match.ObeyContract(),
		))
	})
})

// presentImage is the image that docker.Provider takes, for who starts it by
// hand.
func presentImage(t FullGinkgoTInterface) string {
	t.Helper()
	engine, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil && os.Getenv("WEIR_REQUIRE_DOCKER") != "1" {
		t.Skipf("%v (WEIR_REQUIRE_DOCKER=1 makes this a failure)", err)
	}
	Expect(err).NotTo(HaveOccurred())
	if named := os.Getenv(docker.ImageEnv); named != "" {
		return named
	}
	_, missing := engine.ImageInspect(t.Context(), docker.DefaultImage)
	if _, err := engine.ImageInspect(t.Context(), docker.BuiltImage); missing != nil && err == nil {
		return docker.BuiltImage
	}
	return docker.DefaultImage
}
