package scenario_test

import (
	"errors"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

var _ = Describe("topics on fewer brokers than a scenario counts on", func() {
	const load = "load: [{topic: bench, payload: {size: 10}, profile: [{hold: 100/s, for: 1s}]}]\ninvariants: [no-loss]\n"
	three := func(text string) *scenario.Scenario {
		GinkgoHelper()
		s, findings := scenario.Parse(filepath.ToSlash(filepath.Join(GinkgoT().TempDir(), "s.yaml")), []byte("weir: scenario/v1\nname: small\nwarmup: 0s\n"+text+load))
		Expect(findings).To(BeEmpty())
		return s
	}

	It("are replicated as often as those can hold where nothing is stated", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		there := func(more ...scenario.Option) []scenario.Option {
			return started(filepath.Join(GinkgoT().TempDir(), "run"), append(more, scenario.With(external.Provider()), scenario.ClusterKind(cluster.External), scenario.Bootstrap(up.Bootstrap()...))...)
		}
		unstated := "topics: {bench: {config: {min.insync.replicas: 2}}}\nbackground: {partitions: 1}\n"

		var plan strings.Builder
		_, err := scenario.DryRun(ctx, three(unstated), &plan, there()...)
		Expect(err).NotTo(HaveOccurred())
		Expect(plan.String()).To(ContainSubstring("\ntopic      bench: 3 partitions, replication 1 (input)\n"))

		const note = "bench is to have min.insync.replicas 1, not 2: nothing says how often the topic is replicated, and the cluster has 1 brokers"
		for _, options := range [][]scenario.Option{there(), there(scenario.On(up))} {
			result, err := scenario.Run(ctx, three(unstated), options...)
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
			Expect(result.Run.Warnings).To(ContainElement(note))
			Expect(result.Run.Topics).To(HaveLen(2))
			for _, t := range result.Run.Topics {
				Expect([]any{t.Created, t.Replication}).To(Equal([]any{true, 1}), t.Name)
			}
			Expect(result.Run.Topics[0].Config).To(Equal(map[string]string{"min.insync.replicas": "1"}))
		}
	})

	It("are refused, with what to write, where more is stated", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		_, err := scenario.Run(ctx, three("topics: {bench: {replication: 3, config: {min.insync.replicas: 2}}}\n"),
			started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.With(external.Provider()), scenario.ClusterKind(cluster.External), scenario.Bootstrap(up.Bootstrap()...))...)
		var plan *scenario.PlanError
		Expect(errors.As(err, &plan)).To(BeTrue(), "%v", err)
		Expect(plan.Findings).To(HaveLen(1))
		f := plan.Findings[0]
		Expect([]any{f.ID, f.Message, f.Hint, f.Position.Line, f.Position.Column}).To(Equal([]any{scenario.BadTopic,
			"bench is to have 3 replicas, and the cluster has 1 brokers",
			"write topics: {bench: {replication: 1, config: {min.insync.replicas: 1}}} in the scenario, or use a cluster of more brokers", 4, 31}))
	})
})
