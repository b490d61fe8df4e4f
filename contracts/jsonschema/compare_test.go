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

// TestWitnessIsVisible: a witness with characters that no terminal shows has
// them as escapes, and so has what is said of it.
func TestWitnessIsVisible(t *testing.T) {
	c := jsonschema.Compare(mustLoad(t, `{"enum":["\u00a0\u200b\u202e\ue000"]}`), mustLoad(t, `{"pattern":"^a"}`))
	const want = `compat/json-pattern breaks
  $ can be "\u00a0\u200b\u202e\ue000", the reader takes only what matches ^a
  writer:  at s.json:1:1
  reader: /pattern at s.json:1:2
  witness: "\u00a0\u200b\u202e\ue000"
  refused: the document is "\u00a0\u200b\u202e\ue000", must match the pattern ^a
`
	if diff := cmp.Diff(want, problemText(c)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFormatVariants: texts of a format that differ in what it leaves open
// show that a pattern of the reader takes some of them only.
func TestFormatVariants(t *testing.T) {
	for _, tt := range []struct{ format, pattern, witness string }{
		{"date-time", "Z$", `"2025-01-01T00:00:00+01:00"`},
		{"date-time", "^[^-]*-[^-]*-[^-]*$", `"2025-01-01T00:00:00.5-05:30"`},
		{"time", "Z$", `"00:00:00+01:00"`},
		{"duration", "^PT", `"P1D"`},
		{"email", "^[a-z@.]+$", `"a.b+c@d.example"`},
		{"uri", "^https?:", `"a:b"`},
		{"ipv6", "::", `"1:2:3:4:5:6:7:8"`},
		{"json-pointer", "^[^~]*$", `"/a~0b~1c"`},
	} {
		load := func(text string) *jsonschema.Schema { return mustLoad(t, text, jsonschema.AssertFormat()) }
		c := jsonschema.Compare(load(fmt.Sprintf(`{"type":"string","format":%q}`, tt.format)), load(fmt.Sprintf(`{"format":%q,"pattern":%q}`, tt.format, tt.pattern)))
		if len(c.Problems) != 1 || c.Result() != compat.Incompatible || c.Problems[0].Witness.Document != tt.witness {
			t.Errorf("%s against %s: %s", tt.format, tt.pattern, problemText(c))
		}
	}
}

// TestUncompared: what the validator says of schemas that are not compared is
// worded with the reader's demand.
func TestUncompared(t *testing.T) {
	const loop = `,"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"type":"string"},{"$ref":"#/$defs/a"}]}}}`
	c := jsonschema.Compare(mustLoad(t, `{"enum":["jwkgu"]}`), mustLoad(t, `{"pattern":"^z"`+loop))
	if len(c.Problems) != 1 || c.Problems[0].Message != `$ can be "jwkgu", for the reader it must match the pattern ^z` {
		t.Errorf("got %s", problemText(c))
	}
}

// TestWords: what is said of a break, and where in the reader's schema.
func TestWords(t *testing.T) {
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprintf(`"v%04d"`, i))
	}
	object := func(property string) string { return `{"type":"object","properties":{"n":` + property + `}}` }
	pattern := func(p string) string { return `{"type":"string","pattern":"` + p + `"}` }
	for _, tt := range []struct{ writer, reader, says, at, refused string }{
		{object(`{"type":"integer"}`), object(`{"type":"string"}`), "$.n can be an integer, the reader takes only a string", "s.json:1:37", "/n is of type number, must be string"},
		{object(`{"type":"number"}`), object(`{"type":"string"}`), "$.n can be a number, the reader takes only a string", "s.json:1:37", "/n is of type number, must be string"},
		{object(`{"type":"number"}`), object(`{"type":"integer"}`), "$.n can be a number, the reader takes only an integer", "s.json:1:37", "/n is of type number, must be integer"},
		{`{"type":"object"}`, "{\"type\":\"object\",\"required\":\n[\"a\"]}", "$.a can be missing, the reader requires it", "s.json:2:2", `the document lacks the required property "a"`},
		{
			"{\"enum\":[" + strings.Join(many, ",") + "]}", "{\"enum\":[" + strings.Join(many[1:], ",") + "]}",
			`$ can be "v0000", the reader takes only "v0001", "v0002", "v0003", "v0004", "v0005", "v0006", "v0007", "v0008", "v0009", "v0010", "v0011", "v0012", and 4987 more`,
			"s.json:1:2",
			`the document is "v0000", must be one of "v0001", "v0002", "v0003", "v0004", "v0005", "v0006", "v0007", "v0008", "v0009", "v0010", "v0011", "v0012", and 4987 more`,
		},
		{pattern("(a+)+$"), pattern("^(a+)+$"), `$ can be "ba", the reader takes only what matches ^(a+)+$`, "s.json:1:18", `the document is "ba", must match the pattern ^(a+)+$`},
		{pattern("(a+)+$"), pattern("^a{1,1000}$"), `$ can be "ba", the reader takes only what matches ^a{1,1000}$`, "s.json:1:18", `the document is "ba", must match the pattern ^a{1,1000}$`},
		{pattern("(a+)+$"), pattern("^a{1,2000}$"), `$ can be "ba", the reader takes only what matches ^a{1,2000}$`, "s.json:1:18", `the document is "ba", must match the pattern ^a{1,2000}$`},
		{
			pattern("^[a-z]+$"), `{"anyOf":[` + pattern("^(?!a)[a-z]+$") + `,{"type":"null"}]}`, `$ can be "a", the reader takes only what matches ^(?!a)[a-z]+$`, "s.json:1:28",
			`the document matches none of the 2 alternatives of anyOf; the nearest, 1: the document is "a", must match the pattern ^(?!a)[a-z]+$`,
		},
		{`{"type":"string"}`, pattern("(x+x+)+y"), `$ can be "", the reader takes only what matches (x+x+)+y`, "s.json:1:18", `the document is "", must match the pattern (x+x+)+y`},
	} {
		c := jsonschema.Compare(mustLoad(t, tt.writer), mustLoad(t, tt.reader))
		if len(c.Problems) != 1 || c.Problems[0].Witness == nil {
			t.Errorf("%s: %d problems, %s", tt.says, len(c.Problems), c.Result())
			continue
		}
		p := c.Problems[0]
		if diff := cmp.Diff([]string{tt.says, tt.at, "refused: " + tt.refused}, []string{p.Message, p.Reader.Position.String(), p.Witness.Outcome}); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
