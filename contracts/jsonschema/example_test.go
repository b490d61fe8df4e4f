package jsonschema_test

import (
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/jsonschema"
)

// A reader that takes fewer values than the writer may write.
func ExampleCompare() {
	fsys := fstest.MapFS{
		"v1.yaml": {Data: []byte("type: object\nproperties:\n  size: {enum: [S, M, L]}\n")},
		"v2.yaml": {Data: []byte("type: object\nproperties:\n  size: {enum: [S, M]}\n")},
	}
	writer, err := jsonschema.Load(fsys, "v1.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := jsonschema.Load(fsys, "v2.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	c := jsonschema.Compare(writer, reader)
	fmt.Println(c.Result())
	for _, p := range c.Problems {
		fmt.Printf("%s: %s (%s)\n", p.Reader.Position, p.Message, p.Rule)
		fmt.Printf("for example %s, %s\n", p.Witness.Document, p.Witness.Outcome)
	}
	// Output:
	// incompatible
	// v2.yaml:3:10: $.size can be "L", the reader takes only "S", "M" (compat/json-value)
	// for example {"size":"L"}, refused: /size is "L", must be one of "S", "M"
}
