package proto_test

import (
	"fmt"
	"log"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/proto"
)

func ExampleCompare() {
	fsys := fstest.MapFS{
		"v1.proto": {Data: []byte(`syntax = "proto3";
package acme;
message OrderPlaced { string order_id = 1; int64 total = 2; }`)},
		"v2.proto": {Data: []byte(`syntax = "proto3";
package acme;
message OrderPlaced { string order_id = 1; int32 total = 2; }`)},
	}
	v1, err := proto.Load(fsys, "v1.proto")
	if err != nil {
		log.Fatal(err)
	}
	v2, err := proto.Load(fsys, "v2.proto")
	if err != nil {
		log.Fatal(err)
	}
	comparison := proto.Compare(v1, v2) // v1 writes, v2 reads
	fmt.Println(comparison.Result())
	for _, p := range comparison.Problems {
		fmt.Printf("%s: %s\n", p.Reader.Position, p.Message)
		fmt.Printf("%s = %x: %s\n", p.Witness.Document, p.Witness.Bytes, p.Witness.Outcome)
	}
	// Output:
	// incompatible
	// v2.proto:3:44: total is int64 to the writer and int32 to the reader, which cannot hold all its values
	// {"total":"2147483648"} = 108080808008: reads total = -2147483648 instead of 2147483648
}
