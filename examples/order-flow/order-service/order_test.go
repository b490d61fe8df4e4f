package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func valid() placeOrder {
	return placeOrder{
		OrderID:    "0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11",
		CustomerID: "cus-1",
		Currency:   "EUR",
		Items:      []item{{SKU: "BOOT-42", Quantity: 2, UnitPrice: 6900}, {SKU: "LACE", Quantity: 1, UnitPrice: 0}},
	}
}

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*placeOrder)
		want   string // start of the error, empty for none
	}{
		"valid":             {func(*placeOrder) {}, ""},
		"no order id":       {func(o *placeOrder) { o.OrderID = "" }, ""},
		"order id no UUID":  {func(o *placeOrder) { o.OrderID = "17" }, "order_id: "},
		"no customer":       {func(o *placeOrder) { o.CustomerID = "" }, "customer_id: "},
		"customer too long": {func(o *placeOrder) { o.CustomerID = strings.Repeat("x", 65) }, "customer_id: "},
		"unknown currency":  {func(o *placeOrder) { o.Currency = "eur" }, "currency: "},
		"no items":          {func(o *placeOrder) { o.Items = nil }, "items: "},
		"too many items":    {func(o *placeOrder) { o.Items = make([]item, 11) }, "items: "},
		"bad sku":           {func(o *placeOrder) { o.Items[1].SKU = "lace" }, "items[1].sku: "},
		"no quantity":       {func(o *placeOrder) { o.Items[0].Quantity = 0 }, "items[0].quantity: "},
		"quantity too big":  {func(o *placeOrder) { o.Items[0].Quantity = 1000 }, "items[0].quantity: "},
		"negative price":    {func(o *placeOrder) { o.Items[0].UnitPrice = -1 }, "items[0].unit_price: "},
		"price too big":     {func(o *placeOrder) { o.Items[0].UnitPrice = maxUnitPrice + 1 }, "items[0].unit_price: "},
	} {
		t.Run(name, func(t *testing.T) {
			o := valid()
			tc.change(&o)
			err := o.validate()
			if (err == nil) != (tc.want == "") || err != nil && !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("validate() = %v, want %q", err, tc.want)
			}
		})
	}
}

func TestPlaceTotalsAndNames(t *testing.T) {
	o := valid()
	if got := o.place(time.Now()); got.Total != 13800 || got.OrderID != o.OrderID {
		t.Errorf("place() = %+v, want total 13800 of order %s", got, o.OrderID)
	}
	o.OrderID = ""
	if got := o.place(time.Now()).OrderID; uuid.Validate(got) != nil {
		t.Errorf("made order id %q is no UUID", got)
	}
}

// What the service emits, and the contract's example, are as the schema says.
func TestEventsObeyTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("schemas/order-placed.json")
	if err != nil {
		t.Fatal(err)
	}
	o := valid()
	record, err := o.place(time.Now()).record("order.events", "event-1", "corr-1")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("examples/order-placed.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"emitted": record.Value, "example": example} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err == nil {
			err = schema.Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The body that the contract's trigger sends is accepted.
func TestTriggerBodyIsValid(t *testing.T) {
	body, err := os.ReadFile("examples/place-order.json")
	if err != nil {
		t.Fatal(err)
	}
	var o placeOrder
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	if err := o.validate(); err != nil {
		t.Error(err)
	}
}
