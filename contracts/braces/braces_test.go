package braces

import (
	"fmt"
	"slices"
	"testing"
	"text/template"
)

func parse(text string) error {
	_, err := template.New("").Parse(text)
	return err
}

func TestSound(t *testing.T) {
	for text, want := range map[string][]string{
		"a {{.b}}":                      {"a {{.b}}"},
		"a {{.b":                        {"a     ", "2 unclosed action; "},
		"{{.b} {{.c}}":                  {"      {{.c}}", `4 bad character U+007D '}'; `},
		"{{b}}\n{{end}}{{.c}}":          {"     \n       {{.c}}", `2 function "b" not defined; `, "6 unexpected {{end}}; "},
		"{{.a}}{{if .b}}{{.c}}":         {"{{.a}}{{if .b}}{{.c}}{{end}}", "6 {{if}} has no end; close it with {{end}}"},
		"{{.a}}{{if}}{{.c}}{{end}}":     {"{{.a}}", "6 missing value for if; "},
		"{{if .a}}{{if}}{{end}}{{end}}": {"{{if .a}}{{end}}", "9 missing value for if; "},
		`{{define "a"}}1{{end}}{{define "a"}}2{{end}}`: {`{{define "a"}}1{{end}}`, `32 multiple definition of template "a"; `},
		"{{/* }} */}}{{`}}`}}{{\"\\\"}}\"}}":           {"{{/* }} */}}{{`}}`}}{{\"\\\"}}\"}}"},
	} {
		sound, problems := Sound(text, parse)
		got := []string{sound}
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d %s; %s", p.Offset, p.Message, p.Hint))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestWithout(t *testing.T) {
	const text = "a{{.b}}{{if .c}}d{{else}}e{{end}}"
	for at, want := range map[int]string{0: "", 1: "a      {{if .c}}d{{else}}e{{end}}", 6: "a      {{if .c}}d{{else}}e{{end}}", 7: "", 16: "", 17: "", 26: "", len(text): ""} {
		if got := Without(text, at); got != want {
			t.Errorf("at %d: %q", at, got)
		}
	}
}

// FuzzSound: what is left parses, and something is said of what does not.
func FuzzSound(f *testing.F) {
	for _, text := range []string{"{{.a", "{{if}}{{else}}{{end", "{{/* a", "{{- \"a\\\n}} {{`", `{{block "a" .}}{{end}}{{define "a"}}1{{end}}`, "{{range .}}{{break}}{{end}}{{continue}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sound, problems := Sound(text, parse)
		if err := parse(sound); err != nil {
			t.Errorf("%q: left %q: %v", text, sound, err)
		}
		if (parse(text) == nil) != (len(problems) == 0) {
			t.Errorf("%q: %v", text, problems)
		}
		for _, p := range problems {
			if p.Message == "" || p.Offset < 0 || p.Offset > len(text) {
				t.Errorf("%q: %+v", text, p)
			}
		}
	})
}
