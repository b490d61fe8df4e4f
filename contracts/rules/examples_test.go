package rules_test

import (
	"os"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
)

// TestExamples: the contracts that the README shows are without a finding.
func TestExamples(t *testing.T) {
	fsys := os.DirFS("../../examples")
	set, problems := contracts.LoadDir(fsys, ".")
	if len(set) < 2 || len(problems) > 0 {
		t.Fatalf("%d contracts load, with:\n%s", len(set), text(problems))
	}
	if found := text(rules.Check(set, fsys, now)); found != "" {
		t.Errorf("findings:\n%s", found)
	}
}
