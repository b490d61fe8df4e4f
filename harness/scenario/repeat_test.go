package scenario

import (
	"testing"

	"github.com/flowweir/weir/chaos/fault"
)

// TestFaultsThatComeAgain: each time has a place of its own in the run.
func TestFaultsThatComeAgain(t *testing.T) {
	p := planOf(t, both, load10, "faults: [{every: 4s, kill: {broker: 0}, heal-after: 1s}, {at: 5s, kill: {broker: 1}}, {every: 6s, at: 0s, kill: {broker: 2}, heal-after: 1s}]\n")
	equal(t, fault.Timeline(p.Schedule()), []string{
		"0s        kill broker 2, healed after 1s",
		"4s        kill broker 0, healed after 1s",
		"5s        kill broker 1",
		"6s        kill broker 2, healed after 1s",
		"8s        kill broker 0, healed after 1s",
	})
	for i, f := range p.Schedule() {
		equal(t, f.Index, i)
	}
}

// TestRepeatedChangesThatOverlap: only the second time of the one meets the
// other.
func TestRepeatedChangesThatOverlap(t *testing.T) {
	const change = "alter-topic: {topic: order.events, config: {retention.ms: 1}}, heal-after: 1s"
	_, findings := Resolve(scenarioOf(t, both, load10, "faults: [{every: 4s, "+change+"}, {at: 8500ms, "+change+"}]\n"))
	equal(t, summary(findings), []string{"testdata/plan/s.yaml:5:128 scenario/timing: it overlaps the fault at 8s, which changes the same: healed in turn, they would not leave what there was before"})
	_, findings = Resolve(scenarioOf(t, both, load10, "faults: [{at: 8500ms, "+change+"}, {every: 5s, "+change+"}]\n"))
	equal(t, summary(findings), []string(nil))
}
