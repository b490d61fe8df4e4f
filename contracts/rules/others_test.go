package rules_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestJoin: waivers hold for the findings of other packages as they do for
// Check's own, each for its own contract, and one that is used so is not
// unused.
func TestJoin(t *testing.T) {
	fsys := fstest.MapFS{
		"a.weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: a, owner: team}
consumes: [{event: com.acme.Gone, topic: t, group: g, idempotency: {key: $.id}}]
waive:
  - {rule: check/event-unproduced, reason: soon, until: 2026-12-31}
  - {rule: check/need-retained, reason: agreed, until: 2026-12-31}
  - {rule: breaking/key-changed, reason: over, until: 2026-01-01}
  - {rule: check/mode-weaker, reason: none, until: 2026-12-31}
`)},
		"b.weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: b, owner: team}\nproduces: [{event: com.acme.Sent, topic: t}]\n")},
	}
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatal(text(problems))
	}
	other := func(owner *contracts.Contract, id string, line int) rules.Other {
		return rules.Other{Owner: owner, Finding: finding.Finding{ID: id, Severity: finding.Error, Message: "m", Position: &finding.Position{File: "b.weir.yaml", Line: line}}}
	}
	others := []rules.Other{
		other(set[1], "check/need-retained", 4), other(set[0], "check/need-retained", 3),
		other(set[0], "breaking/key-changed", 2), other(nil, "check/need-retained", 1),
	}
	var got []string
	for _, f := range rules.Join(rules.Check(set, fsys, now), others, now) {
		if f.Severity == finding.Info && len(f.Message) < 30 || f.ID == rules.WaiverUnused || f.ID == rules.WaiverExpired || f.Position.File == "b.weir.yaml" && f.Severity != finding.Info {
			got = append(got, fmt.Sprintf("%s: %s: %s", f.Position, f.Severity, f.ID))
		}
	}
	want := []string{
		"a.weir.yaml:7:5: error: check/waiver-expired",
		"a.weir.yaml:8:5: warning: check/waiver-unused",
		"b.weir.yaml:1: error: check/need-retained",
		"b.weir.yaml:2: error: breaking/key-changed",
		"b.weir.yaml:4: error: check/need-retained",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	waived := rules.Waive(others[1], now)
	if waived.Severity != finding.Info || waived.Message != "m (waived until 2026-12-31: agreed)" {
		t.Errorf("waived: %+v", waived)
	}
	if late := rules.Waive(others[1], now.AddDate(0, 0, 60)); late.Severity != finding.Error || late.Message != "m" {
		t.Errorf("after its end: %+v", late)
	}
	if others[1].Severity != finding.Error {
		t.Error("the given findings were changed")
	}
}
