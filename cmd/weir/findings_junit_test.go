package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/junit"
)

// TestSuitesWithoutContracts: what was looked at is there even if nothing was
// found, and what has no place is under the verb.
func TestSuitesWithoutContracts(t *testing.T) {
	at := finding.Finding{ID: "a/b", Position: &finding.Position{File: "f.json", Line: 2}}
	nowhere := finding.Finding{ID: "c/d"}
	for _, tt := range []struct {
		found []finding.Finding
		want  []junit.Suite
	}{
		{nil, []junit.Suite{{Name: "weir compat", Cases: []junit.Case{{Class: "weir compat", Name: "weir compat"}}}}},
		{[]finding.Finding{at, nowhere, at}, []junit.Suite{
			{Name: "f.json", Cases: []junit.Case{{Class: "f.json", Name: "a/b", File: "f.json", Line: 2, Findings: []finding.Finding{at, at}}}},
			{Name: "weir compat", Cases: []junit.Case{{Class: "weir compat", Name: "c/d", Findings: []finding.Finding{nowhere}}}},
		}},
	} {
		got := judged{verb: "compat", counted: counted{Findings: tt.found}}.suites()
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
