// Package github renders findings as workflow commands of GitHub Actions, which
// the runner shows as annotations on the lines of a pull request:
//
//	::error file=weir.yaml,line=7,col=5,title=file/unknown-field::produces[0] has no field "topc"%0A...
//
// Each finding is exactly one line, whatever is in its texts: they cannot end
// the command, add properties or begin another command. Errors, warnings and
// infos are error, warning and notice; what is undecided, for which there is no
// command, is an error that says so.
//
// GitHub shows at most ten annotations of a kind for each step; the log has
// all. For an alert per finding that is tracked over commits there is package
// sarif.
package github

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/column"
	"github.com/flowweir/weir/reports/summary"
)

// Write writes findings in the order given. Their files are meant relative to
// the root of the repository, so the command has to run there.
func Write(w io.Writer, findings []finding.Finding) error {
	var b strings.Builder
	for _, f := range finding.Shown(findings) {
		command(&b, f)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func command(b *strings.Builder, f finding.Finding) {
	fmt.Fprintf(b, "::%s ", kind(f.Severity))
	if p := f.Position; p != nil && p.File != "" {
		fmt.Fprintf(b, "file=%s,", property(p.File))
		if p.Line > 0 {
			fmt.Fprintf(b, "line=%d,", p.Line)
		}
		if c := column.UTF16(*p); p.Line > 0 && c > 0 {
			fmt.Fprintf(b, "col=%d,", c)
		}
	}
	fmt.Fprintf(b, "title=%s::%s\n", property(f.ID), data(body(f)))
}

func kind(s finding.Severity) string {
	switch s {
	case finding.Error, finding.Undecided:
		return "error"
	case finding.Warning:
		return "warning"
	}
	return "notice"
}

// body is what the annotation says, in lines.
func body(f finding.Finding) string {
	lines := []string{f.Message}
	if f.Severity == finding.Undecided {
		lines[0] = "undecided: " + f.Message
	}
	for _, r := range f.Related {
		lines = append(lines, fmt.Sprintf("%s: %s", r.Position, r.Message))
	}
	if c := f.Counterexample; c != nil {
		lines = append(lines, fmt.Sprintf("counter-example, written with %s and read with %s:", c.Writer, c.Reader))
		lines = append(lines, strings.Split(bounded(c.Document), "\n")...)
		lines = append(lines, c.Outcome)
	}
	if r := f.Record; r != nil {
		lines = append(lines, "record: "+summary.Place(*r))
	}
	if f.Hint != "" {
		lines = append(lines, "hint: "+f.Hint)
	}
	for i := range lines {
		lines[i] = summary.Plain(lines[i])
	}
	return strings.Join(lines, "\n")
}

// bounded cuts a document to what an annotation shows.
func bounded(document string) string {
	const most = 2000
	if len(document) <= most {
		return document
	}
	return strings.ToValidUTF8(document[:most], "") + " …"
}

// data escapes what follows the command, by the rules of the runner.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes the value of a property, which colons and commas end too.
func property(s string) string {
	return strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C").Replace(summary.Plain(s))
}
