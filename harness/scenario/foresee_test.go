package scenario

import (
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/harness/embedded"
)

// TestForesee: what no run can judge is told before one, and nothing else is.
func TestForesee(t *testing.T) {
	const (
		load       = "load: [{topic: bench, payload: {size: 10B}, profile: [{hold: 1k/s, for: 20s}]}]\nwarmup: 10s\n"
		alone      = "load: [{topic: bench, payload: {size: 10B}, observe: false, producer: {acks: none}, profile: [{hold: 1k/s, for: 20s}]}]\nwarmup: 10s\n"
		groups     = "consumers: [{group: g, topics: [bench]}]\n"
		unanswered = "with acks none nothing of bench is acknowledged"
		kill       = "faults: [{at: 12s, kill: {broker: 1}, heal-after: 2s}]\n"
	)
	cannot := func(objective, why string) []string {
		return []string{"the objective " + objective + " cannot be judged, however the run goes: " + why}
	}
	for _, tt := range []struct {
		name       string
		scenario   string
		objectives string
		notes      []string
	}{
		{"enough records", load, "steady: {publish: {p99: 1s, max: 1s}, end-to-end: {p90: 1s}, achieved: 99%, errors: 1%}", nil},
		{"one too few", "load: [{topic: bench, payload: {size: 10B}, profile: [{hold: 1k/s, for: 19999ms}]}]\nwarmup: 10s\n", "steady: {publish: {p99: 1s, p90: 1s}}",
			cannot("publish.p99", "not judged (n = 9999 < 10000)")},
		{"of the run", load, "run: {send: {p99.9: 1s}}", cannot("run.send.p99.9", "not judged (n = 10000 < 100000)")},
		{"two loads", load[:len("load: [")] + "{topic: bench, payload: {size: 10B}, profile: [{hold: 500/s, for: 20s}]}, {topic: other, payload: {size: 10B}, profile: [{hold: 500/s, for: 20s}]}]\nwarmup: 10s\n",
			"steady: {publish: {p99: 1s}}", nil},
		{"acks that nobody gives", alone, "steady: {publish: {p50: 1s}}", cannot("publish.p50", "not judged (n = 0)")},
		{"what nobody acknowledges", alone + kill, "run: {achieved: 90%, errors: 1%}, fault: {achieved: 1%, unavailable: 9s}, healed: {within: 9s, errors: 1%}", slices.Concat(
			cannot("run.achieved", unanswered), cannot("run.errors", unanswered), cannot("fault.unavailable", unanswered),
			cannot("fault.achieved", unanswered), cannot("healed.within", unanswered), cannot("healed.errors", unanswered))},
		{"loss of what nobody acknowledges", strings.Replace(alone, "observe: false, ", "", 1) + "invariants: [no-loss]\n", "steady: {}", []string{
			"the invariant no-loss will be vacuous, however the run goes: " + unanswered}},
		{"what is not read back", alone, "steady: {end-to-end: {max: 1s}}", cannot("end-to-end.max", "not judged (n = 0)")},
		{"no effect", load, "steady: {effect: {p50: 1s}}", cannot("effect.p50", "not judged (n = 0)")},
		{"nobody reads", load, "steady: {lag: {records: 9}}", cannot("lag", "no group was watched")},
		{"somebody reads", load + groups, "steady: {lag: {records: 9}}, fault: {lag: {records: 9}}",
			cannot("fault.lag", "not known in the fault phase")},
		{"no fault", load, "fault: {publish: {p50: 1s}}", cannot("fault.publish.p50", "not judged (n = 0)")},
		{"no fault to heal", load, "healed: {within: 9s}", cannot("healed.within", "no fault bit")},
		{"a fault", load + groups + kill, "fault: {unavailable: 9s, publish: {p50: 1s}, lag: {records: 9}, achieved: 1%}, healed: {within: 9s, errors: 1%}", nil},
		{"partitions", load, "partitions: {publish: {p50: 1s, p99: 1s}}",
			cannot("partitions.publish.p99", "3 of 3 partitions not judged, such as bench/0 (n = 3333 < 10000)")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := planOf(t, tt.scenario, "objectives: {"+tt.objectives+"}\n")
			p.foresee()
			equal(t, p.Notes, tt.notes)
		})
	}
}

// TestForeseeLeavesContractsAlone: what a contract promises is left out of a
// run that is too short for it, and says so there.
func TestForeseeLeavesContractsAlone(t *testing.T) {
	p := planOf(t, "contracts: [orders.yaml]\n", "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}]}]\n")
	if len(p.objectives()) == 0 {
		t.Fatal("the contract has no objectives")
	}
	before := len(p.Notes)
	p.foresee()
	equal(t, len(p.Notes), before)
}

// TestForeseenIsNoWarning: the objectives say it themselves at the end, so that
// nothing warns of it behind them.
func TestForeseenIsNoWarning(t *testing.T) {
	s, findings := Parse("s.yaml", []byte("weir: scenario/v1\nname: n\nload: [{topic: bench, payload: {size: 10B}, profile: [{hold: 1/s, for: 1s}]}]\nobjectives: {steady: {publish: {p99: 1s}}}\n"))
	equal(t, summary(findings), []string(nil))
	x, _, err := newExecution(t.Context(), s, configured([]Option{With(embedded.Provider())}))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, x.plan.foreseen, []string{"the objective publish.p99 cannot be judged, however the run goes: not judged (n = 0 < 10000)"})
	equal(t, x.plan.Notes, x.plan.foreseen)
	equal(t, len(x.info.Warnings), 0)
}
