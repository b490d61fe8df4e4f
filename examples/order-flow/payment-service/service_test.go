package main

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var _ = Describe("payment-service", func() {
	It("publishes one payment for an order", func() {
		cluster := broker()
		cfg := settings(cluster, nil)
		publish(client(cluster), order("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "event-0"))
		start(cfg)
		drained(cluster, cfg)

		payments := committed(cluster, cfg.paymentTopic)
		Expect(payments).To(HaveLen(1))
		Expect(string(payments[0].Key)).To(Equal("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"))
		Expect(header(payments[0], "ce_type")).To(Equal("com.acme.payment.PaymentReceived"))
		Expect(header(payments[0], "causation_id")).To(Equal("event-0"))
		Expect(header(payments[0], "correlation_id")).To(Equal("corr-event-0"))
	})

	It("pays for duplicates once, before and after it restarts", func() {
		cluster := broker()
		cfg := settings(cluster, nil)
		cl := client(cluster)
		all := orders(500)
		publish(cl, all...)
		publish(cl, copies(all[:100])...)
		stop := start(cfg)
		drained(cluster, cfg)
		stop()

		publish(cl, copies(all[50:200])...)
		start(cfg)
		drained(cluster, cfg)
		Expect(times(committed(cluster, cfg.paymentTopic), "causation_id")).To(Equal(once(500)))
	})

	It("pays two orders that differ in nothing but the event's id", func() {
		cluster := broker()
		cfg := settings(cluster, nil)
		const id = "6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"
		publish(client(cluster), order(id, "event-0"), order(id, "event-1"))
		start(cfg)
		drained(cluster, cfg)
		Expect(times(committed(cluster, cfg.paymentTopic), "causation_id")).To(Equal(once(2)))
	})

	It("dead-letters what it cannot read, unchanged, and goes on", func() {
		cluster := broker()
		cfg := settings(cluster, nil)
		cl := client(cluster)
		poison := order("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "poison-0")
		poison.Value = []byte("{\"order_id\": \x00")
		publish(cl, poison)
		publish(cl, orders(10)...)
		start(cfg)
		drained(cluster, cfg)

		dead := committed(cluster, cfg.dlqTopic)
		Expect(dead).To(HaveLen(1))
		Expect(dead[0].Key).To(Equal(poison.Key))
		Expect(dead[0].Value).To(Equal(poison.Value))
		Expect(dead[0].Headers[:len(poison.Headers)]).To(Equal(poison.Headers))
		Expect(header(dead[0], "dlq-reason")).To(HavePrefix("not JSON: "))
		Expect(header(dead[0], "dlq-topic")).To(Equal("order.events"))
		Expect(header(dead[0], "dlq-partition")).To(Equal(fmt.Sprint(poison.Partition)))
		Expect(header(dead[0], "dlq-offset")).To(Equal("0"))
		Expect(times(committed(cluster, cfg.paymentTopic), "causation_id")).To(Equal(once(10)))
	})

	It("retries a charge through the retry topic and pays once", func() {
		cluster := broker()
		cfg := settings(cluster, map[string]string{"PAYMENT_FAIL_SHARE": "0.3", "RETRY_BACKOFF": "20ms"})
		cl := client(cluster)
		all := orders(200)
		publish(cl, all...)
		publish(cl, copies(all)...) // a duplicate of an order in retry is one too
		start(cfg)
		drained(cluster, cfg)

		settled := committed(cluster, cfg.paymentTopic)
		dead := committed(cluster, cfg.dlqTopic)
		Expect(times(append(settledBy(settled), settledBy(dead)...), "of")).To(Equal(once(200)))
		for _, r := range dead {
			Expect(header(r, "retry-attempt")).To(Equal("3"), "it was tried three times")
			Expect(header(r, "dlq-topic")).To(Equal("order.events"), "the origin, not the retry topic")
		}
		var second, third int
		for i := range 200 {
			id := fmt.Sprintf("event-%d", i)
			if chance(id, 1) < 0.3 {
				second++
				if chance(id, 2) < 0.3 {
					third++
				}
			}
		}
		retries := times(committed(cluster, cfg.retryTopic), "retry-attempt")
		Expect(retries).To(Equal(map[string]int{"2": second, "3": third}))
	})

	It("handles no retry before its time", func() {
		cluster := broker()
		cfg := settings(cluster, map[string]string{"PAYMENT_FAIL_SHARE": "1", "RETRY_BACKOFF": "100ms"})
		publish(client(cluster), orders(1)...)
		start(cfg)
		drained(cluster, cfg)

		retries := committed(cluster, cfg.retryTopic)
		Expect(retries).To(HaveLen(2))
		Expect(header(retries[0], "retry-attempt")).To(Equal("2"))
		due, err := time.Parse(time.RFC3339Nano, header(retries[0], "retry-not-before"))
		Expect(err).NotTo(HaveOccurred())
		// The second failure was published after the first retry was due, and
		// waits twice as long. Record timestamps are cut to milliseconds.
		Expect(retries[1].Timestamp).NotTo(BeTemporally("<", due.Truncate(time.Millisecond)))
		again, err := time.Parse(time.RFC3339Nano, header(retries[1], "retry-not-before"))
		Expect(err).NotTo(HaveOccurred())
		Expect(again.Sub(due)).To(BeNumerically(">=", 200*time.Millisecond))
		dead := committed(cluster, cfg.dlqTopic)
		Expect(dead).To(HaveLen(1))
		Expect(header(dead[0], "dlq-reason")).To(ContainSubstring("attempt 3: payment gateway unavailable"))
	})

	It("stalls while a dead letter cannot be published, and loses nothing", func() {
		cluster := broker()
		cfg := settings(cluster, nil)
		const goodDLQ = "payment-service.order-placed.dlq"
		cfg.dlqTopic = "missing.dlq"
		cl := client(cluster)
		poison := order("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "poison-0")
		poison.Value = []byte("{}")
		publish(cl, poison)
		publish(cl, orders(20)...)

		// The batch is aborted: EndTxn without commit is seen at the broker.
		aborted := make(chan struct{}, 1)
		cluster.ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if !req.(*kmsg.EndTxnRequest).Commit {
				select {
				case aborted <- struct{}{}:
				default:
				}
			}
			return nil, nil, false
		})
		stop := start(cfg)
		Eventually(aborted).WithTimeout(30 * time.Second).Should(Receive())
		stop()
		commits, err := kadm.NewClient(cl).FetchOffsets(context.Background(), cfg.group)
		Expect(err).NotTo(HaveOccurred())
		commit, _ := commits.Lookup(poison.Topic, poison.Partition)
		Expect(commit.At).To(BeNumerically("<=", poison.Offset), "the unreadable record is still to be consumed")

		cfg.dlqTopic = goodDLQ
		start(cfg)
		drained(cluster, cfg)
		Expect(times(committed(cluster, goodDLQ), "ce_id")).To(Equal(map[string]int{"poison-0": 1}))
		Expect(times(committed(cluster, cfg.paymentTopic), "causation_id")).To(Equal(once(20)))
	})

	It("ends when another process runs under its INSTANCE_ID", func() {
		cluster := broker()
		cfg := settings(cluster, map[string]string{"INSTANCE_ID": "twice"})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ended := make(chan error, 2)
		go func() { ended <- run(ctx, cfg) }()
		publish(client(cluster), orders(1)...)
		drained(cluster, cfg)
		go func() { ended <- run(ctx, cfg) }()
		var err error
		Eventually(ended).WithTimeout(30 * time.Second).Should(Receive(&err))
		Expect(err).To(MatchError(ContainSubstring("another process runs as INSTANCE_ID=twice")))
		cancel()
		Eventually(ended).WithTimeout(30 * time.Second).Should(Receive())
	})

	It("keeps every promise while brokers go and come", func() {
		cluster := broker()
		cfg := settings(cluster, map[string]string{"PAYMENT_FAIL_SHARE": "0.05", "RETRY_BACKOFF": "20ms"})
		cl := client(cluster)
		start(cfg)
		all := orders(6000)
		for part := range 6 {
			publish(cl, all[part*1000:(part+1)*1000]...)
			cluster.ShufflePartitionLeaders()
			cluster.RehashCoordinators()
			publish(cl, copies(all[part*1000:part*1000+50])...)
		}
		drained(cluster, cfg)
		payments := committed(cluster, cfg.paymentTopic)
		dead := committed(cluster, cfg.dlqTopic)
		Expect(times(append(settledBy(payments), settledBy(dead)...), "of")).To(Equal(once(6000)))
	})
})

// copies are the same events as new records.
func copies(records []*kgo.Record) []*kgo.Record {
	out := make([]*kgo.Record, len(records))
	for i, r := range records {
		out[i] = &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: r.Headers}
	}
	return out
}

// settledBy gives each record the header "of": the order event that it is the
// outcome of, which a payment names as its cause and a dead letter bears.
func settledBy(records []*kgo.Record) []*kgo.Record {
	out := make([]*kgo.Record, len(records))
	for i, r := range records {
		id := header(r, "causation_id")
		if id == "" {
			id = header(r, "ce_id")
		}
		out[i] = &kgo.Record{Headers: with(nil, "of", id)}
	}
	return out
}
