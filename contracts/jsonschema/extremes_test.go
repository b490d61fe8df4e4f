package jsonschema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestExtremeNumbers: numbers as large and as small as are read are compared
// exactly.
func TestExtremeNumbers(t *testing.T) {
	for _, tt := range []struct{ writer, reader, message, witness string }{
		{`"maximum":2e1000`, `"maximum":1e1000`, "$ can be 1" + strings.Repeat("0", 59) + "…, the reader takes at most 1e1000", "1" + strings.Repeat("0", 999) + "1"},
		{`"maximum":1e1000`, `"maximum":2e1000`, "", ""},
		{`"minimum":1e999`, `"minimum":2e999`, "$ can be 1e999, the reader takes at least 2e999", "1e999"},
		{`"maximum":-1e999`, `"maximum":-2e999`, "$ can be -1e999, the reader takes at most -2e999", "-1e999"},
		{`"minimum":1e1000`, `"exclusiveMinimum":1e1000`, "$ can be 1e1000, the reader takes more than 1e1000", "1e1000"},
		{`"exclusiveMinimum":0,"maximum":1e-900`, `"minimum":1e-950`, "$ can be 1e-951, the reader takes at least 1e-950", "1e-951"},
		{`"exclusiveMinimum":0,"exclusiveMaximum":1e-1000`, `"minimum":1e-1000`, "$ can be 0." + strings.Repeat("0", 58) + "…, the reader takes at least 1e-1000", "0." + strings.Repeat("0", 1000) + "1"},
		{`"minimum":1e-950,"maximum":1e-900`, `"exclusiveMinimum":0`, "", ""},
		{`"multipleOf":1e-900,"exclusiveMinimum":0`, `"multipleOf":1e-899`, "$ can be 1e-900, the reader takes only multiples of 1e-899", "1e-900"},
		{`"multipleOf":1e-899`, `"multipleOf":1e-900`, "", ""},
	} {
		c := jsonschema.Compare(mustLoad(t, `{"type":"number",`+tt.writer+`}`), mustLoad(t, `{`+tt.reader+`}`))
		switch {
		case tt.message == "" && len(c.Problems) > 0:
			t.Errorf("%s to %s: %.500s", tt.writer, tt.reader, problemText(c))
		case tt.message == "":
		case len(c.Problems) != 1 || c.Problems[0].Verdict != compat.Breaks || c.Problems[0].Message != tt.message || c.Problems[0].Witness.Document != tt.witness:
			t.Errorf("%s to %s: %.700s", tt.writer, tt.reader, problemText(c))
		}
	}
}

// TestManyPatterns: an object with many patternProperties is compared, whether
// a name is of one of the patterns or of several.
func TestManyPatterns(t *testing.T) {
	object := func(n int, pattern, more string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("%q:{\"type\":\"string\"}", fmt.Sprintf(pattern, 'a'+rune(i))))
		}
		return `{"type":"object","patternProperties":{` + strings.Join(all, ",") + `}` + more + `}`
	}
	const closed = `,"additionalProperties":false`
	for _, tt := range []struct{ writer, reader, message string }{
		{object(20, "^%c_", `,"minProperties":0`), object(20, "^%c_", ""), ""},
		{object(20, "^%c_", ""), object(21, "^%c_", ""), "$.u_ can be null, the reader takes only a string"},
		{object(21, "^%c_", ""), object(20, "^%c_", ""), ""},
		{object(20, "^%c_", closed), object(21, "^%c_", closed), ""},
		{object(21, "^%c_", closed), object(20, "^%c_", closed), "$.u_ and other properties that the writer does not name can be there, the reader allows none beside its own"},
		{object(20, "%c", `,"minProperties":0`), object(20, "%c", ""), ""},
		{object(20, "%c", ""), object(21, "%c", ""), "$.u can be null, the reader takes only a string"},
		{object(21, "%c", ""), object(20, "%c", ""), ""},
		{object(21, "%c", closed), object(20, "%c", closed), "$.u and other properties that the writer does not name can be there, the reader allows none beside its own"},
	} {
		c := jsonschema.Compare(mustLoad(t, tt.writer), mustLoad(t, tt.reader))
		switch {
		case tt.message == "" && len(c.Problems) > 0:
			t.Errorf("%s to %s: %.500s", tt.writer, tt.reader, problemText(c))
		case tt.message == "":
		case len(c.Problems) != 1 || c.Problems[0].Verdict != compat.Breaks || c.Problems[0].Message != tt.message:
			t.Errorf("%s to %s: %.700s", tt.writer, tt.reader, problemText(c))
		}
	}
}
