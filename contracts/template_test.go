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

		// What does not parse has its own place, and hides nothing else.
		"{{.id}} {{.id":                      {"1:9 the template: unclosed action;"},
		`{"a": "{{.crt}}", "b": "{{.id}"}`:   {"1:10 the template names {{.crt}}, which is no variable here; did you mean {{.cart}}?", "1:30 the template: bad character U+007D '}';"},
		`{"a": "{{.id}", "b": "{{.sek}}"}`:   {"1:13 the template: bad character U+007D '}';", "1:25 the template names {{.sek}}, which is no variable here; did you mean {{.seq}}?"},
		`{{.id}}{{upper .id}}{{lower .idd}}`: {`1:10 the template: function "upper" not defined;`, `1:23 the template: function "lower" not defined;`},
		"{{.sek}}\n{{if .id}}\n{{.crt}}":     {"1:3 the template names {{.sek}}, which is no variable here; did you mean {{.seq}}?", "2:1 the template: {{if}} has no end; close it with {{end}}", "3:3 the template names {{.crt}}, which is no variable here; did you mean {{.cart}}?"},
		"{{.sek}}{{if}}{{.crt}}{{end}}":      {"1:3 the template names {{.sek}}, which is no variable here; did you mean {{.seq}}?", "1:9 the template: missing value for if;"},
		`{{.id}} {{printf "a}} {{.sek}}`:     {"1:9 the template: unterminated quoted string;", "1:25 the template names {{.sek}}, which is no variable here; did you mean {{.seq}}?"},
		"{{end}}{{else}}":                    {"1:1 the template: unexpected {{end}};", "1:8 the template: unexpected {{else}};"},
		"{{.id}}{{/* a":                      {"1:8 the template: unclosed comment;"},
		"{{- /* } */ -}}{{`}}`}}{{'}'}}":     nil,

		// Templates that it defines.
		`{{define "t"}}{{.}}{{end}}{{template "t" .id}}`:            nil,
		`{{define "a"}}1{{end}}{{define "a"}}2{{end}}`:              {`1:33 the template: multiple definition of template "a";`},
		`{{template "nope" .}}`:                                     {`1:12 no template "nope" is defined; define it in this text: {{define "nope"}}…{{end}}`},
		`{{define "cart"}}1{{end}}{{template "crat"}}`:              {`1:37 no template "crat" is defined; did you mean "cart"?`},
		`{{define "c"}}{{.sek}}{{end}}{{template "c" .}}`:           {"1:17 the template names {{.sek}}, which is no variable here; did you mean {{.seq}}?"},
		`{{define "c"}}{{template "c" .}}{{end}}{{template "c" .}}`: {},
		"{{range 1000000000}}{{end}}":                               nil,

		// What cannot be filled in.
		"a\n  {{len .seq}}":                        {"2:5 the template: {{len .seq}}: len of type uint64;"},
		"{{len .seq}}{{.id}}{{slice .id 0 80}}":    {"1:3 the template: {{len .seq}}: len of type uint64;", "1:22 the template: {{slice .id 0 80}}: index out of range: 80;"},
		"{{if len .seq}}{{slice .id 0 80}}{{end}}": {"1:6 the template: {{len .seq}}: len of type uint64;"},
		"{{slice .id 0 8}}":                        nil,
		"{{slice .id 0 80}}":                       {"1:3 the template: {{slice .id 0 80}}: index out of range: 80;"},
		"{{slice .cart 0 80}}":                     nil,
		"{{len .id 1}}":                            {"1:3 the template: {{len}}: wrong number of args for len: want 1 got 2;"},
		"{{if eq .cart 7}}{{len .seq}}{{end}}":     nil,
	} {
		if got := told(trigger.CheckTemplate(1, text), text); !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
	if p := (TemplateProblem{Offset: 5}).Position("f", "a\r\nbcd\r\ne"); p.Line != 2 || p.Column != 3 || p.Source != "bcd" {
		t.Errorf("%+v", p)
	}
}

func told(problems []TemplateProblem, text string) (all []string) {
	for _, p := range problems {
		at := p.Position("f", text)
		all = append(all, fmt.Sprintf("%d:%d %s;%s", at.Line, at.Column, p.Message, space(p.Hint)))
	}
	return all
}

// TestCheckPath: what a path becomes must be one.
func TestCheckPath(t *testing.T) {
	trigger := Trigger{HTTP: "POST /", Given: []Step{{HTTP: "POST /a", Save: map[string]string{"cart": "$.id"}}}}
	const host = " the host comes from the scenario's services"
	for text, want := range map[string][]string{
		"/orders":             nil,
		"/orders/{{.id}}?a=b": nil,
		"{{.cart}}/order":     nil, // such as /carts/17
		"/orders/%zz":         {`1:9 the path cannot stand in a URL: invalid URL escape "%zz"; a % itself is written %25`},
		"/a/{{.id}}/%":        {`1:12 the path cannot stand in a URL: invalid URL escape "%"; a % itself is written %25`},
		`/a/{{printf "%d"}}`:  {`1:6 the path cannot stand in a URL where {{printf "%d"}} writes %!d(MISSING): invalid URL escape "%!d"; a % itself is written %25`},
		"{{.id}}":             {`1:3 the path does not begin with / where {{.id}} writes 5f2b1c9e-7d34-8a61-9c05-3e8f00000001;` + host},
		"/a\x00":              {"1:3 the path cannot stand in a URL: net/url: invalid control character in URL;"},
		"/{{.sek}}/%zz":       {"1:4 the template names {{.sek}}, which is no variable here; did you mean {{.seq}}?"},
	} {
		if got := told(trigger.CheckPath(1, text), text); !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
	if got, want := told(trigger.CheckHeader(1, "{{.id}}\na"), "{{.id}}\na"), []string{`1:8 the value cannot be that of a header: HTTP takes no '\n' in it;`}; !slices.Equal(got, want) {
		t.Errorf("a header: %q", got)
	}
}

// TestCheckBody: what must be JSON is, with values such as a load fills in.
func TestCheckBody(t *testing.T) {
	given := []Step{{HTTP: "POST /a", Expect: 201, Save: map[string]string{"cart": "$.id"}}}
	plain, inBody := Trigger{HTTP: "POST /", Given: given}, Trigger{HTTP: "POST /", Given: given, ID: "body:$.a"}
	refused := Trigger{HTTP: "POST /", Given: given, Expect: 400}
	const id = "5f2b1c9e-7d34-8a61-9c05-3e8f00000001"
	for _, tt := range []struct {
		trigger    Trigger
		name, text string
		want       []string
	}{
		{plain, "a.json", `{"a": "{{.id}}", "n": {{.seq}}, "c": {{.cart}}}`, nil},
		{plain, "a.json", `{"a": {{.id}}}`, []string{`1:9 the body is no JSON, and is sent as application/json where {{.id}} writes ` + id + `: invalid character 'f' after object key:value pair; a text stands in quotes, such as "{{.id}}"`}},
		{plain, "a.json", "{\n \"a\": {{.seq}},}", []string{`2:16 the body is no JSON, and is sent as application/json: invalid character '}' looking for beginning of object key string;`}},
		{plain, "a.json", `{"a": [1`, []string{`1:9 the body is no JSON, and is sent as application/json: unexpected end of JSON input;`}},
		{plain, "a.json", `{"a": {{.carrt}}`, []string{`1:9 the template names {{.carrt}}, which is no variable here; did you mean {{.cart}}?`}},
		{plain, "a.json", `{{if eq .cart "1"}}{"a": 1}{{end}}`, nil},
		{plain, "a.json", `{{define "b"}}{{if eq .cart "x"}}{"a": 1}{{end}}{{end}}{{template "b" .}}`, nil},
		{plain, "a.txt", "id={{.id}}", nil},
		{refused, "a.json", `{"a": `, nil},
		{inBody, "a.txt", "id={{.id}}", []string{`1:1 the body is no JSON to put the identity into at $.a: invalid character 'i' looking for beginning of value; a text stands in quotes, such as "{{.id}}"`}},
		{Trigger{HTTP: "POST /", Given: given, Headers: map[string]string{"content-type": "text/plain"}}, "a.json", "id", nil},
		{Trigger{HTTP: "POST /", Given: given, Headers: map[string]string{"content-type": "application/x+json; charset=utf-8"}}, "a", "id",
			[]string{`1:1 the body is no JSON, and is sent as application/x+json: invalid character 'i' looking for beginning of value; a text stands in quotes, such as "{{.id}}"`}},
		{Trigger{Exec: []string{"x"}, Given: given}, "a.json", "id", nil},
	} {
		if got := told(tt.trigger.CheckBody(1, tt.name, tt.text), tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q:\ngot  %q\nwant %q", tt.text, got, tt.want)
		}
	}
	if got := told(plain.CheckBody(0, "a.json", "{"), "{"); len(got) != 1 {
		t.Errorf("the body of a step: %q", got)
	}
	for text, want := range map[string]string{
		`{"n": {{.seq}}}`:  `{"n": 1}`,
		`{"o": {{.cart}}}`: "", // which may be an object
		`{{len .seq}}`:     "",
	} {
		if got := plain.Example(1, text); string(got) != want {
			t.Errorf("an example of %s: %s", text, got)
		}
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
	if _, findings := parse("weir.yaml", []byte("weir: contract/v1\nservice: {name: a}\nproduces: [{event: E, topic: t, schema: e.json, trigger: {given: [{http: POST /a, save: {cart: 'header:Location'}}], http: 'POST /{{.cart}}'}}]\n")); len(findings) != 1 || findings[0].ID != BadPlace {
		t.Errorf("a header, which nothing saves: %v", findings)
	}
	if _, findings := parse("weir.yaml", []byte("weir: contract/v1\nservice: {name: a}\nproduces: [{event: E, topic: t, schema: e.json, trigger: {given: [{http: POST /a, sve: {cart: $.id}}], http: 'POST /{{.cart}}'}}]\n")); len(findings) != 1 || findings[0].ID != document.UnknownField {
		t.Errorf("beside a save that is misspelt: %v", findings)
	}
}
