package scenario_test

import (
	"errors"
	"io"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/scenario"
)

var _ = Describe("a topic that others read", func() {
	It("refuses load, in a dry run as in a run", func(ctx SpecContext) {
		withoutLeaks()
		brokers, err := embedded.Start(ctx, cluster.Spec{Brokers: 3})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(brokers.Close)
		client, err := kgo.NewClient(brokers.ClientOptions()...)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
		admin := kadm.NewClient(client)
		_, err = admin.CreateTopic(ctx, 3, 3, nil, "order.events")
		Expect(err).NotTo(HaveOccurred())
		var offsets kadm.Offsets
		offsets.AddOffset("order.events", 0, 0, -1)
		Expect(admin.CommitAllOffsets(ctx, "theirs", offsets)).To(Succeed())

		dir := filepath.Join(GinkgoT().TempDir(), "run")
		options := started(dir, scenario.With(external.Provider()), scenario.ClusterKind(cluster.External), scenario.Bootstrap(brokers.Bootstrap()...))
		_, dry := scenario.DryRun(ctx, produceOnly(), io.Discard, options...)
		_, wet := scenario.Run(ctx, produceOnly(), options...)
		for _, err := range []error{dry, wet} {
			var plan *scenario.PlanError
			Expect(errors.As(err, &plan)).To(BeTrue())
			Expect(plan.Findings).To(HaveLen(1))
			Expect(plan.Findings[0].ID).To(Equal(scenario.Guarded))
			Expect(plan.Findings[0].Message).To(Equal("other groups read order.events, into which the load would go: theirs"))
		}
		Expect(dir).NotTo(BeADirectory())
	})
})
