package plan

import (
	"cmp"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/reports/internal/atomicfile"
	"github.com/flowweir/weir/reports/internal/page"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

var (
	//go:embed page.tmpl
	pageText string
	//go:embed page.css
	ownStyle string

	planPage = page.New("plan", pageText, ownStyle, template.FuncMap{"rate": summary.Rate, "figure": figure, "beside": beside, "class": outcomeClass})
)

// view is what the template takes.
type view struct {
	run.Plan
	Word, Tone string // of the verdict, or of a plan without one
	Subject    string
	Facts      []fact
	Drawings   []drawing
	Kinds      []kind
	Rows       []row
}

// fact is one of the figures below the verdict.
type fact struct{ Label, Value, Note string }

// row is a probe.
type row struct {
	run.Probe
	Number      int
	Percentiles []string // p50 and p99 of each of the kinds
	LagGrows    string
}

// HTML writes a plan, ended or not, as one page that needs nothing else: no
// network, no script. It leads to the reports of the probes, where they lie
// beside it.
func HTML(w io.Writer, p run.Plan) error {
	v := view{
		Plan: p, Subject: subject(p), Kinds: kindsOf(p.Probes),
		Word: strings.ToUpper(cmp.Or(string(p.Verdict), string(p.Status))), Tone: cmp.Or(string(p.Verdict), "none"),
		Facts: facts(p), Drawings: drawings(p),
	}
	for i, probe := range p.Probes {
		r := row{Probe: probe, Number: i + 1, LagGrows: "–"}
		if probe.LagGrowth != 0 {
			r.LagGrows = strings.Replace(fmt.Sprintf("%+.3g/s", probe.LagGrowth), "-", "−", 1)
		}
		for _, k := range v.Kinds {
			l := k.of(probe)
			r.Percentiles = append(r.Percentiles, latency(l.P50), latency(l.P99))
		}
		v.Rows = append(v.Rows, r)
	}
	return planPage.Write(w, v)
}

// pageName is the name of the page, beside plan.json.
const pageName = "report.html"

// WritePage replaces the page of a plan in the directory of its plan.json.
func WritePage(dir string, p run.Plan) error {
	return atomicfile.Write(filepath.Join(dir, pageName), func(w io.Writer) error { return HTML(w, p) })
}

// beside says that a directory lies right beside plan.json, and that a link to
// it leads nowhere else.
func beside(dir string) bool {
	return dir != "" && dir != "." && dir != ".." && !strings.ContainsAny(dir, `/\:?#%`)
}

func facts(p run.Plan) []fact {
	var all []fact
	add := func(label string, rate float64, note string) {
		if rate > 0 {
			all = append(all, fact{label, summary.Rate(rate), note})
		}
	}
	c := p.Capacity
	add("Held", c.Rate, fmt.Sprintf("%d of %d confirmations met", c.Confirmed, c.Wanted)+summary.Plain(c.With()))
	add("Missed", c.Missed, "the lowest rate that counts as missed")
	add("Undecided", c.Undecided, "no evidence against the flow")
	add("Target", p.Target, "--target")
	if bit, of := bitten(p.Probes); of > 0 {
		all = append(all, fact{"While", summary.Plain(c.While), fmt.Sprintf("it bit in %d of %d probes", bit, of)})
	}
	return append(all, fact{"Probes", summary.Count(len(p.Probes)), "of " + summary.Duration(p.Search.Probe)})
}
