package scenario_test

import (
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

var _ = Describe("a fault that waits for something", func() {
	It("begins when that is true", func(ctx SpecContext) {
		withoutLeaks()
		s := during("1s", "{when: {acks: 30}, latency: {delay: 20ms}, heal-after: 300ms}")
		s.Consumers = nil
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		f := result.Results.Faults[0]
		Expect(f.When).To(Equal("30 records are acked"))
		Expect(f.Bit).To(BeTrue(), "%q", f.Evidence)
		Expect(f.Never).To(BeEmpty())
		Expect(f.Evidence).To(ContainElement(MatchRegexp(`^came true at \d+ms: 30 records are acked \(\d+\)$`)))
	})

	It("makes the run vacuous where it never is, and says how far it came", func(ctx SpecContext) {
		withoutLeaks()
		s := during("1s", "{when: {lag: '> 1M'}, latency: {delay: 20ms}}")
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Vacuous))
		Expect(result.Run.Reason).To(MatchRegexp(`^the fault never began: delay all clients at all brokers by 20ms: the lag of group probe (never passed 1000000; the most seen was \d+|was never known)$`))
	})
})
