package docker

import (
	"context"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/run"
)

var _ = Describe("Controllers that are no brokers", func() {
	It("are killed and frozen while the brokers go on", func(ctx context.Context) {
		s, findings := scenario.Parse("separate.yaml", []byte(`weir: scenario/v1
name: separate
cluster: {kind: docker, brokers: 1, controllers: separate}
topics: {separate: {partitions: 2, replication: 1}}
load: [{topic: separate, payload: {size: 100}, profile: [{hold: 100/s, for: 26s}]}]
invariants: [no-loss]
faults:
  - {at: 500ms, kill: {controller: true}, heal-after: 3500ms}
  # Others are elected within the ten seconds that the injector looks after healing.
  - {at: 13s, pause: {controllers: [1, 2, 3], count: 2}, heal-after: 3s}
`))
		Expect(findings).To(BeEmpty())
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		r, err := scenario.Run(ctx, s, scenario.With(Provider()), scenario.Dir(dir), scenario.Log(GinkgoWriter))
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Run.Reason).To(Equal("every listed invariant and objective held"), told(r.Results.Faults[0])+told(r.Results.Faults[1]))
		killed, frozen := r.Results.Faults[0], r.Results.Faults[1]
		Expect(told(killed)).To(MatchRegexp(`^kill the controller \(controller [123]\)\n(.*\n)*the controller moved: node [123] epoch \d+, then node [123] epoch \d+\n`))
		Expect(told(frozen)).To(MatchRegexp(`^pause 2 of controllers 1, 2, 3 \(controllers [12], [23]\)\n.*\n2 of 3 controllers were away at once`))
		Expect([]run.Fault{killed, frozen}).To(HaveEach(HaveField("Bit", true)))
		for _, node := range []string{"broker-0", "controller-1", "controller-2", "controller-3"} {
			Expect(os.Stat(filepath.Join(dir, "brokers", node+".log"))).To(HaveField("Size()", BeNumerically(">", 0)), node)
		}
		Expect(leftOf(ctx, r.Run.ID)).To(BeEmpty())
	}, NodeTimeout(3*patience))
})
