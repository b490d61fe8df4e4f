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
)

func TestBrokenInventoryService(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "broken inventory-service")
}

// Each mistake is really made, and is the only one.
var _ = Describe("the broken inventory-service", func() {
	// outcome runs the service over ten orders, the first of them twice, and
	// one that cannot be read. It returns the causes of the reservations in
	// their order, and the number of dead letters.
	outcome := func(fault string) (causes []string, dead int64) {
		GinkgoHelper()
		const dlq = "inventory-service.order-placed.dlq"
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "order.events", "inventory.events", dlq))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(cluster.Close)
		client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("inventory.events"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
		var orders []*kgo.Record
		for i := range 10 {
			orders = append(orders, event(i, orderJSON))
		}
		orders = append(orders, event(0, orderJSON), event(10, "{}"))
		Expect(client.ProduceSync(context.Background(), orders...).FirstErr()).To(Succeed())

		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, fault, cluster.ListenAddrs()) }()
		admin := kadm.NewClient(client)
		Eventually(func(g Gomega) {
			commits, err := admin.FetchOffsets(context.Background(), "inventory-service")
			if !errors.Is(err, kerr.GroupIDNotFound) {
				g.Expect(err).NotTo(HaveOccurred())
			}
			commit, _ := commits.Lookup("order.events", 0)
			g.Expect(commit.At).To(Equal(int64(len(orders))))
		}).WithTimeout(30 * time.Second).Should(Succeed())
		cancel()
		Eventually(ended).WithTimeout(30 * time.Second).Should(Receive(BeNil()))
		for end := cluster.PartitionInfo("inventory.events", 0).HighWatermark; int64(len(causes)) < end; {
			for _, r := range client.PollFetches(context.Background()).Records() {
				causes = append(causes, header(r, "causation_id"))
			}
		}
		return causes, cluster.PartitionInfo(dlq, 0).HighWatermark
	}
	// events are the ids of events by their numbers.
	events := func(numbers ...int) (ids []string) {
		for _, n := range numbers {
			ids = append(ids, fmt.Sprintf("event-%d", n))
		}
		return ids
	}

	It("does not deduplicate", func() {
		causes, dead := outcome(noDedupe)
		Expect(causes).To(Equal(events(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0)))
		Expect(dead).To(BeEquivalentTo(1))
	})

	It("handles the newest first", func() {
		causes, dead := outcome(newestFirst)
		Expect(causes).To(Equal(events(0, 9, 8, 7, 6, 5, 4, 3, 2, 1)))
		Expect(dead).To(BeEquivalentTo(1))
	})

	It("loses dead letters", func() {
		causes, dead := outcome(loseDeadLetters)
		Expect(causes).To(Equal(events(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)))
		Expect(dead).To(BeZero())
	})

	It("refuses a fault that it does not know", func() {
		Expect(run(context.Background(), "slow", nil)).To(MatchError(ContainSubstring(`FAULT="slow"`)))
	})
})

const orderJSON = `{"order_id": "6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "customer_id": "cus-1", "currency": "EUR",
"items": [{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}], "total": 13800, "placed_at": "2026-03-14T09:26:53Z"}`

func event(i int, value string) *kgo.Record {
	return &kgo.Record{
		Topic: "order.events", Key: []byte("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"), Value: []byte(value),
		Headers: headers("ce_id", fmt.Sprintf("event-%d", i), "ce_type", "com.acme.order.OrderPlaced"),
	}
}
