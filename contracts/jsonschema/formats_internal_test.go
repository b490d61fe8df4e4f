package jsonschema

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	js "github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/compat"
)

// accepts is the validator of a format, as Load uses it.
func accepts(t testing.TB, name string) func(string) bool {
	t.Helper()
	c := js.NewCompiler()
	c.AssertFormat()
	for _, f := range formats() {
		c.RegisterFormat(f)
	}
	if err := c.AddResource("s.json", map[string]any{"format": name}); err != nil {
		t.Fatal(err)
	}
	s := c.MustCompile("s.json")
	return func(text string) bool { return s.Validate(text) == nil }
}

// changed are texts of an expression with at most one rune less, more or other.
func changed(expression string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := []rune(rapid.StringMatching(expression).Draw(t, "text"))
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		more := rapid.SliceOfN(rapid.SampledFrom([]rune("0129afzAZ+-.:@\\/ \u00e9\n")), 0, 1).Draw(t, "more")
		rest := text[min(len(text), at+rapid.IntRange(0, 1).Draw(t, "less")):]
		return string(text[:at]) + string(more) + string(rest)
	})
}

// TestTextsOfFormats: what a format takes, its expression matches.
func TestTextsOfFormats(t *testing.T) {
	for name, expression := range textsOf {
		t.Run(name, func(t *testing.T) {
			taken, texts := accepts(t, name), regexp.MustCompile(expression)
			rapid.Check(t, func(t *rapid.T) {
				if text := changed(expression).Draw(t, "text"); taken(text) && !texts.MatchString(text) {
					t.Fatalf("%s takes %q", name, text)
				}
			})
		})
	}
}

// TestWiderFormats: what a format takes, those that are wider take, too.
func TestWiderFormats(t *testing.T) {
	for name, wider := range widerThan {
		expression := `\A([a-z]{1,3}:)?(//[a-z.@:0-9\[\]]{0,5})?[a-z/.%0-9\\]{0,6}(\?[a-z%]{0,3})?(#[a-z%]{0,3})?\z`
		if name == "email" {
			expression = `\A[a-z."\\]{1,5}@([a-z-]{1,3}(\.[a-z]{1,3})?|\[[0-9.]{1,8}\])\z`
		}
		taken := accepts(t, name)
		for _, other := range wider {
			takes := accepts(t, other)
			rapid.Check(t, func(t *rapid.T) {
				if text := changed(expression).Draw(t, "text"); taken(text) && !takes(text) {
					t.Fatalf("%s takes %q, and %s does not", name, text, other)
				}
			})
		}
	}
}

// TestOwnFormats: see RFC 791, RFC 3986, RFC 5890 and RFC 6531.
func TestOwnFormats(t *testing.T) {
	for _, c := range []struct {
		format, text string
		want         bool
	}{
		{"ipv4", "127.0.0.1", true},
		{"ipv4", "255.255.255.255", true},
		{"ipv4", "256.0.0.1", false},
		{"ipv4", "+1.0.0.1", false},
		{"ipv4", "01.0.0.1", false},
		{"ipv4", "1.0.0", false},
		{"uri", `https://acme.com/a`, true},
		{"uri", `https://acme.com/\a`, false},
		{"uri", `/a`, false},
		{"iri", `https://acme.com/\a`, false},
		{"idn-hostname", "acme.example", true},
		{"idn-hostname", "Acme.EXAMPLE", true},
		{"idn-hostname", "bücher.example", true},
		{"idn-hostname", "xn--bcher-kva.example", true},
		{"idn-hostname", "실례.테스트", true},
		{"idn-hostname", "〮실례.테스트", false},
		{"idn-hostname", "xn--X", false},
		{"idn-hostname", "-bücher.example", false},
		{"idn-hostname", `%%( [ \ {`, false},
		{"idn-hostname", strings.Repeat("ü", 64) + ".example", false},
		{"idn-email", "jo@acme.example", true},
		{"idn-email", "jörg@acme.example", true},
		{"idn-email", "jo@bücher.example", true},
		{"idn-email", "실례@실례.테스트", true},
		{"idn-email", "jörg", false},
		{"idn-email", "jörg@-bücher.example", false},
		{"idn-email", "jörg müller@acme.example", false},
		{"idn-email", "", false},
	} {
		if got := accepts(t, c.format)(c.text); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.format, c.text, got, c.want)
		}
	}
}

// typed is a schema of strings whose formats are asserted.
func typed(t *testing.T, keyword string) *Schema {
	t.Helper()
	s, err := Load(fstest.MapFS{"s.json": {Data: []byte(`{"type": "string", ` + keyword + `}`)}}, "s.json", AssertFormat())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCompareFormats: what is known of a format decides, where it is asserted.
func TestCompareFormats(t *testing.T) {
	const yes, no = compat.Compatible, compat.Incompatible
	for _, c := range []struct {
		writer, reader string
		want, back     compat.Result
	}{
		{`"format": "uri"`, `"format": "uri-reference"`, yes, no},
		{`"format": "email"`, `"format": "idn-email"`, yes, no},
		{`"format": "idn-email"`, `"minLength": 1`, yes, no},
		{`"const": "%%( [ {"`, `"format": "idn-hostname"`, no, no},
		{`"format": "idn-hostname"`, `"format": "hostname"`, no, compat.Undecided},
		{`"format": "uuid"`, `"maxLength": 36`, yes, no},
		{`"format": "uuid"`, `"maxLength": 35`, no, no},
		{`"format": "ipv4"`, `"maxLength": 15`, yes, no},
		{`"format": "date"`, `"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`, yes, no},
		{`"format": "date"`, `"format": "uuid"`, no, no},
		{`"format": "uuid"`, `"pattern": "^[0-9a-f-]+$"`, no, no},
	} {
		writer, reader := typed(t, c.writer), typed(t, c.reader)
		if got := Compare(writer, reader).Result(); got != c.want {
			t.Errorf("%s, read as %s: %s, want %s", c.writer, c.reader, got, c.want)
		}
		if got := Compare(reader, writer).Result(); got != c.back {
			t.Errorf("%s, read as %s: %s, want %s", c.reader, c.writer, got, c.back)
		}
	}
}

// TestVariantsAreValid: each text is one of its format.
func TestVariantsAreValid(t *testing.T) {
	for format, texts := range variants {
		validate := formatOfValidator(format)
		for _, text := range texts {
			if err := validate(text); err != nil {
				t.Errorf("%s: %q: %v", format, text, err)
			}
		}
	}
}
