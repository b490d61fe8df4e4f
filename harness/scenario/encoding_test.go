package scenario

import (
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
)

// TestProtobufAsJSON: no load is made of messages that travel as JSON, lest they
// be sent in their binary form; data that comes back so is read as JSON.
func TestProtobufAsJSON(t *testing.T) {
	declared := &contracts.Schema{File: "order.proto", Format: contracts.FormatProtobuf, Wire: contracts.WireNone, Encoding: contracts.EncodingJSON}
	p := &contracts.Produces{Event: "OrderPlaced", Schema: contracts.SchemaRef{Inline: declared}}
	files := fstest.MapFS{"order.proto": {Data: []byte("syntax = \"proto3\";\nmessage Order { string id = 1; }\n")}}
	x := &execution{serdes: newSerdes(t.Context(), files, nil)}
	f := &Flow{Load: &Load{}, Producer: &contracts.Contract{}, Produces: p}
	if err := f.resolve(x.serdes); err != nil {
		t.Fatal(err)
	}
	if _, err := newDocuments(f); err == nil || err.Error() != "making data in Protobuf's JSON is not built; its binary form is" {
		t.Errorf("got %v", err)
	}
	if decode, err := x.dataDecoder(f.Producer, p); decode != nil || err != nil {
		t.Errorf("a decoder of its own: %v", err)
	}
}
