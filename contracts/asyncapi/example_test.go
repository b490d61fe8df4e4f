package asyncapi_test

import (
	"fmt"
	"os"

	"github.com/flowweir/weir/contracts/asyncapi"
)

func ExampleImport() {
	d, findings := asyncapi.Load(os.DirFS("testdata/documents"), "rpc-client.yaml")
	if len(findings) > 0 {
		fmt.Println(findings)
	}
	imported, left := asyncapi.Import(d)
	fmt.Print(string(imported.Contract))
	for _, f := range left {
		fmt.Println(f.Position, f.Message)
	}
	// Output:
	// weir: contract/v1
	// service:
	//   name: sums-as-a-client
	//   version: "1.0.0"
	// produces:
	//   - event: SumRequested
	//     rabbitmq:
	//       exchange: sums
	//       routing-key: sum.requested
	//     schema: schemas/sum-requested.json
	// consumes:
	//   - event: Summed
	//     rabbitmq:
	//       queue: sums.done
	//     schema: schemas/summed.json
	// rpc-client.yaml:4:16 host of the server production has no place in a contract
	// rpc-client.yaml:8:62 type of the amqp exchange requests has no place in a contract
	// rpc-client.yaml:8:75 durable of the amqp exchange requests has no place in a contract
}
