package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/verify"
	"github.com/flowweir/weir/reports/coverage"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/junit"
	"github.com/flowweir/weir/reports/summary"
)

// printVerified prints a result in one of the values of --format. Text and
// Markdown have all promises with what exercised them; the others, findings.
func (s *state) printVerified(format string, r *verify.Result, j judged) error {
	switch format {
	case formatText:
		return printed(verifyText(s.stdout, r, j))
	case formatMarkdown:
		return printed(verifyMarkdown(s.stdout, r, j))
	case formatHTML:
		return printed(coverage.HTML(s.stdout, covered(r, j)))
	}
	return s.printFindings(format, j)
}

// verifyFormats are those that --dir keeps, by their file names.
var verifyFormats = []struct{ name, format string }{
	{"verify.html", formatHTML}, {"verify.json", formatJSON}, {"verify.md", formatMarkdown}, {"junit.xml", formatJUnit}, {"verify.sarif", formatSARIF},
}

// verifyFiles writes a result in each format.
func (s *state) verifyFiles(dir string, r *verify.Result, j judged) error {
	errs := []error{os.MkdirAll(dir, 0o755)}
	for _, f := range verifyFormats {
		var b bytes.Buffer
		to := *s
		to.stdout = &b
		err := to.printVerified(f.format, r, j)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.name), b.Bytes(), 0o644)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// verifySentence says how it came out, on one line.
func verifySentence(r *verify.Result) string {
	kept, broken, undecided, unexercised, moot := r.Count()
	text := fmt.Sprintf("%s, on %s: ", r.Service, where(r))
	if r.Reason != "" {
		text += r.Reason + "; "
	}
	text += fmt.Sprintf("%d of %s kept", kept, summary.Plural(len(r.Promises)-moot, "promise", "promises"))
	for _, part := range []struct {
		n    int
		what string
	}{{broken, "broken"}, {undecided, "not decided"}, {unexercised, "not exercised"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	if moot > 0 {
		text += fmt.Sprintf("; %d more cannot be exercised", moot)
	}
	return text
}

// where is what it was judged on.
func where(r *verify.Result) string {
	text := r.Cluster.Kind
	if text == "" {
		text = "no cluster"
	}
	if r.Cluster.Version != "" && r.Cluster.Kind != cluster.Embedded {
		text += " " + r.Cluster.Version
	}
	return fmt.Sprintf("%s, seed %d", text, r.Seed)
}

// verdictWord is what a promise's verdict is called.
func verdictWord(p *verify.Judged) string {
	switch {
	case p.Moot:
		return "moot"
	case p.Verdict == finding.Fail:
		return "FAIL"
	}
	return string(p.Verdict)
}

// shownRecords is how many records of evidence a line shows.
const shownRecords = 3

// evidence names the records that exercised a promise.
func evidence(p *verify.Judged) string {
	var places []string
	for i, r := range p.Records {
		if i == shownRecords {
			break
		}
		places = append(places, fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset))
	}
	text := strings.Join(places, ", ")
	if n := p.Seen - len(places); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// begins says whether a promise is the first of its event.
func begins(all []verify.Judged, i int) bool {
	return i == 0 || all[i].Side != all[i-1].Side || all[i].Event != all[i-1].Event
}

// verifyText prints each promise with its verdict and its evidence, the details
// of broken ones, and the sentence.
func verifyText(w io.Writer, r *verify.Result, j judged) error {
	var b strings.Builder
	for i := range r.Promises {
		p := &r.Promises[i]
		if begins(r.Promises, i) {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%s %s\n", p.Side, p.Event)
		}
		fmt.Fprintf(&b, "  %-12s %s: %s", verdictWord(p), p.Name, p.Text)
		if p.Verdict == finding.Pass {
			fmt.Fprintf(&b, " (%s)", evidence(p))
		}
		b.WriteByte('\n')
		if p.Verdict != finding.Pass {
			details(&b, p)
		}
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, "\n%s\n", r.Reason)
		indented(&b, "    ", strings.Join(r.Logs, "\n"))
	}
	for _, f := range j.Findings {
		if f.Severity == finding.Warning {
			b.WriteByte('\n')
			_ = finding.Text(&b, []finding.Finding{f}) // a strings.Builder takes everything
		}
	}
	fmt.Fprintf(&b, "\n%s\n", j.sentence)
	_, err := io.WriteString(w, printable(b.String()))
	return err
}

// details says why a promise is not kept, and shows the records that tell.
func details(b *strings.Builder, p *verify.Judged) {
	const margin = "               "
	reason := p.Reason
	if p.Verdict == finding.Fail && p.Position != nil && len(p.Problems) == 0 && !strings.Contains(reason, p.Position.String()) {
		reason += fmt.Sprintf(" (%s)", p.Position)
	}
	indented(b, margin, reason)
	for _, problem := range p.Problems {
		var text strings.Builder
		_ = finding.Text(&text, []finding.Finding{problem}) // a strings.Builder takes everything
		indented(b, margin, text.String())
	}
	for _, record := range p.Shown {
		indented(b, margin, record)
	}
	if n := p.Seen - len(p.Shown); p.Verdict == finding.Fail && n > 0 && len(p.Shown) > 0 {
		indented(b, margin, fmt.Sprintf("and %d more", n))
	}
	if len(p.Logs) > 0 {
		indented(b, margin, "the last lines of the services:\n"+strings.Join(p.Logs, "\n"))
	}
}

func indented(b *strings.Builder, margin, text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		b.WriteString(margin + strings.TrimRight(line, "\n") + "\n")
	}
}

// printable keeps what came from records and logs from driving the terminal.
func printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = summary.Plain(line)
	}
	return strings.Join(lines, "\n")
}

// verifyMarkdown is the coverage of a contract as a page.
func verifyMarkdown(w io.Writer, r *verify.Result, j judged) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: weir verify\n\n%s\n", summary.Word(r.Verdict), cell(j.sentence))
	for i := range r.Promises {
		p := &r.Promises[i]
		if begins(r.Promises, i) {
			fmt.Fprintf(&b, "\n### %s %s\n\n| promise | verdict | exercised by |\n|---|---|---|\n", p.Side, cell(p.Event))
		}
		by := evidence(p)
		if p.Verdict != finding.Pass {
			by, _, _ = strings.Cut(p.Reason, "\n")
			if len(p.Problems) > 0 {
				by = p.Problems[0].Message
			}
			if p.Verdict == finding.Fail && len(p.Records) > 0 {
				by += ": " + evidence(p)
			}
		}
		fmt.Fprintf(&b, "| %s: %s | %s | %s |\n", cell(p.Name), cell(p.Text), verdictWord(p), cell(by))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// covered are the promises as their page shows them.
func covered(r *verify.Result, j judged) coverage.Contract {
	kept, broken, undecided, unexercised, moot := r.Count()
	c := coverage.Contract{Service: r.Service, File: r.Contract, Verdict: r.Verdict, Sentence: j.sentence, Logs: r.Logs, Warnings: r.Notes}
	for _, f := range []struct {
		label string
		n     int
	}{{"kept", kept}, {"broken", broken}, {"not decided", undecided}, {"not exercised", unexercised}, {"cannot be exercised", moot}} {
		if f.n > 0 {
			c.Facts = append(c.Facts, coverage.Fact{Label: f.label, Value: summary.Count(f.n)})
		}
	}
	c.Facts = append(c.Facts, coverage.Fact{Label: "took", Value: summary.Duration(r.Took)})
	for _, f := range j.Findings {
		if f.Severity == finding.Warning {
			c.Warnings = append(c.Warnings, f.Message)
		}
	}
	for i := range r.Promises {
		p := &r.Promises[i]
		if begins(r.Promises, i) {
			c.Events = append(c.Events, coverage.Event{Side: p.Side, Name: p.Event})
		}
		event := &c.Events[len(c.Events)-1]
		event.Promises = append(event.Promises, coveredPromise(p))
	}
	return c
}

func coveredPromise(p *verify.Judged) coverage.Promise {
	out := coverage.Promise{Name: p.Name, Text: p.Text, Verdict: p.Verdict, Word: verdictWord(p), Evidence: evidence(p), Logs: p.Logs}
	if p.Position != nil {
		out.Place = p.Position.String()
	}
	switch {
	case p.Verdict == finding.Pass:
		return out
	case p.Moot:
		out.Verdict = "" // it has no say
	}
	out.Why, out.Records = p.Reason, p.Shown
	for _, problem := range p.Problems {
		var text strings.Builder
		_ = finding.Text(&text, []finding.Finding{problem}) // a strings.Builder takes everything
		out.Problems = append(out.Problems, text.String())
	}
	return out
}

// cell is text as it stands in a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(summary.Plain(text))
}

// verifySuites are the promises as test cases.
func verifySuites(r *verify.Result) []junit.Suite {
	suite := junit.Suite{Name: r.Service}
	for i, f := range verifyCaseFindings(r) {
		p := &r.Promises[i]
		c := junit.Case{Class: strings.Join([]string{r.Service, p.Side, p.Event}, "."), Name: p.Name + ": " + p.Text, Took: p.Took}
		if p.Position != nil {
			c.File, c.Line = p.Position.File, p.Position.Line
		}
		switch {
		case p.Moot:
			c.Skipped = p.Reason
		case f != nil:
			c.Findings = []finding.Finding{*f}
		default:
			c.Output = "exercised by " + evidence(p)
		}
		suite.Cases = append(suite.Cases, c)
	}
	if r.Reason != "" {
		suite.Cases = append(suite.Cases, junit.Case{Class: r.Service, Name: "the service goes on", File: r.Contract, Findings: r.Findings()[:1]})
	}
	return []junit.Suite{suite}
}

// verifyCaseFindings are the findings of the promises, by their index; nil for
// one that is kept.
func verifyCaseFindings(r *verify.Result) []*finding.Finding {
	out := make([]*finding.Finding, len(r.Promises))
	for i := range r.Promises {
		if r.Promises[i].Verdict != finding.Pass {
			f := r.Promises[i].Finding()
			out[i] = &f
		}
	}
	return out
}
