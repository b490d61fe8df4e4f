package jsonschema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestRules: each rule has a file in testdata/compat/rules with a writer, a
// reader that breaks by this rule, with what is then said, and a reader that
// passes.
func TestRules(t *testing.T) {
	for _, rule := range jsonschema.Rules() {
		if rule.Summary == "" {
			t.Errorf("%s has no summary", rule.ID)
		}
		name := filepath.Join("testdata/compat/rules", strings.TrimPrefix(rule.ID, "compat/")+".txtar")
		t.Run(rule.ID, func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]*txtar.File{}
			for i := range archive.Files {
				files[archive.Files[i].Name] = &archive.Files[i]
			}
			var options []jsonschema.Option
			if strings.Contains(string(archive.Comment), "options: assert-format") {
				options = append(options, jsonschema.AssertFormat())
			}
			schema := func(file string) *jsonschema.Schema {
				s, err := loadText(file, string(files[file].Data), options...)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			writer := schema("writer.json")
			if c := jsonschema.Compare(writer, schema("passes.json")); c.Result() != compat.Compatible {
				t.Errorf("passes.json: %s", problemText(c))
			}
			c := jsonschema.Compare(writer, schema("reader.json"))
			got := problemText(c)
			if !strings.Contains(got, rule.ID+" ") {
				t.Errorf("the rule did not find anything: %s", got)
			}
			if *update {
				files["want"].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(files["want"].Data), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// problemText is all that a comparison says.
func problemText(c compat.Comparison) string {
	var b strings.Builder
	for _, p := range c.Problems {
		verdict := map[compat.Verdict]string{compat.Breaks: "breaks", compat.Open: "open", compat.Forgiven: "forgiven"}[p.Verdict]
		fmt.Fprintf(&b, "%s %s\n  %s\n", p.Rule, verdict, p.Message)
		if p.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", p.Hint)
		}
		fmt.Fprintf(&b, "  writer: %s at %s\n  reader: %s at %s\n", p.Writer.Path, p.Writer.Position, p.Reader.Path, p.Reader.Position)
		if p.Witness != nil {
			fmt.Fprintf(&b, "  witness: %s\n  %s\n", p.Witness.Document, p.Witness.Outcome)
		}
	}
	return b.String()
}
