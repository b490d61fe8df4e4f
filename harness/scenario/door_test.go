package scenario_test

import (
	"fmt"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// payments is a small load of orders on payment-service of the examples, with
// faults.
func payments(faults ...string) *scenario.Scenario {
	GinkgoHelper()
	const text = `weir: scenario/v1
name: payments
contracts: [order-service/weir.yaml, payment-service/weir.yaml]
services:
  - {name: payment-service, build: ./payment-service, env: {BROKERS: "{{.Bootstrap}}"}, ready: {group: payment-service}}
load:
  - {event: com.acme.order.OrderPlaced, profile: [{hold: 200/s, for: 4s}]}
invariants: [no-loss, no-duplicate-effect, per-key-order]
warmup: 0s
faults: [%s]
`
	file := "../../examples/order-flow/s.yaml"
	Expect(filepath.Join(filepath.Dir(file), "payment-service")).To(BeADirectory())
	s, findings := scenario.Parse(file, fmt.Appendf(nil, text, strings.Join(faults, ", ")))
	Expect(findings).To(BeEmpty())
	return s
}

var _ = Describe("a service behind a door of its own", func() {
	It("is the only one that is cut off", func(ctx SpecContext) {
		result, err := scenario.Run(ctx, payments("{at: 1s, cut: {service: payment-service}, heal-after: 1500ms}"),
			started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
		f := result.Results.Faults[0]
		Expect(f.What).To(Equal("cut payment-service off from all brokers"))
		Expect(f.Bit).To(BeTrue(), "%q", f.Evidence)
		// The load's own clients met nothing, and nothing was consumed before it
		// was healed.
		Expect(f.Evidence).To(ContainElement("0 client errors while it was open"))
		Expect(f.ConsumeStall).To(BeNumerically(">", 0))
		Expect(f.StoodUntil).To(BeNumerically(">=", f.Healed))
	})

	It("crashes between its effects and the commit of its offsets", func(ctx SpecContext) {
		result, err := scenario.Run(ctx, payments("{at: 1s, crash: {service: payment-service, before-commit: true}}"),
			started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
		f := result.Results.Faults[0]
		Expect(f.What).To(Equal("crash payment-service before a commit"))
		Expect(f.Bit).To(BeTrue(), "%q", f.Evidence)
		Expect(f.Evidence).To(ContainElement("payment-service had sent a commit, which never reached the broker"))
	})
})
