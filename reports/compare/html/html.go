// Package html renders a comparison as one HTML file that needs nothing else:
// no network, no other file, no script. Its Content-Security-Policy forbids
// all of them.
//
// Everything that comes from runs is escaped for the place where it stands
// (html/template).
package html

import (
	_ "embed" // the page
	"html/template"
	"io"
	"slices"

	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/internal/page"
	"github.com/flowweir/weir/reports/summary"
)

var (
	//go:embed page.tmpl
	pageText string
	//go:embed page.css
	ownStyle string

	comparisonPage = page.New("comparison", pageText, ownStyle, template.FuncMap{"plural": summary.Plural[int]})
)

// view is what the template takes.
type view struct {
	*compare.Comparison
	Tone    string // the class of the verdict
	Columns []string
	Rows    []row
	Scale   string // of the bars
	Charts  []chart
}

// row is a metric: its cells without the verdict, its difference as a bar, and
// the verdict.
type row struct {
	Cells      []string
	Bar        *bar
	Verdict    string
	Regression string
}

// Write writes the page.
func Write(w io.Writer, c *compare.Comparison) error {
	v := view{
		Comparison: c, Tone: string(c.Verdict),
		Columns: slices.Insert(compare.Columns(), len(compare.Columns())-1, "drawn"),
	}
	if !c.Judged && c.Code == 0 {
		v.Tone = "none"
	}
	scale := scaleOf(c)
	v.Scale = summary.Share(scale)
	for _, m := range c.Metrics {
		cells := m.Row()
		last := len(cells) - 1
		v.Rows = append(v.Rows, row{cells[:last], newBar(m, scale, c.Threshold), cells[last], m.Regression})
	}
	for _, curve := range c.Curves {
		v.Charts = append(v.Charts, draw(curve))
	}
	return comparisonPage.Write(w, v)
}
