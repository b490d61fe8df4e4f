package rules_test

import (
	"os"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestExamples: the contracts that the README shows are without an error and
// without a warning.
func TestExamples(t *testing.T) {
	fsys := os.DirFS("../../examples")
	set, problems := contracts.LoadDir(fsys, ".")
	if len(set) < 2 || len(problems) > 0 {
		t.Fatalf("%d contracts load, with:\n%s", len(set), fixture.Lines(problems...))
	}
	found := slices.DeleteFunc(rules.Check(set, fsys, now), func(f finding.Finding) bool { return f.Severity == finding.Info })
	if len(found) > 0 {
		t.Errorf("findings:\n%s", fixture.Lines(found...))
	}
}
