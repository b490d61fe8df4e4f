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

// TestDeep: a break far inside is reported at its own place, however deep.
func TestDeep(t *testing.T) {
	const levels = 200
	objects := func(leaf string) string {
		return strings.Repeat("{\"type\":\"object\",\"required\":[\"a\"],\n\"properties\":{\"a\":", levels) + leaf + strings.Repeat("}}", levels)
	}
	arrays := func(leaf string) string {
		return strings.Repeat("{\"type\":\"array\",\"minItems\":1,\n\"items\":", levels) + leaf + strings.Repeat("}", levels)
	}
	const text, limited = `{"type":"string"}`, `{"type":"string","maxLength":3}`
	for _, tt := range []struct{ name, writer, reader, path, at, witness string }{
		{
			"objects", objects(text), objects(limited), strings.Repeat("/properties/a", levels) + "/maxLength", "s.json:201:36",
			strings.Repeat(`{"a":`, levels) + `"aaaa"` + strings.Repeat("}", levels),
		},
		{
			"arrays", arrays(text), arrays(limited), strings.Repeat("/items", levels) + "/maxLength", "s.json:201:26",
			strings.Repeat("[", levels) + `"aaaa"` + strings.Repeat("]", levels),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writer, reader := mustLoad(t, tt.writer), mustLoad(t, tt.reader)
			c := jsonschema.Compare(writer, reader)
			if len(c.Problems) != 1 || c.Result() != compat.Incompatible {
				t.Fatalf("%s, %d problems", c.Result(), len(c.Problems))
			}
			p := c.Problems[0]
			if p.Rule != "compat/json-length" || p.Reader.Path != tt.path || p.Reader.Position.String() != tt.at {
				t.Errorf("%s at %s, %s", p.Rule, p.Reader.Position, p.Reader.Path)
			}
			if p.Witness.Document != tt.witness || len(writer.Validate([]byte(tt.witness))) > 0 || len(reader.Validate([]byte(tt.witness))) != 1 {
				t.Errorf("the witness is %s", p.Witness.Document)
			}
			if c := jsonschema.Compare(reader, writer); len(c.Problems) > 0 {
				t.Errorf("the other way round:\n%s", problemText(c))
			}
		})
	}
}
