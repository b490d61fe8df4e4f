package proxy_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/harness/cluster"
)

var _ = Describe("a client behind a proxy", func() {
	It("produces, and reads all of it in a group that rebalances", func(ctx SpecContext) {
		c, p := start(ctx, cluster.Spec{})
		d := door(p, "")
		producer := client(d, "producer")
		createTopic(ctx, producer, "t", 6)
		behind(ctx, producer, c)
		group := []kgo.Opt{kgo.ConsumerGroup("g"), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}

		first := client(d, "first", group...)
		produce(ctx, producer, "t", 0, 100)
		Expect(consume(ctx, first, 100)).To(Equal(upTo(100)))
		Expect(first.CommitUncommittedOffsets(ctx)).To(Succeed())

		joined := make(chan map[string][]int32, 10)
		second := client(d, "second", append(group, kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) {
			if len(got) > 0 {
				joined <- got
			}
		}))...)
		go func() {
			for ctx.Err() == nil && first.PollFetches(ctx) != nil {
				first.AllowRebalance()
			}
		}()
		polled := make(chan struct{})
		go func() { second.PollFetches(ctx); close(polled) }()
		Eventually(joined).WithContext(ctx).Should(Receive(HaveKeyWithValue("t", HaveLen(3))))
		first.Close()
		Eventually(joined).WithContext(ctx).Should(Receive(HaveKeyWithValue("t", HaveLen(3))))
		produce(ctx, producer, "t", 100, 100)
		Eventually(polled).WithContext(ctx).Should(BeClosed())
		Expect(p.Stats().Refused).To(BeEmpty())
	}, SpecTimeout(60*time.Second))

	It("commits and aborts transactions", func(ctx SpecContext) {
		_, p := start(ctx, cluster.Spec{})
		d := door(p, "")
		producer := client(d, "producer", kgo.TransactionalID("x"))
		createTopic(ctx, client(d, "admin"), "t", 3)
		for i, how := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
			Expect(producer.BeginTransaction()).To(Succeed())
			from := 10 * i
			if i == 2 {
				from = 10
			}
			produce(ctx, producer, "t", from, 10)
			Expect(producer.EndTransaction(ctx, how)).To(Succeed())
		}
		reader := client(d, "reader", kgo.ConsumeTopics("t"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		Expect(consume(ctx, reader, 20)).To(Equal(upTo(20)))
	}, SpecTimeout(60*time.Second))

	It("stays behind it when a broker dies and comes back", func(ctx SpecContext) {
		c, p := start(ctx, cluster.Spec{Config: map[string]string{"broker.session.timeout.ms": "400"}})
		d := door(p, "")
		producer := client(d, "producer")
		createTopic(ctx, producer, "t", 6)
		produce(ctx, producer, "t", 0, 100)
		reader := client(d, "reader", kgo.ConsumerGroup("g"), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		Expect(consume(ctx, reader, 100)).To(Equal(upTo(100)))
		for _, node := range c.Nodes() {
			Expect(c.Kill(ctx, node)).To(Succeed())
			produce(ctx, producer, "t", 100*int(node+1), 100)
			consume(ctx, reader, 100)
			Expect(c.Start(ctx, node)).To(Succeed())
		}
		behind(ctx, producer, c)
		behind(ctx, reader, c)
		Expect(p.Stats().Refused).To(BeEmpty())
	}, SpecTimeout(60*time.Second))

	It("logs in with SASL over a plain connection", func(ctx SpecContext) {
		before := goleak.IgnoreCurrent()
		k, err := kfake.NewCluster(kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "u", "secret"), kfake.SeedTopics(1, "t"))
		Expect(err).NotTo(HaveOccurred())
		p, err := proxy.New(proxy.Config{Bootstrap: k.ListenAddrs()})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() {
			p.Close()
			k.Close()
			Expect(goleak.Find(before)).To(Succeed())
		})
		right := client(door(p, ""), "right", kgo.SASL(scram.Auth{User: "u", Pass: "secret"}.AsSha256Mechanism()))
		produce(ctx, right, "t", 0, 10)
		guess := kgo.SASL(scram.Auth{User: "u", Pass: "guess"}.AsSha256Mechanism())
		direct := client(door(p, ""), "direct", guess, kgo.SeedBrokers(k.ListenAddrs()...)).Ping(ctx)
		Expect(direct).To(HaveOccurred())
		Expect(client(door(p, ""), "wrong", guess).Ping(ctx)).To(MatchError(direct.Error()))
		Expect(p.Stats().Refused).To(BeEmpty())
	}, SpecTimeout(60*time.Second))

	It("says why it refuses TLS", func(ctx SpecContext) {
		_, p := start(ctx, cluster.Spec{})
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		Expect(client(door(p, ""), "tls", kgo.DialTLS()).Ping(short)).NotTo(Succeed())
		Expect(p.Stats().Refused).To(HaveKey(HavePrefix("the client speaks TLS")))
	}, SpecTimeout(60*time.Second))

	It("waits out a cut and loses nothing", func(ctx SpecContext) {
		_, p := start(ctx, cluster.Spec{})
		producer := client(door(p, ""), "producer")
		createTopic(ctx, producer, "t", 3)
		produce(ctx, producer, "t", 0, 10)
		for _, way := range []proxy.Way{proxy.Requests, proxy.Replies, proxy.Both} {
			cut, err := p.Apply(proxy.Rule{Cut: way, Client: "producer"})
			Expect(err).NotTo(HaveOccurred())
			done := make(chan struct{})

			go func() {
				defer GinkgoRecover()
				defer close(done)
				produce(ctx, producer, "t", 10*int(way), 10)
			}()
			Consistently(done, 300*time.Millisecond).ShouldNot(BeClosed())
			cut.Remove()
			Eventually(done).WithContext(ctx).Should(BeClosed())
			Expect(cut.Effects().Held).To(BeNumerically(">", 0))
			Expect(cut.Effects().Longest).To(BeNumerically(">=", 250*time.Millisecond))
		}
		reader := client(door(p, ""), "reader", kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		Expect(consume(ctx, reader, 40)).To(Equal(upTo(40)))
	}, SpecTimeout(60*time.Second))

	It("sends again what a reset cut off", func(ctx SpecContext) {
		_, p := start(ctx, cluster.Spec{})
		producer := client(door(p, ""), "producer", kgo.ProducerLinger(0))
		createTopic(ctx, producer, "t", 3)
		produce(ctx, producer, "t", 0, 10)
		resets := int64(0)
		for i := range 10 {
			reset, err := p.Apply(proxy.Rule{Reset: true})
			Expect(err).NotTo(HaveOccurred())
			reset.Remove()
			resets += reset.Effects().Resets
			produce(ctx, producer, "t", 10*(i+1), 10)
		}
		Expect(resets).To(BeNumerically(">=", 10))
		reader := client(door(p, ""), "reader", kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		Expect(consume(ctx, reader, 110)).To(Equal(upTo(110)))
	}, SpecTimeout(60*time.Second))

	It("is late by what is asked for", func(ctx SpecContext) {
		_, p := start(ctx, cluster.Spec{})
		producer := client(door(p, ""), "producer", kgo.ProducerLinger(0))
		createTopic(ctx, producer, "t", 3)
		produce(ctx, producer, "t", 0, 10)
		const delay = 100 * time.Millisecond
		late, err := p.Apply(proxy.Rule{Latency: &proxy.Latency{Delay: delay}, Client: "producer"})
		Expect(err).NotTo(HaveOccurred())
		begin := time.Now()
		produce(ctx, producer, "t", 10, 1)
		Expect(time.Since(begin)).To(BeNumerically(">=", 2*delay))
		Expect(late.Effects().Longest).To(Equal(delay))
	}, SpecTimeout(60*time.Second))

	It("retries what a broker refuses", func(ctx SpecContext) {
		_, p := start(ctx, cluster.Spec{})
		producer := client(door(p, ""), "producer")
		createTopic(ctx, producer, "t", 3)
		refuse, err := p.Apply(proxy.Rule{Error: kerr.NotLeaderForPartition, Keys: []kmsg.Key{kmsg.Produce}, Share: 0.5})
		Expect(err).NotTo(HaveOccurred())
		for i := range 20 {
			produce(ctx, producer, "t", i, 1)
		}
		Expect(refuse.Effects().Hits).To(BeNumerically(">", 0))
		reader := client(door(p, ""), "reader", kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		Expect(consume(ctx, reader, 20)).To(Equal(upTo(20)))
	}, SpecTimeout(60*time.Second))
})
