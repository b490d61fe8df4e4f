package baseline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// The ids of this package.
const (
	Removable = "baseline/removable"
	Syntax    = "baseline/syntax"
)

// Rules are those ids, each with one line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: Syntax, Summary: "A line of the baseline is not as weir check writes it."},
		{ID: Removable, Summary: "The baseline accepts a finding that is not found any more."},
	}
}

const header = "weir " + Version

// fromBefore is the last field of an entry that was found against the state
// before; other entries have none.
const fromBefore = "against"

func (e Entry) source() string {
	fields := []string{e.Rule, e.File, e.Fingerprint, e.Message}
	if e.Against {
		fields = append(fields, fromBefore)
	}
	return strings.Join(fields, "\t")
}

func (b *Baseline) format() []byte {
	var out strings.Builder
	out.WriteString(header + "\n")
	for _, e := range b.entries {
		out.WriteString(e.source() + "\n")
	}
	return []byte(out.String())
}

// Read reads a baseline. It is nil where there are findings: a baseline that
// is read in part would let findings pass for new, or new ones for known.
func Read(file string) (*Baseline, []finding.Finding) {
	src, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return nil, []finding.Finding{{
			ID: document.Unreadable, Severity: finding.Error, Message: fmt.Sprintf("cannot read the baseline: %v", err),
			Position: &finding.Position{File: file},
		}}
	}
	return parse(file, string(src))
}

// maxBytes bounds a baseline; ten thousand findings have a fifth of it.
const maxBytes = 8 << 20

// maxFindings is where listing problems stops to help.
const maxFindings = 100

var (
	ruleForm        = regexp.MustCompile(`^[a-z0-9][a-z0-9/-]*$`)
	fingerprintForm = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

func parse(file, src string) (*Baseline, []finding.Finding) {
	b := &Baseline{file: file}
	if len(src) > maxBytes {
		return nil, []finding.Finding{problem(file, 1, 1, "", fmt.Sprintf("the baseline has %d bytes; at most %d are read", len(src), maxBytes), "")}
	}
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	if lines[0] != header {
		return nil, []finding.Finding{problem(file, 1, 1, lines[0], "the first line of a baseline is: "+header, "is this a baseline?")}
	}
	var findings []finding.Finding
	for i, line := range lines[1:] {
		if line == "" {
			continue
		}
		e, message, column := parseEntry(line)
		if message == "" {
			e.line = i + 2
			b.entries = append(b.entries, e)
			continue
		}
		hint := "write the baseline again"
		if strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, "=======") || strings.HasPrefix(line, ">>>>>>>") {
			message, hint = "a merge left its marks here", "keep the lines of both sides and remove the marks"
		}
		findings = append(findings, problem(file, i+2, column, line, message, hint))
		if len(findings) == maxFindings {
			break
		}
	}
	if len(findings) > 0 {
		return nil, findings
	}
	b.sort()
	return b, nil
}

// parseEntry reads one line, or says what is wrong and in which column.
func parseEntry(line string) (e Entry, message string, column int) {
	fields := strings.Split(line, "\t")
	if len(fields) != 4 && len(fields) != 5 {
		return e, fmt.Sprintf("a line has 4 fields between tabs, or 5, and this one %d", len(fields)), 1
	}
	e = Entry{Rule: fields[0], File: fields[1], Fingerprint: fields[2], Message: fields[3], Against: len(fields) == 5}
	switch {
	case e.Against && fields[4] != fromBefore:
		return e, fmt.Sprintf("the fifth field is %q; it can only be %s", fields[4], fromBefore), len(line) - len(fields[4]) + 1
	case !ruleForm.MatchString(e.Rule):
		return e, fmt.Sprintf("%q is no id of a rule", e.Rule), 1
	case !utf8.ValidString(line) || clean(e.File) != e.File || clean(e.Message) != e.Message:
		return e, "the line holds bytes that are no text", 1
	case !fingerprintForm.MatchString(e.Fingerprint):
		return e, fmt.Sprintf("%q is no fingerprint of 16 hexadecimal digits", e.Fingerprint), len(e.Rule) + len(e.File) + 3
	}
	return e, "", 0
}

func problem(file string, line, column int, source, message, hint string) finding.Finding {
	return finding.Finding{
		ID: Syntax, Severity: finding.Error, Message: message, Hint: hint,
		Position: &finding.Position{File: file, Line: line, Column: column, Source: strings.ToValidUTF8(source, "\ufffd")},
	}
}
