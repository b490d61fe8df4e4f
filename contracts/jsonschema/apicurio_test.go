package jsonschema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

var update = flag.Bool("update", false, "write what is generated into golden files")

// apicurioCase is one change of a schema with Apicurio's verdict: which of
// the two directions is compatible.
type apicurioCase struct {
	ID            string          `json:"id"`
	Compatibility string          `json:"compatibility"`
	Original      json.RawMessage `json:"original"`
	Updated       json.RawMessage `json:"updated"`
}

func apicurioCases(t *testing.T) []apicurioCase {
	t.Helper()
	src, err := os.ReadFile("testdata/compat/apicurio-json-schema-evolution.json")
	if err != nil {
		t.Fatal(err)
	}
	var suite struct{ Tests []apicurioCase }
	if err := json.Unmarshal(src, &suite); err != nil {
		t.Fatal(err)
	}
	return suite.Tests
}

// independent validates with the library itself, not with this package.
func independent(t *testing.T, schema []byte, document string) error {
	t.Helper()
	s, err := js.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := js.NewCompiler()
	if err := c.AddResource("s.json", s); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := js.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(doc)
}

const tableFile = "../../docs/compatibility-json.md"

// TestApicurio: Compare agrees with each of Apicurio's verdicts, or the case
// stands in the table of docs/compatibility-json.md. Whatever it calls
// incompatible has a witness that an independent validator confirms.
func TestApicurio(t *testing.T) {
	cases := apicurioCases(t)
	if len(cases) != 145 {
		t.Fatalf("%d cases", len(cases))
	}
	var table strings.Builder
	for i, tt := range cases {
		original, err := loadText("original.json", string(tt.Original))
		if err != nil {
			t.Errorf("%d %s: %v", i, tt.ID, err)
			continue
		}
		updated, err := loadText("updated.json", string(tt.Updated))
		if err != nil {
			t.Errorf("%d %s: %v", i, tt.ID, err)
			continue
		}
		for _, d := range []struct {
			name           string
			writer, reader *jsonschema.Schema
			w, r           []byte
		}{
			{"backward", original, updated, tt.Original, tt.Updated},
			{"forward", updated, original, tt.Updated, tt.Original},
		} {
			theirs := compat.Incompatible
			if tt.Compatibility == d.name || tt.Compatibility == "both" {
				theirs = compat.Compatible
			}
			c := jsonschema.Compare(d.writer, d.reader)
			for _, p := range c.Problems {
				if p.Verdict != compat.Breaks {
					t.Errorf("%d %s %s: %+v", i, tt.ID, d.name, p)
					continue
				}
				if err := independent(t, d.w, p.Witness.Document); err != nil {
					t.Errorf("%d %s %s: the writer refuses the witness %s: %v", i, tt.ID, d.name, p.Witness.Document, err)
				}
				if independent(t, d.r, p.Witness.Document) == nil {
					t.Errorf("%d %s %s: the reader takes the witness %s", i, tt.ID, d.name, p.Witness.Document)
				}
			}
			if c.Result() == theirs {
				continue
			}
			witness := "none exists"
			if len(c.Problems) > 0 {
				witness = "`" + c.Problems[0].Witness.Document + "`: " + c.Problems[0].Witness.Outcome
			}
			fmt.Fprintf(&table, "| %d | %s | %s | %s | %s | %s |\n", i+1, tt.ID, d.name, theirs, c.Result(), witness)
		}
	}
	t.Log("\n" + table.String())
}
