package jsonschema_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestLongLengths: bounds on lengths are compared however large they are, as
// long as a document that shows a break can be made.
func TestLongLengths(t *testing.T) {
	for _, tt := range []struct {
		writer, reader, message string
		length                  int // of the witness, as JSON
	}{
		{`{"maxLength":2000000}`, `{"maxLength":1000000}`, "$ can have 1000001 characters, the reader takes at most 1000000", 1_000_003},
		{`{"maxLength":1000000}`, `{"maxLength":2000000}`, "", 0},
		{`{"minLength":1000000}`, `{"minLength":2000000}`, "$ can have 1000000 characters, the reader takes at least 2000000", 1_000_002},
		{`{"minLength":2000000}`, `{"minLength":1000000}`, "", 0},
		{`{"minLength":2000000000000}`, `{"minLength":1000000000000}`, "", 0},
		{`{"minLength":1000000,"maxLength":3000000}`, `{"minLength":1000000,"maxLength":2000000}`, "$ can have 2000001 characters, the reader takes at most 2000000", 2_000_003},
		{`{"maxLength":2000000,"pattern":"^[a-z][a-z0-9]*$"}`, `{"maxLength":1000000}`, "$ can have 1000001 characters, the reader takes at most 1000000", 1_000_003},
		{`{"maxLength":2000000,"pattern":"^(?:ab)*$"}`, `{"maxLength":1000000}`, "$ can have 1000002 characters, the reader takes at most 1000000", 1_000_004},
		{`{"minLength":2000000000000,"pattern":"^a{1,70}$"}`, `{"type":["array","object"]}`, "", 0},
		{`{"maxItems":2000000}`, `{"maxItems":1000000}`, "$ can have 1000001 items, the reader takes at most 1000000", 5_000_006},
		{`{"maxItems":1000000}`, `{"maxItems":2000000}`, "", 0},
		{`{"minItems":2000000000000,"items":false}`, `{"type":["string","object"]}`, "", 0},
		{`{"minItems":200000,"items":{"enum":[1]}}`, `{"minItems":300000}`, "$ can have 200000 items, the reader takes at least 300000", 400_001},
		{`{"maxProperties":200000}`, `{"maxProperties":100000}`, "$ can have 100001 properties, the reader takes at most 100000", 1_388_906},
		{`{"maxProperties":100000}`, `{"maxProperties":200000}`, "", 0},
		{`{"minProperties":2000,"propertyNames":{"pattern":"^p[0-9]*$"}}`, `{"minProperties":3000}`, "$ can have 2000 properties, the reader takes at least 3000", 24_891},
		{`{"minProperties":2000000000000}`, `{"minProperties":1000000000000}`, "", 0},
	} {
		tt.writer = `{"type":["string","array","object"],` + tt.writer[1:]
		c := jsonschema.Compare(mustLoad(t, tt.writer), mustLoad(t, tt.reader))
		if tt.message == "" {
			if len(c.Problems) > 0 {
				t.Errorf("%s to %s: %.500s", tt.writer, tt.reader, problemText(c))
			}
			continue
		}
		if len(c.Problems) != 1 || c.Problems[0].Verdict != compat.Breaks || c.Problems[0].Message != tt.message || len(c.Problems[0].Witness.Document) != tt.length {
			t.Errorf("%s to %s: %.500s", tt.writer, tt.reader, problemText(c))
		}
	}
}

// TestLengthsBeyondDocuments: of what no document is made for, nothing is
// said to be compatible.
func TestLengthsBeyondDocuments(t *testing.T) {
	for _, tt := range []struct{ writer, reader string }{
		{`{"type":"string","minLength":1000000000000}`, `{"minLength":2000000000000}`},
		{`{"type":"array","minItems":1000000000000}`, `{"minItems":2000000000000}`},
		{`{"type":"object","minProperties":1000000000000}`, `{"minProperties":2000000000000}`},
		{`{"type":"array","minItems":1000,"items":{"type":"string","minLength":1000000}}`, `{"minItems":1001}`},
	} {
		c := jsonschema.Compare(mustLoad(t, tt.writer), mustLoad(t, tt.reader))
		if len(c.Problems) != 1 || c.Problems[0].Verdict != compat.Open {
			t.Errorf("%s to %s: %.500s", tt.writer, tt.reader, problemText(c))
		}
	}
}
