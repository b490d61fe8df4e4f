package asyncapi_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

const placedPayload = "catalogue/asyncapi.yaml#/channels/orders/messages/Placed/payload"

func repository() fstest.MapFS {
	return fstest.MapFS{
		"catalogue/asyncapi.yaml": {Data: []byte(catalogue)},
		"schemas/cancelled.json":  {Data: []byte(`{"type": "object"}`)},
		"a#/plain.txt":            {Data: []byte("text")},
		"order/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: order-service}
asyncapi: ../catalogue/asyncapi.yaml
topics: {orders: {replication: 3}}
produces:
  - {operation: publishOrders, ordering: per-key, headers: {tenant: required}}
`)},
	}
}

// TestFilesKnowWhereThingsStand: what the contract says stands there, and what
// the document says in the document.
func TestFilesKnowWhereThingsStand(t *testing.T) {
	c, findings := asyncapi.NewFiles(repository()).Load("order/weir.yaml")
	if finding.Errors(findings) > 0 {
		t.Fatal(findings)
	}
	for _, test := range []struct {
		path []any
		want string
	}{
		{[]any{"produces", 0}, "order/weir.yaml:6:5"},
		{[]any{"produces", 0, "event"}, "order/weir.yaml:6:5"},
		{[]any{"produces", 0, "ordering"}, "order/weir.yaml:6:42"},
		{[]any{"produces", 0, "headers", "tenant"}, "order/weir.yaml:6:69"},
		{[]any{"produces", 0, "topic"}, "catalogue/asyncapi.yaml:25:3"},
		{[]any{"produces", 0, "schema", "file"}, "catalogue/asyncapi.yaml:11:18"},
		{[]any{"produces", 1}, "order/weir.yaml:6:5"}, // the operation's other message
		{[]any{"produces", 1, "schema"}, "schemas/cancelled.json:1:1"},
		{[]any{"consumes", 0}, "catalogue/asyncapi.yaml:28:3"},
		{[]any{"consumes", 0, "group"}, "catalogue/asyncapi.yaml:28:3"},
		{[]any{"topics", "orders"}, "order/weir.yaml:4:18"},
		{[]any{"topics", "orders", "replication"}, "order/weir.yaml:4:32"},
		{[]any{"topics", "orders", "partitions"}, "catalogue/asyncapi.yaml:4:3"},
		{[]any{"topics", "orders", "retention"}, "catalogue/asyncapi.yaml:4:3"},
	} {
		if got := c.Doc.Position(test.path...).String(); got != test.want {
			t.Errorf("%v stands at %s, not %s", test.path, got, test.want)
		}
	}
}

// TestFilesServeSchemas: a Files that has loaded nothing reads the schemas of
// documents too, and everything else is that of the file system below.
func TestFilesServeSchemas(t *testing.T) {
	files := asyncapi.NewFiles(repository())
	if asyncapi.NewFiles(files) != files {
		t.Error("a Files is wrapped once more")
	}
	info, err := fs.Stat(files, placedPayload)
	if err != nil || info.IsDir() || info.Name() != "payload" {
		t.Errorf("%+v, %v", info, err)
	}
	text, err := fs.ReadFile(files, placedPayload)
	if err != nil || int64(len(text)) != info.Size() {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if f, err := files.Open(placedPayload); err != nil || f.Close() != nil {
		t.Error(err)
	}
	if text, err := fs.ReadFile(files, "a#/plain.txt"); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	for _, name := range []string{"catalogue/asyncapi.yaml#/none", "schemas/cancelled.json#/type", "none.yaml#/payload", "#/payload"} {
		if _, err := fs.Stat(files, name); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := fs.ReadFile(files, name); err == nil {
			t.Errorf("%s can be read", name)
		}
	}
	if err := fstest.TestFS(files, "catalogue/asyncapi.yaml", "order/weir.yaml", "a#/plain.txt"); err != nil {
		t.Error(err)
	}
}

// TestFilesLocate: positions in a schema are those in the document.
func TestFilesLocate(t *testing.T) {
	files := asyncapi.NewFiles(repository())
	s, err := schema.Load(files, placedPayload, "jsonschema", schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(finding.Position{
		File: "catalogue/asyncapi.yaml", Line: 11, Column: 18, Source: strings.Split(catalogue, "\n")[10],
	}, s.Position()); diff != "" {
		t.Error(diff)
	}
	own := finding.Position{File: "order/weir.yaml", Line: 3, Column: 1}
	if got := files.Locate(own); got != own {
		t.Errorf("a position outside of documents moved to %s", got)
	}
}

// TestFilesServeSchemasInOtherFiles: a schema in a further file of a document
// is found by its name alone, and located there.
func TestFilesServeSchemasInOtherFiles(t *testing.T) {
	fsys := repository()
	fsys["shared/types.yaml"] = &fstest.MapFile{Data: []byte("types:\n  cancelled: {type: object, properties: {id: {type: string}}}\n")}
	fsys["catalogue/asyncapi.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(catalogue, "../schemas/cancelled.json", "'../shared/types.yaml#/types/cancelled'", 1))}
	c, findings := asyncapi.NewFiles(fsys).Load("order/weir.yaml")
	if finding.Errors(findings) > 0 {
		t.Fatal(findings)
	}
	name := c.Resolve(c.SchemaOf(c.Produces[1].Schema).File)
	if want := "catalogue/asyncapi.yaml#/%2E%2E/shared/types.yaml#/types/cancelled"; name != want {
		t.Errorf("it is named %s", name)
	}
	s, err := schema.Load(asyncapi.NewFiles(fsys), name, "jsonschema", schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Position().String(); got != "shared/types.yaml:2:14" {
		t.Errorf("it stands at %s", got)
	}
}

// TestExportOfACompletedContract: who stands on the export has the same
// contract without a word of its own, wherever the document lies.
func TestExportOfACompletedContract(t *testing.T) {
	for _, document := range []string{"catalogue/asyncapi.yaml", "order/asyncapi.yaml"} {
		t.Run(document, func(t *testing.T) {
			fsys := repository()
			fsys[document] = fsys["catalogue/asyncapi.yaml"]
			name := strings.TrimPrefix("../"+document, "../order/")
			fsys["order/weir.yaml"].Data = []byte(strings.Replace(string(fsys["order/weir.yaml"].Data), "../catalogue/asyncapi.yaml", name, 1))
			files := asyncapi.NewFiles(fsys)
			want, findings := files.Load("order/weir.yaml")
			noErrors(t, "contract", fsys, findings)
			fsys[document] = &fstest.MapFile{Data: exportOver(t, want, files)}
			fsys["order/weir.yaml"] = &fstest.MapFile{Data: []byte("weir: contract/v1\nservice: {name: order-service}\nasyncapi: " + name + "\n")}
			got, findings := asyncapi.NewFiles(fsys).Load("order/weir.yaml")
			noErrors(t, "contract", fsys, findings)
			if diff := cmp.Diff(want, got, sameContract); diff != "" {
				t.Errorf("the contract changed (-want +got):\n%s\n%s", diff, fsys[document].Data)
			}
		})
	}
}

// TestFilesAreForSeveralGoroutines is for the race detector.
func TestFilesAreForSeveralGoroutines(t *testing.T) {
	files := asyncapi.NewFiles(repository())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := schema.Load(files, placedPayload, "jsonschema", schema.Options{})
			if err != nil || s.Position().File != "catalogue/asyncapi.yaml" {
				t.Errorf("%v", err)
			}
			if _, findings := files.Document("catalogue/asyncapi.yaml"); finding.Errors(findings) > 0 {
				t.Error(findings)
			}
		})
	}
	all.Wait()
}
