package scenario_test

import (
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

var _ = Describe("a fault that waits for something", func() {
	It("begins when that is true", func(ctx SpecContext) {
		withoutLeaks()
		s := during("2s", "{when: {acks: 2}, latency: {delay: 20ms}, heal-after: 300ms}")
		s.Consumers = nil
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		f := result.Results.Faults[0]
		Expect(f.When).To(Equal("2 records are acked"))
		Expect(f.Never).To(BeEmpty())
		Expect(f.Evidence).To(ContainElement(MatchRegexp(`^came true at \S+: 2 records are acked \(\d+\)$`)))
	})

	It("makes the run vacuous where it never is, and says how far it came", func(ctx SpecContext) {
		withoutLeaks()
		s := during("600ms", "{when: {lag: '> 1M'}, latency: {delay: 20ms}}")
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Vacuous))
		Expect(result.Run.Reason).To(MatchRegexp(`^the fault never began: delay all clients at all brokers by 20ms: the lag of group probe (never passed 1000000; the most seen was \d+|was never known)$`))
	})
})

var _ = Describe("a random mix", func() {
	It("is played as it was drawn, and the report says from which seed", func(ctx SpecContext) {
		withoutLeaks()
		s := during("1500ms")
		s.Consumers = nil
		s.Random = &scenario.Random{Seed: new(uint64), Quiet: "last", Pause: document.Duration(100 * time.Millisecond), Faults: []scenario.RandomFault{
			{Fault: scenario.Fault{Latency: &scenario.Latency{Delay: document.Duration(10 * time.Millisecond)}, HealAfter: document.Duration(150 * time.Millisecond)}},
		}}
		*s.Random.Seed = 9
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Warnings).To(ContainElement(MatchRegexp(`^[23] random faults are drawn from seed 9; the last third of what comes after the warm-up, from 1s to 1.5s, is without any$`)))
		Expect(len(result.Results.Faults)).To(BeNumerically(">=", 2))
		for i, f := range result.Results.Faults {
			Expect(f.Index).To(Equal(i))
			Expect(f.What).To(Equal("delay all clients at all brokers by 10ms"))
			Expect(f.Never).To(BeEmpty())
		}
	})
})
