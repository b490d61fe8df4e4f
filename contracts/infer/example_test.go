package infer_test

import (
	"context"
	"fmt"

	"github.com/flowweir/weir/contracts/infer"
)

// Two documents are enough for a first contract. None of their values is in
// it.
func ExampleFromRecords() {
	draft, err := infer.FromRecords(context.Background(), infer.Request{
		Service: "orders", Event: "com.acme.OrderPlaced", Topic: "order.events", Seed: 1,
		Records: []infer.Record{
			{File: "a.json", Value: []byte(`{"order_id": "o-1", "total": 13800}`)},
			{File: "b.json", Value: []byte(`{"order_id": "o-2", "total": 250, "note": "ring twice"}`)},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range draft.Files() {
		fmt.Println(f.Name)
	}
	for _, guess := range draft.Guesses {
		fmt.Println("guessed:", guess)
	}
	// Output:
	// weir.yaml
	// schemas/order-placed.json
	// guessed: key $.order_id of com.acme.OrderPlaced: every document has it, and its name ends with id
}
