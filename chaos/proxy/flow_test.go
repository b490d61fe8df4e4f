package proxy_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

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
})
