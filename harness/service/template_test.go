package service

import (
	"errors"
	"testing"
)

func TestExpand(t *testing.T) {
	vars := Vars{
		Bootstrap: "127.0.0.1:1,127.0.0.1:2",
		Port:      24680,
		Topic:     func(name string) string { return "run1." + name },
		URLs:      map[string]string{"order-service": "http://127.0.0.1:3"},
	}
	for in, want := range map[string]string{
		"":                                 "",
		"plain":                            "plain",
		"{{.Bootstrap}}":                   "127.0.0.1:1,127.0.0.1:2",
		"http://127.0.0.1:{{.Port}}/":      "http://127.0.0.1:24680/",
		`{{.Topic "order.events"}}`:        "run1.order.events",
		`{{.Group "g"}}`:                   "g",
		`{{.URL "order-service"}}/orders`:  "http://127.0.0.1:3/orders",
		`{{ .Topic "a" }},{{ .Topic "b"}}`: "run1.a,run1.b",
	} {
		if got, err := Expand(in, vars); err != nil || got != want {
			t.Errorf("Expand(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestExpandErrors(t *testing.T) {
	vars := Vars{URLs: map[string]string{"a": "http://a", "b": "http://b"}}
	for in, want := range map[string]TemplateError{
		"{{.Bootstap}}":    {1, 3, `{{.Bootstap}}: there is no .Bootstap; there are .Bootstrap, .Port, .Topic "name", .Group "name" and .URL "service"`, "did you mean .Bootstrap?"},
		"x={{.Bootstrap}}": {1, 5, "{{.Bootstrap}}: this service cannot reach the brokers", ""},
		"a\nb {{.Port}}":   {2, 5, "{{.Port}}: there is no port here", ""},
		`{{.URL "c"}}`:     {1, 3, `{{.URL}}: no service "c" with a url; there are a, b`, ""},
		"{{.Topic}}":       {1, 3, "{{.Topic}}: wrong number of args for Topic: want 1 got 0", ""},
		"a {{.Port":        {1, 3, "unclosed action", ""},
		"a\n{{if}}":        {2, 1, "missing value for if", ""},
		"a\n{{if 1}}":      {2, 1, "{{if}} has no end", "close it with {{end}}"},
		"{{env \"HOME\"}}": {1, 3, `function "env" not defined`, ""},
	} {
		_, err := Expand(in, vars)
		var got *TemplateError
		if !errors.As(err, &got) || *got != want {
			t.Errorf("Expand(%q): %v\nwant %v", in, err, &want)
		}
	}
	_, err := Expand(`{{.URL "a"}}`, Vars{})
	if want := "line 1, column 3: {{.URL}}: no service has a url"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// FuzzExpand: no template panics, and each error has its place.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{"{{.Port}}", `{{.Topic "x"}}`, "{{", "{{range .Port}}x{{end}}", `{{.URL "a" | printf "%s"}}`, "{{.Nope}}\n", `{{template "t"}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, err := Expand(s, Vars{Bootstrap: "b", Port: 1})
		if err == nil {
			return
		}
		var e *TemplateError
		if !errors.As(err, &e) || e.Line < 1 || e.Message == "" {
			t.Errorf("Expand(%q): %v", s, err)
		}
	})
}

// TestWithout: what an error is about is taken out at its place, so that the
// next error has its own.
func TestWithout(t *testing.T) {
	for text, want := range map[string]string{
		"a\n{{.Bootstrp}} {{.Host}}": "a\n              {{.Host}}",
		"{{.Bootstrap}}{{.Host}}":    "{{.Bootstrap}}         ",
		"{{if .Host}}a{{end}}":       "", // of which the rest would not parse
		"{{.Host":                    "       ",
	} {
		_, err := Expand(text, Vars{Bootstrap: "b"})
		var e *TemplateError
		if !errors.As(err, &e) {
			t.Fatalf("%q: %v", text, err)
		}
		if got := e.Without(text); got != want {
			t.Errorf("%q: %q; want %q", text, got, want)
		}
	}
}
