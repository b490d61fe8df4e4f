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
	const load = `s.json:2:3: the pattern \p{Emoji} is not supported for names: what \p{Emoji} matches is not known (write out the characters that it is about)`
	if got := loadError("s.json", "{\"patternProperties\": {\n  \"\\\\p{Emoji}\": true}}"); got != load {
		t.Errorf("got %s", got)
	}
}
