package markdown

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// Bounds of a page of findings: comments on pull requests hold 65,536
// characters.
const (
	maxRows            = 50
	maxCounterexamples = 5
	maxDocumentLines   = 40
)

// WriteFindings writes the findings of a static check as a table, errors
// first, and the counter-examples below it. The title and the sentence of the
// verdict stand above.
func WriteFindings(w io.Writer, title string, v finding.Verdict, sentence string, findings []finding.Finding) error {
	var p page
	p.line("## %s %s: %s", icon(v), summary.Word(v), esc(title))
	p.line("")
	p.line("%s", esc(sentence))
	if len(findings) > 0 {
		sorted := finding.Shown(findings)
		slices.SortStableFunc(sorted, func(a, b finding.Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
		p.findings(sorted)
		p.counterexamples(sorted)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func rank(s finding.Severity) int {
	return slices.Index([]finding.Severity{finding.Error, finding.Undecided, finding.Warning, finding.Info}, s)
}

func (p *page) findings(all []finding.Finding) {
	p.line("")
	p.line("|  | what was found | where | rule |")
	p.line("|---|---|---|---|")
	for _, f := range all[:min(len(all), maxRows)] {
		what := esc(f.Message)
		if f.Hint != "" {
			what += "<br>*" + esc(f.Hint) + "*"
		}
		p.line("| %s | %s | %s | %s |", severityIcon(f.Severity), what, where(f), esc(f.ID))
	}
	if n := len(all) - maxRows; n > 0 {
		p.line("")
		p.line("… and %s more", summary.Plural(n, "finding", "findings"))
	}
}

// where are the places of a finding, its own first.
func where(f finding.Finding) string {
	var places []string
	if f.Position != nil {
		places = append(places, esc(f.Position.String()))
	}
	for _, r := range f.Related {
		places = append(places, esc(r.Message)+": "+esc(r.Position.String()))
	}
	if f.Record != nil {
		places = append(places, esc(summary.Place(*f.Record)))
	}
	return strings.Join(places, "<br>")
}

func severityIcon(s finding.Severity) string {
	switch s {
	case finding.Error:
		return "❌"
	case finding.Undecided:
		return "❔"
	case finding.Warning:
		return "⚠️"
	}
	return "ℹ️"
}

func (p *page) counterexamples(all []finding.Finding) {
	all = slices.DeleteFunc(slices.Clone(all), func(f finding.Finding) bool { return f.Counterexample == nil })
	for _, f := range all[:min(len(all), maxCounterexamples)] {
		c := f.Counterexample
		p.line("")
		p.line("<details><summary>Counter-example: %s</summary>", esc(f.Message))
		p.line("")
		p.line("Written with %s and read with %s:", esc(c.Writer), esc(c.Reader))
		lines := strings.Split(c.Document, "\n")
		for i, line := range lines[:min(len(lines), maxDocumentLines)] {
			lines[i] = esc(line)
		}
		if len(lines) > maxDocumentLines {
			lines = append(lines[:maxDocumentLines], "…")
		}
		p.line("<pre>%s</pre>", strings.Join(lines, "\n"))
		p.line("")
		p.line("%s", esc(c.Outcome))
		p.line("</details>")
	}
	if n := len(all) - maxCounterexamples; n > 0 {
		p.line("")
		p.line("… and %s more", summary.Plural(n, "counter-example", "counter-examples"))
	}
}
