package matrix_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/versions"
)

// The mailer reads a number, and the orders service writes a text.
func ExampleCheck() {
	files := fstest.MapFS{
		"order/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.OrderPlaced, topic: order.events, schema: order.json}]
`)},
		"order/order.json": {Data: []byte(`{"type": "object", "properties": {"total": {"type": "string"}}, "required": ["total"]}`)},
		"mail/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: mailer}
consumes: [{event: com.acme.OrderPlaced, topic: order.events, group: mailer, schema: read.json}]
`)},
		"mail/read.json": {Data: []byte(`{"type": "object", "properties": {"total": {"type": "integer"}}}`)},
	}
	set, findings := contracts.LoadDir(files, ".")
	if len(findings) > 0 {
		fmt.Println(findings)
		return
	}
	for _, f := range matrix.Check(set, versions.New(files, nil), matrix.Options{Now: time.Now()}) {
		fmt.Printf("%s: %s\n", f.Owner.Service.Name, f.Message)
		if f.Counterexample != nil {
			fmt.Println(f.Counterexample.Document)
		}
	}
	// Output:
	// mailer: mailer cannot read com.acme.OrderPlaced of orders as the current version writes it: $.total can be a string, the reader takes only an integer
	// {"total":""}
}
