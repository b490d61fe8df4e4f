package embedded_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
)

func TestEmbedded(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "harness/embedded")
}

// sessionTimeout is short so that a failover takes a fraction of a second.
const sessionTimeout = 400 * time.Millisecond

func shortSession() map[string]string {
	return map[string]string{"broker.session.timeout.ms": fmt.Sprint(sessionTimeout.Milliseconds())}
}

// neverExpires is a cluster whose brokers' sessions outlast every spec.
var neverExpires = cluster.Spec{Config: map[string]string{"broker.session.timeout.ms": "3600000"}}

// start starts a cluster that is closed, and checked for leaks, at the end of
// the spec.
func start(ctx context.Context, spec cluster.Spec) *embedded.Cluster {
	GinkgoHelper()
	before := goleak.IgnoreCurrent()
	c, err := embedded.Start(ctx, spec)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		Expect(c.Close(context.Background())).To(Succeed())
		Expect(goleak.Find(before)).To(Succeed())
	})
	return c
}

// client connects with retries that are quick and outlast a failover.
func client(c *embedded.Cluster, opts ...kgo.Opt) *kgo.Client {
	GinkgoHelper()
	cl, err := kgo.NewClient(append(append(c.ClientOptions(),
		kgo.MetadataMinAge(20*time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.RequestRetries(1000),
		kgo.RequestTimeoutOverhead(500*time.Millisecond),
	), opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cl.Close)
	return cl
}

func createTopic(ctx context.Context, cl *kgo.Client, topic string, partitions int32, replication int16) {
	GinkgoHelper()
	_, err := kadm.NewClient(cl).CreateTopic(ctx, partitions, replication, nil, topic)
	Expect(err).NotTo(HaveOccurred())
}

// metadata asks the cluster now: kadm may answer from a cache.
func metadata(ctx context.Context, cl *kgo.Client, topics ...string) *kmsg.MetadataResponse {
	GinkgoHelper()
	req := kmsg.NewPtrMetadataRequest()
	for _, t := range topics {
		rt := kmsg.NewMetadataRequestTopic()
		rt.Topic = kmsg.StringPtr(t)
		req.Topics = append(req.Topics, rt)
	}
	// A broker that is paused or down may be the one that is asked.
	for {
		resp, err := req.RequestWith(ctx, cl)
		if err == nil {
			return resp
		}
		Expect(ctx.Err()).NotTo(HaveOccurred(), "metadata: %v", err)
	}
}

// partitions are a topic's, by id.
func partitions(ctx context.Context, cl *kgo.Client, topic string) []kmsg.MetadataResponseTopicPartition {
	GinkgoHelper()
	resp := metadata(ctx, cl, topic)
	Expect(resp.Topics).To(HaveLen(1))
	ps := resp.Topics[0].Partitions
	slices.SortFunc(ps, func(a, b kmsg.MetadataResponseTopicPartition) int { return int(a.Partition - b.Partition) })
	return ps
}

func partition(ctx context.Context, cl *kgo.Client, topic string, id int32) kmsg.MetadataResponseTopicPartition {
	GinkgoHelper()
	return partitions(ctx, cl, topic)[id]
}

func brokerIDs(ctx context.Context, cl *kgo.Client) []int32 {
	GinkgoHelper()
	var ids []int32
	for _, b := range metadata(ctx, cl).Brokers {
		ids = append(ids, b.NodeID)
	}
	return slices.Sorted(slices.Values(ids))
}

func produce(ctx context.Context, cl *kgo.Client, topic string, values ...string) {
	GinkgoHelper()
	for _, v := range values {
		Expect(cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(v)}).FirstErr()).To(Succeed())
	}
}

func dials(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

var _ = Describe("a cluster", func() {
	It("starts three brokers on ports of 127.0.0.1 that it names", func(ctx SpecContext) {
		c := start(ctx, cluster.Spec{Kind: cluster.Embedded})
		Expect(c.Nodes()).To(Equal([]int32{0, 1, 2}))
		Expect(c.Bootstrap()).To(HaveLen(3))
		for _, addr := range c.Bootstrap() {
			Expect(dials(addr)).To(Succeed())
		}
		cl := client(c)
		Expect(brokerIDs(ctx, cl)).To(Equal([]int32{0, 1, 2}))

		addrs, network, err := c.ContainerBootstrap()
		Expect(err).NotTo(HaveOccurred())
		Expect(addrs).To(Equal(c.Bootstrap()))
		Expect(network).To(Equal("host"))
	})

	It("claims no durability and names what it does not exercise", func(ctx SpecContext) {
		c := start(ctx, cluster.Spec{Brokers: 1, Config: map[string]string{"min.insync.replicas": "2", "message.max.bytes": "1000"}})
		info := c.Info()
		Expect(info.Kind).To(Equal("embedded"))
		Expect(info.Durable).To(BeFalse())
		Expect(info.Brokers).To(Equal(1))
		Expect(info.Notes).To(Equal([]string{
			"embedded broker: no replication; broker faults are a simulated failover; no durability or capacity is claimed",
			"accepted and not exercised by embedded brokers: min.insync.replicas",
		}))
		_, wipes := any(c).(fault.Wiper)
		Expect(wipes).To(BeFalse())
	})

	It("passes on the settings that kfake honors", func(ctx SpecContext) {
		c := start(ctx, cluster.Spec{Brokers: 1, Config: map[string]string{"message.max.bytes": "1000"}})
		cl := client(c, kgo.ProducerBatchCompression(kgo.NoCompression()))
		createTopic(ctx, cl, "small", 1, 1)
		err := cl.ProduceSync(ctx, &kgo.Record{Topic: "small", Value: make([]byte, 2000)}).FirstErr()
		Expect(err).To(MatchError(ContainSubstring("MESSAGE_TOO_LARGE")))
	})

	It("ends twice, and refuses faults then", func(ctx SpecContext) {
		c := start(ctx, cluster.Spec{})
		Expect(c.Close(ctx)).To(Succeed())
		Expect(c.Close(ctx)).To(Succeed())
		Expect(c.Kill(ctx, 0)).To(MatchError("embedded: the cluster is closed"))
		for _, addr := range c.Bootstrap() {
			Expect(dials(addr)).NotTo(Succeed())
		}
	})

	It("creates topics through any broker, also when the highest is down", func(ctx SpecContext) {
		c := start(ctx, cluster.Spec{Config: shortSession()})
		cl := client(c)
		Expect(c.Kill(ctx, 2)).To(Succeed())
		Expect(c.Kill(ctx, 0)).To(Succeed())
		createTopic(ctx, cl, "a", 3, 1)
		_, err := kadm.NewClient(cl).CreatePartitions(ctx, 2, "a")
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() int { return len(partitions(ctx, cl, "a")) }).Should(Equal(5))
		_, err = kadm.NewClient(cl).DeleteTopics(ctx, "a")
		Expect(err).NotTo(HaveOccurred())
	})
})

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name string
		spec cluster.Spec
		want string
	}{
		{"other kind", cluster.Spec{Kind: "docker"}, `embedded: asked to start a cluster of kind "docker"`},
		{"no brokers", cluster.Spec{Brokers: -1}, "embedded: -1 brokers: want 1 to 100"},
		{"racks", cluster.Spec{Racks: []string{"a"}}, "embedded: cluster.racks: embedded brokers are all in one place; remove it or use kind docker"},
		{"disk", cluster.Spec{DiskBytes: 1 << 30}, "embedded: cluster.disk: embedded brokers have no disk; remove it or use kind docker"},
		{"image", cluster.Spec{Image: "x"}, `embedded: cluster.image "x": embedded brokers run in this process; remove it or use kind docker`},
		{"controllers", cluster.Spec{Controllers: "separate"}, `embedded: cluster.controllers "separate": embedded brokers have no controllers to fail; use kind docker`},
		{"durability", cluster.Spec{Config: map[string]string{"log.flush.interval.messages": "1"}}, `embedded: broker setting log.flush.interval.messages = "1": embedded brokers cannot honor it; remove it or use cluster kind docker`},
		{"timeout", cluster.Spec{Config: map[string]string{"broker.session.timeout.ms": "9s"}}, `embedded: broker setting broker.session.timeout.ms = "9s": want a whole number from 1 to 2147483647`},
		{"bool", cluster.Spec{Config: map[string]string{"auto.create.topics.enable": "yes"}}, `embedded: broker setting auto.create.topics.enable = "yes": want true or false`},
		{"retention", cluster.Spec{Config: map[string]string{"log.retention.ms": "7d"}}, `embedded: broker setting log.retention.ms = "7d": want a whole number`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := embedded.Start(context.Background(), tc.spec)
			if err == nil || err.Error() != tc.want {
				t.Fatalf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// BenchmarkStart is the time to a cluster that answers.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, err := embedded.Start(b.Context(), cluster.Spec{})
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Close(b.Context())
	}
}

// BenchmarkFirstEventInGroup is the time from nothing to the first event that
// a consumer group received.
func BenchmarkFirstEventInGroup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, err := embedded.Start(b.Context(), cluster.Spec{})
		if err != nil {
			b.Fatal(err)
		}
		producer, err := kgo.NewClient(c.ClientOptions()...)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := kadm.NewClient(producer).CreateTopic(b.Context(), 3, 3, nil, "t"); err != nil {
			b.Fatal(err)
		}
		consumer, err := kgo.NewClient(append(c.ClientOptions(), kgo.ConsumerGroup("g"), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
		if err != nil {
			b.Fatal(err)
		}
		if err := producer.ProduceSync(b.Context(), &kgo.Record{Topic: "t", Value: []byte("x")}).FirstErr(); err != nil {
			b.Fatal(err)
		}
		for consumer.PollFetches(b.Context()).NumRecords() == 0 {
			if err := b.Context().Err(); err != nil {
				b.Fatal(err)
			}
		}
		consumer.Close()
		producer.Close()
		_ = c.Close(b.Context())
	}
}
