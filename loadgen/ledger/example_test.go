package ledger_test

import (
	"fmt"

	"github.com/flowweir/weir/loadgen/ledger"
)

// A sender's records, one of them acked and never read.
func ExampleSender_Select() {
	l := ledger.New()
	orders := l.Sender("orders", ledger.Expect{Received: true})
	for range 3 {
		orders.Acked(orders.Begin(ledger.Normal))
	}
	orders.ReceivedAll([]uint64{0, 2}, nil)

	for seq := range orders.Select(ledger.Acked, ledger.Received) {
		fmt.Println("lost:", seq)
	}
	fmt.Println("sight of record 2:", orders.Received(2))
	// Output:
	// lost: 1
	// sight of record 2: again
}
