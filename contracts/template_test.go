package contracts

import (
	"fmt"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts/document"
)

func TestVariables(t *testing.T) {
	given := []Step{{HTTP: "POST /a", Save: map[string]string{"cart": "$.id"}}, {Exec: []string{"x"}, Save: map[string]string{"pen": "$.id"}}}
	for _, tt := range []struct {
		trigger Trigger
		step    int
		want    []string
	}{
		{Trigger{HTTP: "POST /"}, 0, []string{"id", "seq"}},
		{Trigger{HTTP: "POST /", Given: given}, 0, []string{"id", "seq"}},
		{Trigger{HTTP: "POST /", Given: given}, 1, []string{"bootstrap", "cart", "id", "seq", "url"}},
		{Trigger{HTTP: "POST /", Given: given}, 2, []string{"cart", "id", "pen", "seq"}},
		{Trigger{Exec: []string{"x"}, Given: given}, 0, []string{"bootstrap", "id", "seq", "url"}},
	} {
		if got := tt.trigger.Variables(tt.step); !slices.Equal(got, tt.want) {
			t.Errorf("step %d of %+v: %v", tt.step, tt.trigger, got)
		}
	}
}

func TestCheckTemplate(t *testing.T) {
	trigger := Trigger{HTTP: "POST /", Given: []Step{{HTTP: "POST /a", Save: map[string]string{"cart": "$.id"}}}}
	const none = " there are {{.cart}}, {{.id}}, {{.seq}}, and what given steps before it save"
	for text, want := range map[string][]string{
		"plain } {":                                 nil,
		"{{.id}} {{.seq}} {{ .cart }}":              nil,
		`{{printf "%s-%d" .id .seq}}`:               nil,
		"{{.ID}}":                                   {"1:3 the template names {{.ID}}, which is no variable here; did you mean {{.id}}?"},
		"a\n  {{.customer}}":                        {"2:5 the template names {{.customer}}, which is no variable here;" + none},
		"{{.a}}{{.b}}":                              {"1:3 the template names {{.a}}, which is no variable here;" + none, "1:9 the template names {{.b}}, which is no variable here;" + none},
		"{{.id.part}}":                              {"1:6 the variable id has no field part: it is a text or a number; write {{.id}}"},
		"{{if .nope}}{{.id}}{{end}}":                {"1:6 the template names {{.nope}}, which is no variable here;" + none},
		"{{with .id}}{{.}}{{$.crt}}{{end}}":         {"1:21 the template names {{.crt}}, which is no variable here; did you mean {{.cart}}?"},
		"{{with .id}}{{.any}}{{else}}{{.c}}{{end}}": {"1:31 the template names {{.c}}, which is no variable here;" + none},
		`{{range $i := .x}}{{$i.y}}{{end}}`:         {"1:15 the template names {{.x}}, which is no variable here;" + none},
		"{{.id":                                     {"1:1 the template: unclosed action;"},
		"a\n b{{end}}":                              {"2:3 the template: unexpected {{end}};"},
		`{{upper .id}}`:                             {"1:3 the template: function \"upper\" not defined;"},
		"{{/* a */}}{{.id}}":                        nil,
	} {
		var got []string
		for _, p := range trigger.CheckTemplate(1, text) {
			at := p.Position("f", text)
			got = append(got, fmt.Sprintf("%d:%d %s;%s", at.Line, at.Column, p.Message, space(p.Hint)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
	if p := (TemplateProblem{Offset: 5}).Position("f", "a\r\nbcd\r\ne"); p.Line != 2 || p.Column != 3 || p.Source != "bcd" {
		t.Errorf("%+v", p)
	}
}

func space(hint string) string {
	if hint == "" {
		return ""
	}
	return " " + hint
}

// FuzzCheckTemplate looks for a template that makes it panic or point nowhere.
func FuzzCheckTemplate(f *testing.F) {
	for _, text := range []string{"{{.id}}", "{{.a.b}}\n{{", `{{template "x" .}}{{define "x"}}{{.y}}{{end}}`, "{{range .a}}{{break}}{{end}}", "{{(.a).b}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range (&Trigger{HTTP: "POST /"}).CheckTemplate(0, text) {
			if p.Message == "" || p.Offset < 0 || p.Offset > len(text) {
				t.Errorf("%q: %+v", text, p)
			}
		}
	})
}

// TestTemplatesOfATrigger: each template of a contract is checked at its place.
func TestTemplatesOfATrigger(t *testing.T) {
	_, findings := parse("weir.yaml", []byte(`weir: contract/v1
service: {name: a}
produces:
  - event: E
    topic: t
    schema: e.json
    trigger:
      given:
        - {http: "POST /carts/{{.cart}}", save: {cart: $.id}}
        - {exec: [./x, "{{.url}}", "{{.bootstrp}}"]}
      http: POST /carts/{{.cart}}/{{.ID}}
      headers: {X-Seq: '{{.sequence}}', X-Id: "{{.id"}
`))
	var got []string
	for _, f := range findings {
		if f.ID != BadTrigger {
			t.Errorf("%+v", f)
		}
		got = append(got, fmt.Sprintf("%d:%d %s", f.Position.Line, f.Position.Column, f.Message))
	}
	want := []string{
		"9:33 the template names {{.cart}}, which is no variable here",
		"10:39 the template names {{.bootstrp}}, which is no variable here",
		"11:37 the template names {{.ID}}, which is no variable here",
		"12:27 the template names {{.sequence}}, which is no variable here",
		"12:47 the template: unclosed action",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, findings := parse("weir.yaml", []byte("weir: contract/v1\nservice: {name: a}\nproduces: [{event: E, topic: t, schema: e.json, trigger: {given: [{http: POST /a, sve: {cart: $.id}}], http: 'POST /{{.cart}}'}}]\n")); len(findings) != 1 || findings[0].ID != document.UnknownField {
		t.Errorf("beside a save that is misspelt: %v", findings)
	}
}
