package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/examples/order-flow/payment-service/schemas"
)

const (
	typeOrderPlaced     = "com.acme.order.OrderPlaced"
	typePaymentReceived = "com.acme.payment.PaymentReceived"
	eventSource         = "/acme/payment-service"
)

// orderPlaced is what this service needs of an order; see needs in weir.yaml.
type orderPlaced struct {
	OrderID    string `json:"order_id"`
	CustomerID string `json:"customer_id"`
	Currency   string `json:"currency"`
	Total      int64  `json:"total"`
}

// paymentReceived is as schemas/payment-received.json describes it.
type paymentReceived struct {
	PaymentID  string    `json:"payment_id"`
	OrderID    string    `json:"order_id"`
	CustomerID string    `json:"customer_id"`
	Amount     int64     `json:"amount"`
	Currency   string    `json:"currency"`
	ReceivedAt time.Time `json:"received_at"`
}

// decode reads an OrderPlaced, or says why it cannot be read: no later attempt
// will fare better.
func decode(r *kgo.Record) (orderPlaced, error) {
	var order orderPlaced
	for _, name := range []string{"ce_id", "ce_type"} {
		if header(r, name) == "" {
			return order, fmt.Errorf("header %s is missing", name)
		}
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
	if err != nil {
		return order, fmt.Errorf("not JSON: %w", err)
	}
	if err := schemas.OrderPlaced.Validate(doc); err != nil {
		return order, errors.New(strings.ReplaceAll(err.Error(), "\n", " ")) // one line, for a header
	}
	return order, json.Unmarshal(r.Value, &order)
}

// header is the value of the record's last header of that name, as in Kafka's
// own clients, or empty.
func header(r *kgo.Record, name string) string {
	for _, h := range slices.Backward(r.Headers) {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// with returns the headers with those of pairs (name, value, …) set, in place
// of earlier ones of the same name. The given slice is left as it is.
func with(headers []kgo.RecordHeader, pairs ...string) []kgo.RecordHeader {
	headers = slices.Clone(headers)
	for pair := range slices.Chunk(pairs, 2) {
		headers = slices.DeleteFunc(headers, func(h kgo.RecordHeader) bool { return h.Key == pair[0] })
		headers = append(headers, kgo.RecordHeader{Key: pair[0], Value: []byte(pair[1])})
	}
	return headers
}
