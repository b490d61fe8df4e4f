package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/markdown"
	"github.com/flowweir/weir/reports/summary"
)

// Text writes the comparison for people: the verdict, the metrics, how they
// were compared, and the findings.
func (c *Comparison) Text(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s  %s\n", c.Word(), summary.Plain(c.Reason))
	fmt.Fprintf(&out, "      base       %s\n      candidate  %s\n\n", runs(c.Base), runs(c.Candidate))
	c.table(&out)
	fmt.Fprintf(&out, "\n  %s\n", c.Method())
	if len(c.Findings) > 0 {
		out.WriteByte('\n')
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return err
	}
	return finding.Text(w, c.Findings)
}

// Word is the verdict in capitals, DESCRIBED where none was asked for.
func (c *Comparison) Word() string {
	if !c.Judged && c.Code == 0 {
		return "DESCRIBED"
	}
	return summary.Word(c.Verdict)
}

// runs are the runs of a side in a line.
func runs(all []Run) string {
	text := summary.Plural(len(all), "run", "runs") + ": " + summary.Plain(all[0].Dir)
	if len(all) > 1 {
		text += " … " + summary.Plain(all[len(all)-1].Dir)
	}
	return text
}

// Method says how the metrics were compared.
func (c *Comparison) Method() string {
	if !c.Judged {
		return "the value of a side is the geometric mean of its runs; nothing is judged"
	}
	paired := ""
	for _, m := range c.Metrics {
		if m.Interval != nil && m.Interval.Paired {
			paired = "; intervals with a * are those of interleaved pairs"
		}
	}
	if c.Predicted {
		paired = "; one run, held against where one more run of the base would lie"
	}
	intervals := "intervals that hold for all " + summary.Plural(c.Comparisons, "metric", "metrics") + " together (Bonferroni)"
	if c.Comparisons == 1 {
		intervals = "interval of one metric"
	}
	return fmt.Sprintf("%s %s, threshold %s, %s resamples, seed %d%s",
		summary.Share(c.Confidence), intervals, summary.Share(c.Threshold), summary.Count(c.Resamples), c.Seed, paired)
}

// Row are the cells of a metric under Columns.
func (m Metric) Row() []string {
	if m.Withheld != "" {
		return []string{m.Name, "–", "–", "–", "–", m.Withheld}
	}
	between := m.Range()
	if m.Interval != nil && m.Interval.Paired {
		between += " *"
	}
	return []string{m.Name, m.Format(m.Base.Value) + m.Base.varies(), m.Format(m.Candidate.Value) + m.Candidate.varies(), m.Change(), between, m.Words()}
}

// varies is how much the runs of a side vary: " ±9%".
func (s *Side) varies() string {
	if len(s.Runs) < 2 {
		return ""
	}
	return fmt.Sprintf(" ±%.0f%%", s.Variation*100)
}

// Columns are the heads of the table of metrics.
func Columns() []string {
	return []string{"metric", "base", "candidate", "change", "interval", "verdict"}
}

func (c *Comparison) table(out *strings.Builder) {
	rows := [][]string{Columns()}
	for _, m := range c.Metrics {
		rows = append(rows, m.Row())
	}
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, s := range r {
			width[i] = max(width[i], utf8.RuneCountInString(s))
		}
	}
	for _, r := range rows {
		var line strings.Builder
		for i, s := range r {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(s))
			if i == 0 || i == len(r)-1 { // words to the left, numbers to the right
				line.WriteString("  " + s + pad)
			} else {
				line.WriteString("  " + pad + s)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// Markdown writes the comparison as one page, fit for a comment on a pull
// request. Texts of others stand in findings alone, which are escaped.
func (c *Comparison) Markdown(w io.Writer) error {
	if err := markdown.WriteFindings(w, "comparison", c.Verdict, c.Reason, c.Findings); err != nil {
		return err
	}
	var out strings.Builder
	line := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	out.WriteByte('\n')
	line(Columns())
	out.WriteString("|---" + strings.Repeat("|--:", len(Columns())-2) + "|---|\n")
	for _, m := range c.Metrics {
		cells := m.Row()
		for i, s := range cells {
			cells[i] = strings.ReplaceAll(s, "*", `\*`)
		}
		if m.Regression == Yes {
			cells[len(cells)-1] = "**" + cells[len(cells)-1] + "**"
		}
		line(cells)
	}
	fmt.Fprintf(&out, "\nBase: %s; candidate: %s. %s.\n", summary.Plural(len(c.Base), "run", "runs"), summary.Plural(len(c.Candidate), "run", "runs"),
		strings.ReplaceAll(c.Method(), "*", `\*`))
	_, err := io.WriteString(w, out.String())
	return err
}

// JSON writes the comparison as JSON.
func (c *Comparison) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(c)
}
