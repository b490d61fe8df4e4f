package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/github"
	"github.com/flowweir/weir/reports/junit"
	"github.com/flowweir/weir/reports/markdown"
	"github.com/flowweir/weir/reports/sarif"
	"github.com/flowweir/weir/reports/summary"
)

// The values of --format that only findings have.
const (
	formatJUnit    = "junit"
	formatSARIF    = "sarif"
	formatGitHub   = "github"
	formatMarkdown = "markdown"
)

// findingsFormatFlag adds the --format of verbs that print findings.
func findingsFormatFlag(cmd *cobra.Command, more ...string) *choice {
	c := &choice{value: formatText, valid: append([]string{formatText, formatJSON, formatJUnit, formatSARIF, formatGitHub, formatMarkdown}, more...)}
	c.bind(cmd, "format", "how findings are printed")
	return c
}

// judged is what a verb found, for printFindings.
type judged struct {
	// verb is the verb without weir, such as "check".
	verb    string
	verdict finding.Verdict
	// sentence says how it came out, on one line: "2 contracts: 1 error".
	sentence string
	counted
	// contracts are those that were judged; without any, --format junit has
	// what was found alone.
	contracts []*contracts.Contract
	// tests are the suites of --format junit, if they are not those of contracts.
	tests []junit.Suite
	// document is printed by --format json; it embeds counted or has the
	// findings in its own place. By default it is counted alone.
	document any
}

// counted is what every JSON document of findings has: the findings sorted by
// place, each once, never null, and how many there are of the severities that
// people act on.
type counted struct {
	Errors    int               `json:"errors"`
	Undecided int               `json:"undecided"`
	Warnings  int               `json:"warnings"`
	Findings  []finding.Finding `json:"findings"`
}

func count(findings []finding.Finding) counted {
	c := counted{Findings: slices.Clone(findings)}
	finding.Sort(c.Findings)
	c.Findings = slices.CompactFunc(c.Findings, func(a, b finding.Finding) bool { return reflect.DeepEqual(a, b) })
	if c.Findings == nil {
		c.Findings = []finding.Finding{}
	}
	c.Errors = finding.Count(c.Findings, finding.Error)
	c.Undecided = finding.Count(c.Findings, finding.Undecided)
	c.Warnings = finding.Count(c.Findings, finding.Warning)
	return c
}

// String is "1 error, 2 warnings", or "1 error, 3 undecided, 2 warnings".
func (c counted) String() string {
	text := summary.Plural(c.Errors, "error", "errors")
	if c.Undecided > 0 {
		text += fmt.Sprintf(", %d undecided", c.Undecided)
	}
	return text + ", " + summary.Plural(c.Warnings, "warning", "warnings")
}

// verdict is what the findings say together.
func (c counted) verdict() finding.Verdict {
	switch {
	case c.Errors > 0:
		return finding.Fail
	case c.Undecided > 0:
		return finding.Inconclusive
	}
	return finding.Pass
}

// printFindings prints what a verb found in one of the values of --format. It
// decides no exit code.
func (s *state) printFindings(format string, j judged) error {
	switch format {
	case formatJSON:
		if j.document == nil {
			j.document = j.counted
		}
		return printed(writeJSON(s.stdout, j.document))
	case formatJUnit:
		if j.tests == nil {
			j.tests = j.suites()
		}
		return printed(junit.WriteFindings(s.stdout, j.tests))
	case formatSARIF:
		return printed(sarif.Write(s.stdout, j.Findings, sarif.Tool{Version: program().Version, Command: j.verb, Rules: sarifRules()}))
	case formatGitHub:
		if err := github.Write(s.stdout, j.Findings); err != nil {
			return printed(err)
		}
		_, err := io.WriteString(s.stdout, summary.Plain(j.sentence)+"\n")
		return printed(err)
	case formatMarkdown:
		return printed(markdown.WriteFindings(s.stdout, "weir "+j.verb, j.verdict, j.sentence, j.Findings))
	}
	return printed(j.text(s.stdout))
}

func (j judged) text(w io.Writer) error {
	if err := finding.Text(w, j.Findings); err != nil {
		return err
	}
	var line strings.Builder
	if len(j.Findings) > 0 {
		line.WriteByte('\n')
	}
	line.WriteString(finding.Visible(j.sentence) + "\n")
	_, err := io.WriteString(w, line.String())
	return err
}

// sarifRules are the pages of weir explain.
func sarifRules() []sarif.Rule {
	var rules []sarif.Rule
	for _, p := range pages() {
		rules = append(rules, sarif.Rule{ID: p.id, Severity: p.severity, Summary: p.why, Help: cmp.Or(p.next, p.guide.Fix)})
	}
	return rules
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
