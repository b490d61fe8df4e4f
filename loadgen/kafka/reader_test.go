package kafka_test

import (
	"context"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	. "github.com/flowweir/weir/loadgen/kafka"
)

func nothing([]*kgo.Record, time.Duration) {}

var _ = Describe("Reader", func() {
	It("begins where it is told and names what is open", func(ctx context.Context) {
		b := newBench()
		sendAll(ctx, b.producer(b.config(1000)))
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		var seen atomic.Int64
		r, err := NewReader(ReaderConfig{
			Client: b.options(), Start: b.start,
			From: map[string]map[int32]int64{topic: {1: ends[topic][1] - 5}},
			Handler: func(batch []*kgo.Record, at time.Duration) {
				for i, r := range batch {
					if r.Partition == 1 && r.Offset == ends[topic][1]-5+seen.Load()+int64(i) && at > 0 {
						continue
					}
					panic("a record that was not asked for")
				}
				seen.Add(int64(len(batch)))
			},
		})
		Expect(err).NotTo(HaveOccurred())
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- r.Run(running) }()

		Expect(r.ReadTo(ctx, map[string]map[int32]int64{topic: {1: ends[topic][1]}})).To(BeEmpty())
		Expect(seen.Load()).To(BeEquivalentTo(5))
		brief, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		Expect(r.ReadTo(brief, map[string]map[int32]int64{topic: {0: 1, 1: 1_000_000}, "other": {3: 1}})).To(Equal([]string{
			"order.events/0: not read by this reader",
			"order.events/1: read to offset " + itoa(ends[topic][1]) + " of 1000000",
			"other/3: not read by this reader",
		}))
		Expect(r.Positions()).To(Equal(map[string]map[int32]int64{topic: {1: ends[topic][1]}}))
		stop()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
		r.Close()
	})

	DescribeTable("reads past what transactions leave", func(ctx context.Context, committed bool, want int64) {
		b := newBench()
		client, err := kgo.NewClient(append(b.options(), kgo.TransactionalID("tx"), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
		for _, how := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
			Expect(client.BeginTransaction()).To(Succeed())
			for range 10 {
				Expect(client.ProduceSync(ctx, kgo.StringRecord("x")).FirstErr()).To(Succeed())
			}
			Expect(client.EndTransaction(ctx, how)).To(Succeed())
		}
		ends, err := StableOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(ends[topic][0]).To(BeEquivalentTo(22)) // 2 × (10 records and a marker)
		r := b.read(ctx, committed, nothing)
		Expect(r.ReadTo(ctx, ends)).To(BeEmpty())
		Expect(r.Facts()).To(Equal(ReadFacts{Records: want}))
	},
		Entry("uncommitted", false, int64(20)),
		Entry("committed", true, int64(10)),
	)

	It("counts what was deleted before it was read", func(ctx context.Context) {
		b := newBench()
		c := b.config(1000)
		sendAll(ctx, b.producer(c))
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(b.cluster.DeleteRecords(topic, 0, 7)).To(Succeed())
		r, err := NewReader(ReaderConfig{Client: b.options(), Start: b.start, From: map[string]map[int32]int64{topic: {0: 0}}, Handler: nothing})
		Expect(err).NotTo(HaveOccurred())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(context.Background()) }()
		Expect(r.ReadTo(ctx, map[string]map[int32]int64{topic: {0: ends[topic][0]}})).To(BeEmpty())
		Expect(r.Facts()).To(Equal(ReadFacts{Records: ends[topic][0] - 7, Deleted: 7}))
		r.Close()
		Eventually(ended).Should(Receive(MatchError(kgo.ErrClientClosed)))
	})

	It("counts what it may not read", func(ctx context.Context) {
		b := newBench()
		b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.TopicAuthorizationFailed, Count: 1})
		r := b.read(ctx, false, nothing)
		Eventually(r.Errors).WithTimeout(10 * time.Second).Should(ContainElement(And(
			HaveField("Stage", StageFetch), HaveField("Error", "TOPIC_AUTHORIZATION_FAILED"))))
	})

	It("refuses a config that is not whole", func() {
		_, err := NewReader(ReaderConfig{Start: time.Now()})
		Expect(err).To(MatchError(ContainSubstring("a handler and a start")))
		_, err = NewReader(ReaderConfig{Start: time.Now(), Handler: nothing, From: map[string]map[int32]int64{"a": {3: -1}}})
		Expect(err).To(MatchError(ContainSubstring("read a/3: the offset -1")))
	})
})

var _ = Describe("Group", func() {
	It("shares the partitions, commits after processing and leaves", func(ctx context.Context) {
		const n = 10_000
		b := newBench(kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
		// Older records are not the group's.
		old := b.producer(b.config(500))
		sendAll(ctx, old)

		start := time.Now().Truncate(time.Millisecond).Add(time.Millisecond)
		var handled [3]atomic.Int64
		g, err := StartGroup(GroupConfig{
			Client: b.options(), Group: "weir-probe", Topics: []string{topic}, Members: 3, Start: start, Settings: DefaultGroupSettings(),
			Handler: func(member int, batch []*kgo.Record, _ time.Duration) { handled[member].Add(int64(len(batch))) },
		})
		Expect(err).NotTo(HaveOccurred())
		_, err = b.cluster.WaitGroupStable(ctx, "weir-probe", 3)
		Expect(err).NotTo(HaveOccurred())
		c := b.config(n)
		c.Start = start
		sendAll(ctx, b.producer(c))

		received := func() (sum int64) {
			for _, m := range g.Facts() {
				sum += m.Received
			}
			return sum
		}
		Eventually(received).WithTimeout(20 * time.Second).Should(BeEquivalentTo(n))
		for i, m := range g.Facts() {
			Expect(m.Received).To(Equal(handled[i].Load()))
			Expect(m.Received).NotTo(BeZero())
			Expect(m.Rebalances).NotTo(BeZero())
		}
		admin := b.admin()
		state, err := ReadGroup(ctx, admin, "weir-probe")
		Expect(err).NotTo(HaveOccurred())
		Expect(state).To(And(HaveField("State", "Stable"), HaveField("Members", 3), HaveField("Partitions", HaveLen(partitions))))

		Expect(g.Close(ctx)).To(Succeed())
		Expect(g.Close(ctx)).To(Succeed())
		ends, err := EndOffsets(ctx, admin, topic)
		Expect(err).NotTo(HaveOccurred())
		state, err = ReadGroup(ctx, admin, "weir-probe")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.State).To(Equal("Empty"))
		Expect(state.Lag()).To(BeZero())
		for i, p := range state.Partitions {
			Expect(p).To(Equal(GroupPartition{Topic: topic, Partition: int32(i), Committed: ends[topic][int32(i)], End: ends[topic][int32(i)]}))
		}
		Expect(g.Errors()).To(BeEmpty())
	})

	DescribeTable("keeps its lag known, under each protocol", func(ctx context.Context, protocol Protocol, static bool) {
		const n = 3_000
		b := newBench(kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
		c := b.config(n)
		c.Start = time.Now()
		sendAll(ctx, b.producer(c))
		settings := DefaultGroupSettings()
		settings.Protocol, settings.Static, settings.Earliest, settings.MaxPollRecords = protocol, static, true, 10
		instances := map[string]bool{}
		g, err := StartGroup(GroupConfig{Client: b.options(), Group: "weir-probe", Topics: []string{topic}, Members: 2, Start: time.Now(), Settings: settings})
		Expect(err).NotTo(HaveOccurred())
		admin := b.admin()
		Eventually(func() (int64, error) {
			state, err := ReadGroup(ctx, admin, "weir-probe")
			if err != nil || state.Members != 2 || len(state.Partitions) != partitions {
				return -1, err
			}
			return state.Lag(), nil
		}).WithTimeout(20 * time.Second).WithPolling(50 * time.Millisecond).Should(BeZero())
		client := b.client()
		// Every partition is of one of both, once the group has come to rest.
		Eventually(func(g Gomega) {
			owners, err := ReadOwners(ctx, client, "weir-probe")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(owners.Settled).To(BeTrue())
			g.Expect(owners.Members).To(HaveLen(1))
			members := map[string]bool{}
			for _, owned := range owners.Members {
				g.Expect(owned).To(HaveLen(partitions))
				for _, of := range owned {
					g.Expect(of).To(HaveLen(1))
					members[of[0]] = true
				}
			}
			g.Expect(members).To(HaveLen(2))
		}).WithTimeout(20 * time.Second).WithPolling(50 * time.Millisecond).Should(Succeed())
		modern, err := admin.DescribeConsumerGroups(ctx, "weir-probe")
		Expect(err).NotTo(HaveOccurred())
		Expect(len(modern["weir-probe"].Members) == 2).To(Equal(protocol == Modern), "the coordinator says which protocol it is")
		for _, m := range modern["weir-probe"].Members {
			if m.InstanceID != nil {
				instances[*m.InstanceID] = true
			}
		}
		if protocol == Modern && static {
			Expect(instances).To(Equal(map[string]bool{"weir-probe-0": true, "weir-probe-1": true}))
		}
		received := int64(0)
		for _, m := range g.Facts() {
			received += m.Received
		}
		Expect(received).To(BeNumerically(">=", n))
		Expect(g.Close(ctx)).To(Succeed())
		Expect(SpeaksModern(ctx, admin)).To(BeTrue())
	},
		Entry("classic, static", Classic, true),
		Entry("consumer", Modern, false),
		Entry("consumer, static", Modern, true),
	)

	It("is closed when its time is over, though no broker answers", func(ctx context.Context) {
		b := newBench(kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
		settings := DefaultGroupSettings()
		settings.Earliest = true
		g, err := StartGroup(GroupConfig{Client: b.options(), Group: "weir-probe", Topics: []string{topic}, Members: 2, Start: time.Now(), Settings: settings})
		Expect(err).NotTo(HaveOccurred())
		_, err = b.cluster.WaitGroupStable(ctx, "weir-probe", 2)
		Expect(err).NotTo(HaveOccurred())
		frozen := make(chan struct{})
		b.hold(frozen, nil, kmsg.OffsetCommit, kmsg.LeaveGroup)
		sendAll(ctx, b.producer(b.config(100)))
		Eventually(func() int64 { return g.Facts()[0].Received + g.Facts()[1].Received }).WithTimeout(20 * time.Second).Should(BeEquivalentTo(100))
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		Expect(g.Close(short)).To(MatchError(ContainSubstring("commit")))
		close(frozen) // only now: Close waited for no answer
	})

	It("takes the time that records take, and commits what it has done", func(ctx context.Context) {
		b := newBench(kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
		c := b.config(600)
		c.Start = time.Now()
		sendAll(ctx, b.producer(c))
		settings := DefaultGroupSettings()
		settings.Earliest = true
		hold := make(chan struct{})
		var asked atomic.Int64
		g, err := StartGroup(GroupConfig{Client: b.options(), Group: "slow", Topics: []string{topic}, Start: time.Now(), Settings: settings,
			Process: func(*kgo.Record) time.Duration {
				if asked.Add(1) == 200 {
					close(hold)
					return time.Hour
				}
				return 0
			},
		})
		Expect(err).NotTo(HaveOccurred())
		Eventually(hold).WithTimeout(20 * time.Second).Should(BeClosed())
		Expect(g.Close(ctx)).To(Succeed())
		// The record that took an hour, and those behind it, were not done.
		Expect(g.Facts()[0].Received).To(BeEquivalentTo(199))
		state, err := ReadGroup(ctx, b.admin(), "slow")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Lag()).To(BeEquivalentTo(600 - 199))
	})

	It("says what settings cannot be", func() {
		for want, change := range map[string]func(*GroupSettings){
			`the protocol "next" is not one of classic, consumer`:     func(s *GroupSettings) { s.Protocol = "next" },
			"a session timeout of 1ms is not between 1s and 30m":      func(s *GroupSettings) { s.SessionTimeout = time.Millisecond },
			"a fetch wait of 1ms is not between 10ms and 1m":          func(s *GroupSettings) { s.FetchMaxWait = time.Millisecond },
			"fetches of 1 to 52428800 bytes, 52428801 of a partition": func(s *GroupSettings) { s.FetchMaxPartitionBytes = 50<<20 + 1 },
			"max-poll-records 0 is not at least 1":                    func(s *GroupSettings) { s.MaxPollRecords = 0 },
		} {
			s := DefaultGroupSettings()
			change(&s)
			Expect(s.Validate()).To(MatchError(ContainSubstring(want)))
		}
		s := DefaultGroupSettings()
		Expect(s.Map()).To(Equal(map[string]string{
			"group.protocol": "classic", "isolation.level": "read_uncommitted", "auto.offset.reset": "by_duration", "fetch.min.bytes": "1",
			"fetch.max.bytes": "52428800", "max.partition.fetch.bytes": "1048576", "fetch.max.wait.ms": "500", "max.poll.records": "500",
			"weir.static.membership": "false", "session.timeout.ms": "45000",
		}))
	})

	It("refuses a config that is not whole", func() {
		for _, c := range []GroupConfig{{Group: "a", Topics: []string{"a"}, Start: time.Now()}, {}, {Group: "a", Start: time.Now()}, {Group: "a", Topics: []string{"a"}}, {Group: "a", Topics: []string{"a"}, Start: time.Now(), Members: -1}} {
			_, err := StartGroup(c)
			Expect(err).To(HaveOccurred())
		}
	})
})

var _ = Describe("Facts of the cluster", func() {
	It("reads offsets and groups", func(ctx context.Context) {
		b := newBench()
		c := b.config(600)
		sendAll(ctx, b.producer(c))
		Expect(b.cluster.DeleteRecords(topic, 2, 3)).To(Succeed())
		admin := b.admin()
		starts, err := StartOffsets(ctx, admin, topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(starts).To(Equal(map[string]map[int32]int64{topic: {0: 0, 1: 0, 2: 3, 3: 0, 4: 0, 5: 0}}))
		ends, err := EndOffsets(ctx, admin, topic)
		Expect(err).NotTo(HaveOccurred())
		sum := int64(0)
		for _, end := range ends[topic] {
			sum += end
		}
		Expect(sum).To(BeEquivalentTo(600))

		owners, err := ReadOwners(ctx, b.client(), "nobody")
		Expect(err).NotTo(HaveOccurred())
		Expect(owners).To(Equal(Owners{Settled: true, Members: map[string]map[int32][]string{}}))
		state, err := ReadGroup(ctx, admin, "nobody")
		Expect(err).NotTo(HaveOccurred())
		Expect(state).To(Equal(GroupState{Group: "nobody", State: "Dead"}))
	})

	It("says what it asked for and what is not there", func(ctx context.Context) {
		b := newBench()
		admin := b.admin()
		_, err := EndOffsets(ctx, admin, "no.such.topic")
		Expect(err).To(MatchError(And(ContainSubstring("end offsets of [no.such.topic]"), ContainSubstring("UNKNOWN_TOPIC"))))
		Expect(EndOffsets(ctx, admin)).To(BeEmpty())
	})
})
