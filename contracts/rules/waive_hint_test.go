package rules_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
)

// TestWaiverOfAnUnknownRule: the nearest rule is named, of whatever family, and
// not the first ones of the alphabet.
func TestWaiverOfAnUnknownRule(t *testing.T) {
	fsys := fstest.MapFS{"weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: a, owner: team-a}
consumes: [{event: a.b.Placed, topic: t, group: a}]
waive:
  - {rule: rules/dlq-missing, reason: another family, until: 2027-01-01}
  - {rule: dlq-missin, reason: no family, until: 2027-01-01}
  - {rule: check/zzzzzzzzzz, reason: near nothing, until: 2027-01-01}
`)}}
	c, findings := contracts.Load(fsys, "weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	known := func() (ids []string) {
		for _, r := range rules.Rules() {
			ids = append(ids, r.ID)
		}
		return ids
	}
	var got []string
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, f := range rules.CheckWith([]*contracts.Contract{c}, fsys, now, rules.Others{Known: known}) {
		if f.ID == rules.WaiverUnused {
			got = append(got, f.Message+": "+f.Hint)
		}
	}
	want := []string{
		`there is no rule rules/dlq-missing, so the waiver does nothing: did you mean "check/dlq-missing"?`,
		`there is no rule dlq-missin, so the waiver does nothing: did you mean "check/dlq-missing"?`,
		`there is no rule check/zzzzzzzzzz, so the waiver does nothing: weir explain lists the rules; name one of them, or remove the waiver`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
