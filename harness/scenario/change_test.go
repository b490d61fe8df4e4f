package scenario_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

var _ = Describe("a fault on topics", Ordered, func() {
	var up *embedded.Cluster
	var adm *kadm.Client

	// The topic is there before the runs, and outlives them.
	BeforeAll(func(ctx SpecContext) {
		GinkgoT().Setenv("XDG_STATE_HOME", GinkgoT().TempDir())
		var err error
		up, err = embedded.Start(ctx, cluster.Spec{Brokers: 1})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = up.Close(context.Background()) })
		kafka, err := kgo.NewClient(append(up.ClientOptions(), kgo.MetadataMinAge(10*time.Millisecond))...)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(kafka.Close)
		adm = kadm.NewClient(kafka)
		Expect(cluster.CreateTopics(ctx, up, []run.Topic{{Name: "order.events", Partitions: 3, Replication: 1, Config: map[string]string{"retention.ms": "3600000"}}})).To(Succeed())
	})

	play := func(ctx context.Context, s *scenario.Scenario, more ...scenario.Option) *scenario.Result {
		GinkgoHelper()
		s.Consumers = nil
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"), append(more, scenario.On(up))...)...)
		Expect(err).NotTo(HaveOccurred())
		return result
	}
	// setting is one of the topic's, and where it comes from.
	setting := func(ctx context.Context, name string) string {
		GinkgoHelper()
		all, err := adm.DescribeTopicConfigs(ctx, "order.events")
		Expect(err).NotTo(HaveOccurred())
		topic, err := all.On("order.events", nil)
		Expect(err).NotTo(HaveOccurred())
		for _, c := range topic.Configs {
			if c.Key == name {
				return c.MaybeValue() + " " + c.Source.String()
			}
		}
		return ""
	}

	It("deletes one under load, says what that lost, and makes it again as it was", func(ctx SpecContext) {
		// What was there before is lost too, and not the run's to count.
		kafka, err := kgo.NewClient(append(up.ClientOptions(), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		Expect(err).NotTo(HaveOccurred())
		defer kafka.Close()
		for i := range int32(600) {
			kafka.Produce(ctx, &kgo.Record{Topic: "order.events", Partition: i % 3}, nil)
		}
		Expect(kafka.Flush(ctx)).To(Succeed())
		r := play(ctx, withFaults("{at: 500ms, delete-topic: {topic: order.events}, heal-after: 500ms}"))
		f := r.Results.Faults[0]
		Expect(f.What).To(Equal("delete topic order.events"))
		Expect(f.Bit).To(BeTrue())
		Expect(f.Evidence[:2]).To(Equal([]string{
			"before: topic order.events with 3 partitions; then: no topic order.events",
			"deleted on 3 partitions: order.events/0; order.events/1; order.events/2",
		}))
		Expect(r.Run.Reason).To(MatchRegexp(`^no-loss: \d+ events lost of \d+ acknowledged records$`))
		// All that was acknowledged was read, and what came since is there.
		s := r.Results.Senders[0]
		Expect(s.Received).To(Equal(s.Acked + s.UnknownSeen))
		Expect(r.Results.Invariants[0].Violations).To(And(BeNumerically(">", 0), BeNumerically("<", s.Acked)))
		Expect(r.Results.Drain.Complete).To(BeTrue())
		Expect(setting(ctx, "retention.ms")).To(HavePrefix("3600000 "))
		topics, err := adm.ListTopics(ctx, "order.events")
		Expect(err).NotTo(HaveOccurred())
		Expect(topics["order.events"].Partitions).To(HaveLen(3))
	})

	It("changes settings, is vacuous where they were so before, and sets them back", func(ctx SpecContext) {
		before := setting(ctx, "max.message.bytes")
		r := play(ctx, withFaults(
			"{at: 500ms, alter-topic: {topic: order.events, config: {max.message.bytes: 90}}, heal-after: 500ms}",
			"{at: 500ms, alter-topic: {topic: order.events, config: {retention.ms: 3600000}}, heal-after: 300ms}"))
		changed, same := r.Results.Faults[0], r.Results.Faults[1]
		Expect(changed.What).To(Equal("set max.message.bytes=90 of topic order.events"))
		Expect(changed.Bit).To(BeTrue())
		Expect(changed.Evidence[0]).To(Equal("before: max.message.bytes=1048588; then: max.message.bytes=90"))
		Expect(changed.Evidence[1]).To(MatchRegexp(`^\d+ client errors while it was open$`))
		Expect(same.Bit).To(BeFalse())
		Expect(same.Evidence[0]).To(Equal("before: retention.ms=3600000; then: retention.ms=3600000"))
		Expect(r.Run.Reason).To(Equal("the fault never bit: set retention.ms=3600000 of topic order.events"))
		Expect(setting(ctx, "max.message.bytes")).To(Equal(before))
		Expect(setting(ctx, "retention.ms")).To(HavePrefix("3600000 "))
	})

	It("sets them back when the run is interrupted", func(ctx SpecContext) {
		before := setting(ctx, "max.message.bytes")
		loading, interrupt := context.WithCancel(ctx)
		defer interrupt()
		r := play(loading, forLong(withFaults("{at: 100ms, alter-topic: {topic: order.events, config: {max.message.bytes: 90}}}")),
			scenario.OnProgress(func(p scenario.Progress) {
				if len(p.Open) > 0 {
					interrupt()
				}
			}))
		Expect(r.Run.Status).To(Equal(run.Interrupted))
		Expect(setting(ctx, "max.message.bytes")).To(Equal(before))
	})

	It("sets back what a run changed that was killed", func(ctx SpecContext) {
		before := setting(ctx, "max.message.bytes")
		meta, err := adm.BrokerMetadata(ctx)
		Expect(err).NotTo(HaveOccurred())
		ninety := "90"
		change := cluster.Change{Topic: "order.events", Config: map[string]*string{"max.message.bytes": &ninety}}
		inverse, err := change.Inverse(ctx, adm)
		Expect(err).NotTo(HaveOccurred())
		data, err := json.Marshal(inverse)
		Expect(err).NotTo(HaveOccurred())
		record, err := leftover.Keep("killed")
		Expect(err).NotTo(HaveOccurred())
		Expect(record.Undo(meta.Cluster, data)).To(Succeed())
		Expect(change.Apply(ctx, adm)).To(Succeed())
		Expect(record.Close(false, false, true)).To(Succeed())

		r := play(ctx, withFaults())
		Expect(r.Run.Verdict).To(Equal(finding.Pass), r.Run.Reason)
		Expect(setting(ctx, "max.message.bytes")).To(Equal(before))
		Expect(leftover.Changes(meta.Cluster, func(string, json.RawMessage) error { Fail("it is still in a record"); return nil })).To(Succeed())
	})
})
