package page

import (
	"bytes"
	_ "embed" // the frame
	"fmt"
	"html/template"
	"io"

	"github.com/flowweir/weir/reports/summary"
)

//go:embed page.tmpl
var frame string

// Page is a kind of page that is complete without a script.
type Page struct {
	what   string
	style  string
	policy string
	parts  *template.Template
}

// New is the page of what is shown, such as "plan": its text defines "about",
// which is its title and what else it alone has in its head, and "body". Beside
// its own functions it has plain and sign, of package summary.
func New(what, text, style string, funcs template.FuncMap) *Page {
	style = Style + style
	parts := template.New("page").Funcs(template.FuncMap{"plain": summary.Plain, "sign": summary.Sign}).Funcs(funcs)
	return &Page{what, style, Policy(style), template.Must(template.Must(parts.Parse(frame)).Parse(text))}
}

// Write writes the page of data, or nothing where it cannot be made.
func (p *Page) Write(w io.Writer, data any) error {
	var b bytes.Buffer // so that an error leaves no half page
	if err := p.parts.Execute(&b, struct {
		Policy string
		Style  template.CSS
		Data   any
	}{p.policy, template.CSS(p.style), data}); err != nil {
		return fmt.Errorf("render %s: %w", p.what, err)
	}
	_, err := b.WriteTo(w)
	return err
}
