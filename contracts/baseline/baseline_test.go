package baseline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/finding"
)

func at(file string, line int, severity finding.Severity, id, message string) finding.Finding {
	return finding.Finding{ID: id, Severity: severity, Message: message, Position: &finding.Position{File: file, Line: line, Column: 3}}
}

// lines renders findings for comparison.
func lines(findings []finding.Finding) []string {
	var out []string
	for _, f := range findings {
		place := "-"
		if f.Position != nil {
			place = f.Position.String()
		}
		out = append(out, fmt.Sprintf("%s %s %s: %s", place, f.Severity, f.ID, f.Message))
	}
	return out
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestApply: known findings are information wherever they have moved, new
// ones count, solved ones are removable.
func TestApply(t *testing.T) {
	t.Chdir(t.TempDir())
	const produced = "no contract produces A"
	today := []finding.Finding{
		at("a/weir.yaml", 4, finding.Error, "check/event-unproduced", produced),
		at("a/weir.yaml", 9, finding.Error, "check/event-unproduced", produced),
		at("b/weir.yaml", 2, finding.Warning, "check/key-optional", "the key may be absent"),
		at("b/weir.yaml", 3, finding.Error, "contract/duplicate", "twice, first in line 7"),
		at("b/weir.yaml", 5, finding.Info, "check/need-unchecked", "not compared"),
		{ID: "check/x", Severity: finding.Error, Message: "no place"},
	}
	if err := Take("ci/baseline", today, nil).Write(); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("ci/baseline")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, string(src), `weir baseline/v1
check/x		197b7533027d5bc7	no place
check/event-unproduced	../a/weir.yaml	ea6fead6e3f8cfdf	no contract produces A
check/event-unproduced	../a/weir.yaml	ea6fead6e3f8cfdf	no contract produces A
check/key-optional	../b/weir.yaml	80ae6db63500c233	the key may be absent
contract/duplicate	../b/weir.yaml	8032ba452a97635c	twice, first in line 7
`)

	// From another directory, with lines moved, one more of the same, a new
	// message, and one solved.
	if err := os.Mkdir("a", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir("a")
	b, findings := Read("../ci/baseline")
	equal(t, lines(findings), []string(nil))
	now := []finding.Finding{
		at("weir.yaml", 40, finding.Error, "check/event-unproduced", produced),
		at("weir.yaml", 41, finding.Error, "check/event-unproduced", produced),
		at("weir.yaml", 42, finding.Error, "check/event-unproduced", produced),
		at("weir.yaml", 43, finding.Error, "check/event-unproduced", "no contract produces B"),
		at("weir.yaml", 44, finding.Error, "check/need-missing", produced),
		at("../b/weir.yaml", 30, finding.Error, "contract/duplicate", "twice, first in line 70"),
		at("../c/weir.yaml", 2, finding.Warning, "check/key-optional", "the key may be absent"),
		{ID: "check/x", Severity: finding.Error, Message: "no place"},
	}
	before := lines(now)
	equal(t, lines(b.Apply(now, nil)), []string{
		"- info check/x: no place (accepted by the baseline)",
		"../b/weir.yaml:30:3 info contract/duplicate: twice, first in line 70 (accepted by the baseline)",
		"../c/weir.yaml:2:3 warning check/key-optional: the key may be absent",
		"../ci/baseline:5:1 warning baseline/removable: check/key-optional in ../b/weir.yaml is solved: the key may be absent",
		"weir.yaml:40:3 info check/event-unproduced: no contract produces A (accepted by the baseline)",
		"weir.yaml:41:3 info check/event-unproduced: no contract produces A (accepted by the baseline)",
		"weir.yaml:42:3 error check/event-unproduced: no contract produces A",
		"weir.yaml:43:3 error check/event-unproduced: no contract produces B",
		"weir.yaml:44:3 error check/need-missing: no contract produces A",
	})
	equal(t, lines(now), before) // what was given is not changed
}

// TestTheSameFindingsAreTheSameFile, in whatever order they came.
func TestTheSameFindingsAreTheSameFile(t *testing.T) {
	var findings []finding.Finding
	for i := range 20 {
		findings = append(findings, at(fmt.Sprintf("f%d", i%3), i, finding.Error, fmt.Sprintf("check/r%d", i%4), fmt.Sprintf("message %d\twith\na control", i%5)))
	}
	first := string(Take("b", findings, nil).format())
	slices.Reverse(findings)
	equal(t, string(Take("b", findings, nil).format()), first)
	b, problems := parse("b", first)
	equal(t, lines(problems), []string(nil))
	equal(t, string(b.format()), first)
	equal(t, finding.Errors(b.Apply(findings, nil)), 0)
	equal(t, len(b.Apply(findings, nil)), 20)
}

// TestAgainst: what was found against the state before says so in its line, is
// accepted however it is found again, and is known as such to who asks what was
// sought.
func TestAgainst(t *testing.T) {
	findings := []finding.Finding{
		at("a", 1, finding.Error, "compat/json-type", "against main"),
		at("a", 2, finding.Undecided, "compat/json-undecided", "against version 1"),
	}
	written := Take("b", findings, func(f finding.Finding) bool { return strings.HasSuffix(f.Message, "main") })
	const want = header + `
compat/json-type	a	13df44887b1fdafd	against main	against
compat/json-undecided	a	b956116d50f4f57f	against version 1
`
	equal(t, string(written.format()), want)
	b, problems := parse("b", want)
	equal(t, lines(problems), []string(nil))
	equal(t, lines(b.Apply(findings, nil)), []string{
		"a:1:3 info compat/json-type: against main (accepted by the baseline)",
		"a:2:3 info compat/json-undecided: against version 1 (accepted by the baseline)",
	})
	equal(t, lines(b.Apply(nil, func(e Entry) bool { return !e.Against })), []string{
		"b:3:1 warning baseline/removable: compat/json-undecided in a is solved: against version 1",
	})
}

// TestWaived: what a waiver accepts is in the contract now, with a reason and an
// end, and the baseline need not accept it.
func TestWaived(t *testing.T) {
	before := []finding.Finding{
		at("a", 1, finding.Error, "check/x", "m"), at("a", 2, finding.Error, "check/x", "m"), at("a", 3, finding.Error, "check/y", "n"),
	}
	b := Take("b", before, nil)
	now := []finding.Finding{
		at("a", 1, finding.Info, "check/x", "m (waived until 2027-01-31: all (really) cope)"), at("a", 2, finding.Error, "check/x", "m"),
		at("a", 3, finding.Info, "check/y", "n"),
	}
	equal(t, lines(b.Apply(now, nil)), []string{
		"a:1:3 info check/x: m (waived until 2027-01-31: all (really) cope)",
		"a:2:3 info check/x: m (accepted by the baseline)",
		"a:3:3 info check/y: n",
		"b warning baseline/removable: check/x in a is waived in the contract: m",
		"b warning baseline/removable: check/y in a is solved: n",
	})
}

func TestMalformed(t *testing.T) {
	const good = "check/a\tf\t0123456789abcdef\tm\n"
	tests := []struct{ name, src, want string }{
		{"empty", "", "b:1:1 error baseline/syntax: the first line of a baseline is: weir baseline/v1"},
		{"other version", "weir baseline/v2\n", "b:1:1 error baseline/syntax: the first line of a baseline is: weir baseline/v1"},
		{"fields", header + "\n" + good + "check/a f\n", "b:3:1 error baseline/syntax: a line has 4 fields between tabs, or 5, and this one 1"},
		{"rule", header + "\nno rule\tf\t0123456789abcdef\tm", `b:2:1 error baseline/syntax: "no rule" is no id of a rule`},
		{"fingerprint", header + "\ncheck/a\tf\tabc\tm", `b:2:11 error baseline/syntax: "abc" is no fingerprint of 16 hexadecimal digits`},
		{"text", header + "\ncheck/a\tf\xff\t0123456789abcdef\tm", "b:2:1 error baseline/syntax: the line holds bytes that are no text"},
		{"fifth field", header + "\ncheck/a\tf\t0123456789abcdef\tm\tbefore", `b:2:30 error baseline/syntax: the fifth field is "before"; it can only be against`},
		{"sixth field", header + "\ncheck/a\tf\t0123456789abcdef\tm\tagainst\t", "b:2:1 error baseline/syntax: a line has 4 fields between tabs, or 5, and this one 6"},
		{"merge", header + "\n<<<<<<< HEAD\n" + good, "b:2:1 error baseline/syntax: a merge left its marks here"},
		{"size", header + strings.Repeat("\n", maxBytes), fmt.Sprintf("b:1:1 error baseline/syntax: the baseline has %d bytes; at most %d are read", maxBytes+len(header), maxBytes)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, findings := parse("b", tt.src)
			equal(t, lines(findings), []string{tt.want})
			if b != nil {
				t.Error("a baseline came back")
			}
		})
	}
	many := header + "\n" + strings.Repeat("x\n", 200)
	_, findings := parse("b", many)
	equal(t, len(findings), maxFindings)
	_, findings = Read(filepath.Join(t.TempDir(), "none"))
	equal(t, findings[0].Message, "cannot read the baseline: no such file or directory")
}

func FuzzParse(f *testing.F) {
	f.Add(header + "\ncheck/a\tf\t0123456789abcdef\tm\n")
	f.Add(header + "\r\n<<<<<<< a\n=======\ncheck/a\t\t0123456789abcdef\t")
	f.Fuzz(func(t *testing.T, src string) {
		b, findings := parse("b", src)
		if (b == nil) == (len(findings) == 0) {
			t.Fatal("neither a baseline nor findings, or both")
		}
		if b == nil {
			for _, f := range findings {
				if p := f.Position; p.Line < 1 || p.Column < 1 || p.Column > len(p.Source)+1 {
					t.Errorf("%+v at %+v", f, p)
				}
			}
			return
		}
		again, findings := parse("b", string(b.format()))
		if len(findings) > 0 || string(again.format()) != string(b.format()) {
			t.Errorf("written and read again it differs: %v", findings)
		}
		b.Apply(nil, nil)
	})
}
