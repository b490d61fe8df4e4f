package scenario

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/secret"
)

var update = flag.Bool("update", false, "write golden files")

// TestMalformed loads files that are each wrong in their own way and compares
// all that is said about them. Each gives at least one finding with a place.
func TestMalformed(t *testing.T) {
	files, err := filepath.Glob("testdata/malformed/*.yaml")
	if err != nil || len(files) < 100 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, findings := Parse(filepath.Base(file), src)
			findings = append(findings, s.Misplaced()...)
			finding.Sort(findings)
			if finding.Errors(findings) == 0 {
				t.Fatal("no error was found")
			}
			checkFindings(t, src, findings)
			var got bytes.Buffer
			if err := finding.Text(&got, findings); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got:\n%s\nwant:\n%s", got.Bytes(), want)
			}
		})
	}
}

// checkFindings asserts what holds for every finding about a file.
func checkFindings(t *testing.T, src []byte, findings []finding.Finding) {
	t.Helper()
	known := slices.Concat(document.Rules(), contracts.Rules(), Rules())
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(src), "\ufeff")), "\n")
	lines = secret.Lines(lines)
	for _, f := range findings {
		if !slices.ContainsFunc(known, func(r finding.Rule) bool { return r.ID == f.ID }) {
			t.Errorf("the id %s is in no table", f.ID)
		}
		if f.Message == "" || f.Severity != finding.Error {
			t.Errorf("incomplete: %+v", f)
		}
		p := f.Position
		switch {
		case p == nil || p.File == "" || p.Line < 1 || p.Column < 1 || p.Column > len(p.Source)+1:
			t.Errorf("%s: position %+v", f.ID, p)
		case p.Line > len(lines) || f.ID != document.Encoding && f.ID != document.TooLarge && lines[p.Line-1] != p.Source && (f.ID != BadDatabase || !strings.HasPrefix(lines[p.Line-1], p.Source)):
			t.Errorf("%s: line %d is shown as %q", f.ID, p.Line, p.Source)
		}
	}
}

// FuzzLoadFile looks for a file that makes the loader panic, hang or point
// nowhere.
func FuzzLoadFile(f *testing.F) {
	for _, pattern := range []string{"testdata/malformed/*.yaml", "testdata/valid/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, findings := Parse("scenario.yaml", src)
		if s.Doc == nil {
			t.Fatal("no document")
		}
		checkFindings(t, src, findings)
		if len(findings) == 0 && (s.Weir != Version || s.Name == "" || len(s.Load)+len(s.Consumers) == 0) {
			t.Errorf("an incomplete scenario was accepted: %+v", s)
		}
	})
}
