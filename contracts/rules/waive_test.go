package rules_test

import (
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestWaive: a waiver holds for its own contract and rule, until its day has
// passed.
func TestWaive(t *testing.T) {
	owner := &contracts.Contract{Waive: []contracts.Waiver{
		{Rule: "breaking/key-changed", Reason: "over", Until: "2026-01-01"},
		{Rule: "breaking/key-changed", Reason: "agreed", Until: "2026-12-31"},
	}}
	given := finding.Finding{ID: "breaking/key-changed", Severity: finding.Error, Message: "m"}
	other := given
	other.ID = "breaking/key-removed"
	for _, tt := range []struct {
		name  string
		found rules.Found
		days  int
		want  string
	}{
		{"waived", rules.Found{Finding: given, Owner: owner}, 0, "info: m (waived until 2026-12-31: agreed)"},
		{"after its end", rules.Found{Finding: given, Owner: owner}, 60, "error: m"},
		{"another rule", rules.Found{Finding: other, Owner: owner}, 0, "error: m"},
		{"another contract", rules.Found{Finding: given, Owner: &contracts.Contract{}}, 0, "error: m"},
		{"no contract", rules.Found{Finding: given}, 0, "error: m"},
	} {
		f, waived := rules.Waive(tt.found, now.AddDate(0, 0, tt.days))
		if waived != (f.Severity == finding.Info) {
			t.Errorf("%s: waived %t", tt.name, waived)
		}
		if got := string(f.Severity) + ": " + f.Message; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
