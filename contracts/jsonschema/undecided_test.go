package jsonschema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestUndecidedOnce: one sentence is one problem, however many places it is
// true of.
func TestUndecidedOnce(t *testing.T) {
	schema := func(n int, pattern string) *jsonschema.Schema {
		var properties []string
		for i := range n {
			properties = append(properties, fmt.Sprintf(`"p%d":{"type":"string","pattern":%q}`, i, pattern))
		}
		return mustLoad(t, `{"type":"object","properties":{`+strings.Join(properties, ",")+`}}`)
	}
	const one, other = `^(?=.*a)(?=.*b).{9,}$`, `^(?=.*b)(?=.*a).{9,}$`
	const message = "it could not be decided whether the reader takes all that the writer may write here"
	for n, want := range map[int]string{
		1:  message,
		3:  message + "; also at /properties/p1/pattern, /properties/p2/pattern",
		30: message + "; also at /properties/p1/pattern, /properties/p2/pattern, /properties/p3/pattern and 26 more places",
	} {
		var got []string
		for _, p := range jsonschema.Compare(schema(n, one), schema(n, other)).Problems {
			got = append(got, p.Message)
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%d places (-want +got):\n%s", n, diff)
		}
	}
}
