package bundle

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestCollectDocuments: a contract that stands on an AsyncAPI document takes
// that along with all that it refers to; schemas inside it are no files.
func TestCollectDocuments(t *testing.T) {
	f := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	repo := fstest.MapFS{
		"services/orders/weir.yaml": f("weir: contract/v1\nservice: {name: orders}\nasyncapi: ../catalogue/asyncapi.yaml\n"),
		"services/catalogue/asyncapi.yaml": f(`asyncapi: 3.1.0
info: {title: Orders, version: 1.0.0}
channels:
  orders:
    address: orders
    messages:
      placed: {name: Placed, payload: {type: object, properties: {id: {$ref: "types.yaml#/id"}}}}
      paid: {name: Paid, payload: {$ref: "paid.json"}}
  others: {$ref: "others.yaml#/channel"}
operations:
  publish: {action: send, channel: {$ref: "#/channels/orders"}}
`),
		"services/catalogue/types.yaml":       f("id: {type: string}\n"),
		"services/catalogue/others.yaml":      f("channel: {address: others, messages: {}}\n"),
		"services/catalogue/paid.json":        f(`{"$ref": "deep/amount.json"}`),
		"services/catalogue/deep/amount.json": f(`{"type": "object"}`),
		"services/catalogue/unused.yaml":      f("id: {type: string}\n"),
	}
	files := asyncapi.NewFiles(repo)
	set, findings := files.LoadDir(".")
	if finding.Errors(findings) > 0 || len(set[0].Produces) != 2 {
		t.Fatal(findings)
	}
	want := []string{
		"services/catalogue/asyncapi.yaml", "services/catalogue/deep/amount.json", "services/catalogue/others.yaml",
		"services/catalogue/paid.json", "services/catalogue/types.yaml", "services/orders/weir.yaml",
	}
	for name, fsys := range map[string]fs.FS{"from what completed it": files, "from the files alone": repo} {
		b, err := Collect(set, fsys)
		must(t, err)
		var names []string
		for _, file := range b.Files() {
			names = append(names, file.Name)
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		memory, err := b.FS()
		must(t, err)
		copied := asyncapi.NewFiles(memory)
		again, findings := copied.LoadDir(".")
		if finding.Errors(findings) > 0 || len(again[0].Produces) != 2 {
			t.Errorf("%s: the copy is not whole: %v", name, findings)
		}
		for _, found := range rules.Check(again, copied, time.Time{}) {
			if found.ID == rules.SchemaMissing || found.ID == rules.SchemaInvalid {
				t.Errorf("%s: %s", name, found.Message)
			}
		}
	}
}
