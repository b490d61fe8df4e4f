package github_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/github"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func write(t *testing.T, findings []finding.Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := github.Write(&b, findings); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, findings := range map[string][]finding.Finding{
		"none.txt": nil, "findings.txt": sample.Findings(),
	} {
		got, path := write(t, findings), "testdata/"+name
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

// TestOneCommandEach reads the lines as the runner does: a line that begins
// with two colons is a command, up to the next two its properties.
func TestOneCommandEach(t *testing.T) {
	findings := sample.HostileFindings()
	lines := strings.Split(strings.TrimSuffix(write(t, findings), "\n"), "\n")
	if len(lines) != len(findings) {
		t.Fatalf("%d lines for %d findings", len(lines), len(findings))
	}
	form := regexp.MustCompile(`^::(error|warning|notice) file=[^,:\r\n]+,line=([0-9]+),col=[0-9]+,title=[^,:\r\n]+::[^\r\n]+$`)
	unescape := strings.NewReplacer("%25", "%", "%0A", "\n", "%0D", "\r", "%3A", ":", "%2C", ",")
	for i, line := range lines {
		if !form.MatchString(line) {
			t.Errorf("no command of this package: %q", line)
		}
		_, message, _ := strings.Cut(line[2:], "::")
		first, _, _ := strings.Cut(unescape.Replace(message), "\n")
		if want := summary.Plain(findings[i].Message); first != want {
			t.Errorf("the message arrives as %q, want %q", first, want)
		}
	}
}

func TestWriterFails(t *testing.T) {
	broken := errors.New("disk full")
	if err := github.Write(failing{broken}, sample.Findings()); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
