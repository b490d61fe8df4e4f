package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/examples/order-flow/inventory-service/schemas"
)

const (
	typeOrderPlaced       = "com.acme.order.OrderPlaced"
	typeInventoryReserved = "com.acme.inventory.InventoryReserved"
	eventSource           = "/acme/inventory-service"
)

// orderPlaced is what this service needs of an order; see needs in weir.yaml.
type orderPlaced struct {
	OrderID string `json:"order_id"`
	Items   []item `json:"items"`
}

type item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// inventoryReserved is as schemas/inventory-reserved.json describes it.
type inventoryReserved struct {
	ReservationID string    `json:"reservation_id"`
	OrderID       string    `json:"order_id"`
	Items         []item    `json:"items"`
	ReservedAt    time.Time `json:"reserved_at"`
}

// decode reads an OrderPlaced, or says why it never can be read.
func decode(r *kgo.Record) (order orderPlaced, err error) {
	if header(r, "ce_id") == "" {
		return order, errors.New("header ce_id is missing")
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

// reserved is the InventoryReserved that an order caused, in the partition of
// its cause. Its id is made of the cause's, and so the same however often it
// is made.
func reserved(topic string, cause *kgo.Record, order orderPlaced, now time.Time) (*kgo.Record, error) {
	causeID := header(cause, "ce_id")
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("reservation/"+causeID)).String()
	data, err := json.Marshal(inventoryReserved{ReservationID: id, OrderID: order.OrderID, Items: order.Items, ReservedAt: now.UTC()})
	return &kgo.Record{
		Topic:     topic,
		Partition: cause.Partition,
		Key:       []byte(order.OrderID),
		Value:     data,
		Headers: headers(
			"ce_specversion", "1.0",
			"ce_id", id,
			"ce_type", typeInventoryReserved,
			"ce_source", eventSource,
			"ce_time", now.UTC().Format(time.RFC3339Nano),
			"content-type", "application/json",
			"causation_id", causeID,
			"correlation_id", cmp.Or(header(cause, "correlation_id"), causeID),
		),
	}, err
}

// deadLetter is the record as it came, with the reason, the place where it
// stands and who could not read it.
func deadLetter(cfg config, r *kgo.Record, reason error) *kgo.Record {
	return &kgo.Record{
		Topic: cfg.dlqTopic,
		Key:   r.Key,
		Value: r.Value,
		Headers: append(slices.Clone(r.Headers), headers(
			"dlq-group", cfg.group,
			"dlq-reason", reason.Error(),
			"dlq-topic", r.Topic,
			"dlq-partition", strconv.Itoa(int(r.Partition)),
			"dlq-offset", strconv.FormatInt(r.Offset, 10),
		)...),
	}
}

// header is the value of the record's last header of that name, or empty.
func header(r *kgo.Record, name string) string {
	for _, h := range slices.Backward(r.Headers) {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// headers are made of names and values in turn.
func headers(pairs ...string) []kgo.RecordHeader {
	var all []kgo.RecordHeader
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, kgo.RecordHeader{Key: pair[0], Value: []byte(pair[1])})
	}
	return all
}
