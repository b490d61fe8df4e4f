package schema_test

import (
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/schema"
)

// TestSame: a schema is another one where only how it is written differs, and
// is not where data would differ, or what data means.
func TestSame(t *testing.T) {
	const (
		avro  = `{"type": "record", "name": "Order", "namespace": "acme", "fields": [{"name": "id", "type": "string"}, {"name": "n", "type": "long", "default": 1}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "next", "type": ["null", "Order"]}]}`
		proto = `syntax = "proto3"; package acme; import "money.proto"; message Order { string id = 1; Money total = 2; } message Other {}`
	)
	money := map[string]string{"money.proto": `syntax = "proto3"; package acme; message Money { int64 cents = 1; }`}
	for _, tt := range []struct {
		what, format string
		a, b         string
		besideB      map[string]string // over what stands beside a
		beside       map[string]string
		want         bool
	}{
		{"itself", "avro", avro, avro, nil, nil, true},
		{"names in full, documentation, order, unknown attributes, a number in another form", "avro", avro,
			`{"doc": "an order", "fields": [{"type": {"type": "string", "avro.java.string": "String"}, "name": "id", "order": "ignore"}, {"name": "n", "type": "long", "default": 1}, {"name": "at", "type": {"logicalType": "timestamp-millis", "type": "long"}}, {"name": "next", "type": ["null", "acme.Order"]}], "name": "acme.Order", "type": "record"}`, nil, nil, true},
		{"another name", "avro", avro, `{"type": "record", "name": "Order", "namespace": "other", "fields": [{"name": "id", "type": "string"}, {"name": "n", "type": "long", "default": 1}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "next", "type": ["null", "Order"]}]}`, nil, nil, false},
		{"a field more", "avro", `{"type": "record", "name": "A", "fields": []}`, `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int"}]}`, nil, nil, false},
		{"a field of another type", "avro", `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int"}]}`, `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "long"}]}`, nil, nil, false},
		{"fields in another order", "avro", `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int"}, {"name": "m", "type": "int"}]}`, `{"type": "record", "name": "A", "fields": [{"name": "m", "type": "int"}, {"name": "n", "type": "int"}]}`, nil, nil, false},
		{"another default", "avro", `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int", "default": 1}]}`, `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int", "default": 2}]}`, nil, nil, false},
		{"a default of null", "avro", `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "null", "default": null}]}`, `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "null"}]}`, nil, nil, false},
		{"another alias of a field", "avro", `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int"}]}`, `{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int", "aliases": ["m"]}]}`, nil, nil, false},
		{"another alias of a type", "avro", `{"type": "record", "name": "A", "fields": []}`, `{"type": "record", "name": "A", "aliases": ["B"], "fields": []}`, nil, nil, false},
		{"another logical type", "avro", `{"type": "long", "logicalType": "timestamp-millis"}`, `{"type": "long", "logicalType": "timestamp-micros"}`, nil, nil, false},
		{"another scale", "avro", `{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}`, `{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}`, nil, nil, false},
		{"symbols in another order", "avro", `{"type": "enum", "name": "E", "symbols": ["A", "B"]}`, `{"type": "enum", "name": "E", "symbols": ["B", "A"]}`, nil, nil, false},
		{"another default of an enum", "avro", `{"type": "enum", "name": "E", "symbols": ["A", "B"]}`, `{"type": "enum", "name": "E", "symbols": ["A", "B"], "default": "A"}`, nil, nil, false},
		{"another size", "avro", `{"type": "fixed", "name": "F", "size": 2}`, `{"type": "fixed", "name": "F", "size": 3}`, nil, nil, false},
		{"another union", "avro", `["null", "int"]`, `["int", "null"]`, nil, nil, false},
		{"other items", "avro", `{"type": "array", "items": "int"}`, `{"type": "array", "items": "long"}`, nil, nil, false},

		{"members in another order, a number in another form", "jsonschema", `{"type": "object", "properties": {"n": {"type": "number", "maximum": 10, "enum": [1, "1", null, true]}}}`, `{"properties": {"n": {"enum": [1.0, "1", null, true], "maximum": 1e1, "type": "number"}}, "type": "object"}`, nil, nil, true},
		{"another bound", "jsonschema", `{"maximum": 9007199254740992}`, `{"maximum": 9007199254740993}`, nil, nil, false},
		{"a list in another order", "jsonschema", `{"enum": [1, 2]}`, `{"enum": [2, 1]}`, nil, nil, false},
		{"a title", "jsonschema", `{}`, `{"title": "an order"}`, nil, nil, false},
		{"a number for a text", "jsonschema", `{"const": 1}`, `{"const": "1"}`, nil, nil, false},
		{"nothing", "jsonschema", `true`, `false`, nil, nil, false},
		{"the same files referred to", "jsonschema", `{"properties": {"m": {"$ref": "money.json"}}}`, `{"properties": {"m": {"$ref": "money.json"}}}`,
			map[string]string{"money.json": `{ "type" : "integer" }`}, map[string]string{"money.json": `{"type": "integer"}`}, true},
		{"another file referred to", "jsonschema", `{"properties": {"m": {"$ref": "money.json"}}}`, `{"properties": {"m": {"$ref": "money.json"}}}`,
			map[string]string{"money.json": `{"type": "string"}`}, map[string]string{"money.json": `{"type": "integer"}`}, false},

		{"comments and white space", "protobuf", proto, "// an order\n" + `syntax = 'proto3'; package acme; import "money.proto"; /* of a shop */ message Order { string id = 0x1; Money total=2; } message Other {}`, nil, money, true},
		{"another number", "protobuf", proto, `syntax = "proto3"; package acme; import "money.proto"; message Order { string id = 3; Money total = 2; } message Other {}`, nil, money, false},
		{"another message before it", "protobuf", `syntax = "proto3"; message A {} message Order {}`, `syntax = "proto3"; message Order {}`, nil, nil, false},
		{"a field option", "protobuf", `syntax = "proto3"; message Order { repeated int32 n = 1; }`, `syntax = "proto3"; message Order { repeated int32 n = 1 [packed = false]; }`, nil, nil, false},
		{"another message imported", "protobuf", proto, proto, map[string]string{"money.proto": `syntax = "proto3"; package acme; message Money { int32 cents = 1; }`}, money, false},
	} {
		ending := map[string]string{"avro": ".avsc", "jsonschema": ".json", "protobuf": ".proto"}[tt.format]
		files := fstest.MapFS{}
		for dir, of := range map[string][]map[string]string{"a/": {tt.beside, {"order" + ending: tt.a}}, "b/": {tt.beside, tt.besideB, {"renamed" + ending: tt.b}}} {
			for _, beside := range of {
				for name, text := range beside {
					files[dir+name] = &fstest.MapFile{Data: []byte(text)}
				}
			}
		}
		a, err := schema.Load(files, "a/order"+ending, tt.format, schema.Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		b, err := schema.Load(files, "b/renamed"+ending, tt.format, schema.Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		if got, back := schema.Same(a, b), schema.Same(b, a); got != tt.want || back != tt.want {
			t.Errorf("%s, %s: %t and %t, want %t", tt.format, tt.what, got, back, tt.want)
		}
	}
	const two = `syntax = "proto3"; message Order {} message Other {}`
	files := fstest.MapFS{"two.proto": {Data: []byte(two)}}
	order, err := schema.Load(files, "two.proto", "protobuf", schema.Options{Message: "Order"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := schema.Load(files, "two.proto", "protobuf", schema.Options{Message: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	if schema.Same(order, other) || !schema.Same(order, order) {
		t.Error("of one file, another message is the same, or the same one is not")
	}
	if schema.Same(load(t, "avro", schema.Options{}), load(t, "jsonschema", schema.Options{})) {
		t.Error("schemas of two formats are the same")
	}
}
