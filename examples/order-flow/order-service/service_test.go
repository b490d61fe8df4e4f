package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const body = `{"customer_id": "cus-1", "currency": "EUR", "items": [{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}]}`

var _ = Describe("POST /orders", func() {
	var (
		cluster *kfake.Cluster
		client  *kgo.Client
	)
	BeforeEach(func() {
		var err error
		cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(6, "order.events"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(cluster.Close)
		client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("order.events"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
	})
	post := func(topic string, timeout time.Duration, key, body string) (status int, reply map[string]string) {
		GinkgoHelper()
		server := httptest.NewServer(newHandler(client, topic, timeout))
		defer server.Close()
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+"/orders", strings.NewReader(body))
		Expect(err).NotTo(HaveOccurred())
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		res, err := server.Client().Do(req)
		Expect(err).NotTo(HaveOccurred())
		data, err := io.ReadAll(res.Body)
		Expect(err).NotTo(HaveOccurred())
		Expect(res.Body.Close()).To(Succeed())
		Expect(json.Unmarshal(data, &reply)).To(Succeed())
		return res.StatusCode, reply
	}
	next := func() *kgo.Record {
		GinkgoHelper()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		records := client.PollRecords(ctx, 1).Records()
		Expect(records).To(HaveLen(1))
		return records[0]
	}
	headers := func(r *kgo.Record) map[string]string {
		m := map[string]string{}
		for _, h := range r.Headers {
			m[h.Key] = string(h.Value)
		}
		return m
	}

	It("answers 202 when the event is in the log, with its id from the Idempotency-Key", func() {
		status, reply := post("order.events", time.Minute, "event-1", body)
		Expect(status).To(Equal(http.StatusAccepted))

		r := next()
		Expect(string(r.Key)).To(Equal(reply["order_id"]))
		var data orderPlaced
		Expect(json.Unmarshal(r.Value, &data)).To(Succeed())
		Expect(data.OrderID).To(Equal(reply["order_id"]))
		Expect(data.Total).To(Equal(int64(13800)))
		Expect(headers(r)).To(Equal(map[string]string{
			"ce_specversion": "1.0",
			"ce_id":          "event-1",
			"ce_type":        "com.acme.order.OrderPlaced",
			"ce_source":      "/acme/order-service",
			"ce_time":        data.PlacedAt.Format(time.RFC3339Nano),
			"content-type":   "application/json",
			"correlation_id": "event-1",
		}))
	})

	It("makes an event id where the request has none", func() {
		status, _ := post("order.events", time.Minute, "", body)
		Expect(status).To(Equal(http.StatusAccepted))
		Expect(uuid.Validate(headers(next())["ce_id"])).To(Succeed())
	})

	It("answers 503 when no ack comes in time", func() {
		status, reply := post("missing.topic", 50*time.Millisecond, "event-1", body)
		Expect(status).To(Equal(http.StatusServiceUnavailable))
		Expect(reply["error"]).To(ContainSubstring("same Idempotency-Key"))
	})

	DescribeTable("refuses what is no order",
		func(body string, status int, message string) {
			got, reply := post("order.events", time.Minute, "", body)
			Expect(got).To(Equal(status))
			Expect(reply["error"]).To(HavePrefix(message))
		},
		Entry("not JSON", `{"customer_id"`, http.StatusBadRequest, "body: "),
		Entry("too large", `{"customer_id": "`+strings.Repeat("x", maxBody)+`"}`, http.StatusBadRequest, "body: http: request body too large"),
		Entry("wrong type", `{"customer_id": 1}`, http.StatusBadRequest, "body: "),
		Entry("invalid", `{"customer_id": "c", "currency": "EUR"}`, http.StatusUnprocessableEntity, "items: "),
	)
})
