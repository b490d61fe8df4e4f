// Package junit renders a run, or the findings of a static check, as JUnit
// XML, in the shape that Jenkins, GitLab, GitHub's reporters, Azure and others
// read. A run is one test suite: a test case for each invariant, objective,
// fault and service, and one for the run itself, so that a run that was killed
// is red too. A static check is a test suite for each contract and each further
// file, with a test case for each interaction (see [WriteFindings]).
//
// What readers make of it: GitLab tells test cases apart by classname and name,
// shows the classname as their suite, and compares them with those of the target
// branch; reporters on GitHub group by suite and annotate file and line.
//
// A fail is a failure; what is inconclusive or vacuous is an error. Neither is
// ever "skipped", which most systems show as green. Skipped is only what the
// run did not judge and did not count: an objective without a verdict.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// maxStories is how many offenders a failure shows; CI systems cut or choke on
// long texts, and results.json has the others.
const maxStories = 20

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Timestamp  string      `xml:"timestamp,attr,omitempty"`
	Hostname   string      `xml:"hostname,attr,omitempty"`
	Properties *properties `xml:"properties"`
	Cases      []testcase  `xml:"testcase"`
}

type properties struct {
	List []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Name      string   `xml:"name,attr"`
	Classname string   `xml:"classname,attr"`
	File      string   `xml:"file,attr,omitempty"`
	Line      int      `xml:"line,attr,omitempty"`
	Time      string   `xml:"time,attr"`
	Skipped   *problem `xml:"skipped"`
	Error     *problem `xml:"error"`
	Failure   *problem `xml:"failure"`
	SystemOut *output  `xml:"system-out"`
}

type problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",innerxml"` // made by escape
}

type output struct {
	Text string `xml:",innerxml"` // made by escape
}

// escape makes character data that stays readable in the file: encoding/xml
// alone writes line ends as &#xA;.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return strings.NewReplacer("&#xA;", "\n", "&#x9;", "\t").Replace(b.String())
}

// Write writes the run as junit.xml.
func Write(w io.Writer, rec *run.Record) error {
	return write(w, makeSuite(rec))
}

func write(w io.Writer, parts ...suite) error {
	all := suites{Name: "weir", Time: seconds(0), Suites: parts}
	for _, s := range parts {
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Time = s.Time // a run is one suite; static checks take no time
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func makeSuite(rec *run.Record) suite {
	r := rec.Run
	s := suite{
		Name:      r.Name,
		Time:      seconds(summary.Took(r)),
		Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"), // the schema allows no zone
		Hostname:  r.Host.Name,
		Properties: &properties{[]property{
			{"weir.run", r.ID},
			{"weir.scenario", r.Scenario},
			{"weir.seed", fmt.Sprint(r.Seed)},
			{"weir.cluster", summary.Cluster(r.Cluster)},
			{"weir.version", r.Weir.Version},
		}},
	}
	s.Cases = append(s.Cases, runCase(rec))
	if rec.Results != nil {
		for _, o := range rec.Results.Invariants {
			s.Cases = append(s.Cases, invariantCase(r.Name, o))
		}
		for _, o := range rec.Results.Objectives {
			s.Cases = append(s.Cases, objectiveCase(r.Name, o))
		}
		for _, f := range rec.Results.Faults {
			s.Cases = append(s.Cases, faultCase(r.Name, f))
		}
		for _, f := range rec.Results.Findings {
			if f.Severity == finding.Error {
				c := newCase(r.Name, "findings", f.ID)
				c.judge(finding.Fail, f.Message, f.Hint)
				s.Cases = append(s.Cases, c)
			}
		}
	}
	for _, x := range r.Services {
		s.Cases = append(s.Cases, serviceCase(r.Name, x, rec.Logs[x.Name]))
	}
	s.count()
	return s
}

func (s *suite) count() {
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

func newCase(run, class, name string) testcase {
	return testcase{Name: name, Classname: run + "." + class, Time: seconds(0)}
}

// judge makes the case red unless v is a pass; text is the evidence either
// way. An empty v was not judged.
func (c *testcase) judge(v finding.Verdict, message, text string) {
	p := &problem{Message: message, Type: string(v), Text: escape(text)}
	switch v {
	case finding.Pass:
		c.SystemOut = &output{escape(text)}
	case finding.Fail:
		c.Failure = p
	case "":
		c.Skipped = p
	default:
		c.Error = p
	}
}

// runCase is the verdict of the whole run.
func runCase(rec *run.Record) testcase {
	v, sentence := summary.Judge(rec)
	c := newCase(rec.Run.Name, "run", "verdict")
	c.Time = seconds(summary.Took(rec.Run))
	var t text
	t.line("%s", sentence)
	for _, note := range rec.Run.Cluster.Notes {
		t.line("note: %s", note)
	}
	if rec.Results != nil {
		for _, line := range summary.Reactions(summary.Totals(rec.Results.Senders)) {
			t.line("effects of %s", line)
		}
	}
	if rec.Results != nil && !rec.Results.Drain.Complete {
		t.line("The drain was incomplete after %s.", summary.Duration(rec.Results.Drain.Took))
		for _, open := range rec.Results.Drain.Open {
			t.line("open: %s", open)
		}
	}
	for _, x := range append(append([]string{}, rec.Run.Warnings...), rec.Problems...) {
		t.line("warning: %s", x)
	}
	c.judge(v, sentence, t.String())
	return c
}

func invariantCase(run string, o run.Outcome) testcase {
	c := newCase(run, "invariants", o.Invariant)
	var t text
	t.line("%s", o.Sentence)
	t.line("checked %s, violations %s", summary.Count(o.Checked), summary.Count(o.Violations))
	for _, note := range o.Notes {
		t.line("note: %s", note)
	}
	for _, f := range o.Findings[:min(len(o.Findings), maxStories)] {
		t.finding(f)
	}
	if n := len(o.Findings) - maxStories; n > 0 {
		t.line("… and %s more in results.json", summary.Plural(n, "offender", "offenders"))
	}
	c.judge(verdict(o.Verdict), o.Sentence, t.String())
	return c
}

// verdict reads an invariant without a verdict as inconclusive: it was asked
// for.
func verdict(v finding.Verdict) finding.Verdict {
	if v == "" {
		return finding.Inconclusive
	}
	return v
}

func objectiveCase(run string, o run.Objective) testcase {
	c := newCase(run, "objectives", summary.ObjectiveName(o))
	message := strings.TrimSpace(o.Got + " " + o.Note)
	if message == "" {
		message = "nothing was measured"
	}
	message += ", wanted " + o.Want
	c.judge(o.Verdict, message, message+"\nfrom "+o.Source+"\n")
	return c
}

func faultCase(run string, f run.Fault) testcase {
	c := newCase(run, "faults", f.What+" bit")
	var t text
	t.line("%s", summary.FaultSentence(f))
	for _, e := range f.Evidence {
		t.line("%s", e)
	}
	v := finding.Pass
	switch {
	case f.Error != "":
		v = finding.Inconclusive
	case !f.Bit:
		v = finding.Vacuous
	}
	c.judge(v, f.What+" "+summary.FaultSentence(f), t.String())
	return c
}

func serviceCase(run string, s run.Service, log run.Tail) testcase {
	c := newCase(run, "services", s.Name+" stayed up")
	if s.Died == "" {
		return c
	}
	lines := s.LastLines
	if len(lines) == 0 {
		lines = log.Lines
	}
	c.judge(finding.Fail, s.Name+" ended by itself: "+s.Died, strings.Join(lines, "\n")+"\n")
	return c
}

// text collects lines.
type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) {
	fmt.Fprintf(&t.Builder, format+"\n", args...)
}

// finding tells the story of an offender.
func (t *text) finding(f finding.Finding) {
	t.line("")
	t.line("%s", f.Message)
	if r := f.Record; r != nil {
		t.line("  %s", summary.Place(*r))
		for _, s := range r.Story {
			t.line("  %12s  %s", summary.Moment(s.At), s.What)
		}
	}
	if f.Hint != "" {
		t.line("  %s", f.Hint)
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
