package jsonschema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// Patterns that Go's regexp does not read, as schemas of other ecosystems have
// them.
const (
	password  = `{"type":"string","pattern":"^(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{8,}$"}`
	notAdmin  = `{"type":"string","pattern":"^(?!admin)[a-z]+$"}`
	sameTwice = `{"type":"string","pattern":"^([a-z]+)-\\1$"}`
	long      = `{"type":"string","pattern":"^[a-z]{1,5000}$"}`
	emoji     = `{"type":"string","pattern":"^\\uD83D\\uDE00+$"}`
)

func TestPatternsOfECMA(t *testing.T) {
	for _, tt := range []struct{ schema, valid, invalid, says string }{
		{password, "Secret123", "secret123", `is "secret123", must match the pattern ^(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{8,}$`},
		{notAdmin, "user", "administrator", `is "administrator", must match the pattern ^(?!admin)[a-z]+$`},
		{sameTwice, "ab-ab", "ab-ba", `is "ab-ba", must match the pattern ^([a-z]+)-\1$`},
		{long, strings.Repeat("a", 5000), "A", `is "A", must match the pattern ^[a-z]{1,5000}$`},
		{emoji, "😀😀", "x", `is "x", must match the pattern ^\uD83D\uDE00+$`},
		{`{"pattern":"^((a|aa)+)\\1c"}`, "aac", strings.Repeat("a", 200), `is "` + strings.Repeat("a", 200) + `": whether it matches the pattern ^((a|aa)+)\1c was given up after 5,000,000 steps`},
	} {
		s := mustLoad(t, tt.schema)
		if got := s.ValidateValue(tt.valid); len(got) > 0 {
			t.Errorf("%s: %v", tt.schema, got)
		}
		if got := s.ValidateValue(tt.invalid); len(got) != 1 || got[0].Message != tt.says {
			t.Errorf("%s: %v, want %s", tt.schema, got, tt.says)
		}
		g, err := jsonschema.NewGenerator(s)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(20) {
			if v, err := g.Generate(rng(seed)); err != nil || len(s.ValidateValue(v)) > 0 {
				t.Errorf("%s: made %q, %v", tt.schema, v, err)
			}
		}
	}
}

// What is the same is the same; what differs is shown by a text that tells, or
// is undecided with its place.
func TestComparePatternsOfECMA(t *testing.T) {
	const yes, no, open = compat.Compatible, compat.Incompatible, compat.Undecided
	object := func(property string) string {
		return `{"type":"object","properties":{"name":` + property + `}}`
	}
	for _, tt := range []struct {
		name, writer, reader string
		want                 compat.Result
	}{
		{"the same", object(password), `{"properties":{"name":` + password + `,"other":true}}`, yes},
		{"none any more", password, `{"type":"string"}`, yes},
		{"a new one", `{"type":"string"}`, password, no},
		{"a new one that forbids", `{"type":"string","pattern":"^[a-z]+$"}`, notAdmin, no},
		{"another fact decides", object(notAdmin), object(`{"type":"integer"}`), no},
		{"a value that it refuses", `{"enum":["user","admin"]}`, notAdmin, no},
		{"values that it takes", `{"enum":["user","guest"]}`, notAdmin, yes},
		{"a text tells them apart", notAdmin, sameTwice, no},
		{"no text tells them apart", object(notAdmin), object(`{"type":"string","pattern":"^(?!admin)[a-z][a-z]*$"}`), open},
		{"a lookahead more", object(notAdmin), object(`{"type":"string","pattern":"^(?!admin|root)[a-z]+$"}`), no},
		{"a lookahead less", notAdmin, `{"type":"string","pattern":"^[a-z]+$"}`, yes},
		{"a lookahead less, and shorter", notAdmin, `{"type":"string","pattern":"^[a-z]+$","maxLength":9}`, no},
		{"a longer count", `{"type":"string","pattern":"^.{1,1500}$"}`, `{"type":"string","pattern":"^.{1,2000}$"}`, yes},
		{"a shorter count", `{"type":"string","pattern":"^[a-z]{1,2000}$"}`, `{"type":"string","pattern":"^[a-z]{1,1500}$"}`, no},
		{"a count as a length", `{"type":"string","pattern":"^[a-z]{2,1500}$"}`, `{"minLength":2,"maxLength":1500}`, yes},
		{"a space that a list lacks", `{"type":"string","pattern":"^\\s$"}`, `{"pattern":"^[ \\t\\n\\r\\f\\v]$"}`, no},
		{"spaces, written out", `{"type":"string","pattern":"^\\s$"}`, `{"pattern":"^[\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]$"}`, yes},
		{"an end of line", `{"const":"\r"}`, `{"pattern":"^.$"}`, no},
		{"a wide space", `{"const":"\u00a0"}`, `{"pattern":"^\\s$"}`, yes},
		{"a vertical tab", `{"const":"\u000b"}`, `{"pattern":"^\\S$"}`, no},
		{"a word boundary", `{"type":"string","pattern":"\\ba\\b"}`, `{"pattern":"(^|\\W)a(\\W|$)"}`, yes},
		{"a lookahead beside keywords of objects", `{"minLength":2,"maxProperties":2,"required":["c","b"]}`, `{"minLength":2,"maxProperties":2,"required":["c","b"],"pattern":"(?=a)"}`, no},
		{"of names", `{"patternProperties":{"^(?!x-)":{"type":"string"}}}`, `{"patternProperties":{"^(?!x-)":{"type":"integer"}}}`, no},
		{"of names, the same", `{"type":"object","patternProperties":{"^(?!x-)":{"type":"string"}}}`, `{"patternProperties":{"^(?!x-)":{"type":"string"}}}`, yes},
		{"of names, named ones", `{"type":"object","properties":{"x-a":{"type":"integer"},"b":{}},"additionalProperties":false}`, `{"patternProperties":{"^(?!x-)":{}},"additionalProperties":{"type":"integer"}}`, yes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writer, reader := mustLoad(t, tt.writer), mustLoad(t, tt.reader)
			c := jsonschema.Compare(writer, reader)
			if c.Result() != tt.want {
				t.Errorf("%s, want %s:\n%s", c.Result(), tt.want, problemText(c))
			}
			for _, p := range c.Problems {
				if p.Witness != nil && (len(writer.Validate([]byte(p.Witness.Document))) > 0 || len(reader.Validate([]byte(p.Witness.Document))) == 0) {
					t.Errorf("%s is no witness", p.Witness.Document)
				}
			}
		})
	}
	c := jsonschema.Compare(mustLoad(t, object(notAdmin)), mustLoad(t, object(`{"type":"string","pattern":"^(?!admin)[a-z][a-z]*$"}`)))
	want := `compat/json-undecided open
  it could not be decided whether the reader takes all that the writer may write here
  writer: /properties/name/pattern at s.json:1:56
  reader: /properties/name/pattern at s.json:1:56
`
	if diff := cmp.Diff(want, problemText(c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
