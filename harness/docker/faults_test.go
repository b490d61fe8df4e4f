package docker

import (
	"context"
	"fmt"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
)

// patience bounds what a broker needs to notice, elect or catch up; a node
// of a starved machine may take most of it.
const patience = 90 * time.Second

// report shows a figure of the machine that ran the specs. None is asserted.
func report(name string, format string, args ...any) {
	AddReportEntry(name, fmt.Sprintf(format, args...), ReportEntryVisibilityAlways)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

var _ = Describe("A cluster in containers", Ordered, func() {
	It("describes itself", func() {
		Expect(shared.Nodes()).To(Equal([]int32{0, 1, 2}))
		info := shared.Info()
		Expect(info.Kind).To(Equal(cluster.Docker))
		Expect(info.Brokers).To(Equal(3))
		Expect(info.Durable).To(BeTrue())
		Expect(info.Version).To(HavePrefix("v4."))
		Expect(info.Config).To(Equal(failover))
		Expect(info.Bootstrap).To(HaveLen(3))
		addresses, network, err := shared.ContainerBootstrap()
		Expect(err).NotTo(HaveOccurred())
		Expect(addresses).To(Equal([]string{"broker-0:9093", "broker-1:9093", "broker-2:9093"}))
		Expect(network).To(Equal("weir-" + sharedRun + "-svc"))
	})

	It("carries records through its published ports, and reports topics that were there", func(ctx context.Context) {
		newTopic(ctx, "through")
		topics := existing("through")
		Expect(cluster.CreateTopics(ctx, shared, topics)).To(Succeed())
		Expect(topics[0].Created).To(BeFalse())
		Expect(topics[0].Partitions).To(Equal(1))
		Expect(topics[0].Replication).To(Equal(3))
		l := startLoad("through")
		Eventually(l.count).WithTimeout(patience).Should(BeNumerically(">=", 100))
		l.expectWhole(ctx, "through")
	}, NodeTimeout(2*patience))

	It("moves leadership when a leader is killed, and takes the node back at its old address", func(ctx context.Context) {
		newTopic(ctx, "killed")
		kafka := newClient()
		l := startLoad("killed")
		Eventually(l.count).WithTimeout(patience).Should(BeNumerically(">=", 50))
		before := partition(ctx, kafka, "killed")
		bootstrap := shared.Bootstrap()

		Expect(shared.Kill(ctx, before.Leader)).To(Succeed())
		Expect(shared.Kill(ctx, before.Leader)).To(MatchError(errDown))
		Expect(shared.Stop(ctx, before.Leader)).To(MatchError(errDown))
		killed := time.Now()
		acked := l.count()
		Eventually(func() int32 { return partition(ctx, kafka, "killed").LeaderEpoch }).
			WithTimeout(patience).WithPolling(50 * time.Millisecond).Should(BeNumerically(">", before.LeaderEpoch))
		elected := time.Since(killed)
		Expect(partition(ctx, kafka, "killed").Leader).NotTo(Equal(before.Leader))
		Eventually(l.count).WithTimeout(patience).Should(BeNumerically(">=", acked+50))

		Expect(shared.Start(ctx, before.Leader)).To(Succeed())
		Expect(shared.Start(ctx, before.Leader)).To(Succeed(), "a node that runs")
		started := time.Now()
		Eventually(func() []int32 { return partition(ctx, kafka, "killed").ISR }).
			WithTimeout(patience).WithPolling(50 * time.Millisecond).Should(ConsistOf(int32(0), int32(1), int32(2)))
		report("leader killed", "leader after %s, publishing stood still %s, node in the ISR %s after its start",
			round(elected), round(l.longestGap()), round(time.Since(started)))
		Expect(shared.Bootstrap()).To(Equal(bootstrap))
		Expect(directly(ctx, bootstrap[before.Leader])).To(Succeed())
		l.expectWhole(ctx, "killed")
	}, NodeTimeout(5*patience))

	It("loses the leadership of a node that is paused, and heals by the node's state", func(ctx context.Context) {
		newTopic(ctx, "paused")
		kafka := newClient(kgo.RequestTimeoutOverhead(time.Second))
		l := startLoad("paused")
		Eventually(l.count).WithTimeout(patience).Should(BeNumerically(">=", 50))
		before := partition(ctx, kafka, "paused")
		Expect(shared.Pause(ctx, before.Leader)).To(Succeed())
		Expect(shared.Pause(ctx, before.Leader)).To(Succeed(), "a node that is paused")
		paused := time.Now()
		Eventually(func() int32 { return partition(ctx, kafka, "paused").LeaderEpoch }).
			WithTimeout(patience).WithPolling(50 * time.Millisecond).Should(BeNumerically(">", before.LeaderEpoch))
		report("leader paused", "another leader after %s", round(time.Since(paused)))
		Expect(shared.Start(ctx, before.Leader)).To(Succeed(), "a paused node runs")
		Expect(shared.Unpause(ctx, before.Leader)).To(Succeed())
		Expect(shared.Unpause(ctx, before.Leader)).To(Succeed(), "a node that is not paused")
		Eventually(func() []int32 { return partition(ctx, kafka, "paused").ISR }).
			WithTimeout(patience).Should(HaveLen(3))

		By("killing a node that is paused")
		follower := (partition(ctx, kafka, "paused").Leader + 1) % 3
		Expect(shared.Pause(ctx, follower)).To(Succeed())
		Expect(shared.Kill(ctx, follower)).To(Succeed())
		Expect(shared.Unpause(ctx, follower)).To(Succeed(), "a node that ended while it was paused")
		Expect(shared.Pause(ctx, follower)).To(MatchError(errDown))
		Expect(shared.Start(ctx, follower)).To(Succeed())
		Eventually(func() error { return directly(ctx, shared.Bootstrap()[follower]) }).WithTimeout(patience).Should(Succeed())
		Eventually(func() []int32 { return partition(ctx, kafka, "paused").ISR }).
			WithTimeout(patience).Should(HaveLen(3))
		l.expectWhole(ctx, "paused")
	}, NodeTimeout(5*patience))

	It("replicates to a node that was wiped", func(ctx context.Context) {
		newTopic(ctx, "wiped")
		kafka := newClient()
		l := startLoad("wiped")
		Eventually(l.count).WithTimeout(patience).Should(BeNumerically(">=", 200))
		follower := (partition(ctx, kafka, "wiped").Leader + 1) % 3
		Expect(shared.Wipe(ctx, follower)).To(MatchError(ContainSubstring("kill or stop it first")))
		Expect(shared.Kill(ctx, follower)).To(Succeed())
		Eventually(func() []int32 { return partition(ctx, kafka, "wiped").ISR }).
			WithTimeout(patience).ShouldNot(ContainElement(follower))
		began := time.Now()
		Expect(shared.Wipe(ctx, follower)).To(Succeed())
		took := time.Since(began)
		Expect(shared.Start(ctx, follower)).To(Succeed())
		Eventually(func() []int32 { return partition(ctx, kafka, "wiped").ISR }).
			WithTimeout(patience).Should(HaveLen(3))
		report("node wiped", "in %s, full copy in the ISR %s later", round(took), round(time.Since(began)-took))
		l.expectWhole(ctx, "wiped")
	}, NodeTimeout(5*patience))

	It("refuses to act on a node that does not exist", func(ctx context.Context) {
		Expect(shared.Kill(ctx, 3)).To(MatchError("kill node 3: no such node; there are 0 to 2"))
	})

	It("keeps what every life of a node wrote", func(ctx context.Context) {
		newTopic(ctx, "lives")
		kafka := newClient()
		Expect(shared.Stop(ctx, 0)).To(Succeed())
		Expect(shared.Start(ctx, 0)).To(Succeed())
		Eventually(func() []int32 { return partition(ctx, kafka, "lives").ISR }).
			WithTimeout(patience).Should(HaveLen(3))
		Eventually(func() (string, error) {
			text, err := os.ReadFile(shared.LogFile(0))
			return string(text), err
		}).WithTimeout(patience).Should(MatchRegexp(`(?s)Kafka Server started.*shut down completed.*Kafka Server started`))
	}, NodeTimeout(3*patience))
})

var _ = Describe("A cluster that cannot be had", func() {
	It("is refused for a setting that the brokers do not know, and leaves nothing behind", func(ctx context.Context) {
		spec := cluster.Spec{Brokers: 1, RunID: "refused-run", Config: map[string]string{"num.partitons": "3"}}
		_, err := Provider().Start(ctx, spec)
		Expect(err).To(MatchError(cluster.ErrRefused))
		Expect(err).To(MatchError(And(ContainSubstring(`broker setting num.partitons = "3": `), ContainSubstring("knows no such setting"))))
		Expect(leftOf(ctx, "refused-run")).To(BeEmpty())
	}, NodeTimeout(3*patience))

	It("says what a node said that ended by itself, and leaves nothing behind", func(ctx context.Context) {
		spec := cluster.Spec{Brokers: 1, RunID: "failed-run", Config: map[string]string{"log.cleaner.threads": "none"}}
		_, err := Provider().Start(ctx, spec)
		Expect(err).To(MatchError(cluster.ErrUnavailable))
		Expect(err).To(MatchError(And(ContainSubstring("node 0 ended with status 1; its last lines:"), ContainSubstring("log.cleaner.threads"))))
		Expect(leftOf(ctx, "failed-run")).To(BeEmpty())
	}, NodeTimeout(3*patience))

	It("is left off when it is cancelled, and leaves nothing behind", func(ctx context.Context) {
		starting, cancel := context.WithCancel(ctx)
		defer cancel()
		done := make(chan error)
		go func() {
			_, err := Provider().Start(starting, cluster.Spec{Brokers: 1, RunID: "cancelled-run"})
			done <- err
		}()
		Eventually(func() ([]string, error) { return leftOf(ctx, "cancelled-run") }).WithTimeout(patience).
			Should(ContainElement("weir-cancelled-run-broker-0"))
		cancel()
		Eventually(done).WithTimeout(patience).Should(Receive(MatchError(context.Canceled)))
		Expect(leftOf(ctx, "cancelled-run")).To(BeEmpty())
	}, NodeTimeout(3*patience))

	It("names the image that is missing, and what to do", func(ctx context.Context) {
		_, err := Provider().Start(ctx, cluster.Spec{Image: "127.0.0.1:1/no/such:image"})
		Expect(err).To(MatchError(cluster.ErrUnavailable))
		Expect(err).To(MatchError(And(ContainSubstring("image 127.0.0.1:1/no/such:image is not present and cannot be pulled"), ContainSubstring("named by cluster.image"))))
	}, NodeTimeout(patience))
})

// directly asks one node, and no other, for its metadata.
func directly(ctx context.Context, address string) error {
	kafka, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.RequestRetries(1))
	if err != nil {
		return err
	}
	defer kafka.Close()
	return kafka.Ping(ctx)
}
