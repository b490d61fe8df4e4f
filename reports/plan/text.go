// Package plan shows capacity searches: what was found, the probes that it
// rests on, and the worksheet that follows, in plain text and as a page. It
// needs plan.json alone, and knows neither how a probe is made nor how a
// worksheet is worked out.
package plan

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Text writes a plan, ended or not. dir is where plan.json and its page are; it
// may be empty.
func Text(w io.Writer, p run.Plan, dir string) error {
	t := &text{}
	verdict := strings.ToUpper(string(p.Verdict))
	if verdict == "" {
		verdict = strings.ToUpper(string(p.Status))
	}
	t.line("%s  %s", verdict, summary.Plain(p.Reason))
	t.line("%s%s", strings.Repeat(" ", len(verdict)+2), subject(p))
	t.probes(p.Probes)
	t.result(p)
	if p.Worksheet != nil {
		t.line("")
		t.worksheet(*p.Worksheet, p.Capacity.With())
	}
	if len(p.Caveats) > 0 {
		t.line("\ncaveats")
		for _, c := range p.Caveats {
			t.line("  %s", summary.Plain(c))
		}
	}
	if dir != "" {
		t.line("\nplan    %s\nreport  %s", filepath.Join(dir, "plan.json"), filepath.Join(dir, pageName))
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// Worksheet writes a worksheet alone.
func Worksheet(w io.Writer, sheet run.Worksheet) error {
	t := &text{}
	t.worksheet(sheet, "")
	_, err := io.WriteString(w, t.String())
	return err
}

// text is a report that is being written.
type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

// table writes rows in columns, without spaces at the ends of lines.
func (t *text) table(rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		_, _ = fmt.Fprintln(w, "  "+strings.Join(r, "\t"))
	}
	_ = w.Flush() // a Builder takes everything
	for line := range strings.Lines(b.String()) {
		t.line("%s", strings.TrimRight(line, " \n"))
	}
}

// subject is what the plan is of, and where it was measured.
func subject(p run.Plan) string {
	s := summary.Plain(p.Name+p.Capacity.With()) + ": "
	if p.Cluster.Kind != "" {
		s += fmt.Sprintf("%s, %d broker%s, ", p.Cluster.Kind, p.Cluster.Brokers, plural(p.Cluster.Brokers))
	}
	s += fmt.Sprintf("seed %d, probes of %s", p.Seed, summary.Duration(p.Search.Probe))
	if p.Search.Warmup > 0 {
		s += fmt.Sprintf(" of which the first %s do not count", summary.Duration(p.Search.Warmup))
	}
	return s + ", resolution " + summary.Share(p.Search.Resolution)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func (t *text) probes(probes []run.Probe) {
	if len(probes) == 0 {
		return
	}
	t.line("\nprobes")
	rows := make([][]string, len(probes))
	for i, p := range probes {
		purpose := p.Purpose
		if p.Repeat {
			purpose += " again"
		}
		rows[i] = []string{fmt.Sprintf("%2d", i+1), purpose, summary.Rate(p.Rate), p.Outcome, summary.Plain(p.Why)}
	}
	t.table(rows)
}

// result is what the search found, and by which objectives.
func (t *text) result(p run.Plan) {
	c := p.Capacity
	t.line("\nresult")
	var rows [][]string
	if c.Rate > 0 {
		how := fmt.Sprintf("%d of %d confirmations met", c.Confirmed, c.Wanted)
		if c.Confirmed > 0 && c.Confirmed == c.Wanted {
			how += fmt.Sprintf(": with 95%% confidence at least %s of such probes do", summary.Share(math.Floor(c.Sure*100)/100))
		}
		rows = append(rows, []string{"held", summary.Rate(c.Rate) + summary.Plain(c.With()), how})
	}
	if c.Missed > 0 {
		rows = append(rows, []string{"missed", summary.Rate(c.Missed), "the lowest rate that counts as missed"})
	}
	if c.Undecided > 0 {
		rows = append(rows, []string{"undecided", summary.Rate(c.Undecided), "no evidence against the flow"})
	}
	for _, rate := range c.Unsteady {
		rows = append(rows, []string{"unsteady", summary.Rate(rate), "some probes met, others missed"})
	}
	if bit, of := bitten(p.Probes); of > 0 {
		rows = append(rows, []string{"while", summary.Plain(c.While), fmt.Sprintf("it bit in %d of %d probes", bit, of)})
	}
	if p.Target > 0 {
		rows = append(rows, []string{"target", summary.Rate(p.Target), "--target"})
	}
	for _, o := range p.Objectives {
		rows = append(rows, []string{"objective", summary.Plain(o.Name + " " + o.Want), o.Source})
	}
	t.table(rows)
}

// bitten is in how many of the probes with faults all of them bit.
func bitten(probes []run.Probe) (bit, of int) {
	for _, p := range probes {
		if len(p.Faults) == 0 {
			continue
		}
		of++
		if !slices.ContainsFunc(p.Faults, func(f run.Fault) bool { return !f.Bit }) {
			bit++
		}
	}
	return bit, of
}

// worksheet writes a worksheet; with says what was broken while it was measured.
func (t *text) worksheet(s run.Worksheet, with string) {
	t.line("worksheet%s", summary.Plain(with))
	rows := make([][]string, len(s.Results))
	for i, f := range s.Results {
		rows[i] = []string{f.Name, figure(f), f.Formula}
		if f.Note != "" {
			rows[i] = append(rows[i], f.Note)
		}
	}
	t.table(rows)
	t.line("\ninputs")
	rows = make([][]string, len(s.Inputs))
	for i, f := range s.Inputs {
		from := f.Source
		if f.Detail != "" {
			from += ": " + summary.Plain(f.Detail)
		}
		rows[i] = []string{f.Name, figure(f), from}
	}
	t.table(rows)
	for _, n := range s.Notes {
		t.line("  %s", n)
	}
}

// figure is a number with its unit, or a range.
func figure(f run.Figure) string {
	if f.High > f.Value {
		return number(f.Value, f.Unit) + " to " + number(f.High, f.Unit)
	}
	return number(f.Value, f.Unit)
}

func number(v float64, unit string) string {
	switch unit {
	case run.UnitRate:
		return summary.Rate(v)
	case run.UnitBytes:
		return summary.Bytes(bounded(v))
	case run.UnitByteRate:
		return summary.Bytes(bounded(v)) + "/s"
	case run.UnitSeconds:
		return span(v)
	case run.UnitShare:
		return summary.Share(v)
	}
	return summary.Count(bounded(v))
}

// bounded is a number that an integer holds.
func bounded(v float64) int64 { return int64(min(math.Round(v), 1<<62)) }

// span is a duration, in days from two on.
func span(seconds float64) string {
	const day = 24 * 3600
	if seconds >= 2*day {
		return fmt.Sprintf("%.3g d", seconds/day)
	}
	return summary.Duration(time.Duration(seconds * float64(time.Second)))
}
