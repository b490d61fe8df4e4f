// Package html renders a comparison as one HTML file that needs nothing else:
// no network, no other file, no script. Its Content-Security-Policy forbids
// all of them.
//
// Everything that comes from runs is escaped for the place where it stands
// (html/template).
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/summary"
)

var (
	//go:embed page.tmpl
	pageText string
	//go:embed page.css
	style string

	page = template.Must(template.New("page").Funcs(template.FuncMap{"plain": summary.Plain}).Parse(pageText))
)

// view is what the template takes.
type view struct {
	*compare.Comparison
	Policy  string
	Style   template.CSS
	Columns []string
	Charts  []chart
}

// Write writes the page.
func Write(w io.Writer, c *compare.Comparison) error {
	sum := sha256.Sum256([]byte(style))
	v := view{
		Comparison: c, Columns: compare.Columns(), Style: template.CSS(style),
		Policy: fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(sum[:])),
	}
	for _, curve := range c.Curves {
		v.Charts = append(v.Charts, draw(curve))
	}
	var b bytes.Buffer // so that an error leaves no half page
	if err := page.Execute(&b, v); err != nil {
		return fmt.Errorf("render comparison: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}
