package contracts_test

import (
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
)

// A misspelt field is found with its place and the nearest name.
func ExampleLoad() {
	files := fstest.MapFS{"weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: mailer}
consumes:
  - {event: com.acme.OrderPlaced, topic: orders, group: mailer, need: [$.id]}
`)}}
	c, findings := contracts.Load(files, "weir.yaml")
	fmt.Println(c.Service.Name, "reads", c.Consumes[0].Event)
	for _, f := range findings {
		fmt.Printf("%s: %s [%s]\n%s\n", f.Position, f.Message, f.ID, f.Hint)
	}
	// Output:
	// mailer reads com.acme.OrderPlaced
	// weir.yaml:4:65: consumes[0] has no field "need" [file/unknown-field]
	// did you mean "needs"?
}
