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
		fmt.Printf("--- %s\n%s", f.Name, f.Content)
	}
	for _, guess := range draft.Guesses {
		fmt.Println("guessed:", guess)
	}
	// Output:
	// --- weir.yaml
	// # Written by weir init from 2 examples.
	// # Confirm what is marked, and fill in or remove what is only a comment.
	// weir: contract/v1
	// service:
	//   name: orders
	//   # owner: the team that answers for it
	// # topics: the partitions, replication and retention of order.events
	// produces:
	//   - event: com.acme.OrderPlaced
	//     # kind: domain, integration, notification, state-transfer, command
	//     topic: order.events
	//     schema: schemas/order-placed.json
	//     key: $.order_id # a guess: every document has it, and its name ends with id
	//     examples:
	//       - a.json
	//       - b.json
	//     # ordering: per-key, if consumers may rely on the order of one key's events
	//     # compatibility: backward, forward or full, what new versions of the schema are held to
	//     # trigger: how a test makes the service emit the event
	// --- schemas/order-placed.json
	// {
	//   "$schema": "https://json-schema.org/draft/2020-12/schema",
	//   "title": "OrderPlaced",
	//   "type": "object",
	//   "required": [
	//     "order_id",
	//     "total"
	//   ],
	//   "properties": {
	//     "note": {
	//       "type": "string"
	//     },
	//     "order_id": {
	//       "type": "string"
	//     },
	//     "total": {
	//       "type": "integer"
	//     }
	//   }
	// }
	// guessed: key $.order_id of com.acme.OrderPlaced: every document has it, and its name ends with id
}
