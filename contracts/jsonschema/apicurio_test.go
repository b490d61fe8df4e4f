package jsonschema_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// independent is a validator that owes nothing to this package: the library
// itself, as it comes.
func independent(t *testing.T, schema string) func(document string) error {
	t.Helper()
	s, err := js.UnmarshalJSON(strings.NewReader(schema))
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
	return func(document string) error {
		doc, err := js.UnmarshalJSON(strings.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(doc)
	}
}

// asAnnotation is said where the verdict is Apicurio's as soon as formats are
// asserted, which the independent validator does in draft 7.
const asAnnotation = "`format` is an annotation unless it is asserted, and then Weir answers as Apicurio does: "

// noWitness says, where Weir calls compatible what Apicurio does not, why no
// document can show a break.
var noWitness = map[string]string{
	"String: pattern 1":          "`[a-z]*` is not anchored and matches nothing at all, which is found in every text",
	"String: pattern 2":          "neither pattern is anchored; both are found, as nothing, in every text",
	"String: format 1":           asAnnotation,
	"String: format 2":           asAnnotation,
	"Const":                      "`type` asks for a string and `const` for an array: no document is valid under the writer",
	"String: contentEncoding 2":  "`contentEncoding` is an annotation",
	"String: contentEncoding 3":  "`contentEncoding` is an annotation",
	"String: contentMediaType 2": "`contentMediaType` is an annotation",
	"String: contentMediaType 3": "`contentMediaType` is an annotation",
	"Complex: anyOf 1":           "`maxLength` speaks of strings only, so that each side accepts every document",
	"Complex: oneOf 1":           "the writer's strings have more than 10 characters, the reader takes those with more than 5",
	"Conditional: if":            "neither pattern is anchored; both are found, as nothing, in every text",
	"Conditional: then":          "`[a-z]*` is not anchored and is found, as nothing, in every text",
	"Conditional: else":          "`[A-Z]*` is not anchored and is found, as nothing, in every text",
}

// TestApicurio: Compare agrees with each of Apicurio's verdicts, or the case
// stands in the table of docs/compatibility-json.md. Whatever it calls
// incompatible has a witness that an independent validator confirms, and what
// it calls compatible against Apicurio that validator contradicts nowhere.
func TestApicurio(t *testing.T) {
	cases := apicurioCases(t)
	if len(cases) != 145 {
		t.Fatalf("%d cases", len(cases))
	}
	var table strings.Builder
	table.WriteString("| case | reader | Apicurio | Weir | witness, or why there is none |\n|---|---|---|---|---|\n")
	for i, tt := range cases {
		for _, d := range []struct{ name, writer, reader string }{
			{"new (backward)", string(tt.Original), string(tt.Updated)},
			{"old (forward)", string(tt.Updated), string(tt.Original)},
		} {
			theirs := compat.Incompatible
			if tt.Compatibility == "both" || strings.Contains(d.name, tt.Compatibility) {
				theirs = compat.Compatible
			}
			ours, why := judge(t, tt.ID, d.writer, d.reader, theirs)
			if ours != theirs {
				fmt.Fprintf(&table, "| %d %s | %s | %s | %s | %s |\n", i+1, tt.ID, d.name, theirs, ours, why)
			}
		}
	}
	inDocs(t, "apicurio", table.String())
}

// judge compares, and checks the answer with the independent validator.
func judge(t *testing.T, id, writerText, readerText string, theirs compat.Result) (ours compat.Result, why string) {
	t.Helper()
	writer, err := loadText("writer.json", writerText)
	if err != nil {
		return "not loaded", err.Error()
	}
	reader, err := loadText("reader.json", readerText)
	if err != nil {
		return "not loaded", err.Error()
	}
	accepts := [2]func(string) error{independent(t, writerText), independent(t, readerText)}
	c := jsonschema.Compare(writer, reader)
	confirmed(t, id, c, accepts)
	switch {
	case c.Result() == theirs:
		return theirs, ""
	case len(c.Problems) > 0:
		return c.Result(), shownWitness(c)
	}
	why = noWitness[id]
	switch why {
	case "":
		t.Errorf("%s is compatible, and it is not said why", id)
	case asAnnotation:
		asserted := jsonschema.Compare(mustLoad(t, writerText, jsonschema.AssertFormat()), mustLoad(t, readerText, jsonschema.AssertFormat()))
		confirmed(t, id, asserted, accepts)
		if asserted.Result() != theirs {
			t.Errorf("%s: with asserted formats %s", id, asserted.Result())
		}
		return compat.Compatible, why + shownWitness(asserted)
	}
	uncontradicted(t, id, writer, accepts)
	return compat.Compatible, "none: " + why
}

// confirmed has the independent validator look at the witnesses.
func confirmed(t *testing.T, id string, c compat.Comparison, accepts [2]func(string) error) {
	t.Helper()
	for _, p := range c.Problems {
		if p.Verdict != compat.Breaks {
			t.Errorf("%s: %+v", id, p)
			continue
		}
		if err := accepts[0](p.Witness.Document); err != nil {
			t.Errorf("%s: the writer refuses the witness %s: %v", id, p.Witness.Document, err)
		}
		if accepts[1](p.Witness.Document) == nil {
			t.Errorf("%s: the reader takes the witness %s", id, p.Witness.Document)
		}
	}
}

func shownWitness(c compat.Comparison) string {
	if len(c.Problems) == 0 {
		return "none"
	}
	w := c.Problems[0].Witness
	return "`" + w.Document + "` is " + w.Outcome
}

// uncontradicted has the independent validator look at documents of a
// compatible pair.
func uncontradicted(t *testing.T, id string, writer *jsonschema.Schema, accepts [2]func(string) error) {
	t.Helper()
	r := &randomSchemas{Rand: rng(1)}
	g := generator(t, writer)
	for range 300 {
		doc, err := g.Generate(r.Rand)
		if err != nil {
			doc = r.anyDocument(2)
		}
		for _, document := range []string{marshal(doc), marshal(r.mutateDocument(doc)), marshal(r.anyDocument(2))} {
			if accepts[0](document) == nil && accepts[1](document) != nil {
				t.Fatalf("%s: compatible, but the reader refuses %s", id, document)
			}
		}
	}
}

// TestRulesInDocs: the docs list the rules.
func TestRulesInDocs(t *testing.T) {
	var table strings.Builder
	table.WriteString("| rule | finds |\n|---|---|\n")
	for _, r := range jsonschema.Rules() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", r.ID, r.Summary)
	}
	inDocs(t, "rules", table.String())
}

const docsFile = "../../docs/compatibility-json.md"

// inDocs holds a generated part of the docs to want; -update writes it.
func inDocs(t *testing.T, name, want string) {
	t.Helper()
	src, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": generated -->\n", "<!-- "+name+": end -->"
	before, rest, ok1 := strings.Cut(string(src), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no part %s", docsFile, name)
	}
	if *update {
		if err := os.WriteFile(docsFile, []byte(before+begin+want+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s, %s (-want +got):\n%s", docsFile, name, diff)
	}
}
