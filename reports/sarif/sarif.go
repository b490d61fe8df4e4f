// Package sarif renders findings as a SARIF 2.1.0 log (OASIS standard, with
// errata 01), for code scanning services and editors: rules with what they
// are for, results with their places, related places and counter-examples.
//
// Guarantees: the log is valid by the standard's JSON Schema; columns count
// UTF-16 code units, as the log says; texts of others cannot make links or
// placeholders. Fingerprints do not depend on line numbers, so an alert stays
// the same when the file above it changes: they are made of the rule, the
// file and the message without its numbers.
//
// Paths are written as they are in the findings, relative to the directory
// that the command ran in, which a service takes for the repository's root.
package sarif

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/column"
	"github.com/flowweir/weir/reports/summary"
)

// Tool is what the log says of the program that found something.
type Tool struct {
	// Version is the version of weir; may be empty.
	Version string
	// Command tells the logs of several commands over one commit apart, such
	// as "check"; may be empty.
	Command string
	// Rules are those that findings may come from; the log has those that
	// they do come from. A finding of a rule that is not among them is
	// written with the rule's id alone.
	Rules []Rule
}

// Rule explains the findings of an id.
type Rule struct {
	ID       string
	Severity finding.Severity
	// Summary is one sentence on what is found.
	Summary string
	// Help says what to do about it.
	Help string
}

// Write writes findings in the order given, as one run.
func Write(w io.Writer, findings []finding.Finding, tool Tool) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(log{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0",
		Runs: []run{makeRun(finding.Shown(findings), tool)},
	})
}

func makeRun(findings []finding.Finding, tool Tool) run {
	r := run{ColumnKind: "utf16CodeUnits", Results: []result{}}
	r.Tool.Driver = driver{
		Name: "weir", InformationURI: "https://github.com/flowweir/weir", Version: tool.Version, Rules: []descriptor{},
	}
	if tool.Command != "" {
		r.Automation = &automation{"weir-" + tool.Command + "/"} // the slash ends the category
	}
	index := map[string]int{}
	marks := fingerprints(findings)
	for i, f := range findings {
		at, known := index[f.ID]
		if !known {
			at = len(r.Tool.Driver.Rules)
			index[f.ID] = at
			r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, describe(f, tool.Rules))
		}
		r.Results = append(r.Results, makeResult(f, at, marks[i]))
	}
	return r
}

func describe(f finding.Finding, rules []Rule) descriptor {
	d := descriptor{ID: f.ID, Configuration: configuration{level(f.Severity)}}
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == f.ID })
	if i < 0 {
		return d
	}
	rule := rules[i]
	d.Configuration.Level = level(rule.Severity)
	d.Short = &text{escape(rule.Summary)}
	help := rule.Help
	if help == "" {
		help = rule.Summary
	}
	d.Help = &text{escape(help)}
	return d
}

func level(s finding.Severity) string {
	switch s {
	case finding.Error:
		return "error"
	case finding.Undecided:
		return "none" // 3.27.10 of the standard: nothing else goes with the kind open
	case finding.Warning:
		return "warning"
	}
	return "note"
}

// kind is that of a result; by default it is fail.
func kind(s finding.Severity) string {
	if s == finding.Undecided {
		return "open"
	}
	return ""
}

func makeResult(f finding.Finding, rule int, fingerprint string) result {
	r := result{
		RuleID: f.ID, RuleIndex: rule, Kind: kind(f.Severity), Level: level(f.Severity), Message: text{escape(message(f))},
		Fingerprints: map[string]string{"weir/v1": fingerprint},
		Properties:   properties{Hint: f.Hint, Counterexample: f.Counterexample, Record: f.Record},
	}
	if f.Position != nil && f.Position.File != "" {
		r.Locations = []location{{Physical: place(*f.Position), Logical: inSchema(*f.Position)}}
	}
	for i, related := range f.Related {
		if related.Position.File != "" {
			r.Related = append(r.Related, location{ID: i + 1, Physical: place(related.Position), Logical: inSchema(related.Position), Message: &text{escape(summary.Plain(related.Message))}})
		}
	}
	return r
}

// message is what services show: most of them show nothing else.
func message(f finding.Finding) string {
	lines := []string{f.Message}
	if c := f.Counterexample; c != nil {
		document := c.Document
		const most = 2000
		if len(document) > most {
			document = document[:most] + " …"
		}
		lines = append(lines, fmt.Sprintf("Counter-example, written with %s and read with %s:", c.Writer, c.Reader))
		lines = append(lines, strings.Split(document, "\n")...)
		lines = append(lines, c.Outcome)
	}
	if f.Record != nil {
		lines = append(lines, "Record: "+summary.Place(*f.Record))
	}
	if f.Hint != "" {
		lines = append(lines, "Hint: "+f.Hint)
	}
	for i := range lines {
		lines[i] = summary.Plain(lines[i])
	}
	return strings.Join(lines, "\n")
}

// escape makes text of others plain: braces would be placeholders (3.11.5 of
// the standard) and [text](target) a link (3.11.6).
func escape(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(s)
}

// inSchema is the path of a place in a schema.
func inSchema(p finding.Position) []logical {
	if p.Path == "" {
		return nil
	}
	return []logical{{p.Path}}
}

func place(p finding.Position) physical {
	at := physical{Artifact: artifact{uri(p.File)}}
	if p.Line == 0 {
		return at
	}
	at.Region = &region{StartLine: p.Line, StartColumn: column.UTF16(p)}
	if p.Source != "" {
		if rest := column.Rest(p); p.Column > 0 && rest != "" {
			at.Region.Snippet = &text{rest}
		}
		at.Context = &region{StartLine: p.Line, Snippet: &text{p.Source}}
	}
	return at
}

var drive = regexp.MustCompile(`^[A-Za-z]:/`)

// uri writes a path of this machine as a URI reference.
func uri(file string) string {
	switch {
	case drive.MatchString(file):
		return (&url.URL{Scheme: "file", Path: "/" + file}).String()
	case path.IsAbs(file):
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	return (&url.URL{Path: file}).String()
}
