package scenario_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

var _ = Describe("a fault on brokers", func() {
	It("finds them by what they are", func(ctx SpecContext) {
		withoutLeaks()
		s := during("5s",
			"{at: 500ms, kill: {group-coordinator: probe}, heal-after: 2s}",
			"{at: 200ms, latency: {transaction-coordinator: OrderPlaced, delay: 5ms}}",
			"{at: 200ms, latency: {count: 2, delay: 5ms}}")
		s.Cluster.Brokers, s.Cluster.Config = 3, map[string]string{"broker.session.timeout.ms": "300"}
		s.Load[0].Transactions = &scenario.Transactions{Records: 50}
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		faults := result.Results.Faults
		Expect(faults[0].What).To(MatchRegexp(`^kill coordinator of group probe \(broker \d\)$`))
		Expect(faults[0].Evidence).To(ContainElement(MatchRegexp(`^coordinator of group probe moved: broker \d, then broker \d$`)))
		Expect(faults[1].What).To(MatchRegexp(`^delay all clients at coordinator of transactional id weir-[0-9a-f]+-0 by 5ms \(broker \d\)$`))
		Expect(faults[2].What).To(Equal("delay all clients at 2 of all brokers by 5ms (brokers 0, 2)"))
		for _, f := range faults {
			Expect(f.Bit).To(BeTrue(), "%s: %q", f.What, f.Evidence)
			Expect(f.Error).To(BeEmpty())
		}
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
	})

	It("is refused at its place where an embedded cluster has nothing like it", func(ctx SpecContext) {
		s := withFaults(
			"{at: 500ms, kill: {controller: true}}",
			"{at: 500ms, isolate: {broker: 0}}",
			"{at: 500ms, fill-disk: {broker: 0}}",
			"{at: 500ms, quota: {produce: 1kB}}",
			"{at: 500ms, kill: {brokers: [0, 1]}}",
			"{at: 500ms, kill: {count: 2}}")
		_, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		var refused *scenario.PlanError
		Expect(errors.As(err, &refused)).To(BeTrue())
		var said []string
		for _, f := range refused.Findings {
			Expect(f.Position.Line).To(Equal(10))
			said = append(said, f.Message)
		}
		Expect(said).To(HaveExactElements(
			"cannot kill the controller: a cluster of kind embedded has no controller that can fail",
			"cannot cut broker 0 off from the replication network: a cluster of kind embedded cannot do it",
			"cannot fill the disk of broker 0: a cluster of kind embedded cannot do it",
			"cannot have clients without a quota of their own produce 1000 bytes/s at each broker at most: brokers of a cluster of kind embedded hold no client back",
			"there is no broker 1",
			"there are not 2 brokers",
		))
		places := make([]int, len(refused.Findings))
		for i, f := range refused.Findings {
			places[i] = f.Position.Column
		}
		Expect(slices.IsSorted(places)).To(BeTrue())
	})

	It("is refused on real brokers whose disks have no size", func() {
		s := withFaults("{at: 500ms, fill-disk: {broker: 0}}")
		options := started("", scenario.With(disked{}), scenario.ClusterKind(cluster.Docker))
		_, err := scenario.DryRun(context.Background(), s, GinkgoWriter, options...)
		Expect(err).To(MatchError("the brokers share the disk of their machine, which no fault may fill"))
		s.Cluster.Disk = 256 << 20
		_, err = scenario.DryRun(context.Background(), s, GinkgoWriter, options...)
		Expect(err).NotTo(HaveOccurred())
	})
})

// disked provides clusters of kind docker, which it does not start, whose
// brokers can have disks of their own.
type disked struct{ cluster.Provider }

func (disked) Kind() string             { return cluster.Docker }
func (disked) Check(cluster.Spec) error { return nil }

func (disked) Abilities(cluster.Spec) any {
	return struct {
		fault.DiskFiller
		fault.Starter
	}{}
}
