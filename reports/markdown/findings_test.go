package markdown_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/markdown"
)

func renderFindings(t *testing.T, v finding.Verdict, findings []finding.Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := markdown.WriteFindings(&b, "weir check", v, "2 contracts were checked", findings); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFindingsGolden(t *testing.T) {
	for name, got := range map[string]string{
		"findings.md":      renderFindings(t, finding.Fail, sample.Findings()),
		"findings-none.md": renderFindings(t, finding.Pass, nil),
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

// TestFindingsInert: text of others must stay text, and the table a table.
func TestFindingsInert(t *testing.T) {
	got := renderFindings(t, finding.Fail, sample.HostileFindings())
	if m := regexp.MustCompile(`[<@\x60]script|<img|<svg|\]\(|@everyone|https?://|www\.|\x1b|\r`).FindString(got); m != "" {
		t.Errorf("markup %q in\n%s", m, got)
	}
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 5 {
			t.Errorf("a row that is not one of four columns: %s", line)
		}
	}
	for _, element := range []string{"details", "summary", "pre"} {
		if a, b := strings.Count(got, "<"+element+">"), strings.Count(got, "</"+element+">"); a != 5 || b != 5 {
			t.Errorf("%d <%s> and %d ends", a, element, b)
		}
	}
}

// TestFindingsBounded: whatever is found, the page is a comment.
func TestFindingsBounded(t *testing.T) {
	text := strings.Repeat("<", 1000)
	var findings []finding.Finding
	for i := range 60 {
		f := finding.Finding{ID: "a/b", Severity: finding.Warning, Message: fmt.Sprint(i), Hint: "do it", Position: &finding.Position{File: "weir.yaml", Line: i}}
		f.Counterexample = &finding.Counterexample{Document: strings.Repeat("{\n", 100), Outcome: text}
		findings = append(findings, f)
	}
	findings[59].Severity = finding.Error
	got := renderFindings(t, finding.Fail, findings)
	if len(got) > 65536 {
		t.Errorf("%d bytes", len(got))
	}
	for _, want := range []string{"… and 10 findings more", "… and 55 counter-examples more", "| ❌ | 59<br>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Index(got, "| 59<br>") > strings.Index(got, "| 0<br>") {
		t.Error("the error does not come first")
	}
}

// TestFindingsShowInvisibleCharacters: what cannot be seen is written as
// escapes, once.
func TestFindingsShowInvisibleCharacters(t *testing.T) {
	got := renderFindings(t, finding.Fail, []finding.Finding{{ID: "a/b", Severity: finding.Error, Message: "a\u202eb\u200b\a\tc \\u2066"}})
	if want := "| ❌ | a&#92;u202eb&#92;u200b&#92;u0007 c &#92;u2066 |"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}
