package rules_test

import (
	"flag"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/internal/fixture"
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
			archive := fixture.Read(t, path)
			about := func(findings []finding.Finding) []finding.Finding {
				return slices.DeleteFunc(findings, func(f finding.Finding) bool {
					return f.ID != r.ID && f.Severity != finding.Error && !strings.Contains(f.Message, "(waived until")
				})
			}
			found := about(check(t, archive, "fail"))
			if !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.ID == r.ID }) {
				t.Errorf("the tree fail/ does not break %s", r.ID)
			}
			fixture.Want(t, path, archive, fixture.Lines(found...), *update)
			if passed := fixture.Lines(about(check(t, archive, "pass"))...); passed != "" {
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
	files := asyncapi.NewFiles(fixture.Tree(t, archive, tree))
	set, problems := files.LoadDir(".")
	if len(problems) > 0 {
		t.Fatalf("the contracts of %s/ do not load:\n%s", tree, fixture.Lines(problems...))
	}
	return judge(set, files)
}

// judge checks contracts, as those of services that all have one where a
// workspace file stands beside them.
func judge(set []*contracts.Contract, fsys fs.FS) []finding.Finding {
	_, err := fs.Stat(fsys, "weir.work.yaml")
	return rules.CheckWith(set, fsys, now, rules.Others{AllContracted: err == nil})
}
