package schema_test

import (
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/schema"
)

// An event in Avro is a document like any other, and its bytes are short.
func ExampleLoad() {
	files := fstest.MapFS{"paid.avsc": {Data: []byte(`{"type": "record", "name": "Paid", "fields": [{"name": "id", "type": "string"}, {"name": "amount", "type": "long"}]}`)}}
	s, err := schema.Load(files, "paid.avsc", "avro", schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := s.Encode(map[string]any{"id": "p-1", "amount": 138})
	if err != nil {
		fmt.Println(err)
		return
	}
	event, err := s.Decode(data)
	fmt.Printf("%q %v %v\n", data, event, err)
	for _, v := range s.Validate(map[string]any{"id": "p-2"}) {
		fmt.Println(v.Message)
	}
	// Output:
	// "\x06p-1\x94\x02" map[amount:138 id:p-1] <nil>
	// the document lacks the field "amount" of record Paid
}
