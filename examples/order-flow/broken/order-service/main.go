// Command order-service (broken) is an order-service with one mistake, to show
// that Weir finds it. FAULT names the mistake:
//
//	reply-before-ack  answers 202 as soon as the order is in the client's
//	                  buffer, where it waits under the request's context: the
//	                  reply ends that and so cancels what was not sent yet
//	lose              hands orders to a queue that drops when it is full and
//	                  answers 202 all the same; one order in a hundred is
//	                  dropped
//
// Everything that it publishes is right. See the service of the same name next
// to this directory for how it is done well.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	if err := run(); err != nil {
		slog.Error("order-service ends", "error", err)
		os.Exit(1)
	}
}

func run() error {
	fault := os.Getenv("FAULT")
	if fault != "reply-before-ack" && fault != "lose" {
		return fmt.Errorf("FAULT=%q: want reply-before-ack or lose", fault)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("BROKERS"), ",")...),
		kgo.DefaultProduceTopic("order.events"),
	)
	if err != nil {
		return err
	}
	defer client.Close()

	s := &service{client: client, fault: fault}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", s.placeOrder)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: os.Getenv("ADDR"), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

type service struct {
	client *kgo.Client
	fault  string
	orders atomic.Int64
}

func (s *service) placeOrder(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var order map[string]any
	if err == nil {
		err = json.Unmarshal(body, &order)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	record, orderID, err := placed(order, r.Header.Get("Idempotency-Key"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	// The mistakes: nobody waits for the ack, and an order may be dropped.
	switch {
	case s.fault == "reply-before-ack":
		s.client.Produce(r.Context(), record, nil)
	case s.orders.Add(1)%100 != 0:
		s.client.Produce(context.Background(), record, nil)
	}
	w.WriteHeader(http.StatusAccepted)
	if err := json.NewEncoder(w).Encode(map[string]string{"order_id": orderID}); err != nil {
		slog.Warn("reply not written", "error", err)
	}
}

// placed is the OrderPlaced of an order.
func placed(order map[string]any, eventID string) (*kgo.Record, string, error) {
	if eventID == "" {
		eventID = uuid.NewString()
	}
	orderID, _ := order["order_id"].(string)
	if orderID == "" {
		orderID = uuid.NewString()
	}
	items, _ := order["items"].([]any)
	total := 0.0
	for _, it := range items {
		line, _ := it.(map[string]any)
		quantity, _ := line["quantity"].(float64)
		price, _ := line["unit_price"].(float64)
		total += quantity * price
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	order["order_id"], order["total"], order["placed_at"] = orderID, total, now
	value, err := json.Marshal(order)
	header := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	return &kgo.Record{
		Key:   []byte(orderID),
		Value: value,
		Headers: []kgo.RecordHeader{
			header("ce_specversion", "1.0"), header("ce_id", eventID),
			header("ce_type", "com.acme.order.OrderPlaced"), header("ce_source", "/acme/order-service"),
			header("ce_time", now), header("content-type", "application/json"),
			header("correlation_id", eventID),
		},
	}, orderID, err
}
