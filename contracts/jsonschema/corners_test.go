package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestCorners: what the schema bounds is at its bounds, each value of an enum
// comes, and what it does not bound is not made up.
func TestCorners(t *testing.T) {
	fsys := fstest.MapFS{"s.json": &fstest.MapFile{Data: []byte(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"required": ["count", "share", "step", "name", "open", "flag", "state", "list", "id"],
		"properties": {
			"count": {"type": "integer", "minimum": 1, "maximum": 999},
			"share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
			"step": {"type": "integer", "minimum": 3, "multipleOf": 5},
			"name": {"type": "string", "minLength": 1, "maxLength": 64},
			"open": {"type": "string"},
			"flag": {"type": "boolean"},
			"state": {"enum": ["a", "b", "c"]},
			"list": {"type": "array", "minItems": 0, "maxItems": 4, "items": {"type": "integer", "minimum": 7, "maximum": 8}},
			"id": {"type": "string", "format": "uuid", "maxLength": 40}
		}
	}`)}}
	s := load(t, fsys, "s.json", jsonschema.AssertFormat())
	documents, err := generator(t, s).Corners(rng(1))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range documents {
		o := d.(map[string]any)
		if n := len(o["open"].(string)); n == 0 || n > 20 {
			t.Errorf("an unbounded text of %d characters", n)
		}
		list, err := json.Marshal(o["list"])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("count %v, share %v, step at least %t, name of %d, flag %v, state %v, list %s",
			o["count"], o["share"], o["step"] == json.Number("5"), len(o["name"].(string)), o["flag"], o["state"], list))
	}
	want := []string{
		"count 1, share 0.01, step at least true, name of 1, flag false, state a, list []",
		"count 999, share 1, step at least false, name of 64, flag true, state b, list [8,8,8,8]",
		"count 1, share 0.01, step at least true, name of 1, flag false, state c, list []",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestNoCorner: bounds that exclude each other have none.
func TestNoCorner(t *testing.T) {
	fsys := fstest.MapFS{"s.json": &fstest.MapFile{Data: []byte(`{"type": "integer", "minimum": 2, "maximum": 1}`)}}
	if documents, err := generator(t, load(t, fsys, "s.json")).Corners(rng(1)); err == nil {
		t.Errorf("got %v, want an error", documents)
	}
}
