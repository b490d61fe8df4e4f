package jsonschema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// wide is a schema of objects with n properties, and what else is given.
func wide(n int, property, more string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"p%04d":%s`, i, property))
	}
	return `{"type":"object","properties":{` + strings.Join(all, ",") + `}` + more + `}`
}

// TestWide: the one break among more properties than questions are asked
// about whole documents is found, at its place.
func TestWide(t *testing.T) {
	const n, text = 2500, `{"type":"string"}`
	reader := strings.Replace(wide(n, text, ""), `"p2499":{`, `"p2499":{"maxLength":5,`, 1)
	c := jsonschema.Compare(mustLoad(t, wide(n, text, "")), mustLoad(t, reader))
	if len(c.Problems) != 1 || c.Problems[0].Message != "$.p2499 can have 6 characters, the reader takes at most 5" {
		t.Errorf("got %s", problemText(c))
	}
}

// TestWideEverywhere: where each of very many properties differs, whether the
// reader takes all of them is decided at once, and so is that it does not.
func TestWideEverywhere(t *testing.T) {
	object := func(more int) string {
		var all []string
		for i := range 12_000 {
			all = append(all, fmt.Sprintf(`"p%d":{"type":"string","maxLength":%d}`, i, i+more))
		}
		return `{"type":"object","properties":{` + strings.Join(all, ",") + `}}`
	}
	narrow, wider := mustLoad(t, object(0)), mustLoad(t, object(1))
	if c := jsonschema.Compare(narrow, wider); len(c.Problems) > 0 {
		t.Errorf("wider: %.500s", problemText(c))
	}
	if c := jsonschema.Compare(wider, narrow); len(c.Problems) != 101 || c.Problems[0].Message != "$.p0 can have 1 character, the reader takes at most 0" {
		t.Errorf("narrower: %.500s", problemText(c))
	}
}

// TestManyBreaks: of more breaks than are reported it is said that they are
// there and were not looked for, not that they are undecided.
func TestManyBreaks(t *testing.T) {
	writer, reader := mustLoad(t, wide(150, `{"type":"string"}`, "")), mustLoad(t, wide(150, `{"maxLength":5}`, ""))
	c := jsonschema.Compare(writer, reader)
	if len(c.Problems) != 101 {
		t.Fatalf("%d problems", len(c.Problems))
	}
	for _, p := range c.Problems[:100] {
		if p.Rule != "compat/json-length" || p.Verdict != compat.Breaks {
			t.Errorf("%s: %s", p.Rule, p.Message)
		}
	}
	const want = `compat/json-refused breaks
  the reader refuses more than is said in these 100 breaks, such as this document; what else it refuses was not looked for
  hint: mend these breaks and compare again, or compare the parts of the schemas
  writer:  at s.json:1:1
  reader:  at s.json:1:1
  witness: {"p0100":"aaaaaa"}
  refused: /p0100 has 6 characters, must have at most 5
`
	if diff := cmp.Diff(want, problemText(compat.Comparison{Problems: c.Problems[100:]})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestManyForgiven: a break behind more forgiven ones than are listed is
// still one.
func TestManyForgiven(t *testing.T) {
	const dependent = `,"dependentRequired":{"a":["b"]}`
	writer := mustLoad(t, `{"type":"object"}`)
	c := jsonschema.Compare(writer, mustLoad(t, wide(150, `{"type":"string"}`, "")), jsonschema.Lenient())
	if len(c.Problems) != 101 || c.Result() != compat.Compatible || c.Problems[100].Message != "more than these 100 breaks are forgiven; the others are not listed" {
		t.Errorf("%s, %d problems", c.Result(), len(c.Problems))
	}
	c = jsonschema.Compare(writer, mustLoad(t, wide(150, `{"type":"string"}`, dependent)), jsonschema.Lenient())
	if last := c.Problems[len(c.Problems)-1]; c.Result() != compat.Incompatible || last.Rule != "compat/json-dependent" {
		t.Errorf("%s, the last is %s: %s", c.Result(), last.Rule, last.Message)
	}
}

// TestManyForgivenAreAllLookedAt: what the lenient dialect forgives does not
// use up the questions that find what it does not.
func TestManyForgivenAreAllLookedAt(t *testing.T) {
	const n, text, dependent = 1500, `{"type":"string"}`, `,"dependentRequired":{"a":["b"]}`
	few, all := mustLoad(t, `{"type":"object","properties":{"a":true}}`), wide(n, text, "")
	for _, tt := range []struct {
		name           string
		writer, reader *jsonschema.Schema
		rule           string // of the only break
	}{
		{"added", few, mustLoad(t, all), ""},
		{"added, and a break", few, mustLoad(t, wide(n, text, dependent)), "compat/json-dependent"},
		{"added beside others", mustLoad(t, strings.ReplaceAll(all, `"p`, `"q`)), mustLoad(t, all), ""},
		{"added, where others are spoken of", mustLoad(t, `{"type":"object","minProperties":1,"dependentRequired":{"a":["c"]}}`), mustLoad(t, all), ""},
		{"removed", mustLoad(t, all), mustLoad(t, `{"type":"object","additionalProperties":false,"patternProperties":{"^[^p]":true}}`), "compat/json-closed"},
		{"removed, and a break", mustLoad(t, wide(n, text, `,"additionalProperties":false`)), mustLoad(t, `{"type":"object","additionalProperties":false,"minProperties":1}`), "compat/json-property-count"},
	} {
		c := jsonschema.Compare(tt.writer, tt.reader, jsonschema.Lenient())
		var breaks []string
		for _, p := range c.Problems {
			if p.Verdict != compat.Forgiven {
				breaks = append(breaks, p.Rule)
			}
		}
		if forgiven := len(c.Problems) - len(breaks); forgiven != 101 || strings.Join(breaks, " ") != tt.rule {
			t.Errorf("%s: %d forgiven, and %q", tt.name, forgiven, breaks)
		}
	}
}

// TestForgivenByName: that the writer says nothing of one name, which is asked
// once for all that are alike, says nothing of a name that it speaks of from
// elsewhere.
func TestForgivenByName(t *testing.T) {
	reader := mustLoad(t, `{"properties":{"o":{"properties":{"a":{"type":"string"},"b":{"type":"string"}}}}}`)
	for _, writer := range []string{
		`{"type":"object","properties":{"o":{"type":"object","minProperties":1}},"not":{"properties":{"o":{"properties":{"b":{"type":"string"}},"required":["b"]}},"required":["o"]}}`,
		`{"type":"object","properties":{"o":{"type":"object"}},"not":{"properties":{"o":{"not":{"patternProperties":{"^b":{"not":{"type":"string"}}}}}},"required":["o"]}}`,
	} {
		verdicts := map[string]compat.Verdict{}
		for _, p := range jsonschema.Compare(mustLoad(t, writer), reader, jsonschema.Lenient()).Problems {
			verdicts[p.Reader.Path] = p.Verdict
		}
		want := map[string]compat.Verdict{"/properties/o/properties/a": compat.Forgiven, "/properties/o/properties/b/type": compat.Breaks}
		if diff := cmp.Diff(want, verdicts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", writer, diff)
		}
	}
}
