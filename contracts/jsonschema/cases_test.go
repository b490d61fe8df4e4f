package jsonschema_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestLenient: what the lenient dialect forgives is still reported, and
// nothing else is forgiven with it.
func TestLenient(t *testing.T) {
	const open = `{"type":"object","properties":{"id":{"type":"string"}}}`
	for _, tt := range []struct {
		name, writer, reader string
		strict, lenient      compat.Result
		found                []string
	}{
		{
			"added to an open object", open, `{"type":"object","properties":{"id":{"type":"string"},"n":{"type":"integer"}}}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-added forgiven"},
		},
		{
			"added and required", open, `{"type":"object","properties":{"id":{"type":"string"},"n":{"type":"integer"}},"required":["n"]}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-required breaks", "compat/json-property-added forgiven"},
		},
		{
			"removed from a closed object", `{"properties":{"id":{},"n":{}},"additionalProperties":false}`, `{"properties":{"id":{}},"additionalProperties":false}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-removed forgiven"},
		},
		{
			"closed", open, `{"properties":{"id":{"type":"string"}},"additionalProperties":false}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-closed breaks"},
		},
		{
			"described by the map that it was in", `{"additionalProperties":{"type":"string"}}`, `{"properties":{"n":{"type":"integer"}},"additionalProperties":{"type":"string"}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"another type", open, `{"properties":{"id":{"type":"integer"},"n":{"type":"integer"}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-property-added forgiven", "compat/json-type breaks"},
		},
		{
			"added in a list of itself", `{"properties":{"id":{"type":"string"},"parts":{"type":"array","items":{"$ref":"#"}}}}`,
			`{"properties":{"id":{"type":"string"},"n":{"type":"integer"},"parts":{"type":"array","items":{"$ref":"#"}}}}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-added forgiven"},
		},
		{
			"added to one of several alternatives",
			`{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]}]}`,
			`{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"},"n":{"type":"integer"}},"required":["kind"]}]}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-added forgiven"},
		},
		{
			"removed, unevaluated", `{"properties":{"id":{},"n":{}},"unevaluatedProperties":false}`, `{"allOf":[{"properties":{"id":{}}}],"unevaluatedProperties":false}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-removed forgiven"},
		},
		{
			"described beside another property", `{"dependentSchemas":{"a":{"properties":{"n":{"type":"string"}}}}}`, `{"properties":{"n":{"type":"string","minLength":1}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks", "compat/json-length breaks"},
		},
		{
			"described in one of many combinations", conditions(8, 3), conditions(8, 4),
			compat.Incompatible, compat.Incompatible, []string{"compat/json-length breaks"},
		},
		{
			"known by its value", `{"type":"object","enum":[{"n":1}]}`, `{"properties":{"n":{"type":"string"}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"known by the value of one around it", `{"const":{"meta":{"n":1}}}`, `{"properties":{"meta":{"properties":{"n":{"type":"string"}}}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"known by the values of alternatives", `{"anyOf":[{"const":{"n":1}},{"const":{"n":2}}]}`, `{"properties":{"n":{"type":"string"}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"required, and not described", `{"type":"object","required":["n"]}`, `{"properties":{"n":{"type":"string"}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"required, and forbidden", `{"type":"object","required":["n"]}`, `{"properties":{"n":false}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-refused breaks"},
		},
		{
			"described by a double negation", `{"type":"object","not":{"not":{"properties":{"n":{"type":"integer"}},"required":["n"]}}}`, `{"properties":{"n":{"type":"string"}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"excluded from outside", `{"properties":{"a":{"type":"object"}},"not":{"properties":{"a":{"properties":{"n":{"const":"x"}},"required":["n"]}},"required":["a"]}}`,
			`{"properties":{"a":{"properties":{"n":{"type":"string"}}}}}`,
			compat.Incompatible, compat.Incompatible, []string{"compat/json-type breaks"},
		},
		{
			"added, and elsewhere described by an alternative",
			`{"type":"object","properties":{"a":{"type":"object"},"b":{"oneOf":[{"type":"null"},{"properties":{"n":{"type":"integer"}}}]}}}`,
			`{"type":"object","properties":{"a":{"type":"object","properties":{"n":{"type":"string"}}}}}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-added forgiven"},
		},
		{
			"added, and described on a condition", `{"type":"object","required":["k"],"if":{"properties":{"k":{"const":1}}},"then":{"properties":{"n":{"type":"string"}}}}`,
			`{"properties":{"n":{"type":"string"}}}`,
			compat.Incompatible, compat.Compatible, []string{"compat/json-property-added forgiven"},
		},
		{"nothing", open, open, compat.Compatible, compat.Compatible, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writer, reader := mustLoad(t, tt.writer), mustLoad(t, tt.reader)
			if got := jsonschema.Compare(writer, reader).Result(); got != tt.strict {
				t.Errorf("strict: %s", got)
			}
			c := jsonschema.Compare(writer, reader, jsonschema.Lenient())
			if c.Result() != tt.lenient {
				t.Errorf("lenient: %s", c.Result())
			}
			var found []string
			for _, p := range c.Problems {
				found = append(found, p.Rule+map[compat.Verdict]string{compat.Breaks: " breaks", compat.Open: " open", compat.Forgiven: " forgiven"}[p.Verdict])
				if p.Verdict == compat.Forgiven && reader.Validate([]byte(p.Witness.Document)) == nil {
					t.Errorf("%s: the reader takes %s", p.Rule, p.Witness.Document)
				}
			}
			if diff := cmp.Diff(tt.found, found); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestAlwaysDescribed: a condition that always holds leaves nothing to its
// other branch, so that the property is described, and its break is one.
func TestAlwaysDescribed(t *testing.T) {
	writer := mustLoad(t, `{"type":"object","required":["k"],"properties":{"k":{"const":1}},"if":{"required":["k"]},"then":{"properties":{"v":{"type":["string","integer"]}}}}`)
	reader := mustLoad(t, `{"type":"object","properties":{"v":{"type":"string"}}}`)
	c := jsonschema.Compare(writer, reader)
	if len(c.Problems) != 1 || c.Problems[0].Message != "$.v can be an integer, the reader takes only a string" {
		t.Errorf("got %s", problemText(c))
	}
}

// conditions is a schema with 2^n combinations of conditions, of which the
// last restricts a length.
func conditions(n, length int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"if":{"required":["k%d"]},"then":{"properties":{"w%d":{"type":"string","minLength":%d}}}}`, i, i, length*(i/(n-1))))
	}
	return `{"type":"object","allOf":[` + strings.Join(all, ",") + `]}`
}

func mustLoad(t testing.TB, text string, options ...jsonschema.Option) *jsonschema.Schema {
	t.Helper()
	s, err := loadText("s.json", text, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCompareCases are pairs that need more than one keyword to be decided,
// in both directions.
func TestCompareCases(t *testing.T) {
	const yes, no = compat.Compatible, compat.Incompatible
	for _, tt := range []struct {
		name, a, b        string
		backward, forward compat.Result // b reads a; a reads b
	}{
		{"a list of itself", `{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}`,
			`{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"additionalProperties":false}`, yes, no},
		{"the same list, unrolled", `{"type":"object","properties":{"next":{"$ref":"#"}}}`,
			`{"type":"object","properties":{"next":{"type":"object","properties":{"next":{"$ref":"#"}}}}}`, yes, yes},
		{"itself without end accepts nothing", `{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}`, `false`, yes, yes},
		{"two lists that need each other", `{"$ref":"#/$defs/a","$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/b"}},"b":{"type":"array","items":{"$ref":"#/$defs/a"}}}}`,
			`{"$ref":"#/$defs/c","$defs":{"c":{"type":"array","items":{"$ref":"#/$defs/c"}}}}`, yes, yes},
		{"not of not", `{"type":"string"}`, `{"not":{"not":{"type":"string"}}}`, yes, yes},
		{"if as an implication", `{"if":{"type":"string"},"then":{"minLength":2}}`, `{"anyOf":[{"not":{"type":"string"}},{"minLength":2}]}`, yes, yes},
		{"oneOf of what excludes itself is anyOf", `{"oneOf":[{"type":"string"},{"type":"number"}]}`, `{"type":["number","string"]}`, yes, yes},
		{"enum as pattern", `{"enum":["a","b"]}`, `{"type":"string","pattern":"^[ab]$"}`, yes, yes},
		{"pattern with bounds as enum", `{"type":"string","pattern":"^a*$","minLength":1,"maxLength":2}`, `{"enum":["a","aa"]}`, yes, yes},
		{"integers between fractions", `{"type":"integer","exclusiveMinimum":0.5,"exclusiveMaximum":1.5}`, `{"const":1}`, yes, yes},
		{"multiples of both", `{"type":"number","multipleOf":6}`, `{"allOf":[{"type":"number","multipleOf":2},{"multipleOf":3}]}`, yes, yes},
		{"exclusiveMaximum of draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","maximum":10,"exclusiveMaximum":true}`, `{"exclusiveMaximum":10}`, yes, yes},
		{"draft 6", `{"$schema":"http://json-schema.org/draft-06/schema#","exclusiveMaximum":10}`, `{"maximum":10}`, yes, no},
		{"tuples across drafts", `{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":false}`,
			`{"$schema":"https://json-schema.org/draft/2020-12/schema","prefixItems":[{"type":"string"}],"items":false}`, yes, yes},
		{"dependencies across drafts", `{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]}}`, `{"dependentSchemas":{"a":{"required":["b"]}}}`, yes, yes},
		{"beside $ref, draft 7 ignores", `{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/s","minLength":5,"definitions":{"s":{"type":"string"}}}`, `{"type":"string"}`, yes, yes},
		{"beside $ref, later drafts do not", `{"$ref":"#/$defs/s","minLength":5,"$defs":{"s":{"type":"string"}}}`, `{"type":"string"}`, yes, no},
		{"closed by unevaluatedProperties", `{"allOf":[{"properties":{"a":{}}}],"properties":{"b":{}},"unevaluatedProperties":false}`, `{"properties":{"a":{},"b":{}},"additionalProperties":false}`, yes, yes},
		{"contains leaves no unevaluated item", `{"contains":{"type":"string"},"unevaluatedItems":{"type":"number"}}`, `{"items":{"type":["string","number"]},"contains":{"type":"string"}}`, yes, yes},
		{"minContains without room", `{"contains":{"type":"string"},"minContains":3,"maxItems":2}`, `{"not":{"type":"array"}}`, yes, yes},
		{"unique booleans are few", `{"type":"array","items":{"type":"boolean"},"uniqueItems":true}`, `{"type":"array","items":{"type":"boolean"},"maxItems":2}`, yes, no},
		{"unique by matching", `{"type":"array","prefixItems":[{"enum":[1,2]},{"enum":[1]},{"enum":[2,3]}],"minItems":3,"maxItems":3,"uniqueItems":true}`, `{"const":[2,1,3]}`, yes, yes},
		{"names by pattern", `{"patternProperties":{"^a":{"type":"string"}},"additionalProperties":false}`, `{"propertyNames":{"pattern":"^a"},"additionalProperties":{"type":"string"}}`, yes, yes},
		{"too few names", `{"type":"object","propertyNames":{"enum":["a","b"]},"minProperties":3}`, `false`, yes, yes},
		{"a name in two patterns", `{"patternProperties":{"^a":{"minimum":3},"b$":{"maximum":2}},"required":["ab"]}`, `{"not":{"type":"object","properties":{"ab":{"type":"number"}}}}`, yes, no},
		{"numbers by value", `{"const":1.0}`, `{"const":1}`, yes, yes},
		{"a dynamic reference with one target", `{"$dynamicAnchor":"n","type":"object","properties":{"k":{"$dynamicRef":"#n"}}}`, `{"type":"object","properties":{"k":{"$ref":"#"}}}`, yes, yes},
		{"a recursive reference", `{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"type":"object","properties":{"k":{"$recursiveRef":"#"}}}`, `{"type":"object","properties":{"k":{"$ref":"#"}}}`, yes, yes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := mustLoad(t, tt.a), mustLoad(t, tt.b)
			if c := jsonschema.Compare(a, b); c.Result() != tt.backward {
				t.Errorf("backward: %s\n%s", c.Result(), problemText(c))
			}
			if c := jsonschema.Compare(b, a); c.Result() != tt.forward {
				t.Errorf("forward: %s\n%s", c.Result(), problemText(c))
			}
		})
	}
}

// spaced is a file system whose files end with more white space, so that two
// schemas are the same and their texts are not.
type spaced struct{ fs.FS }

func (s spaced) ReadFile(name string) ([]byte, error) {
	src, err := fs.ReadFile(s.FS, name)
	return append(src, "\n\n"...), err
}

// TestReflexive: no schema is undecided or incompatible against itself, nor
// against one that accepts everything.
func TestReflexive(t *testing.T) {
	fsys := os.DirFS("testdata/generate")
	names, err := fs.Glob(fsys, "*.json")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d schemas, %v", len(names), err)
	}
	for _, name := range names {
		for _, options := range [][]jsonschema.Option{nil, {jsonschema.AssertFormat()}} {
			s, again := load(t, fsys, name, options...), load(t, spaced{fsys}, name, options...)
			if c := jsonschema.Compare(s, again); len(c.Problems) > 0 {
				t.Errorf("%s against itself: %s", name, problemText(c))
			}
			if c := jsonschema.Compare(s, mustLoad(t, "true")); len(c.Problems) > 0 {
				t.Errorf("%s against true: %s", name, problemText(c))
			}
			if c := jsonschema.Compare(mustLoad(t, `{"enum":["neither","nor"]}`), s); c.Result() == compat.Undecided {
				t.Errorf("two strings against %s: %s", name, problemText(c))
			}
		}
	}
}

// TestBeyondTheBudget: where sets are too large to be compared, a search by
// chance may show a break; what it does not show stays open, with its place.
func TestBeyondTheBudget(t *testing.T) {
	found := jsonschema.Compare(
		mustLoad(t, `{"type":"string","pattern":"^(a|b)*a(a|b){60}$"}`),
		mustLoad(t, `{"type":"string","pattern":"^(a|b)*b(a|b){60}$"}`))
	if found.Result() != compat.Incompatible || found.Problems[0].Rule != "compat/json-pattern" {
		t.Errorf("patterns: %s", problemText(found))
	}
	var values []string
	for i := range 29 {
		values = append(values, fmt.Sprint(i))
	}
	open := jsonschema.Compare(
		mustLoad(t, `{"properties":{"a":{"type":"array","minItems":30,"uniqueItems":true,"items":{"enum":[`+strings.Join(values, ",")+`]}}}}`),
		mustLoad(t, `{"properties":{"a":{"type":"array","maxItems":20}}}`))
	want := `compat/json-undecided open
  it could not be decided whether the reader takes all that the writer may write here
  writer: /properties/a at s.json:1:16
  reader: /properties/a/maxItems at s.json:1:36
`
	if diff := cmp.Diff(want, problemText(open)); diff != "" || open.Result() != compat.Undecided {
		t.Errorf("%s (-want +got):\n%s", open.Result(), diff)
	}
}
