// Package schemas holds the schemas that inventory-service was built with:
// order-service's of the events that it reads, and its own.
package schemas

import (
	"bytes"
	"embed"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed *.json
var files embed.FS

// OrderPlaced describes the data of com.acme.order.OrderPlaced.
var OrderPlaced = mustCompile("order-placed.json")

// InventoryReserved describes the data of com.acme.inventory.InventoryReserved.
var InventoryReserved = mustCompile("inventory-reserved.json")

func mustCompile(name string) *jsonschema.Schema {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:acme:"+name, doc); err != nil {
		panic(err)
	}
	return c.MustCompile("urn:acme:" + name)
}
