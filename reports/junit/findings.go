package junit

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// Suite is what a static check looked at together: a service's contract, a
// schema's file.
type Suite struct {
	Name  string
	Cases []Case
}

// Case is one thing that was looked at, with what was found about it.
type Case struct {
	// Class and Name together tell the case from all others, in this report and
	// in that of another commit.
	Class, Name string
	// File and Line are where it stands; may be empty.
	File     string
	Line     int
	Findings []finding.Finding
	// Skipped is why there is nothing to judge; "" else. Findings are then
	// its output.
	Skipped string
	// Output is what a case shows in which nothing was found.
	Output string
	// Took is how long the look took; 0 where it takes no time.
	Took time.Duration
}

// WriteFindings writes what a static check found: a suite and its test cases
// for all that was looked at, whether something was found there or not. A case
// with an error is a failure, one with nothing worse than undecided findings is
// an error; warnings and infos are the output of a case that passed.
func WriteFindings(w io.Writer, checked []Suite) error {
	suites := make([]suite, 0, len(checked))
	for _, c := range checked {
		s := suite{Name: c.Name}
		var took time.Duration
		for _, one := range c.Cases {
			s.Cases = append(s.Cases, findingsCase(one))
			took += one.Took
		}
		s.Time = seconds(took)
		s.count()
		suites = append(suites, s)
	}
	return write(w, suites...)
}

// findingsCase is the test case of something that was looked at.
func findingsCase(checked Case) testcase {
	c := testcase{Name: checked.Name, Classname: checked.Class, File: checked.File, Line: checked.Line, Time: seconds(checked.Took)}
	if checked.Skipped != "" {
		c.Skipped = &problem{Message: summary.Plain(checked.Skipped)}
		return c
	}
	all := finding.Shown(checked.Findings)
	if len(all) == 0 {
		if checked.Output != "" {
			c.SystemOut = &output{escape(checked.Output)}
		}
		return c
	}
	var b strings.Builder
	_ = finding.Text(&b, all[:min(len(all), maxStories)]) // a strings.Builder takes everything
	if n := len(all) - maxStories; n > 0 {
		fmt.Fprintf(&b, "\n… and %s more\n", summary.Plural(n, "finding", "findings"))
	}
	v, message := worst(all)
	if len(all) > 1 {
		message += fmt.Sprintf(" (and %d more)", len(all)-1)
	}
	c.judge(v, summary.Plain(message), b.String())
	return c
}

// worst is the verdict on findings, with the message of the first that decides
// it.
func worst(all []finding.Finding) (finding.Verdict, string) {
	for _, s := range []struct {
		severity finding.Severity
		verdict  finding.Verdict
	}{{finding.Error, finding.Fail}, {finding.Undecided, finding.Inconclusive}} {
		for _, f := range all {
			if f.Severity == s.severity {
				return s.verdict, f.Message
			}
		}
	}
	return finding.Pass, all[0].Message
}
