package scenario

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/run"
)

// The address of a database comes from the environment, and is refused before
// anything starts, without being shown.
func TestDatabaseOfTheEnvironment(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://till:s3cret@db/till": "",
		"":                               `testdata/plan/s.yaml:4:59: scenario/template: line 1, column 3: {{.Env}}: the variable TILL_DB is not set`,
		"mysql://till:s3cret@db/till":    `testdata/plan/s.yaml:4:59: scenario/database: there is no driver for databases of "mysql": there is one for postgres`,
		"till:s3cret@db":                 "testdata/plan/s.yaml:4:59: scenario/database: the address of a database is a URL, such as postgres://user@host:5432/name",
	} {
		t.Setenv("TILL_DB", address)
		s := scenarioOf(t, "contracts: [orders.yaml, ledger.yaml]\n", `services: [{name: ledger-service, command: [x], database: '{{.Env "TILL_DB"}}'}]`+"\n", load10)
		plan, findings := Resolve(s)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		x := &execution{plan: plan}
		got, err := x.address(0)
		var said string
		if refused := (*PlanError)(nil); errors.As(err, &refused) {
			f := refused.Findings[0]
			said = strings.Join([]string{f.Position.String(), f.ID, f.Message}, ": ")
		}
		if said != want || want == "" && got != address || want != "" && got != "" {
			t.Errorf("%q: got %q, %q\nwant %q", address, got, said, want)
		}
	}
}

// A variable of the environment is in no text that is shown or kept.
func TestEnvironmentIsForDatabasesAlone(t *testing.T) {
	t.Setenv("TILL_DB", "s3cret")
	plan := planOf(t, both, `services: [{name: payment-service, command: [x], env: {DB: '{{.Env "TILL_DB"}}'}}]`+"\n", load10)
	x := &execution{plan: plan}
	_, err := x.expandService(&plan.Scenario.Services[0], 0, "", service.Vars{Bootstrap: "b:9092"})
	if err == nil || !strings.Contains(err.Error(), "a variable of the environment can be named in database alone") || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

// An objective on effects whose times nobody knows is withheld: a contract's
// without a verdict, the scenario's own as inconclusive, and neither passes.
func TestObjectivesOnEffectsThatAreCounted(t *testing.T) {
	const why = "not judged: the effects of ledger-service are counted after the load, and when each came is not known"
	plan := planOf(t, "contracts: [orders.yaml, ledger.yaml]\n", "services: [{name: ledger-service, command: [x], database: 'postgres://db/till'}]\n", load10)
	m := &measured{timeless: plan.timeless(), latencies: []run.Latency{{Kind: histogram.Effect.String(), Phase: run.PhaseSteady, Count: 1, Max: time.Millisecond}}}
	for _, o := range bounds(&contracts.Objectives{Effect: map[string]document.Duration{"max": document.Duration(time.Second)}}, run.PhaseSteady, "x.yaml", true) {
		if want, got, ok, judged, note := o.judge(m); want != "≤ 1s" || got != "—" || ok || judged || note != why {
			t.Error(want, got, ok, judged, note)
		}
		m.timeless = ""
		if _, got, ok, judged, _ := o.judge(m); got != "1ms" || !ok || !judged {
			t.Error(got, ok, judged)
		}
	}
	if other := planOf(t, both, paying, load10).timeless(); other != "" {
		t.Error(other)
	}
}
