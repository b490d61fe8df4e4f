// Package markdown renders a run as one page of Markdown, fit for a comment on
// a pull request or a change ticket: verdict first, then what is not green,
// then the numbers.
//
// It uses GitHub's tables, which GitLab, Gitea, Azure and Jira's importers
// read too. Text of others is escaped: it cannot add markup, links, images or
// mentions.
package markdown

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Bounds that keep the page a page.
const (
	maxOffenders = 3   // per invariant
	maxText      = 400 // characters of a text of others
)

// Write writes the run as summary.md.
func Write(w io.Writer, rec *run.Record) error {
	var p page
	v, sentence := summary.Judge(rec)
	p.line("## %s %s: %s", icon(v), summary.Word(v), esc(rec.Run.Name))
	p.line("")
	p.line("%s", esc(sentence))
	p.line("")
	p.where(rec)
	if rec.Results != nil {
		p.invariants(rec.Results.Invariants)
		p.objectives(rec.Results.Objectives)
		p.faults(rec.Results.Faults)
		p.latencies(rec.Results.Latencies)
		p.counts(*rec.Results)
		p.brokers(rec.Results.Brokers)
	}
	p.notes(rec)
	_, err := io.WriteString(w, p.String())
	return err
}

type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(&p.Builder, format+"\n", args...)
}

// table writes the head of a table under a heading.
func (p *page) table(title string, columns ...string) {
	p.line("### %s\n", title)
	p.line("| %s |", strings.Join(columns, " | "))
	p.line("|%s", strings.Repeat("---|", len(columns)))
}

// where says on what the run was measured: no number is read without it.
func (p *page) where(rec *run.Record) {
	r := rec.Run
	p.line("Measured on **%s**, from %s (%s/%s, %s), seed `%d`, weir %s, %s.",
		esc(summary.Cluster(r.Cluster)), esc(cmp.Or(r.Host.Name, "one machine")), esc(r.Host.OS), esc(r.Host.Arch),
		summary.Plural(r.Host.Cores, "core", "cores"), r.Seed, esc(r.Weir.Version), r.Started.UTC().Format("2006-01-02 15:04 UTC"))
	for _, note := range r.Cluster.Notes {
		p.line("*%s*", esc(note))
	}
	p.line("")
}

func (p *page) invariants(all []run.Outcome) {
	if len(all) == 0 {
		return
	}
	p.table("Invariants", "", "invariant", "what was found", "checked", "violations")
	for _, o := range all {
		p.line("| %s | %s | %s | %s | %s |", icon(o.Verdict), esc(o.Invariant), esc(o.Sentence), summary.Count(o.Checked), summary.Count(o.Violations))
	}
	p.line("")
	for _, o := range all {
		if o.Verdict != finding.Pass {
			p.offenders(o)
		}
	}
}

func (p *page) offenders(o run.Outcome) {
	for _, f := range o.Findings[:min(len(o.Findings), maxOffenders)] {
		where := ""
		if f.Record != nil {
			where = ": " + esc(summary.Place(*f.Record))
		}
		p.line("- **%s**: %s%s", esc(o.Invariant), esc(f.Message), where)
	}
	if n := len(o.Findings) - maxOffenders; n > 0 {
		p.line("- … and %s more, with their stories, in the report", summary.Plural(n, "offender", "offenders"))
	}
	if len(o.Findings) > 0 {
		p.line("")
	}
}

func (p *page) objectives(all []run.Objective) {
	if len(all) == 0 {
		return
	}
	p.table("Objectives", "", "objective", "wanted", "measured", "from")
	for _, o := range all {
		p.line("| %s | %s | %s | %s | %s |", icon(o.Verdict), esc(summary.ObjectiveName(o)), esc(o.Want),
			esc(strings.TrimSpace(o.Got+" "+o.Note)), esc(o.Source))
	}
	p.line("")
}

func (p *page) faults(all []run.Fault) {
	if len(all) == 0 {
		return
	}
	p.table("Faults", "", "fault", "at", "what came of it")
	for _, f := range all {
		at := summary.Moment(f.Start)
		if f.Always {
			at = "always"
		} else if f.Never != "" {
			at = "never"
		}
		p.line("| %s | %s | %s | %s |", icon(summary.FaultVerdict(f)), esc(f.What), at, esc(summary.FaultSentence(f)))
	}
	p.line("")
}

func (p *page) latencies(all []run.Latency) {
	first := true
	for _, l := range all {
		if l.Phase != "" || l.Count == 0 {
			continue
		}
		if first {
			title := "Latency, whole run"
			if l.Excluded > 0 {
				title += " without warm-up"
			}
			p.table(title, "", "p50", "p99", "p99.9", "max", "samples", "from → to")
			first = false
		}
		p.line("| %s | %s | %s | %s | %s | %s | %s → %s |", esc(summary.KindName(l.Kind)), quantile(l, 0.5), quantile(l, 0.99),
			quantile(l, 0.999), summary.Duration(l.Max), summary.Count(l.Count), esc(l.From), esc(l.To))
	}
	if !first {
		p.line("")
	}
}

func quantile(l run.Latency, q float64) string {
	for _, x := range l.Quantiles {
		if x.Q == q {
			return esc(summary.Quantile(x))
		}
	}
	return "–"
}

func (p *page) counts(res run.Results) {
	n := summary.Totals(res.Senders)
	p.line("Sent %s, acknowledged %s, failed %s, unknown %s; received %s (twice %s), lost %s; effects %s (twice %s), dead-lettered %s.",
		summary.Count(n.Sent), summary.Count(n.Acked), summary.Count(n.Failed), summary.Count(n.Unknown),
		summary.Count(n.Received), summary.Count(n.ReceivedTwice), summary.Count(summary.Lost(res)),
		summary.Count(n.Effects), summary.Count(n.EffectsTwice), summary.Count(n.DeadLettered))
	p.line("Unknown sends are neither lost nor delivered.")
	if why := summary.Reasons(n); why != "" {
		p.line("- not acknowledged: %s", esc(why))
	}
	for _, line := range summary.Reactions(n) {
		p.line("- effects of %s", esc(line))
	}
	p.line("")
	if !res.Drain.Complete {
		p.line("**The drain was incomplete** after %s:", summary.Duration(res.Drain.Took))
		for _, open := range res.Drain.Open {
			p.line("- %s", esc(open))
		}
		p.line("")
	}
}

// brokers are what the brokers said of themselves, one series a line.
func (p *page) brokers(m *run.BrokerMetrics) {
	if m == nil {
		return
	}
	p.line("Brokers, by %s:\n", esc(m.Source))
	for _, line := range summary.BrokerLines(m) {
		p.line("- %s", esc(line))
	}
	p.line("")
}

func (p *page) notes(rec *run.Record) {
	var notes []string
	for _, s := range rec.Run.Services {
		if s.Died != "" {
			notes = append(notes, fmt.Sprintf("**%s ended by itself**: %s", esc(s.Name), esc(s.Died)))
		}
	}
	for _, warning := range append(append([]string{}, rec.Run.Warnings...), rec.Problems...) {
		notes = append(notes, esc(warning))
	}
	for _, note := range notes {
		p.line("- %s", note)
	}
}

// icon is a verdict in one character that Markdown shows in color.
func icon(v finding.Verdict) string {
	switch v {
	case finding.Pass:
		return "✅"
	case finding.Fail:
		return "❌"
	case finding.Vacuous:
		return "⚪"
	case "":
		return "–"
	}
	return "❔"
}

// esc makes text of others inert: one line, bounded, invisible characters as
// escapes, and every character that Markdown or HTML could take for markup is
// written as an entity. A colon after http and an at sign are too, against
// links and mentions.
func esc(s string) string {
	s = finding.Visible(strings.ReplaceAll(s, "\t", " "))
	if utf8.RuneCountInString(s) > maxText {
		s = string([]rune(s)[:maxText]) + " …"
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("<>&|`*_[]()~\\!@#\"'$^{}", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return strings.NewReplacer("://", "&#58;//", "www.", "www&#46;").Replace(b.String())
}
