package junit_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/junit"
)

func renderFindings(t *testing.T, v finding.Verdict, sentence string, findings []finding.Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := junit.WriteFindings(&b, "weir check", v, sentence, findings); err != nil {
		t.Fatal(err)
	}
	var root node
	if err := xml.Unmarshal(b.Bytes(), &root); err != nil {
		t.Fatal(err)
	}
	if err := check(root); err != nil {
		t.Error(err)
	}
	return b.String()
}

func TestFindingsGolden(t *testing.T) {
	for name, got := range map[string]string{
		"findings.xml":      renderFindings(t, finding.Fail, "2 contracts: 5 errors, 2 warnings", sample.Findings()),
		"findings-none.xml": renderFindings(t, finding.Pass, "2 contracts: 0 errors, 0 warnings", nil),
	} {
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

// TestFindingsCount: each file and rule is one test case, red if one of its
// findings is an error; the verdict is one more.
func TestFindingsCount(t *testing.T) {
	warning := finding.Finding{ID: "a/b", Severity: finding.Warning, Message: "m", Position: &finding.Position{File: "f", Line: 1}}
	failure := warning
	failure.Severity = finding.Error
	tests := []struct {
		name     string
		verdict  finding.Verdict
		findings []finding.Finding
		want     string
	}{
		{"none", finding.Pass, nil, `tests="1" failures="0" errors="0"`},
		{"warning", finding.Pass, []finding.Finding{warning}, `tests="2" failures="0" errors="0"`},
		{"error", finding.Fail, []finding.Finding{failure}, `tests="2" failures="2" errors="0"`},
		{"both", finding.Fail, []finding.Finding{warning, failure}, `tests="2" failures="2" errors="0"`},
		{"undecided", finding.Inconclusive, []finding.Finding{warning}, `tests="2" failures="0" errors="1"`},
		{"no verdict", "", nil, `tests="1" failures="0" errors="1"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := renderFindings(t, tt.verdict, "sentence", tt.findings)
			if !strings.Contains(got, `<testsuites name="weir" `+tt.want) {
				t.Errorf("no %s in\n%s", tt.want, got)
			}
		})
	}
}

func TestManyFindingsOfARule(t *testing.T) {
	findings := make([]finding.Finding, 25)
	for i := range findings {
		findings[i] = finding.Finding{ID: "a/b", Severity: finding.Error, Message: "m", Position: &finding.Position{File: "f", Line: i + 1}}
	}
	got := renderFindings(t, finding.Fail, "25 errors", findings)
	if n := strings.Count(got, "error: m [a/b]"); n != 20 || !strings.Contains(got, "… and 5 findings more of this rule in this file") {
		t.Errorf("%d findings in\n%s", n, got)
	}
}

func TestHostileFindings(t *testing.T) {
	got := renderFindings(t, finding.Fail, sample.HostileStrings[0], sample.HostileFindings())
	for _, s := range []string{"<script", "<svg", "<img", "\x1b", "\r"} {
		if strings.Contains(got, s) {
			t.Errorf("%q is in\n%s", s, got)
		}
	}
}
