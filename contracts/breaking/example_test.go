package breaking_test

import (
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/versions"
)

// Without its key the orders service keeps no order of events any more.
func ExampleCompare() {
	side := func(name, key string) breaking.Side {
		files := fstest.MapFS{
			"weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.OrderPlaced, topic: order.events, schema: order.json` + key + `}]
`)},
			"order.json": {Data: []byte(`{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}`)},
		}
		set, findings := contracts.LoadDir(files, ".")
		if len(findings) > 0 {
			fmt.Println(findings)
		}
		return breaking.Side{Name: name, Contracts: set, FS: files, Loader: versions.New(files, nil)}
	}
	for _, f := range breaking.Compare(side("main", ", key: $.id"), side("", ""), breaking.Options{}) {
		fmt.Printf("%s: %s: %s [%s]\n", f.Position, f.Severity, f.Message, f.ID)
	}
	// Output:
	// weir.yaml:3:12: warning: com.acme.OrderPlaced had the key $.id and has none: records of one entity are then on two partitions, and their order is lost [breaking/key-removed]
}
