package page_test

import (
	"bytes"
	"errors"
	"html/template"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/internal/page"
)

const hello = `{{define "about"}}<title>{{plain .}}</title>{{end}}{{define "body"}}<p>{{shout .}} {{sign "pass"}}</p>{{end}}`

// TestWrite: a page is its own parts within the frame of all of them.
func TestWrite(t *testing.T) {
	const own = "\np { color: red; }\n"
	shout := template.FuncMap{"shout": strings.ToUpper}
	var got bytes.Buffer
	if err := page.New("greeting", hello, own, shout).Write(&got, "a<b"); err != nil {
		t.Fatal(err)
	}
	policy := strings.ReplaceAll(template.HTMLEscapeString(page.Policy(page.Style+own)), "+", "&#43;")
	want := `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="` + policy + `">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>a&lt;b</title>
<style>` + page.Style + own + `</style>
</head>
<body>
<p>A&lt;B ✓</p>
</body>
</html>
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestWriteNothing: where a page cannot be made there is no half of one.
func TestWriteNothing(t *testing.T) {
	broken := errors.New("broken")
	fail := template.FuncMap{"shout": func(string) (string, error) { return "", broken }}
	var got bytes.Buffer
	err := page.New("greeting", hello, "", fail).Write(&got, "a")
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "render greeting: ") || got.Len() > 0 {
		t.Errorf("%v, after %q", err, got.String())
	}
}
