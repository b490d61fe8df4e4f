package scenario_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/scenario"
)

// theirs is a cluster of others, with topics, and options that run a scenario
// on it.
func theirs(ctx context.Context, topics ...string) (*kadm.Client, []string, []scenario.Option) {
	GinkgoHelper()
	withoutLeaks()
	GinkgoT().Setenv("XDG_STATE_HOME", GinkgoT().TempDir())
	brokers, err := embedded.Start(ctx, cluster.Spec{Brokers: 3})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(brokers.Close)
	client, err := kgo.NewClient(brokers.ClientOptions()...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(client.Close)
	admin := kadm.NewClient(client)
	_, err = admin.CreateTopics(ctx, 3, 3, nil, topics...)
	Expect(err).NotTo(HaveOccurred())
	return admin, brokers.Bootstrap(), []scenario.Option{scenario.With(external.Provider()), scenario.ClusterKind(cluster.External), scenario.Bootstrap(brokers.Bootstrap()...)}
}

// leaveOffset leaves a group that has read of a topic.
func leaveOffset(ctx context.Context, admin *kadm.Client, group, topic string) {
	GinkgoHelper()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, 0, 0, -1)
	Expect(admin.CommitAllOffsets(ctx, group, offsets)).To(Succeed())
}

// refusals are what a dry run says, and a run too, which leaves nothing.
func refusals(ctx context.Context, s *scenario.Scenario, options []scenario.Option) (messages []string) {
	GinkgoHelper()
	dir := filepath.Join(GinkgoT().TempDir(), "run")
	options = started(dir, options...)
	_, dry := scenario.DryRun(ctx, s, io.Discard, options...)
	_, wet := scenario.Run(ctx, s, options...)
	Expect(dir).NotTo(BeADirectory())
	for _, err := range []error{dry, wet} {
		var plan *scenario.PlanError
		Expect(errors.As(err, &plan)).To(BeTrue(), "%v", err)
		var found []string
		for _, f := range plan.Findings {
			Expect(f.ID).To(Equal(scenario.Guarded))
			Expect(f.Position).NotTo(BeNil())
			found = append(found, f.Message+"; "+f.Hint)
		}
		if messages != nil {
			Expect(found).To(Equal(messages))
		}
		messages = found
	}
	return messages
}

// join is a member of a group, which stays until the spec ends.
func join(ctx context.Context, brokers []string, group, topic string) *kgo.Client {
	GinkgoHelper()
	assigned := make(chan struct{}, 8)
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { assigned <- struct{}{} }))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(client.Close)
	Eventually(ctx, assigned).Should(Receive())
	return client
}

const permit = "; allow-destructive: true permits it, if that is what you want"

var _ = Describe("a topic that others read", func() {
	It("refuses load, in a dry run as in a run", func(ctx SpecContext) {
		admin, _, options := theirs(ctx, "order.events")
		leaveOffset(ctx, admin, "theirs", "order.events")
		Expect(refusals(ctx, produceOnly(), options)).To(Equal([]string{"other groups read order.events, into which the load would go: theirs" + permit}))
	})

	It("refuses to join a group that has members", func(ctx SpecContext) {
		_, brokers, options := theirs(ctx, "elsewhere")
		join(ctx, brokers, "probe", "elsewhere")
		Expect(refusals(ctx, produceOnly(), options)).To(Equal([]string{"group probe is there already and has 1 member, whose partitions the run would take" + permit}))
	})

	It("says once that such a group reads the topic of the load", func(ctx SpecContext) {
		admin, brokers, options := theirs(ctx, "order.events")
		join(ctx, brokers, "probe", "order.events")
		leaveOffset(ctx, admin, "theirs", "order.events")
		Expect(refusals(ctx, produceOnly(), options)).To(Equal([]string{
			"other groups read order.events, into which the load would go: theirs" + permit,
			"group probe is there already and has 1 member, whose partitions the run would take" + permit,
		}))
	})

	It("names who is affected where it is permitted", func(ctx SpecContext) {
		admin, _, options := theirs(ctx, "order.events")
		leaveOffset(ctx, admin, "theirs", "order.events")
		s := produceOnly()
		s.AllowDestructive = true
		options = started(filepath.Join(GinkgoT().TempDir(), "run"), options...)
		const note = "other groups read order.events, into which the load would go: theirs: allow-destructive permits it"
		var out strings.Builder
		_, err := scenario.DryRun(ctx, s, &out, options...)
		Expect(err).NotTo(HaveOccurred())
		Expect(out.String()).To(ContainSubstring("note       " + note + "\n"))
		r, err := scenario.Run(ctx, s, options...)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Run.Warnings).To(ContainElement(note))
	})

	// What a run left that was killed is its own, and nobody else's.
	It("tells of the topics and the groups of a dead run", func(ctx SpecContext) {
		admin, brokers, options := theirs(ctx, "order.events")
		meta, err := admin.BrokerMetadata(ctx)
		Expect(err).NotTo(HaveOccurred())
		record, err := leftover.Keep("killed")
		Expect(err).NotTo(HaveOccurred())
		Expect(record.Topics(meta.Cluster, []string{"order.events"})).To(Succeed())
		Expect(record.Groups(meta.Cluster, []string{"probe", "gone", "another"})).To(Succeed())
		Expect(record.Close(true, true, false)).To(Succeed())
		leaveOffset(ctx, admin, "another", "order.events")
		leaveOffset(ctx, admin, "probe", "order.events")

		stranger := join(ctx, brokers, "another", "order.events")
		Expect(refusals(ctx, produceOnly(), options)).To(Equal([]string{
			"other groups read order.events, into which the load would go: another (of run killed, which was killed, and with members still)" + permit,
		}))
		stranger.Close()

		member := join(ctx, brokers, "probe", "order.events")
		Expect(refusals(ctx, produceOnly(), options)).To(Equal([]string{
			"group probe is of run killed, which was killed, and has 1 member still; wait until the sessions of its members have ended (session.timeout.ms); if members stay, others use it",
		}))
		member.Close()
		topic := "topic order.events was there already: run killed created it and was killed before it could delete it; its records are in it still. Delete it if nobody else uses it: kafka-topics.sh --delete --topic order.events"
		group := "group probe was there already: run killed created it and was killed before it could delete it; it goes on where that run had got to. Delete it if nobody else uses it: kafka-consumer-groups.sh --delete --group probe"
		options = started(filepath.Join(GinkgoT().TempDir(), "run"), options...)
		var out strings.Builder
		_, err = scenario.DryRun(ctx, produceOnly(), &out, options...)
		Expect(err).NotTo(HaveOccurred())
		Expect(out.String()).To(HaveSuffix("note       " + topic + "\nnote       " + group + "\n"))
		r, err := scenario.Run(ctx, produceOnly(), options...)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Run.Warnings).To(ContainElements(topic, group))
	})

	It("refuses what services make of the load", func(ctx SpecContext) {
		admin, _, options := theirs(ctx, "done.events", "tries.dlq", "order.events.retry")
		for group, topic := range map[string]string{"billing": "done.events", "alarms": "tries.dlq", "again": "order.events.retry", "tries": "done.events"} {
			leaveOffset(ctx, admin, group, topic)
		}
		s, findings := scenario.LoadFile("testdata/run/retry.yaml")
		Expect(findings).To(BeEmpty())
		exe, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		s.Services[0].Command = []string{exe}
		Expect(refusals(ctx, s, options)).To(Equal([]string{
			"other groups read done.events, into which what tries makes of the load would go: billing" + permit,
			"other groups read order.events.retry, into which retries of tries would go: again" + permit,
			"other groups read tries.dlq, into which dead letters of tries would go: alarms" + permit,
		}))
	})
})
