package scenario_test

import (
	"context"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// straying runs one service that reacts to orders in the group stray; its
// contract says left.
func straying(ctx context.Context, change func(*scenario.Scenario)) (*scenario.Result, error) {
	GinkgoHelper()
	withoutLeaks()
	s, findings := scenario.LoadFile("testdata/run/react.yaml")
	Expect(findings).To(BeEmpty())
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	s.Services, s.Faults, s.Invariants = s.Services[:1], nil, []string{"no-loss"}
	s.Services[0].Command, s.Services[0].Ready = []string{exe}, nil
	s.Services[0].Env = map[string]string{"REACT": "LeftDone", "GROUP": "stray", "BROKERS": "{{.Bootstrap}}"}
	s.Drain.Timeout = document.Duration(3 * time.Second)
	change(s)
	return scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
}

var _ = Describe("a service that joins another group than its contract says", Label("long"), func() {
	const instead = "; group stray reads order.events instead: if that is its, name it in the contract, or have it join the contract's"

	It("is named as the reason of what is open", func(ctx SpecContext) {
		result, err := straying(ctx, func(*scenario.Scenario) {})
		Expect(err).NotTo(HaveOccurred())
		const said = "nobody joined group left, in which left reads order.events by its contract (testdata/run/react/left.yaml:10:12)" + instead
		Expect(result.Run.Verdict).To(Equal(finding.Inconclusive))
		Expect(result.Results.Drain.Open[0]).To(Equal(said))
		Expect(result.Run.Reason).To(ContainSubstring(said))
	})

	It("is named where the service is waited for", func(ctx SpecContext) {
		_, err := straying(ctx, func(s *scenario.Scenario) {
			s.Services[0].Ready = &scenario.Ready{Group: "left", Timeout: document.Duration(5 * time.Second)}
		})
		Expect(err).To(MatchError(HavePrefix("starting left: service left: not ready after 5s, waiting for consumer group left: no such group is there: groups are stray")))
		Expect(err).To(MatchError(HaveSuffix(instead)))
	})
})
