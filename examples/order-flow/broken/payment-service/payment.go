package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/examples/order-flow/payment-service/schemas"
)

// pay turns an OrderPlaced into a PaymentReceived, or says why it cannot be
// read.
func pay(r *kgo.Record) (*kgo.Record, error) {
	id := header(r, "ce_id")
	if id == "" {
		return nil, errors.New("header ce_id is missing")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
	if err != nil {
		return nil, err
	}
	if err := schemas.OrderPlaced.Validate(doc); err != nil {
		return nil, err
	}
	order := doc.(map[string]any) // the schema says so
	now := time.Now().UTC().Format(time.RFC3339Nano)
	paymentID := uuid.NewString()
	value, err := json.Marshal(map[string]any{
		"payment_id":  paymentID,
		"order_id":    order["order_id"],
		"customer_id": order["customer_id"],
		"amount":      order["total"],
		"currency":    order["currency"],
		"received_at": now,
	})
	h := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	return &kgo.Record{
		Topic: "payment.events",
		Key:   []byte(order["order_id"].(string)),
		Value: value,
		Headers: []kgo.RecordHeader{
			h("ce_specversion", "1.0"), h("ce_id", paymentID),
			h("ce_type", "com.acme.payment.PaymentReceived"), h("ce_source", "/acme/payment-service"),
			h("ce_time", now), h("content-type", "application/json"),
			h("causation_id", id), h("correlation_id", id),
		},
	}, err
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}
