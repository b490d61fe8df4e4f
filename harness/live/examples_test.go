package live

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
)

// TestExamplesOfADocument: what an AsyncAPI document shows of an event is sent
// like the contract's own files.
func TestExamplesOfADocument(t *testing.T) {
	files := asyncapi.NewFiles(fstest.MapFS{
		"weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: shop}
asyncapi: api.yaml
produces: [{operation: sell, examples: [own.json]}]
`)},
		"own.json": {Data: []byte(`{"cents": 1}`)},
		"api.yaml": {Data: []byte(`asyncapi: 3.1.0
info: {title: Shop, version: 1.0.0}
channels: {sold: {address: sold, messages: {Sold: {payload: {type: object}, examples: [{payload: {cents: 2}}, {headers: {a: b}}]}}}}
operations: {sell: {action: send, channel: {$ref: "#/channels/sold"}}}
`)},
	})
	c, findings := files.Load("weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	f := &Flow{cfg: Config{Contracts: []*contracts.Contract{c}, Files: files}}
	variants, err := f.Examples("Sold")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range variants {
		got = append(got, v.Name)
	}
	if diff := cmp.Diff([]string{"of the example own.json", "of the example api.yaml#/channels/sold/messages/Sold/examples/0/payload.json"}, got); diff != "" {
		t.Error(diff)
	}
}
