package scenario

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
)

// TestProtobufAsJSON: load of messages that travel as JSON is made as JSON, and
// what comes back so is read as JSON.
func TestProtobufAsJSON(t *testing.T) {
	declared := &contracts.Schema{File: "order.proto", Format: contracts.FormatProtobuf, Wire: contracts.WireNone, Encoding: contracts.EncodingJSON}
	p := &contracts.Produces{Event: "OrderPlaced", Schema: contracts.SchemaRef{Inline: declared}}
	files := fstest.MapFS{"order.proto": {Data: []byte("syntax = \"proto3\";\nmessage Order { string order_id = 1; int64 cents = 2; repeated string lines = 3; }\n")}}
	x := &execution{serdes: newSerdes(t.Context(), files, nil)}
	f := &Flow{Load: &Load{}, Producer: &contracts.Contract{}, Produces: p}
	if err := f.resolve(x.serdes); err != nil {
		t.Fatal(err)
	}
	docs, err := newDocuments(f)
	if err != nil || docs.codec() != nil {
		t.Fatalf("a codec of its own: %v", err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		doc, err := docs.generate(rng)
		if err != nil {
			t.Fatal(err)
		}
		data, err := docs.encode(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := docs.validate(data); err != nil || !json.Valid(data) {
			t.Errorf("%s: %v", data, err)
		}
		// As other producers of tests write it.
		if other, err := f.value.Schema.Encode(doc); err != nil || string(other) != string(data) {
			t.Errorf("%s, and elsewhere %s, %v", data, other, err)
		}
	}
	if err := docs.validate([]byte(`{"order": "a"}`)); err == nil {
		t.Error("a field that the message does not have is sent")
	}
	if decode, err := x.dataDecoder(f.Producer, p); decode != nil || err != nil {
		t.Errorf("a decoder of its own: %v", err)
	}
}
