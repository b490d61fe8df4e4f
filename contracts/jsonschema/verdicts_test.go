package jsonschema_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestVerdicts holds Validate and Compare to what another library says, because
// the one that validates here also reads the schemas which are compared, and
// confirms every witness: nothing else sees its mistakes.
// testdata/verdicts/make.py says how the table is made.
func TestVerdicts(t *testing.T) {
	src, err := os.ReadFile("testdata/verdicts/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Documents []json.RawMessage
		Verdicts  []struct {
			Schema json.RawMessage
			Valid  string // of each document 1 if it is valid, 0 if not
		}
	}
	if err := json.Unmarshal(src, &table); err != nil || len(table.Documents) < 40 || len(table.Verdicts) < 500 {
		t.Fatalf("%d documents and %d verdicts: %v", len(table.Documents), len(table.Verdicts), err)
	}
	var before *jsonschema.Schema
	for n, v := range table.Verdicts {
		s := mustLoad(t, string(v.Schema))
		for i, doc := range table.Documents {
			got, want := s.Validate(doc) == nil, v.Valid[i] == '1'
			if got != want {
				t.Errorf("%s takes %s: %t, want %t", v.Schema, doc, got, want)
			}
		}
		if before != nil && jsonschema.Compare(before, s).Result() == compat.Compatible {
			writer := table.Verdicts[n-1]
			for i, doc := range table.Documents {
				if writer.Valid[i] == '1' && v.Valid[i] == '0' {
					t.Errorf("%s is compatible with %s, which does not take %s", v.Schema, writer.Schema, doc)
				}
			}
		}
		before = s
	}
}
