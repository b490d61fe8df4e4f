package promise_test

import (
	"slices"
	"testing"

	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// TestEachPromiseHasARule: each kind of promise is explained, and each that is
// explained there is.
func TestEachPromiseHasARule(t *testing.T) {
	explained := promise.Rules()
	seen := map[string]bool{promise.Alive: true, promise.UnknownEvent: true}
	for _, file := range []string{contract, "testdata/framed.yaml"} {
		promises, findings := promise.Load(file)
		if finding.Errors(findings) > 0 {
			t.Fatal(findings)
		}
		for _, p := range promises {
			seen[p.RuleID()] = true
			if !slices.ContainsFunc(explained, func(r finding.Rule) bool { return r.ID == p.RuleID() }) {
				t.Errorf("%s has no rule %s", p.ID(), p.RuleID())
			}
		}
	}
	for _, r := range explained {
		if !seen[r.ID] {
			t.Errorf("there is no promise of the rule %s", r.ID)
		}
	}
}
