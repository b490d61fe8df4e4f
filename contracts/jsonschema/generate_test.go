package jsonschema_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func load(t testing.TB, fsys fs.FS, file string, options ...jsonschema.Option) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Load(fsys, file, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func generator(t testing.TB, s *jsonschema.Schema, options ...jsonschema.GeneratorOption) *jsonschema.Generator {
	t.Helper()
	g, err := jsonschema.NewGenerator(s, options...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestGenerateValidates: documents of every schema in testdata/generate are
// valid, formats included, and the same seed makes the same documents.
func TestGenerateValidates(t *testing.T) {
	fsys := os.DirFS("testdata/generate")
	files, err := fs.Glob(fsys, "*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d schemas, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			s := load(t, fsys, file, jsonschema.AssertFormat())
			distinct := map[string]bool{}
			for seed := range uint64(100) {
				g := generator(t, s, jsonschema.OptionalFields(float64(seed%5)/4))
				v, err := g.Generate(rng(seed))
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				if violations := s.Validate(text); violations != nil {
					t.Fatalf("seed %d: %s: %v", seed, text, violations)
				}
				again, err := g.Generate(rng(seed))
				if err != nil || !cmp.Equal(v, again) {
					t.Fatalf("seed %d made %s first and %v then (%v)", seed, text, again, err)
				}
				distinct[string(text)] = true
			}
			if len(distinct) < 2 {
				t.Errorf("100 seeds made one document only")
			}
		})
	}
}

// eachGenerated calls f with n documents of every schema of
// testdata/generate.
func eachGenerated(t *testing.T, n uint64, f func(*testing.T, *jsonschema.Schema, any)) {
	t.Helper()
	fsys := os.DirFS("testdata/generate")
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range names {
		t.Run(file, func(t *testing.T) {
			s := load(t, fsys, file)
			g := generator(t, s)
			for seed := range n {
				v, err := g.Generate(rng(seed))
				if err != nil {
					t.Fatal(err)
				}
				f(t, s, v)
			}
		})
	}
}

func TestGenerateUnsatisfiable(t *testing.T) {
	tests := []struct{ name, schema, keyword, want string }{
		{"not everything", `{"type":"integer","not":{"type":"integer"}}`, "not",
			"s.json:1:19: no valid document found: cannot satisfy not: the last try the document matches what not forbids"},
		{"types that exclude each other", `{"allOf":[{"type":"string"},{"type":"integer"}]}`, "type",
			"s.json:1:1: no valid document found: cannot satisfy type: the types that are asked for exclude each other"},
		{"no number in between", `{"properties":{"a":{"type":"integer","minimum":1,"maximum":2,"multipleOf":5}},"required":["a"]}`, "multipleOf",
			"s.json:1:16: no valid document found: cannot satisfy multipleOf: no number lies between the bounds"},
		{"bounds that cross", `{"type":"number","minimum":2,"maximum":1}`, "minimum",
			"s.json:1:1: no valid document found: cannot satisfy minimum: no number lies between the bounds"},
		{"a pattern that is too long", `{"type":"string","pattern":"^a{10}$","maxLength":5}`, "pattern",
			"s.json:1:1: no valid document found: cannot satisfy pattern: no string was found that satisfies it"},
		{"lengths that cross", `{"type":"string","minLength":5,"maxLength":4}`, "maxLength",
			"s.json:1:1: no valid document found: cannot satisfy maxLength: no string was found that satisfies it"},
		{"required and forbidden", `{"required":["a"],"additionalProperties":false}`, "additionalProperties",
			`s.json:1:1: no valid document found: cannot satisfy additionalProperties: the required property "a" is not allowed`},
		{"unique without enough values", `{"type":"array","minItems":3,"uniqueItems":true,"items":{"type":"boolean"}}`, "uniqueItems",
			"s.json:1:49: no valid document found: cannot satisfy uniqueItems: no further value was found that differs from the others"},
		{"enum against type", `{"enum":["a"],"minLength":2}`, "enum",
			"s.json:1:1: no valid document found: cannot satisfy enum: no value of enum or const satisfies the rest of the schema"},
		{"itself without end", `{"required":["a"],"properties":{"a":{"$ref":"#"}}}`, "$ref",
			"s.json:1:1: no valid document found: cannot satisfy $ref: the schema requires itself without end"},
		{"a false alternative", `{"properties":{"a":{"anyOf":[false]}},"required":["a"]}`, "false",
			"s.json:1:16: no valid document found: cannot satisfy false: no value is allowed here"},
		{"too few names", `{"minProperties":2,"properties":{"a":{}},"additionalProperties":false}`, "minProperties",
			"s.json:1:1: no valid document found: cannot satisfy minProperties: no further property was found that is allowed"},
		{"items that cross", `{"type":"array","minItems":2,"maxItems":1}`, "minItems",
			"s.json:1:1: no valid document found: cannot satisfy minItems: more items are required than allowed"},
	}
	const hint = " (check the schema for a contradiction, or give the contract examples and use these)"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, files("s.json", tt.schema), "s.json")
			g, err := jsonschema.NewGenerator(s)
			if err == nil {
				_, err = g.Generate(rng(1))
			}
			var u *jsonschema.Unsatisfiable
			if !errors.As(err, &u) {
				t.Fatalf("Generate = %v, want an *Unsatisfiable", err)
			}
			if u.Keyword != tt.keyword || u.Error() != tt.want+hint {
				t.Errorf("keyword %s: %s\nwant %s: %s", u.Keyword, u, tt.keyword, tt.want)
			}
		})
	}
}

// TestGenerateCopies: changing a document must not change the schema's enum.
func TestGenerateCopies(t *testing.T) {
	g := generator(t, load(t, files("s.json", `{"const":{"a":[{"b":1}]}}`), "s.json"))
	for range 2 {
		v, err := g.Generate(rng(1))
		if err != nil {
			t.Fatal(err)
		}
		if got := place.Text(v); got != `{"a":[{"b":1}]}` {
			t.Fatalf("made %s", got)
		}
		if err := place.MustParse("$.a[0].b").Set(v, "changed"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOptionalFields(t *testing.T) {
	s := load(t, files("s.json", `{"type":"object","properties":{"a":{},"b":{},"c":{}}}`), "s.json")
	for probability, want := range map[float64]int{0: 0, 1: 3} {
		v, err := generator(t, s, jsonschema.OptionalFields(probability)).Generate(rng(1))
		if err != nil || len(v.(map[string]any)) != want {
			t.Errorf("OptionalFields(%v) made %v, %v", probability, v, err)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, expr := range []string{"^[a-z]{3}$", `^\u00e4+$`, "", "(a|b)c?", `\bx\b`} {
		text, err := jsonschema.Match(expr, rng(3))
		again, _ := jsonschema.Match(expr, rng(3))
		if err != nil || text != again {
			t.Errorf("Match(%q) = %q and %q, %v", expr, text, again, err)
		}
	}
	for expr, want := range map[string]string{
		"(":                    "pattern \"(\": the group is not closed at character 1",
		"a^b":                  `pattern "a^b": no text found that matches`,
		"[^\\x00-\\x{10FFFF}]": "pattern \"[^\\\\x00-\\\\x{10FFFF}]\": no text found that matches",
	} {
		if _, err := jsonschema.Match(expr, rng(3)); err == nil || err.Error() != want {
			t.Errorf("Match(%q) = %v, want %s", expr, err, want)
		}
	}
}

// TestGenerateLeavesOut: an optional field without a possible value does not
// stand in the way of the document.
func TestGenerateLeavesOut(t *testing.T) {
	s := load(t, files("s.json", `{"type":"object","required":["b"],"properties":{"a":{"type":"string","pattern":"x^y"},"b":{"const":1}}}`), "s.json")
	v, err := generator(t, s, jsonschema.OptionalFields(1)).Generate(rng(1))
	if err != nil || place.Text(v) != `{"b":1}` {
		t.Errorf("made %v, %v", v, err)
	}
}

// FuzzLoad holds that no schema makes Load, Lookup or Generate panic or run
// away, and that what Generate returns is valid.
func FuzzLoad(f *testing.F) {
	fsys := os.DirFS("testdata/generate")
	names, _ := fs.Glob(fsys, "*.json")
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, src := range []string{`{"minimum":1e999999999}`, `{"multipleOf":1e-999999999}`, `{"enum":[1e999999999]}`, `{"minLength":18446744073709551617}`} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := jsonschema.Load(files("s.json", string(src)), "s.json")
		if err != nil {
			return
		}
		s.Lookup(place.MustParse("$.a.b[0]"))
		g, err := jsonschema.NewGenerator(s)
		if err != nil {
			return
		}
		v, err := g.Generate(rng(1))
		if err == nil && s.ValidateValue(v) != nil {
			t.Fatalf("%s made %v, which is not valid", src, v)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	s, doc := benchmarkOrder(b)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if v := s.Validate(doc); v != nil {
			b.Fatal(v)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	s, _ := benchmarkOrder(b)
	g, r := generator(b, s), rng(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Generate(r); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkOrder(b *testing.B) (*jsonschema.Schema, []byte) {
	b.Helper()
	s := load(b, os.DirFS("testdata/generate"), "order.json")
	v, err := generator(b, s).Generate(rng(1))
	if err != nil {
		b.Fatal(err)
	}
	return s, []byte(place.Text(v))
}

// TestGenerateGivesUp: contradictions behind several layers of chance are
// found out within the budget, not tried through.
func TestGenerateGivesUp(t *testing.T) {
	schema := `{"type":"integer","not":{"type":"integer"}}`
	for range 6 {
		schema = `{"type":"object","required":["a"],"properties":{"a":` + schema + `},"not":{"required":["b"]}}`
	}
	_, err := generator(t, load(t, files("s.json", schema), "s.json")).Generate(rng(1))
	var u *jsonschema.Unsatisfiable
	if !errors.As(err, &u) {
		t.Errorf("Generate = %v, want an *Unsatisfiable", err)
	}
}
