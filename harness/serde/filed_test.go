package serde

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
)

// filedAs is the id that events of a schema in a file carry, with what a registry
// has of their subject: versions from 1 on, with ids from 11 on.
func filedAs(t *testing.T, file string, kind sr.SchemaType, text string, registered ...string) (number int32, wrong string) {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	for i, s := range registered {
		f.SeedSchema("orders-value", i+1, i+11, sr.Schema{Schema: s, Type: kind})
	}
	client, err := registry.New(registry.Config{URL: f.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	files := fstest.MapFS{file: {Data: []byte(text)}, "weir.yaml": {Data: []byte(
		"weir: contract/v1\nservice: {name: shop}\nproduces: [{event: shop.Placed, topic: orders, schema: {file: " + file + ", wire: confluent}, match: {name: shop.Placed}}]\n")}}
	c, findings := contracts.Load(files, "weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	r := New(t.Context(), versions.New(files, versions.FromRegistry(t.Context(), client)), client)
	own, err := r.Of(c, c.Producer("shop.Placed"), registry.Value)
	if err != nil {
		t.Fatal(err)
	}
	id, err := r.ID(c, own, own.Schema, own.Version)
	if err != nil {
		return 0, strings.ReplaceAll(err.Error(), f.URL(), "URL")
	}
	// What it is now it is to the end.
	f.SeedSchema("orders-value", len(registered)+1, 99, sr.Schema{Schema: text, Type: kind})
	if again, err := r.ID(c, own, own.Schema, own.Version); err != nil || again != id {
		t.Errorf("it was %s, and is now %s, %v", id, again, err)
	}
	return id.Number, ""
}

// TestIDOfAFile: events of a schema in a file carry the id of the version that
// the schema is, the newest of several, and none of another one's.
func TestIDOfAFile(t *testing.T) {
	const (
		avro   = `{"type": "record", "name": "Placed", "namespace": "shop", "fields": [{"name": "id", "type": "string"}]}`
		full   = `{"name": "shop.Placed", "doc": "of a shop", "type": "record", "fields": [{"type": "string", "name": "id"}]}`
		more   = `{"type": "record", "name": "Placed", "namespace": "shop", "fields": [{"name": "id", "type": "string"}, {"name": "n", "type": "int", "default": 0}]}`
		object = `{"type": "object", "properties": {"id": {"type": "string"}}}`
		plain  = `{"properties": {"id": {"type": "string"}}, "type": "object"}`
		proto  = `syntax = "proto3"; package shop; message Placed { string id = 1; }`
		spaced = "syntax = \"proto3\";\npackage shop;\n// of a shop\nmessage Placed { string id = 1; }\n"
		other  = `syntax = "proto3"; package shop; message Placed { string id = 2; }`
		before = `syntax = "proto3"; package shop; message Paid {}`
		none   = " is none of the versions that orders-value has in the registry at URL, "
		next   = ": register it, or send what is registered by schema: {registry: {subject: orders-value}}"
	)
	for _, tt := range []struct {
		what, file string
		kind       sr.SchemaType
		text       string
		registered []string
		number     int32
		wrong      string
	}{
		{"the latest", "order.avsc", sr.TypeAvro, avro, []string{more, full}, 12, ""},
		{"an older one", "order.avsc", sr.TypeAvro, avro, []string{more, full, more}, 12, ""},
		{"the newer of two", "order.avsc", sr.TypeAvro, avro, []string{avro, full, more}, 12, ""},
		{"none of one", "order.avsc", sr.TypeAvro, avro, []string{more}, 0, "order.avsc" + none + "1" + next},
		{"none of two", "order.avsc", sr.TypeAvro, more, []string{avro, full}, 0, "order.avsc" + none + "1, 2" + next},
		{"none of many", "order.avsc", sr.TypeAvro, more, []string{avro, full, avro}, 0, "order.avsc" + none + "1 to 3" + next},
		{"JSON in another order", "order.json", sr.TypeJSON, object, []string{plain, `{}`}, 11, ""},
		{"JSON that allows less", "order.json", sr.TypeJSON, object, []string{`{"type": "object"}`}, 0, "order.json" + none + "1" + next},
		{"Protobuf with comments", "order.proto", sr.TypeProtobuf, proto, []string{before, spaced, other}, 12, ""},
		{"Protobuf with another number", "order.proto", sr.TypeProtobuf, proto, []string{before, other}, 0, "order.proto" + none + "1, 2" + next},
		{"another format", "order.avsc", sr.TypeJSON, avro, []string{object, plain}, 0, "order.avsc" + none + "1, 2 (the latest is jsonschema, and order.avsc is avro)" + next},
		{"what is no schema", "order.avsc", sr.TypeAvro, avro, []string{`{"type": "objekt"}`}, 0, "order.avsc" + none + "1" + next},
		{"no subject", "order.avsc", sr.TypeAvro, avro, nil, 0, "the registry at URL has no subject orders-value, but 0 others"},
	} {
		if number, wrong := filedAs(t, tt.file, tt.kind, tt.text, tt.registered...); number != tt.number || wrong != tt.wrong {
			t.Errorf("%s: %d, %q\nwant %d, %q", tt.what, number, wrong, tt.number, tt.wrong)
		}
	}
}
