package scenario

import (
	"testing"

	"github.com/flowweir/weir/contracts"
)

// TestProtobufAsJSON: no load is made of messages that travel as JSON, lest they
// be sent in their binary form; data that comes back so is read as JSON.
func TestProtobufAsJSON(t *testing.T) {
	p := &contracts.Produces{Event: "OrderPlaced", Schema: contracts.SchemaRef{Inline: &contracts.Schema{File: "order.proto", Encoding: contracts.EncodingJSON}}}
	f := &Flow{Load: &Load{}, Producer: &contracts.Contract{}, Produces: p}
	if _, err := newDocuments(f); err == nil || err.Error() != "making data in Protobuf's JSON is not built; its binary form is" {
		t.Errorf("got %v", err)
	}
	if decode, err := f.decoder(f.Producer, p); decode != nil || err != nil {
		t.Errorf("a decoder of its own: %v", err)
	}
}
