package versions_test

import (
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/versions"
)

// The schema that a contract names, in the format that its content has, and
// for how long its topic keeps records of it.
func ExampleLoader_Current() {
	files := fstest.MapFS{
		"weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: orders}
topics: {order.events: {config: {retention.ms: 604800000}}}
produces: [{event: com.acme.OrderPlaced, topic: order.events, schema: order.json}]
`)},
		"order.json": {Data: []byte(`{"type": "object", "properties": {"id": {"type": "string"}}}`)},
	}
	c, findings := contracts.Load(files, "weir.yaml")
	if len(findings) > 0 {
		fmt.Println(findings)
		return
	}
	s, err := versions.New(files, nil).Current(c, c.SchemaOf(c.Produces[0].Schema), "")
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, _ := versions.Retention(c.Topics["order.events"])
	fmt.Println(s.Format(), "kept for", kept.Period)
	// Output:
	// jsonschema kept for 168h0m0s
}
