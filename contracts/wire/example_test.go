package wire_test

import (
	"fmt"

	"github.com/flowweir/weir/contracts/wire"
)

func ExampleFraming_Decode() {
	framing := wire.Framing{Kind: wire.Confluent}
	id, payload, err := framing.Decode(nil, []byte("\x00\x00\x00\x00\x07\x06o-1"))
	fmt.Printf("%s, payload %q, %v\n", id, payload, err)

	_, _, err = framing.Decode(nil, []byte(`{"order_id": "o-1"}`))
	fmt.Println(err)
	// Output:
	// schema 7, payload "\x06o-1", <nil>
	// the value starts with '{', not with the magic byte 0; it looks like JSON without framing, which is wire: none, or wire: confluent-header with the id in a header
}
