package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestBrokenPaymentService(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "broken payment-service")
}

const dlq = "payment-service.order-placed.dlq"

// Each mistake is really made, and is the only one.
var _ = Describe("the broken payment-service", func() {
	var (
		cluster *kfake.Cluster
		client  *kgo.Client
	)
	BeforeEach(func() {
		var err error
		cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "order.events", "payment.events", dlq))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(cluster.Close)
		client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
		// Ten orders, the first twice, and one that cannot be read.
		for i := range 10 {
			publish(client, event(i, orderJSON))
		}
		publish(client, event(0, orderJSON))
		publish(client, event(10, "{}"))
	})
	size := func(topic string) int64 { return cluster.PartitionInfo(topic, 0).HighWatermark }
	// consume runs the service until it has committed all orders and made as
	// many payments.
	consume := func(fault string, payments int64) {
		GinkgoHelper()
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, fault, cluster.ListenAddrs()) }()
		admin := kadm.NewClient(client)
		Eventually(func(g Gomega) {
			commits, err := admin.FetchOffsets(context.Background(), "payment-service")
			if !errors.Is(err, kerr.GroupIDNotFound) {
				g.Expect(err).NotTo(HaveOccurred())
			}
			commit, _ := commits.Lookup("order.events", 0)
			g.Expect(commit.At).To(Equal(int64(12)))
			g.Expect(size("payment.events")).To(Equal(payments))
		}).WithTimeout(30 * time.Second).Should(Succeed())
		cancel()
		Eventually(ended).WithTimeout(30 * time.Second).Should(Receive(BeNil()))
	}

	It("commits before it processes", func() {
		first := make(chan string, 1)
		cluster.Control(func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if key := req.Key(); key == int16(kmsg.Produce) || key == int16(kmsg.OffsetCommit) {
				select {
				case first <- kmsg.NameForKey(key):
				default:
				}
			}
			return nil, nil, false
		})
		consume(commitBeforeProcess, 10)
		Expect(<-first).To(Equal("OffsetCommit"))
	})

	It("does not deduplicate", func() {
		consume(noDedupe, 11)
		Expect(size(dlq)).To(Equal(int64(1)))
	})

	It("drops the headers of dead letters", func() {
		consume(dropDLQHeaders, 10)
		reader, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics(dlq))
		Expect(err).NotTo(HaveOccurred())
		defer reader.Close()
		letter := reader.PollRecords(context.Background(), 1).Records()[0]
		Expect(string(letter.Value)).To(Equal("{}"))
		Expect(header(letter, "ce_id")).To(BeEmpty())
		Expect(header(letter, "dlq-offset")).To(Equal("11"))
	})

	It("swallows the error of the dead-letter topic", func() {
		consume(swallowDLQError, 10)
		Expect(size(dlq)).To(BeZero())
	})

	It("refuses a fault that it does not know", func() {
		Expect(run(context.Background(), "slow", nil)).To(MatchError(ContainSubstring(`FAULT="slow"`)))
	})
})

const orderJSON = `{"order_id": "6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "customer_id": "cus-1", "currency": "EUR",
"items": [{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}], "total": 13800, "placed_at": "2026-03-14T09:26:53Z"}`

func event(i int, value string) *kgo.Record {
	h := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	return &kgo.Record{
		Topic:   "order.events",
		Key:     []byte("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"),
		Value:   []byte(value),
		Headers: []kgo.RecordHeader{h("ce_id", fmt.Sprintf("event-%d", i)), h("ce_type", "com.acme.order.OrderPlaced")},
	}
}

func publish(client *kgo.Client, r *kgo.Record) {
	GinkgoHelper()
	Expect(client.ProduceSync(context.Background(), r).FirstErr()).To(Succeed())
}
