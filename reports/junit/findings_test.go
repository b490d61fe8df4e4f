package junit_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/junit"
)

func renderFindings(t *testing.T, suites []junit.Suite) string {
	t.Helper()
	var b bytes.Buffer
	if err := junit.WriteFindings(&b, suites); err != nil {
		t.Fatal(err)
	}
	var root node
	if err := xml.Unmarshal(b.Bytes(), &root); err != nil {
		t.Fatal(err)
	}
	if err := check(root); err != nil {
		t.Error(err)
	}
	counted(t, root)
	return b.String()
}

// counted holds the counts of a report to its test cases.
func counted(t *testing.T, root node) {
	t.Helper()
	all := map[string]int{}
	for _, s := range root.Children {
		got := map[string]int{}
		for _, c := range s.Children {
			got["tests"]++
			for _, p := range c.Children {
				got[map[string]string{"failure": "failures", "error": "errors"}[p.XMLName.Local]]++
			}
		}
		for _, attr := range []string{"tests", "failures", "errors"} {
			if want := s.attr(attr); strconv.Itoa(got[attr]) != want {
				t.Errorf("suite %s: %s=%s, counted %d", s.attr("name"), attr, want, got[attr])
			}
			all[attr] += got[attr]
		}
	}
	for attr, n := range all {
		if want := root.attr(attr); strconv.Itoa(n) != want {
			t.Errorf("all: %s=%s, counted %d", attr, want, n)
		}
	}
}

// one is a suite of one case.
func one(findings ...finding.Finding) []junit.Suite {
	return []junit.Suite{{Name: "s", Cases: []junit.Case{{Class: "f", Name: "n", File: "f", Line: 3, Findings: findings}}}}
}

func TestFindingsGolden(t *testing.T) {
	all := sample.Findings()
	for name, suites := range map[string][]junit.Suite{
		"findings.xml": {
			{Name: "payment-service", Cases: []junit.Case{
				{Class: "payment-service/weir.yaml", Name: "contract", File: "payment-service/weir.yaml", Line: 1},
				{Class: "payment-service/weir.yaml", Name: "consumes com.acme.order.OrderPlaced", File: "payment-service/weir.yaml", Line: 7, Findings: all[:1]},
				{Class: "payment-service/weir.yaml", Name: "consumes com.acme.Paid", File: "payment-service/weir.yaml", Line: 9, Findings: all[2:5]},
			}},
			{Name: "schemas/new.json", Cases: []junit.Case{
				{Class: "schemas/new.json", Name: "compat/json-type", File: "schemas/new.json", Line: 4, Findings: all[1:2]},
				{Class: "schemas/new.json", Name: "compat/json-undecided", File: "schemas/new.json", Line: 5, Findings: all[6:7]},
			}},
			{Name: "weir check", Cases: []junit.Case{{Class: "weir check", Name: "check/need-unchecked", Findings: all[7:8]}}},
		},
		"findings-none.xml": one(),
	} {
		got := renderFindings(t, suites)
		path := "testdata/" + name
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; got:\n%s", path, got)
		}
	}
}

// TestFindingsJudge: a case is as red as the worst that was found there.
func TestFindingsJudge(t *testing.T) {
	of := func(severities ...finding.Severity) []finding.Finding {
		var all []finding.Finding
		for _, s := range severities {
			all = append(all, finding.Finding{ID: "a/b", Severity: s, Message: string(s)})
		}
		return all
	}
	for _, tt := range []struct {
		findings []finding.Finding
		want     string
		message  string
	}{
		{nil, `tests="1" failures="0" errors="0"`, ""},
		{of(finding.Info, finding.Warning), `tests="1" failures="0" errors="0"`, "<system-out>"},
		{of(finding.Warning, finding.Undecided), `tests="1" failures="0" errors="1"`, `<error message="undecided (and 1 more)" type="inconclusive">`},
		{of(finding.Undecided, finding.Error, finding.Error), `tests="1" failures="1" errors="0"`, `<failure message="error (and 2 more)" type="fail">`},
	} {
		got := renderFindings(t, one(tt.findings...))
		if !strings.Contains(got, `<testsuites name="weir" `+tt.want) || !strings.Contains(got, tt.message) {
			t.Errorf("no %s with %s in\n%s", tt.want, tt.message, got)
		}
	}
}

func TestManyFindingsOfACase(t *testing.T) {
	var findings []finding.Finding
	for i := range 25 {
		findings = append(findings, finding.Finding{ID: "a/b", Severity: finding.Error, Message: "m", Position: &finding.Position{File: "f", Line: i + 1}})
	}
	got := renderFindings(t, one(findings...))
	if n := strings.Count(got, "error: m [a/b]"); n != 20 || !strings.Contains(got, "… and 5 findings more") {
		t.Errorf("%d findings in\n%s", n, got)
	}
}

func TestHostileFindings(t *testing.T) {
	var suites []junit.Suite
	for i, f := range sample.HostileFindings() {
		suites = append(suites, junit.Suite{Name: f.Message, Cases: []junit.Case{
			{Class: f.Message, Name: fmt.Sprint(i, f.ID), File: f.Position.File, Line: f.Position.Line, Findings: []finding.Finding{f}},
		}})
	}
	got := renderFindings(t, suites)
	for _, s := range []string{"<script", "<svg", "<img", "\x1b", "\r"} {
		if strings.Contains(got, s) {
			t.Errorf("%q is in\n%s", s, got)
		}
	}
}

// TestCasesOfARunningService: what was judged takes time and shows what it
// stands on; what nothing can exercise is skipped.
func TestCasesOfARunningService(t *testing.T) {
	text := renderFindings(t, []junit.Suite{{Name: "payments", Cases: []junit.Case{
		{Class: "payments", Name: "key", Output: "exercised by payments/0@3", Took: 1500 * time.Millisecond},
		{Class: "payments", Name: "acks", Skipped: "it is not seen", Findings: []finding.Finding{{Severity: finding.Info, Message: "it is not seen"}}},
	}}})
	for _, want := range []string{
		`<testsuite name="payments" tests="2" failures="0" errors="0" skipped="1" time="1.500"`,
		`<testcase name="key" classname="payments" time="1.500">`,
		`<system-out>exercised by payments/0@3</system-out>`,
		`<skipped message="it is not seen"></skipped>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
