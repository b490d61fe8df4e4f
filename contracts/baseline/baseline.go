// Package baseline accepts the findings of today, so that a team can hold to
// the rules from tomorrow on: what is known is shown as information, what is
// new counts, and what has been solved is reported as removable.
//
// A finding is known by its rule, its file and its message, never by its line:
// messages of rules name what they are about (event, service, place), so the
// fingerprint survives edits around it and changes with what it says. Findings
// that say the same of one file are counted: a third one beside two known ones
// is new. A file that is renamed is a new file.
//
// The file is text, one finding per line, sorted, and the same for the same
// findings, so that two branches that accept different ones merge:
//
//	weir baseline/v1
//	check/event-unproduced	services/billing/weir.yaml	5f0c…	no contract produces OrderPlaced
//
// A line that ends with a tab and "against" is about a difference from the state
// before: a run that does not look at that state cannot say that it is solved.
//
// Baselines are for what rules say. A file that cannot be read hides what else
// is wrong in it; callers keep such findings out.
package baseline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/flowweir/weir/contracts/internal/atomicfile"
	"github.com/flowweir/weir/reports/finding"
)

// Version is the version of the file's form.
const Version = "baseline/v1"

// Entry is one accepted finding.
type Entry struct {
	Rule string
	// File is relative to the directory of the baseline, with slashes; empty
	// for a finding without a place.
	File string
	// Fingerprint tells findings of one rule and file apart.
	Fingerprint string
	// Message is there for people; it decides nothing.
	Message string
	// Against: it was found by holding the contracts against the state before.
	Against bool

	line int // in the file that it was read from
}

// Baseline is a set of accepted findings, which may hold one several times.
type Baseline struct {
	file    string
	entries []Entry
}

// Take accepts all findings but information. file is where the baseline is going
// to be; places are kept relative to its directory. against says which were
// found by holding the contracts against the state before; nil means none.
func Take(file string, findings []finding.Finding, against func(finding.Finding) bool) *Baseline {
	b := &Baseline{file: file}
	for _, f := range findings {
		if f.Severity != finding.Info {
			e := b.entry(f)
			e.Against = against != nil && against(f)
			b.entries = append(b.entries, e)
		}
	}
	b.sort()
	return b
}

// Entries are the accepted findings by file, rule and message.
func (b *Baseline) Entries() []Entry { return slices.Clone(b.entries) }

// Write writes the baseline to its file; a reader sees the old content or the
// new one.
func (b *Baseline) Write() error {
	return atomicfile.Write(filepath.FromSlash(b.file), b.format())
}

// Apply returns the findings with those that the baseline accepts turned into
// information, and one warning, by the id [Removable], for each accepted one
// that is not found any more, or that a waiver accepts now. sought says which
// of them were looked for: what was not may be there still; nil takes all to
// be.
func (b *Baseline) Apply(findings []finding.Finding, sought func(Entry) bool) []finding.Finding {
	open := map[Entry][]Entry{} // by identity, in the order of lines
	for _, e := range b.entries {
		open[e.identity()] = append(open[e.identity()], e)
	}
	judged := slices.Clone(findings)
	finding.Sort(judged)
	var waived []finding.Finding
	for i, f := range judged {
		f.Message = waiver.ReplaceAllString(f.Message, "")
		id := b.entry(f).identity()
		if len(open[id]) == 0 {
			continue
		}
		if f.Severity == finding.Info {
			if f.Message != judged[i].Message {
				waived = append(waived, b.removable(open[id][0], "waived in the contract"))
				open[id] = open[id][1:]
			}
			continue
		}
		open[id] = open[id][1:]
		judged[i].Severity = finding.Info
		judged[i].Message += " (accepted by the baseline)"
	}
	for _, rest := range open {
		for _, e := range rest {
			if sought == nil || sought(e) {
				judged = append(judged, b.removable(e, "solved"))
			}
		}
	}
	judged = append(judged, waived...)
	finding.Sort(judged)
	return judged
}

// waiver is what a waiver adds to the message of a finding.
var waiver = regexp.MustCompile(` \(waived until [0-9-]+: (?s:.*)\)$`)

func (b *Baseline) removable(e Entry, why string) finding.Finding {
	where := ""
	if e.File != "" {
		where = " in " + e.File
	}
	return finding.Finding{
		ID: Removable, Severity: finding.Warning,
		Message:  fmt.Sprintf("%s%s is %s: %s", e.Rule, where, why, e.Message),
		Position: &finding.Position{File: b.file, Line: e.line, Column: min(e.line, 1), Source: e.source()},
		Hint:     "remove this line",
	}
}

// identity is what makes two findings the same.
func (e Entry) identity() Entry {
	return Entry{Rule: e.Rule, File: e.File, Fingerprint: e.Fingerprint}
}

func (b *Baseline) entry(f finding.Finding) Entry {
	file := ""
	if f.Position != nil {
		file = b.relative(f.Position.File)
	}
	sum := sha256.Sum256([]byte(f.ID + "\x00" + file + "\x00" + placeless(f.Message)))
	return Entry{Rule: clean(f.ID), File: clean(file), Fingerprint: hex.EncodeToString(sum[:8]), Message: clean(f.Message)}
}

// relative names a file as seen from the baseline, so that the directory in
// which the command runs does not matter.
func (b *Baseline) relative(file string) string {
	base, errBase := filepath.Abs(filepath.Dir(filepath.FromSlash(b.file)))
	target, err := filepath.Abs(filepath.FromSlash(file))
	if err == nil && errBase == nil {
		if relative, err := filepath.Rel(base, target); err == nil {
			return filepath.ToSlash(relative)
		}
	}
	return path.Clean(file)
}

var lineNumber = regexp.MustCompile(`\bline [0-9]+\b|:[0-9]+(:[0-9]+)?\b`)

// placeless is a message without the line numbers that some of them name.
func placeless(message string) string { return lineNumber.ReplaceAllString(message, "line") }

// clean makes text fit between the tabs of a line.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

func (b *Baseline) sort() {
	slices.SortFunc(b.entries, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Rule, y.Rule),
			cmp.Compare(x.Message, y.Message), cmp.Compare(x.Fingerprint, y.Fingerprint), cmp.Compare(x.line, y.line))
	})
}
