package scenario

import (
	"testing"
	"time"

	"github.com/flowweir/weir/chaos/invariant"
)

// TestLagBounds: the scenario's objectives outrank the contract of the
// consumer, each bound for itself; groups without any have none.
func TestLagBounds(t *testing.T) {
	const (
		services = "services: [{name: lagging-service, command: [x]}]\n"
		probe    = "consumers: [{group: probe, topics: [order.events]}]\n"
		listed   = "invariants: [lag-bounded]\n"
		contract = "testdata/plan/lagging.yaml"
	)
	contracts := "contracts: [orders.yaml, lagging.yaml]\n"
	for _, tt := range []struct {
		name  string
		parts []string
		want  []invariant.LagBound
	}{
		{"of the contract", []string{contracts, services, load10, probe, listed}, []invariant.LagBound{
			{Group: "lagging", Records: 500, Source: contract}, {Group: "lagging", Age: 20 * time.Second, Source: contract},
		}},
		{"of the scenario", []string{contracts, services, load10, probe, listed, "objectives: {steady: {lag: {records: 70}}}\n"}, []invariant.LagBound{
			{Group: "lagging", Records: 70, Source: planFile}, {Group: "lagging", Age: 20 * time.Second, Source: contract},
			{Group: "probe", Records: 70, Source: planFile},
		}},
		{"of the whole run", []string{contracts, load10, probe, listed, "objectives: {run: {lag: {age: 3s}}}\n"}, []invariant.LagBound{{Group: "probe", Age: 3 * time.Second, Source: planFile}}},
	} {
		t.Run(tt.name, func(t *testing.T) { equal(t, planOf(t, tt.parts...).lagBounds(), tt.want) })
	}
}

// TestPatience: poison may hold up others for as long as the lag may be old, or
// else as long as it is tried in place, and some more.
func TestPatience(t *testing.T) {
	p := planOf(t, "contracts: [orders.yaml, lagging.yaml, payments.yaml, patient.yaml]\n",
		"services: [{name: lagging-service, command: [x]}, {name: payment-service, command: [x]}, {name: patient-service, command: [x]}]\n", load10)
	got := map[string]time.Duration{}
	for i := range p.Flows[0].Reactions {
		r := &p.Flows[0].Reactions[i]
		got[r.Consumer] = r.patience(p.lagBounds())
	}
	equal(t, got, map[string]time.Duration{"lagging-service": 20 * time.Second, "payment-service": 10 * time.Second, "patient-service": 13 * time.Second})
}

// TestEffectsOfOthers: where another service writes the effect, nothing is said
// of when the consumer commits.
func TestEffectsOfOthers(t *testing.T) {
	const alone = "contracts: [orders.yaml, payments.yaml, patient.yaml]\nservices: [{name: patient-service, command: [x]}]\n" + load10
	s := scenarioOf(t, alone, "invariants: [commit-after-effect]\n")
	if _, findings := Resolve(s); len(findings) != 1 || findings[0].ID != Inapplicable {
		t.Errorf("%v", summary(findings))
	}
	s = scenarioOf(t, alone, "invariants: [commit-after-effect]\n")
	p, findings := Resolve(s, "payment-service")
	equal(t, summary(findings), []string(nil))
	equal(t, p.Notes, []string{"another service writes the effect of patient-service: whether it commits before it is done is not judged"})
}
