package promise_test

import (
	"fmt"

	"github.com/flowweir/weir/harness/promise"
)

func ExampleLoad() {
	promises, findings := promise.Load("../testdata/booking/weir.yaml")
	if len(findings) > 0 {
		fmt.Println(findings)
	}
	for _, p := range promises {
		fmt.Printf("%s: %s\n", p.ID(), p.Text)
	}
	// Output:
	// books/produces/books.Booked/emitted: it follows its trigger
	// books/produces/books.Booked/once: one event follows one trigger
	// books/produces/books.Booked/envelope: its envelope is cloudevents-binary
	// books/produces/books.Booked/header:causation_id: it has the header causation_id
	// books/produces/books.Booked/causation: its causation id is that of its trigger
	// books/consumes/shop.Sold/effect: its effect follows it
	// books/consumes/shop.Sold/commit: the group books commits it
	// books/consumes/shop.Sold/at-least-once: it is committed after its effect
	// books/consumes/shop.Sold/boundary: it processes events at the bounds of their schema
	// books/consumes/shop.Sold/versions: it processes events of each version that may still be on the topic
	// books/consumes/shop.Sold/examples: it processes the producer's examples
	// books/consumes/shop.Sold/late: it processes an event that comes late
}
