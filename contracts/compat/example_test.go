package compat_test

import (
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/schema"
)

// A field that is required now is in no event of the version before.
func ExampleCheck() {
	files := fstest.MapFS{
		"1.json": {Data: []byte(`{"type": "object", "properties": {"id": {"type": "string"}}}`)},
		"2.json": {Data: []byte(`{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}`)},
	}
	version := func(name string) compat.Version[*schema.Schema] {
		s, err := schema.Load(files, name, "jsonschema", schema.Options{})
		if err != nil {
			fmt.Println(err)
		}
		return compat.Version[*schema.Schema]{Name: name, Schema: s}
	}
	mode, err := compat.ParseMode("backward")
	if err != nil {
		fmt.Println(err)
		return
	}
	out := compat.Check(mode, []compat.Version[*schema.Schema]{version("1.json")}, version("2.json"),
		func(writer, reader *schema.Schema) compat.Comparison {
			return schema.Compare(writer, reader, schema.Dialect{})
		})
	fmt.Println(out.Result)
	for _, f := range out.Findings() {
		fmt.Printf("%s: %s, such as %s\n", f.Position, f.Message, f.Counterexample.Document)
	}
	// Output:
	// incompatible
	// 2.json:1:75: $.id can be missing, the reader requires it, such as {}
}
