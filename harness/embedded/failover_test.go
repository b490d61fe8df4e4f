package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
)

// stream is a producer that sends 1, 2, 3, … to a topic until it is stopped.
type stream struct {
	stop context.CancelFunc
	done chan struct{}

	mu    sync.Mutex
	acked []int
	fails []error
	last  time.Time
	gap   time.Duration // the longest time between two acks
}

func startStream(ctx context.Context, cl *kgo.Client, topic string) *stream {
	ctx, cancel := context.WithCancel(ctx)
	s := &stream{stop: cancel, done: make(chan struct{}), last: time.Now()}
	go func() {
		defer close(s.done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for i := 1; ctx.Err() == nil; i++ {
			<-tick.C
			cl.Produce(context.Background(), &kgo.Record{Topic: topic, Value: []byte(strconv.Itoa(i))}, func(_ *kgo.Record, err error) { s.ack(i, err) })
		}
		_ = cl.Flush(context.Background())
	}()
	return s
}

func (s *stream) ack(i int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fails = append(s.fails, err)
		return
	}
	s.acked = append(s.acked, i)
	s.gap = max(s.gap, time.Since(s.last))
	s.last = time.Now()
}

func (s *stream) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

// end stops the producer and returns what was acknowledged, in order.
func (s *stream) end() []int {
	GinkgoHelper()
	s.stop()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	Expect(s.fails).To(BeEmpty())
	return slices.Sorted(slices.Values(s.acked))
}

// readAll reads a topic from its start to its end, each value as a number.
func readAll(ctx context.Context, c *embedded.Cluster, topic string, opts ...kgo.Opt) []int {
	GinkgoHelper()
	cl := client(c, append([]kgo.Opt{kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}, opts...)...)
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, topic)
	Expect(err).NotTo(HaveOccurred())
	want := 0
	ends.Each(func(o kadm.ListedOffset) { want += int(o.Offset) })
	return poll(ctx, cl, want)
}

// poll receives n records.
func poll(ctx context.Context, cl *kgo.Client, n int) []int {
	GinkgoHelper()
	var got []int
	for len(got) < n {
		fs := cl.PollFetches(ctx)
		Expect(fs.Err()).NotTo(HaveOccurred())
		for _, r := range fs.Records() {
			i, err := strconv.Atoi(string(r.Value))
			Expect(err).NotTo(HaveOccurred())
			got = append(got, i)
		}
	}
	return got
}

// steady waits for acknowledgments that come after now.
func steady(s *stream) {
	GinkgoHelper()
	n := s.count()
	Eventually(s.count).WithTimeout(30*time.Second).Should(BeNumerically(">", n+20), "the stream goes on")
}

var _ = Describe("a broker fault", func() {
	ctx := context.Background()

	It("loses and doubles nothing when the leader is killed under load", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "orders", 1, 3)
		before := partition(ctx, cl, "orders", 0)

		s := startStream(ctx, cl, "orders")
		steady(s)
		Expect(c.Kill(ctx, before.Leader)).To(Succeed())
		Expect(dials(c.Bootstrap()[before.Leader])).To(MatchError(syscall.ECONNREFUSED))
		steady(s)

		after := partition(ctx, cl, "orders", 0)
		Expect(after.Leader).NotTo(Equal(before.Leader))
		Expect(after.LeaderEpoch).To(BeNumerically(">", before.LeaderEpoch))
		Expect(brokerIDs(ctx, cl)).NotTo(ContainElement(before.Leader))

		Expect(c.Start(ctx, before.Leader)).To(Succeed())
		Expect(dials(c.Bootstrap()[before.Leader])).To(Succeed(), "it is back on its port")
		Expect(brokerIDs(ctx, cl)).To(Equal([]int32{0, 1, 2}))
		Expect(partition(ctx, cl, "orders", 0).Leader).To(Equal(after.Leader), "leadership stays where it went")
		steady(s)

		acked := s.end()
		AddReportEntry("longest gap between acknowledgments, session timeout", fmt.Sprintf("%s, %s", s.gap, sessionTimeout))
		Expect(s.gap.Seconds()/sessionTimeout.Seconds()).To(And(BeNumerically(">", 0.9), BeNumerically("<", 10)),
			"publishing stood still for about the session timeout")
		Expect(readAll(ctx, c, "orders")).To(Equal(acked), "every acknowledged record once, in order")
	})

	It("keeps the port of a broker that is down from others that pick one", func() {
		c := start(ctx, cluster.Spec{Brokers: 1})
		Expect(c.Kill(ctx, 0)).To(Succeed())
		_, err := net.ListenPacket("udp", c.Bootstrap()[0])
		Expect(err).To(MatchError(syscall.EADDRINUSE), "what package port reserves with")
		Expect(c.Close(ctx)).To(Succeed())
		guard, err := net.ListenPacket("udp", c.Bootstrap()[0])
		Expect(err).NotTo(HaveOccurred())
		Expect(guard.Close()).To(Succeed())
	})

	It("moves nothing when the broker is back before its session expires", func(SpecContext) {
		c := start(ctx, neverExpires)
		cl := client(c)
		createTopic(ctx, cl, "orders", 3, 3)
		before := partitions(ctx, cl, "orders")
		produce(ctx, cl, "orders", "1", "2", "3", "4", "5", "6")
		for _, id := range c.Nodes() {
			Expect(c.Kill(ctx, id)).To(Succeed())
			Expect(c.Kill(ctx, id)).To(Succeed(), "killing what is down is no error")
			if id == 0 {
				Expect(partitions(ctx, cl, "orders")).To(Equal(before))
				Expect(brokerIDs(ctx, cl)).To(Equal([]int32{0, 1, 2}))
			}
		}
		for _, id := range c.Nodes() {
			Expect(c.Start(ctx, id)).To(Succeed())
			Expect(c.Start(ctx, id)).To(Succeed(), "starting what runs is no error")
		}
		Expect(partitions(ctx, cl, "orders")).To(Equal(before))
		Expect(readAll(ctx, c, "orders")).To(ConsistOf(1, 2, 3, 4, 5, 6))
	})

	It("moves leaderships before a controlled shutdown ends", func(SpecContext) {
		c := start(ctx, neverExpires) // a move that waited for the session would fail the spec
		cl := client(c)
		createTopic(ctx, cl, "orders", 1, 3)
		before := partition(ctx, cl, "orders", 0)
		s := startStream(ctx, cl, "orders")
		steady(s)
		Expect(c.Stop(ctx, before.Leader)).To(Succeed())
		Expect(c.Stop(ctx, before.Leader)).To(Succeed(), "stopping what is down is no error")
		after := partition(ctx, cl, "orders", 0)
		Expect(after.Leader).NotTo(Equal(before.Leader))
		Expect(after.LeaderEpoch).To(BeNumerically(">", before.LeaderEpoch))
		steady(s)
		Expect(c.Start(ctx, before.Leader)).To(Succeed())
		Expect(readAll(ctx, c, "orders")).NotTo(BeEmpty())
		acked := s.end()
		Expect(readAll(ctx, c, "orders")).To(Equal(acked))
	})

	It("stalls all brokers and moves nothing", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "orders", 3, 3)
		before := partitions(ctx, cl, "orders")
		s := startStream(ctx, cl, "orders")
		steady(s)
		for _, id := range c.Nodes() {
			Expect(c.Pause(ctx, id)).To(Succeed())
			Expect(c.Pause(ctx, id)).To(Succeed(), "pausing what is paused is no error")
			Expect(dials(c.Bootstrap()[id])).To(Succeed(), "a paused broker accepts connections")
		}
		// What was answered just before the pause still arrives.
		n := 0
		Eventually(func() bool { m := s.count(); same := m == n; n = m; return same }).WithPolling(50 * time.Millisecond).Should(BeTrue())
		paused := time.Now()
		// Longer than the session timeout: it must not move anything.
		Consistently(s.count).WithTimeout(sessionTimeout + 200*time.Millisecond).WithPolling(20 * time.Millisecond).Should(Equal(n))
		for _, id := range c.Nodes() {
			Expect(c.Unpause(ctx, id)).To(Succeed())
			Expect(c.Unpause(ctx, id)).To(Succeed(), "unpausing what runs is no error")
		}
		stall := time.Since(paused)
		steady(s)
		Expect(partitions(ctx, cl, "orders")).To(Equal(before))
		acked := s.end()
		Expect(s.gap).To(BeNumerically(">=", stall))
		Expect(readAll(ctx, c, "orders")).To(ConsistOf(acked))
	})

	It("moves leadership from a paused broker, which rejoins", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "orders", 1, 3)
		before := partition(ctx, cl, "orders", 0)
		s := startStream(ctx, cl, "orders")
		steady(s)
		Expect(c.Pause(ctx, before.Leader)).To(Succeed())
		Eventually(func() []int32 { return brokerIDs(ctx, cl) }).WithTimeout(30 * time.Second).ShouldNot(ContainElement(before.Leader))
		after := partition(ctx, cl, "orders", 0)
		Expect(after.Leader).NotTo(Equal(before.Leader))
		Expect(c.Start(ctx, before.Leader)).To(Succeed(), "a paused broker runs")
		Expect(brokerIDs(ctx, cl)).To(HaveLen(2), "and stays paused")
		Expect(c.Unpause(ctx, before.Leader)).To(Succeed())
		Expect(brokerIDs(ctx, cl)).To(HaveLen(3))
		steady(s)
		Expect(readAll(ctx, c, "orders")).NotTo(BeEmpty())
		Expect(readAll(ctx, c, "orders")).NotTo(BeEmpty())
		acked := s.end()
		Expect(readAll(ctx, c, "orders")).To(Equal(acked))
	})

	It("kills a paused broker, and an unpause later finds it dead", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		Expect(c.Pause(ctx, 1)).To(Succeed())
		Expect(c.Kill(ctx, 1)).To(Succeed())
		Expect(c.Unpause(ctx, 1)).To(Succeed())
		Expect(dials(c.Bootstrap()[1])).To(MatchError(syscall.ECONNREFUSED))
		Expect(c.Pause(ctx, 1)).To(MatchError("embedded: pause broker 1: it is down; start it first"))
		Expect(c.Kill(ctx, 7)).To(MatchError("embedded: there is no broker 7; the brokers are 0 to 2"))
		Expect(c.Start(ctx, 1)).To(Succeed())
		Expect(dials(c.Bootstrap()[1])).To(Succeed())
	})

	It("fails over when the first broker is back after all were down", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "orders", 6, 3)
		for _, id := range c.Nodes() {
			Expect(c.Stop(ctx, id)).To(Succeed())
		}
		Expect(c.Start(ctx, 1)).To(Succeed())
		Eventually(func() []int32 { return brokerIDs(ctx, cl) }).WithTimeout(30 * time.Second).Should(Equal([]int32{1}))
		for _, p := range partitions(ctx, cl, "orders") {
			Expect(p.Leader).To(Equal(int32(1)))
		}
		Expect(c.Start(ctx, 0)).To(Succeed())
		Expect(c.Start(ctx, 2)).To(Succeed())
		Expect(brokerIDs(ctx, cl)).To(Equal([]int32{0, 1, 2}))
		produce(ctx, cl, "orders", "1")
	})

	It("moves the coordinator, and the consumer group goes on", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "orders", 3, 3)
		consumer := client(c, kgo.ConsumerGroup("payments"), kgo.ConsumeTopics("orders"), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		produce(ctx, cl, "orders", "1", "2", "3")
		got := poll(ctx, consumer, 3)
		Expect(consumer.CommitUncommittedOffsets(ctx)).To(Succeed())

		coordinator := func() int32 {
			cs := kadm.NewClient(cl).FindGroupCoordinators(ctx, "payments")
			return cs["payments"].NodeID
		}
		before := coordinator()
		Expect(c.Kill(ctx, before)).To(Succeed())
		Eventually(func() []int32 { return brokerIDs(ctx, cl) }).WithTimeout(30 * time.Second).ShouldNot(ContainElement(before))
		Expect(coordinator()).NotTo(Equal(before))
		produce(ctx, cl, "orders", "4", "5", "6")
		got = append(got, poll(ctx, consumer, 3)...)
		Expect(consumer.CommitUncommittedOffsets(ctx)).To(Succeed())
		Expect(c.Start(ctx, before)).To(Succeed())
		produce(ctx, cl, "orders", "7", "8", "9")
		got = append(got, poll(ctx, consumer, 3)...)
		Expect(consumer.CommitUncommittedOffsets(ctx)).To(Succeed())
		Expect(got).To(ConsistOf(1, 2, 3, 4, 5, 6, 7, 8, 9))

		lags, err := kadm.NewClient(cl).Lag(ctx, "payments")
		Expect(err).NotTo(HaveOccurred())
		Expect(lags["payments"].Lag.Total()).To(BeZero())
	})

	It("leaves a partition of replication factor 1 without a leader", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "single", 1, 1)
		home := partition(ctx, cl, "single", 0)
		produce(ctx, cl, "single", "1", "2")
		Expect(c.Stop(ctx, home.Leader)).To(Succeed())

		stranded := partition(ctx, cl, "single", 0)
		Expect(stranded.ErrorCode).To(Equal(kerr.LeaderNotAvailable.Code))
		Expect(stranded.Leader).To(Equal(int32(-1)))
		results, err := kadm.NewClient(cl).ElectLeaders(ctx, kadm.ElectLiveReplica, kadm.TopicsSet{"single": {0: {}}})
		Expect(err).NotTo(HaveOccurred())
		Expect(results["single"][0].Err).To(MatchError(kerr.EligibleLeadersNotAvailable))
		impatient := client(c, kgo.RecordDeliveryTimeout(time.Second))
		Expect(impatient.ProduceSync(ctx, &kgo.Record{Topic: "single", Value: []byte("3")}).FirstErr()).To(HaveOccurred())

		Expect(c.Start(ctx, home.Leader)).To(Succeed())
		back := partition(ctx, cl, "single", 0)
		Expect(back.ErrorCode).To(BeZero())
		Expect(back.Leader).To(Equal(home.Leader))
		produce(ctx, cl, "single", "4")
		Expect(readAll(ctx, c, "single")).To(Equal([]int{1, 2, 4}))
	})

	It("holds no election where a leader is", func(SpecContext) {
		c := start(ctx, cluster.Spec{})
		cl := client(c)
		createTopic(ctx, cl, "orders", 1, 3)
		before := partition(ctx, cl, "orders", 0)
		results, err := kadm.NewClient(cl).ElectLeaders(ctx, kadm.ElectLiveReplica, kadm.TopicsSet{"orders": {0: {}}})
		Expect(err).NotTo(HaveOccurred())
		Expect(results["orders"][0].Err).To(MatchError(kerr.ElectionNotNeeded))
		Expect(partition(ctx, cl, "orders", 0)).To(Equal(before))
	})

	It("keeps transactions whole across the death of their coordinator", func(SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		createTopic(ctx, cl, "orders", 3, 3)
		tx := client(c, kgo.TransactionalID("t"))
		Expect(tx.BeginTransaction()).To(Succeed())
		produce(ctx, tx, "orders", "1", "2", "3")
		coordinator := kadm.NewClient(cl).FindTxnCoordinators(ctx, "t")["t"].NodeID
		Expect(c.Kill(ctx, coordinator)).To(Succeed())
		Eventually(func() []int32 { return brokerIDs(ctx, cl) }).WithTimeout(30 * time.Second).ShouldNot(ContainElement(coordinator))
		Expect(tx.EndTransaction(ctx, kgo.TryCommit)).To(Succeed())
		reader := client(c, kgo.ConsumeTopics("orders"), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		Expect(poll(ctx, reader, 3)).To(ConsistOf(1, 2, 3))
	})

	It("refuses a context that has ended", func(SpecContext) {
		c := start(ctx, cluster.Spec{})
		ended, cancel := context.WithCancel(ctx)
		cancel()
		Expect(c.Kill(ended, 0)).To(MatchError(context.Canceled))
		_, err := embedded.Start(ended, cluster.Spec{})
		Expect(errors.Is(err, context.Canceled)).To(BeTrue())
	})
})
