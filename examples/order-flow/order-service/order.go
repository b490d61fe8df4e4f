package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	eventType   = "com.acme.order.OrderPlaced"
	eventSource = "/acme/order-service"

	maxItems     = 10
	maxQuantity  = 999
	maxUnitPrice = 100_000_000
)

var (
	currencies = []string{"EUR", "GBP", "PLN", "USD"}
	skuPattern = regexp.MustCompile(`^[A-Z0-9-]{3,32}$`)
)

// item is a line of an order. Prices are in minor units of the currency.
type item struct {
	SKU       string `json:"sku"`
	Quantity  int    `json:"quantity"`
	UnitPrice int64  `json:"unit_price"`
}

// placeOrder is the body of POST /orders. Without an order id one is made.
type placeOrder struct {
	OrderID    string `json:"order_id"`
	CustomerID string `json:"customer_id"`
	Currency   string `json:"currency"`
	Items      []item `json:"items"`
}

// orderPlaced is the event's data, as schemas/order-placed.json describes it.
type orderPlaced struct {
	OrderID    string    `json:"order_id"`
	CustomerID string    `json:"customer_id"`
	Currency   string    `json:"currency"`
	Items      []item    `json:"items"`
	Total      int64     `json:"total"`
	PlacedAt   time.Time `json:"placed_at"`
}

// validate says the first thing that is wrong with the order.
func (o *placeOrder) validate() error {
	switch {
	case o.OrderID != "" && uuid.Validate(o.OrderID) != nil:
		return errors.New("order_id: want a UUID, or none to have one made")
	case o.CustomerID == "" || len(o.CustomerID) > 64:
		return errors.New("customer_id: want 1 to 64 characters")
	case !slices.Contains(currencies, o.Currency):
		return fmt.Errorf("currency: want one of %v", currencies)
	case len(o.Items) == 0 || len(o.Items) > maxItems:
		return fmt.Errorf("items: want 1 to %d", maxItems)
	}
	for i, it := range o.Items {
		switch {
		case !skuPattern.MatchString(it.SKU):
			return fmt.Errorf("items[%d].sku: want %s", i, skuPattern)
		case it.Quantity < 1 || it.Quantity > maxQuantity:
			return fmt.Errorf("items[%d].quantity: want 1 to %d", i, maxQuantity)
		case it.UnitPrice < 0 || it.UnitPrice > maxUnitPrice:
			return fmt.Errorf("items[%d].unit_price: want 0 to %d", i, maxUnitPrice)
		}
	}
	return nil
}

// place turns a valid request into the order that the event tells of.
func (o *placeOrder) place(now time.Time) orderPlaced {
	placed := orderPlaced{
		OrderID:    o.OrderID,
		CustomerID: o.CustomerID,
		Currency:   o.Currency,
		Items:      o.Items,
		PlacedAt:   now.UTC(),
	}
	if placed.OrderID == "" {
		placed.OrderID = uuid.NewString()
	}
	for _, it := range o.Items {
		placed.Total += int64(it.Quantity) * it.UnitPrice
	}
	return placed
}

// record is the event as a CloudEvent in Kafka's binary content mode, keyed by
// the order so that all events of an order keep their sequence.
func (o orderPlaced) record(topic, eventID, correlationID string) (*kgo.Record, error) {
	data, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	header := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	return &kgo.Record{
		Topic: topic,
		Key:   []byte(o.OrderID),
		Value: data,
		Headers: []kgo.RecordHeader{
			header("ce_specversion", "1.0"),
			header("ce_id", eventID),
			header("ce_type", eventType),
			header("ce_source", eventSource),
			header("ce_time", o.PlacedAt.Format(time.RFC3339Nano)),
			header("content-type", "application/json"),
			header("correlation_id", correlationID),
		},
	}, nil
}
