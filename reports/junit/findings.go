package junit

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// WriteFindings writes the findings of a static check. Its name is that of the
// suite and its sentence the one of the verdict, which has a test case of its
// own: a check without findings is a green suite, not an empty one, and one
// that could not decide is an error. Of the others, one for each file and
// rule, those with an error are failures; warnings and infos are the output of
// test cases that passed.
func WriteFindings(w io.Writer, name string, v finding.Verdict, sentence string, findings []finding.Finding) error {
	s := suite{Name: name, Time: seconds(0)}
	verdictCase := testcase{Name: "verdict", Classname: name, Time: seconds(0)}
	verdictCase.judge(verdict(v), summary.Plain(sentence), sentence+"\n")
	s.Cases = append(s.Cases, verdictCase)
	for _, group := range byFileAndRule(findings) {
		s.Cases = append(s.Cases, findingsCase(name, group))
	}
	s.count()
	return write(w, s)
}

// byFileAndRule groups findings in the order of the first of each group.
func byFileAndRule(findings []finding.Finding) [][]finding.Finding {
	type key struct{ file, rule string }
	var groups [][]finding.Finding
	index := map[key]int{}
	for _, f := range findings {
		k := key{file(f), f.ID}
		at, known := index[k]
		if !known {
			at = len(groups)
			index[k] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], f)
	}
	return groups
}

func file(f finding.Finding) string {
	if f.Position == nil {
		return ""
	}
	return f.Position.File
}

// findingsCase is the test case of a rule in a file.
func findingsCase(name string, group []finding.Finding) testcase {
	c := testcase{Name: group[0].ID, Classname: file(group[0]), Time: seconds(0)}
	if c.Classname == "" {
		c.Classname = name
	}
	var b strings.Builder
	_ = finding.Text(&b, group[:min(len(group), maxStories)]) // a strings.Builder takes everything
	if n := len(group) - maxStories; n > 0 {
		fmt.Fprintf(&b, "\n… and %s more of this rule in this file\n", summary.Plural(n, "finding", "findings"))
	}
	v, message := finding.Pass, group[0].Message
	for _, f := range group {
		if f.Severity == finding.Error {
			v, message = finding.Fail, f.Message
			break
		}
		if f.Severity == finding.Undecided && v == finding.Pass {
			v, message = finding.Inconclusive, f.Message
		}
	}
	if len(group) > 1 {
		message += fmt.Sprintf(" (and %d more)", len(group)-1)
	}
	c.judge(v, summary.Plain(message), b.String())
	return c
}
