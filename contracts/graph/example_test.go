package graph_test

import (
	"fmt"
	"os"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/graph"
)

// Who sends what to whom, as Mermaid shows it in a page of Markdown.
func ExampleBuild() {
	files := fstest.MapFS{
		"order/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.OrderPlaced, topic: order.events, schema: order.json}]
`)},
		"order/order.json": {Data: []byte(`{"type": "object"}`)},
		"mail/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: mailer}
consumes: [{event: com.acme.OrderPlaced, topic: order.events, group: mailer}]
`)},
	}
	set, findings := contracts.LoadDir(files, ".")
	if err := graph.Build(set, findings).Mermaid(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// flowchart LR
	//   s0["mailer"]
	//   s1["orders"]
	//   t0(["order.events"])
	//   t0 -->|"OrderPlaced"| s0
	//   s1 -->|"OrderPlaced"| t0
	//   classDef service fill:#e8f0fe,stroke:#3b5b92,color:#1b1f24
	//   classDef topic fill:#f6f8fa,stroke:#6e7781,color:#1b1f24
	//   class s0,s1 service
	//   class t0 topic
}
