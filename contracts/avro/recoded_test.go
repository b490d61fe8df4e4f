package avro

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	codec "github.com/twmb/avro"
	"pgregory.net/rapid"
)

// TestRecoded: each change with one value as both schemas write it, whose
// bytes are the same where nothing is found and differ where something is.
func TestRecoded(t *testing.T) {
	record := func(fields string) string { return `{"type": "record", "name": "Key", "fields": [` + fields + `]}` }
	const id, shop = `{"name": "id", "type": "string"}`, `{"name": "shop", "type": "string", "default": ""}`
	for _, tt := range []struct {
		name, old, latest   string
		valueOld, valueThen string
		want                []string
	}{
		{"the same", record(id), record(id), `{"id": "a"}`, `{"id": "a"}`, nil},
		{"a field with a default", record(id), record(id + "," + shop), `{"id": "a"}`, `{"id": "a", "shop": ""}`, []string{"$.shop is written, which was not"}},
		{"a field less", record(id + "," + shop), record(id), `{"id": "a", "shop": ""}`, `{"id": "a"}`, []string{"$.shop is no longer written"}},
		{"another order", record(id + "," + shop), record(shop + "," + id), `{"id": "a", "shop": "b"}`, `{"id": "a", "shop": "b"}`, []string{"$.id stands behind a field that it stood before"}},
		{"a field of type null", record(id), record(id + `, {"name": "none", "type": "null", "default": null}`), `{"id": "a"}`, `{"id": "a", "none": null}`, nil},
		{"an alias", record(id), record(`{"name": "order_id", "aliases": ["id"], "type": "string"}`), `{"id": "a"}`, `{"order_id": "a"}`, nil},
		{"an optional field", record(id), record(`{"name": "id", "type": ["null", "string"]}`), `{"id": "a"}`, `{"id": "a"}`, []string{"$.id was string and is union"}},
		{"int and long", `"int"`, `"long"`, `7`, `7`, nil},
		{"long and double", `"long"`, `"double"`, `7`, `7`, []string{"$ was long and is double"}},
		{"string and bytes", `"string"`, `"bytes"`, `"a"`, `"a"`, nil},
		{"a branch more", `["null", "string"]`, `["null", "string", "long"]`, `"a"`, `"a"`, nil},
		{"branches that change places", `["null", "string"]`, `["string", "null"]`, `"a"`, `"a"`, []string{"null of $ was branch 0 of the union and is branch 1", "string of $ was branch 1 of the union and is branch 0"}},
		{"a symbol more", `{"type": "enum", "name": "E", "symbols": ["A", "B"]}`, `{"type": "enum", "name": "E", "symbols": ["A", "B", "C"]}`, `"B"`, `"B"`, nil},
		{"a symbol in front", `{"type": "enum", "name": "E", "symbols": ["A", "B"]}`, `{"type": "enum", "name": "E", "symbols": ["C", "A", "B"]}`, `"B"`, `"B"`, []string{"A was number 0 of the symbols of $ and is number 1"}},
		{"elements", `{"type": "array", "items": "int"}`, `{"type": "array", "items": "float"}`, `[1]`, `[1]`, []string{"$[] was int and is float"}},
		{"a longer fixed", `{"type": "fixed", "name": "F", "size": 1}`, `{"type": "fixed", "name": "F", "size": 2}`, `"a"`, `"ab"`, []string{"$ had 1 bytes and has 2"}},
		{"milliseconds and microseconds", `{"type": "long", "logicalType": "timestamp-millis"}`, `{"type": "long", "logicalType": "timestamp-micros"}`, `1`, `1000`, []string{"$ was timestamp-millis and is timestamp-micros"}},
		{"a scale", `{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}`, `{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}`, `"\u0001"`, `"\u000a"`, []string{"$ was a decimal of scale 1 and is one of scale 2"}},
		{"a meaning that is added", `"long"`, `{"type": "long", "logicalType": "timestamp-millis"}`, `1`, `1`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			old, latest := loadText(t, tt.old), loadText(t, tt.latest)
			var got []string
			for _, r := range Recoded(old, latest) {
				got = append(got, r.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			was, is := encoded(t, old, tt.valueOld), encoded(t, latest, tt.valueThen)
			if same := bytes.Equal(was, is); same != (len(tt.want) == 0) {
				t.Errorf("the bytes %x and %x", was, is)
			}
		})
	}
}

func TestUnordered(t *testing.T) {
	const tags = `{"type": "map", "values": "string"}`
	for _, tt := range []struct{ schema, want string }{
		{`"string"`, ""},
		{tags, "$"},
		{`{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "string"}, {"name": "tags", "type": ["null", ` + tags + `]}]}`, "$.tags"},
		{`{"type": "array", "items": ` + tags + `}`, "$[]"},
		{`{"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}`, ""},
	} {
		got, at, found := loadText(t, tt.schema).Unordered()
		if got != tt.want || found != (tt.want != "") || found && at.Line != 1 {
			t.Errorf("%s: %q at %v, %v; want %q", tt.schema, got, at, found, tt.want)
		}
	}
}

// TestCutShort: what is missing is named, and no type is blamed.
func TestCutShort(t *testing.T) {
	s := loadText(t, `{"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]}`)
	_, err := s.Decode([]byte("\x02x\x08ye"))
	if want := "not a value of key.avsc: field b: avro: short buffer for string: need 4, have 2"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func loadText(t *testing.T, schema string) *Schema {
	t.Helper()
	s, err := Parse(Source{"key.avsc", []byte(schema)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encoded(t *testing.T, s *Schema, value string) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		t.Fatal(err)
	}
	octets, err := s.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// rewriter is twmb's reader of the old schema's bytes as values of the latest,
// by which TestWitnesses holds Recoded to bytes; nil where bytes may differ.
// Maps are written in any order, what an enum's default stands for is another
// value, and twmb takes a field's default, not the field that its alias names,
// where other names around it differ, too: the specification has no such
// condition.
func rewriter(t *rapid.T, old, latest *Schema) *codec.Schema {
	_, _, unordered := old.Unordered()
	if unordered || len(Recoded(old, latest)) > 0 || fallsBack(latest.root.node, map[*node]bool{}) || aliased(latest.root.node, map[*node]bool{}) {
		return nil
	}
	return resolvedBare(t, old, latest)
}

// checkRewritten fails where a value has other bytes once it is written again.
func checkRewritten(t *rapid.T, resolved *codec.Schema, latest *Schema, was []byte) {
	var v any
	if _, err := resolved.Decode(was, &v, codec.TaggedUnions()); err != nil {
		t.Fatal(err)
	}
	is, err := latest.encode(v)
	if err != nil || !bytes.Equal(was, is) {
		t.Fatalf("%x is written as %x: %v", was, is, err)
	}
}

func resolvedBare(t *rapid.T, old, latest *Schema) *codec.Schema {
	w, err := old.codec()
	if err != nil {
		t.Fatal(err)
	}
	r, err := latest.codec()
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := codec.Resolve(w, r)
	if err != nil {
		return nil // the table of differences says where
	}
	return resolved
}

// aliased says whether a field has an alias.
func aliased(n *node, seen map[*node]bool) bool {
	if n == nil || seen[n] {
		return false
	}
	seen[n] = true
	for _, f := range n.fields {
		if len(f.aliases) > 0 || aliased(f.typ.node, seen) {
			return true
		}
	}
	return aliased(n.element.node, seen) || slices.ContainsFunc(n.branches, func(b use) bool { return aliased(b.node, seen) })
}

func fallsBack(n *node, seen map[*node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	if n.fallback != "" || n.element.node != nil && fallsBack(n.element.node, seen) {
		return true
	}
	for _, f := range n.fields {
		if fallsBack(f.typ.node, seen) {
			return true
		}
	}
	for _, b := range n.branches {
		if fallsBack(b.node, seen) {
			return true
		}
	}
	return false
}
