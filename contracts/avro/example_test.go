package avro_test

import (
	"fmt"

	"github.com/flowweir/weir/contracts/avro"
)

// A writer that may leave a field null breaks a reader that needs it.
func ExampleCompare() {
	writer, err := avro.Parse(avro.Source{Name: "new.avsc", Text: []byte(`{"type": "record", "name": "Order", "fields": [
  {"name": "note", "type": ["null", "string"]}
]}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := avro.Parse(avro.Source{Name: "old.avsc", Text: []byte(`{"type": "record", "name": "Order", "fields": [
  {"name": "note", "type": "string"}
]}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range avro.Compare(writer, reader).Problems {
		fmt.Println(p.Writer.Position, p.Rule)
		fmt.Println(p.Message)
		fmt.Printf("%s, encoded as %x: %s\n", p.Witness.Document, p.Witness.Bytes, p.Witness.Outcome)
	}
	// Output:
	// new.avsc:2:29 compat/avro-union-branch
	// $.note may be written as null, but the reader expects string
	// {"note":null}, encoded as 00: the reader refuses it: at $.note it finds null, which it cannot read
}
