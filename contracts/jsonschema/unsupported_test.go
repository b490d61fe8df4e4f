package jsonschema_test

import (
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestUnsupportedPatterns: a pattern of which it is not known what it matches
// is undecided, unless something else decides; it is never taken for a break.
func TestUnsupportedPatterns(t *testing.T) {
	const (
		emoji  = `{"type":"string","pattern":"^\\p{Emoji}$"}`
		known  = ": whether a text matches the pattern ^\\p{Emoji}$ was not known, because \\p{Emoji} is not supported"
		here   = "it could not be decided whether the reader takes all that the writer may write here" + known
		whole  = "it could not be decided whether the reader takes all that the writer may write" + known
		text   = `{"type":"string"}`
		number = `{"type":"number"}`
	)
	for _, tt := range []struct{ writer, reader, message string }{
		{emoji, `{"title":"t",` + emoji[1:], ""},
		{emoji, text, ""},
		{emoji, `{"type":"string","maxLength":1}`, ""},
		{text, emoji, `$ can be "", the reader takes only what matches ^\p{Emoji}$`},
		{`{"type":"string","minLength":1,"maxLength":1}`, emoji, here},
		{emoji, `{"type":"string","minLength":2}`, here},
		{emoji, `{"type":"string","not":` + emoji + `}`, here},
		{`{"const":"a"}`, `{"not":` + emoji + `}`, whole},
		{number, emoji, "$ can be a number, the reader takes only a string"},
		{`{"pattern":"^(?:ab){100000}$"}`, `{"pattern":"^(?:ab){100000}$","minLength":0}`, ""},
		{`{"type":"string","pattern":"^a{100000}$"}`, `{"pattern":"^b"}`, `$ can be "` + strings.Repeat("a", 59) + "…, the reader takes only what matches ^b"},
	} {
		c := jsonschema.Compare(mustLoad(t, tt.writer), mustLoad(t, tt.reader))
		verdict := compat.Open
		if tt.message != here && tt.message != whole {
			verdict = compat.Breaks
		}
		switch {
		case tt.message == "" && len(c.Problems) == 0:
		case len(c.Problems) != 1 || c.Problems[0].Message != tt.message || c.Problems[0].Verdict != verdict:
			t.Errorf("%s to %s: %.900s", tt.writer, tt.reader, problemText(c))
		}
	}
}

// TestUnsupportedPatternsOfDocuments: a text is not taken for one that matches,
// and properties are not passed over.
func TestUnsupportedPatternsOfDocuments(t *testing.T) {
	s := mustLoad(t, `{"pattern":"^\\p{Emoji}$"}`)
	const want = `the document is "a": whether it matches the pattern ^\p{Emoji}$ was not known, because \p{Emoji} is not supported`
	if got := violationText(s.Validate([]byte(`"a"`))); got != want {
		t.Errorf("got %s", got)
	}
}

// TestUnsupportedPatternsRefuted: where a document is valid because a text does
// not match, one of which that is not known is no valid one.
func TestUnsupportedPatternsRefuted(t *testing.T) {
	const (
		emoji = `{"pattern":"^\\p{Emoji}$"}`
		why   = `the document was not judged: whether a text matches the pattern ^\p{Emoji}$ was not known, because \p{Emoji} is not supported`
	)
	for _, tt := range []struct{ schema, document, want, at string }{
		{`{"not":` + emoji + `}`, `"a"`, why, "s.json:1:9"},
		{`{"not":` + emoji + `}`, `"ab"`, "", ""},
		{`{"not":` + emoji + `}`, `1`, "the document matches what not forbids", "s.json:1:2"},
		{`{"not":{"required":["a"],"properties":{"a":` + emoji + `}}}`, `{"a":"a"}`, why, "s.json:1:45"},
		{`{"not":{"required":["a"],"properties":{"a":` + emoji + `}}}`, `{"b":"a"}`, "", ""},
		{`{"oneOf":[` + emoji + `,{"type":"string"}]}`, `"a"`, why, "s.json:1:12"},
		{`{"oneOf":[` + emoji + `,{"type":"string"}]}`, `"ab"`, "", ""},
		{`{"if":` + emoji + `,"then":{"maxLength":0}}`, `"a"`, why, "s.json:1:8"},
		{`{"if":` + emoji + `,"then":{"maxLength":5}}`, `1`, "", ""},
		{`{"contains":` + emoji + `,"minContains":0,"maxContains":0}`, `["a"]`, why, "s.json:1:14"},
	} {
		violations := mustLoad(t, tt.schema).Validate([]byte(tt.document))
		if got := violationText(violations); got != tt.want {
			t.Errorf("%s of %s: %s\nwant %s", tt.document, tt.schema, got, tt.want)
			continue
		}
		if tt.at != "" && violations[0].Schema.String() != tt.at {
			t.Errorf("%s of %s: at %s, want %s", tt.document, tt.schema, violations[0].Schema, tt.at)
		}
	}
}

// TestUnsupportedNames: a property is not passed over where it is not known
// whether a pattern of names is about it and something depends on that.
func TestUnsupportedNames(t *testing.T) {
	const (
		names   = "{\"type\":\"object\",\"patternProperties\":{\n  \"^x-\\\\p{Emoji}$\":{\"type\":\"string\"}}"
		unknown = `/x-a is there, and whether its name matches the pattern ^x-\p{Emoji}$ was not known, because \p{Emoji} is not supported`
	)
	for _, tt := range []struct{ schema, document, want string }{
		{names + `}`, `{"x-a":1}`, unknown},
		{names + `}`, `{"x-a":"either way"}`, ""},
		{names + `}`, `{"a":1,"x-":2,"x-ab":3}`, ""},
		{names + `}`, `{}`, ""},
		{`{"patternProperties":{"^\\p{Emoji}$":false}}`, `["a"]`, ""},
		{names + `,"additionalProperties":false}`, `{"x-a":"a"}`, "/x-a is not allowed: the schema has no such property\n" + unknown},
		{names + `,"additionalProperties":{"maxLength":1}}`, `{"x-a":"a"}`, ""},
		{names + `,"additionalProperties":{"type":"number"}}`, `{"x-a":1}`, unknown},
		{names + `,"additionalProperties":{"type":"number"}}`, `{"x-a":"a"}`, "/x-a is of type string, must be number\n" + unknown},
		{names + `,"additionalProperties":true}`, `{"x-a":"a"}`, ""},
		{names + `,"properties":{"x-a":true},"additionalProperties":false}`, `{"x-a":"a"}`, ""},
		{names + `,"unevaluatedProperties":false}`, `{"x-a":"a"}`, "/x-a is not allowed: no part of the schema that holds here describes it, and unevaluatedProperties is false"},
		{`{"patternProperties":{"^(a|aa)+(?=b)":false}}`, `{"` + strings.Repeat("a", 40) + `b":1}`, "/" + strings.Repeat("a", 40) + "b is not allowed"},
		{`{"patternProperties":{"^((a|aa)+)\\1c":false}}`, `{"` + strings.Repeat("a", 200) + `":1}`, "/" + strings.Repeat("a", 200) + ` is there, and whether its name matches the pattern ^((a|aa)+)\1c was given up after 5,000,000 steps`},
	} {
		violations := mustLoad(t, tt.schema).Validate([]byte(tt.document))
		if got := violationText(violations); got != tt.want {
			t.Errorf("%s of %s: %s\nwant %s", tt.document, tt.schema, got, tt.want)
			continue
		}
		if at := len(violations) - 1; strings.HasSuffix(tt.want, unknown) && violations[at].Schema.String() != "s.json:2:3" {
			t.Errorf("%s of %s: at %s", tt.document, tt.schema, violations[at].Schema)
		}
	}
}

// TestMadeBesideUnsupportedNames: objects get further names than those that are
// made of a pattern of which it is not known what it matches.
func TestMadeBesideUnsupportedNames(t *testing.T) {
	s := mustLoad(t, `{"type":"object","minProperties":2,"patternProperties":{"^\\p{Emoji}$":{"type":"string"}}}`)
	g, err := jsonschema.NewGenerator(s)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		if v, err := g.Generate(rng(seed)); err != nil || len(s.ValidateValue(v)) > 0 {
			t.Errorf("made %v, %v", v, err)
		}
	}
}

// TestCompareUnsupportedNames: what hangs on a pattern of names of which it is
// not known what it matches is undecided, with its place.
func TestCompareUnsupportedNames(t *testing.T) {
	const (
		texts   = `{"type":"object","patternProperties":{"^\\p{Emoji}$":{"type":"string"}}}`
		numbers = `{"type":"object","patternProperties":{"^\\p{Emoji}$":{"type":"number"}}}`
		closed  = `{"type":"object","patternProperties":{"^\\p{Emoji}$":true},"additionalProperties":false}`
		long    = `{"type":"object","propertyNames":{"minLength":2}}`
	)
	for _, tt := range []struct {
		writer, reader string
		want           compat.Result
	}{
		{texts, `{"title":"t",` + texts[1:], compat.Compatible},
		{texts, `{"type":"object"}`, compat.Compatible},
		{texts, `{"type":"object","patternProperties":{"^\\p{Emoji}$":{"type":["string","null"]}}}`, compat.Compatible},
		{texts, `{"type":"object","additionalProperties":true,"minProperties":1}`, compat.Incompatible},
		{long, texts, compat.Compatible},
		{long, closed, compat.Incompatible},
		{texts, numbers, compat.Undecided},
		{`{"type":"object"}`, texts, compat.Undecided},
		{`{"const":{"a":1}}`, texts, compat.Undecided},
		{`{"type":"object","maxProperties":0}`, closed, compat.Compatible},
		{closed, long, compat.Undecided},
	} {
		writer, reader := mustLoad(t, tt.writer), mustLoad(t, tt.reader)
		for _, options := range [][]jsonschema.CompareOption{nil, {jsonschema.Lenient()}} {
			c := jsonschema.Compare(writer, reader, options...)
			if c.Result() != tt.want {
				t.Errorf("%s to %s: %s, want %s:\n%.900s", tt.writer, tt.reader, c.Result(), tt.want, problemText(c))
			}
			for _, p := range c.Problems {
				if p.Witness != nil && (writer.Validate([]byte(p.Witness.Document)) != nil || reader.Validate([]byte(p.Witness.Document)) == nil) {
					t.Errorf("%s to %s: %s is no witness", tt.writer, tt.reader, p.Witness.Document)
				}
			}
		}
	}
}
