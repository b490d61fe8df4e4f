package rules_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata; read the diff before committing it")

// now is the day on which the fixtures are judged.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestCases runs the fixtures testdata/RULE.txtar, the cases of a rule that
// its page does not show: a tree of files under fail/ that breaks the rule,
// with the findings in the file want, and one under pass/ that does not. Both
// are about their rule, so warnings of others, such as of what is left out,
// are passed over; errors are not.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 22 {
		t.Fatalf("%d fixtures, %v", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(rules.Rules(), func(r rules.Rule) bool { return r.ID == "check/"+name })
			if i < 0 {
				t.Fatal("there is no such rule")
			}
			r := rules.Rules()[i]
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			about := func(findings []finding.Finding) []finding.Finding {
				return slices.DeleteFunc(findings, func(f finding.Finding) bool {
					return f.ID != r.ID && f.Severity != finding.Error && !strings.Contains(f.Message, "(waived until")
				})
			}
			found := about(check(t, archive, "fail"))
			if !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.ID == r.ID }) {
				t.Errorf("the tree fail/ does not break %s", r.ID)
			}
			compare(t, path, archive, text(found))
			if passed := text(about(check(t, archive, "pass"))); passed != "" {
				t.Errorf("the tree pass/ has findings:\n%s", passed)
			}
		})
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules.Rules() {
		if seen[r.ID] || !strings.HasPrefix(r.ID, "check/") || r.Summary == "" || r.Severity == "" || r.Group == "" {
			t.Errorf("%+v is not whole, or there twice", r)
		}
		seen[r.ID] = true
	}
}

// check loads and judges one tree of an archive; the contracts of fixtures
// must load without findings.
func check(t *testing.T, archive *txtar.Archive, tree string) []finding.Finding {
	t.Helper()
	all, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := fs.Sub(all, tree)
	if err != nil {
		t.Fatal(err)
	}
	files := asyncapi.NewFiles(fsys)
	set, problems := files.LoadDir(".")
	if len(problems) > 0 {
		t.Fatalf("the contracts of %s/ do not load:\n%s", tree, text(problems))
	}
	return rules.Check(set, files, now)
}

func text(findings []finding.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s: %s: %s: %s\n", f.Position, f.Severity, f.ID, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(&b, "\thint: %s\n", f.Hint)
		}
		for _, r := range f.Related {
			fmt.Fprintf(&b, "\t%s: %s\n", r.Position, r.Message)
		}
	}
	return b.String()
}

// compare holds got against the file want of the archive.
func compare(t *testing.T, path string, archive *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		if i < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: "want"})
			i = len(archive.Files) - 1
		}
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatalf("%s has no file want; run go test -update", path)
	}
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
