package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/versions"
)

const contract = `weir: contract/v1
service: {name: orders}
asyncapi: ../asyncapi.yaml
schemas:
  Placed: {file: schemas/placed.json, history: schemas/history/placed}
produces:
  - event: Placed
    topic: orders
    schema: Placed
    examples: [examples/placed.json, examples/none.json]
    trigger:
      given: [{http: POST /carts, body: examples/cart.json}]
      http: POST /orders
      body: examples/order.json
consumes:
  - {event: Paid, topic: payments, group: orders, schema: paid.avsc}
`

func repository() fstest.MapFS {
	f := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"services/orders/weir.yaml":                       f(contract),
		"services/asyncapi.yaml":                          f("asyncapi: 3.0.0"),
		"services/orders/schemas/placed.json":             f(`{"$ref": "../../common/id.json"}`),
		"services/common/id.json":                         f(`{"$ref": "deep/text.json"}`),
		"services/common/deep/text.json":                  f(`{"type": "string"}`),
		"services/common/unused.json":                     f(`{}`),
		"services/orders/schemas/history/placed/1.json":   f(`{}`),
		"services/orders/schemas/history/placed/a/2.json": f(`{}`),
		"services/orders/examples/placed.json":            f(`"x"`),
		"services/orders/examples/cart.json":              f(`{}`),
		"services/orders/examples/order.json":             f(`{}`),
		"services/orders/paid.avsc":                       f(`"string"`),
		"services/orders/main.go":                         f(`package main`),
	}
}

func collect(t *testing.T, fsys fs.FS) Bundle {
	t.Helper()
	set, findings := contracts.LoadDir(fsys, "services/orders")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	b, err := Collect(set, fsys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCollect: what is named and what that refers to, and nothing else.
func TestCollect(t *testing.T) {
	repo := repository()
	b := collect(t, repo)
	var names []string
	for _, f := range b.Files() {
		names = append(names, f.Name)
		if f.Sum != Sum(repo[f.Name].Data) {
			t.Errorf("%s has the hash %s", f.Name, f.Sum)
		}
	}
	want := []string{
		"services/asyncapi.yaml",
		"services/common/deep/text.json",
		"services/common/id.json",
		"services/orders/examples/cart.json",
		"services/orders/examples/order.json",
		"services/orders/examples/placed.json",
		"services/orders/paid.avsc",
		"services/orders/schemas/history/placed/1.json",
		"services/orders/schemas/history/placed/a/2.json",
		"services/orders/schemas/placed.json",
		"services/orders/weir.yaml",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	again, err := Read(repo, b.Files())
	if err != nil || !cmp.Equal(b, again) {
		t.Errorf("read by name it differs: %v", err)
	}
	memory, err := b.FS()
	if err != nil || !cmp.Equal(b, collect(t, memory)) {
		t.Errorf("collected from memory it differs: %v", err)
	}
	if err := fstest.TestFS(memory, want...); err != nil {
		t.Error(err)
	}
	if _, err := Read(repo, []File{{Name: "gone"}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestCollectVersions: what retained versions and readers' schemas refer to is
// there, so that they can be compared from the bundle alone.
func TestCollectVersions(t *testing.T) {
	f := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	const version = "services/orders/history/placed/0001-20260301T090000Z"
	repo := fstest.MapFS{
		"services/orders/weir.yaml": f(`weir: contract/v1
service: {name: orders}
schemas:
  Placed: {file: placed.json, history: history/placed}
produces:
  - {event: Placed, topic: orders, schema: Placed}
consumes:
  - {event: Paid, topic: payments, group: orders, schema: protos/acme/paid.proto}
`),
		"services/orders/placed.json":              f(`{"type": "object"}`),
		version + ".json":                          f(`{"$ref": "../../../common/old.json"}`),
		"services/common/old.json":                 f(`{"type": "object"}`),
		"services/common/unused.json":              f(`{"type": "object"}`),
		"services/orders/protos/acme/paid.proto":   f("syntax = \"proto3\";\npackage acme;\nimport \"acme/money.proto\";\nmessage Paid { Money m = 1; }\n"),
		"services/orders/protos/acme/money.proto":  f("syntax = \"proto3\";\npackage acme;\nmessage Money { int64 n = 1; }\n"),
		"services/orders/protos/acme/unused.proto": f("syntax = \"proto3\";\n"),
	}
	b := collect(t, repo)
	var names []string
	for _, file := range b.Files() {
		names = append(names, file.Name)
	}
	want := []string{
		"services/common/old.json", version + ".json", "services/orders/placed.json",
		"services/orders/protos/acme/money.proto", "services/orders/protos/acme/paid.proto", "services/orders/weir.yaml",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	memory, err := b.FS()
	must(t, err)
	set, _ := contracts.LoadDir(memory, "services/orders")
	loader := versions.New(memory, nil)
	published, findings, err := loader.Published(set[0], set[0].SchemaOf(set[0].Produces[0].Schema), "")
	if err != nil || len(findings) > 0 || len(published) != 1 {
		t.Errorf("%d versions, %v, %v", len(published), findings, err)
	}
	if _, err := loader.Current(set[0], set[0].SchemaOf(*set[0].Consumes[0].Schema), ""); err != nil {
		t.Error(err)
	}
}

func TestDigest(t *testing.T) {
	a := Bundle{"a": []byte("1"), "b": []byte("2")}
	if got := Digest(a.Files()); got != Digest(Bundle{"b": []byte("2"), "a": []byte("1")}.Files()) || len(got) != 64 {
		t.Errorf("%s", got)
	}
	for _, other := range []Bundle{{"a": []byte("2"), "b": []byte("1")}, {"a": []byte("1")}, {"a": []byte("1"), "c": []byte("2")}} {
		if Digest(a.Files()) == Digest(other.Files()) {
			t.Errorf("%v has the digest of %v", other, a)
		}
	}
}

// TestWriteAndVerify: a directory is replaced as a whole, and every way in
// which it can differ is seen.
func TestWriteAndVerify(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "x", "payments")
	b := Bundle{"weir.yaml": []byte("a"), "schemas/p.json": []byte("b"), "schemas/q.json": []byte("c")}
	verify := func(want ...Difference) {
		t.Helper()
		got, err := Verify(os.DirFS(root), "x/payments", b.Files())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	if _, err := Verify(os.DirFS(root), "x/payments", b.Files()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for range 2 {
		if err := b.Write(dir); err != nil {
			t.Fatal(err)
		}
		verify()
		must(t, os.WriteFile(filepath.Join(dir, "weir.yaml"), []byte("other"), 0o644))
		must(t, os.WriteFile(filepath.Join(dir, "schemas", "new.json"), nil, 0o644))
		must(t, os.Remove(filepath.Join(dir, "schemas", "q.json")))
		verify(Difference{"schemas/new.json", Added}, Difference{"schemas/q.json", Missing}, Difference{"weir.yaml", Changed})
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("beside it: %v, %v", left, err)
	}
}

// TestNamesStayInside: nothing is written outside of the directory.
func TestNamesStayInside(t *testing.T) {
	for _, name := range []string{"../x", "/x", "a/../../x", "", "."} {
		root := t.TempDir()
		if err := (Bundle{"ok": nil, name: nil}).Write(filepath.Join(root, "d")); err == nil {
			t.Errorf("%q was written", name)
		}
		if left, err := os.ReadDir(root); err != nil || len(left) != 0 {
			t.Errorf("%q: %v, %v", name, left, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
