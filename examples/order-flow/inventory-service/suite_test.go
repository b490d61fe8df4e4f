package main

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

func TestInventoryService(t *testing.T) {
	RegisterFailHandler(Fail)
	// Ginkgo's own watch for interrupts lives as long as the process.
	defer goleak.VerifyNone(t, goleak.IgnoreTopFunction(
		"github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2"))
	RunSpecs(t, "inventory-service")
}

const partitions = 6

// broker starts an in-process Kafka with the topics of the contract.
func broker() *kfake.Cluster {
	GinkgoHelper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3),
		kfake.SeedTopics(partitions, "order.events", "inventory.events"),
		kfake.SeedTopics(1, "inventory-service.order-placed.dlq"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cluster.Close)
	return cluster
}

// settings are the defaults for the cluster.
func settings(cluster *kfake.Cluster) config {
	GinkgoHelper()
	cfg, err := configFromEnv(func(name string) string { return map[string]string{"GATHER": "10ms"}[name] })
	Expect(err).NotTo(HaveOccurred())
	cfg.brokers = cluster.ListenAddrs()
	return cfg
}

// start runs the service; the returned function stops it in an orderly way.
func start(cfg config) (stop func()) {
	GinkgoHelper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg) }()
	stop = func() {
		cancel()
		var err error
		Eventually(ended).WithTimeout(20 * time.Second).Should(Receive(&err))
		Expect(err).NotTo(HaveOccurred())
		ended <- nil
	}
	DeferCleanup(stop)
	return stop
}

func client(cluster *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	GinkgoHelper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...)}, opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cl.Close)
	return cl
}

// order is an OrderPlaced that order-service could have published.
func order(orderID, eventID string) *kgo.Record {
	value, err := json.Marshal(map[string]any{
		"order_id": orderID, "customer_id": "cus-1", "currency": "EUR", "total": 13800, "placed_at": "2026-03-14T09:26:53Z",
		"items": []any{map[string]any{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}},
	})
	if err != nil {
		panic(err) // a map of plain values
	}
	return &kgo.Record{
		Topic: "order.events", Key: []byte(orderID), Value: value,
		Headers: headers("ce_specversion", "1.0", "ce_id", eventID, "ce_type", typeOrderPlaced, "ce_source", "/acme/order-service",
			"ce_time", "2026-03-14T09:26:53Z", "content-type", "application/json", "correlation_id", "corr-"+eventID),
	}
}

// orders are n orders with an id of their own each, over 100 keys.
func orders(n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		key := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d", i%100))
		records[i] = order(key.String(), fmt.Sprintf("event-%d", i))
	}
	return records
}

// copies are the same events as new records.
func copies(records []*kgo.Record) []*kgo.Record {
	out := make([]*kgo.Record, len(records))
	for i, r := range records {
		out[i] = &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: r.Headers}
	}
	return out
}

func publish(cl *kgo.Client, records ...*kgo.Record) {
	GinkgoHelper()
	Expect(cl.ProduceSync(context.Background(), records...).FirstErr()).To(Succeed())
}

// drained waits until the group has committed every order.
func drained(cluster *kfake.Cluster, cfg config) {
	GinkgoHelper()
	admin := kadm.NewClient(client(cluster))
	Eventually(func(g Gomega) {
		commits, err := admin.FetchOffsets(context.Background(), cfg.group)
		g.Expect(err).NotTo(HaveOccurred())
		ends, err := admin.ListEndOffsets(context.Background(), cfg.orderTopic)
		g.Expect(err).NotTo(HaveOccurred())
		ends.Each(func(end kadm.ListedOffset) {
			commit, _ := commits.Lookup(end.Topic, end.Partition)
			g.Expect(max(commit.At, 0)).To(Equal(end.Offset), "commit of %s/%d", end.Topic, end.Partition)
		})
	}).WithTimeout(90 * time.Second).WithPolling(20 * time.Millisecond).Should(Succeed())
}

// committed reads all of a topic that was committed, to its end.
func committed(cluster *kfake.Cluster, topic string) []*kgo.Record {
	GinkgoHelper()
	cl := client(cluster, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	ends, err := kadm.NewClient(cl).ListEndOffsets(context.Background(), topic)
	Expect(err).NotTo(HaveOccurred())
	open := map[int32]int64{}
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			open[end.Partition] = end.Offset
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var records []*kgo.Record
	for len(open) > 0 {
		fetches := cl.PollFetches(ctx)
		Expect(fetches.Err()).NotTo(HaveOccurred(), "still to read: %v", open)
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				records = append(records, r)
			}
			if r.Offset >= open[r.Partition]-1 {
				delete(open, r.Partition)
			}
		})
	}
	return records
}

// times counts records by the value of a header.
func times(records []*kgo.Record, name string) map[string]int {
	n := map[string]int{}
	for _, r := range records {
		n[header(r, name)]++
	}
	return n
}

// once is the count of event-0 to event-n-1 if each is there once.
func once(n int) map[string]int {
	want := map[string]int{}
	for i := range n {
		want[fmt.Sprintf("event-%d", i)] = 1
	}
	return want
}
