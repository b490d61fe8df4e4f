package scenario

import (
	"strings"
	"testing"

	"github.com/flowweir/weir/chaos/fault"
)

const randomKills = "random: {seed: 7, pause: 500ms, faults: [{kill: {broker: 0}, heal-after: 1s, weight: 2}, {pause: {broker: 1}, heal-after: 500ms}]}\n"

// TestRandomFaults: the seed of the mix draws, and not that of the run.
func TestRandomFaults(t *testing.T) {
	p := planOf(t, both, load10, randomKills)
	p.draw(1)
	want := strings.Join(fault.Timeline(p.Schedule()), "\n")
	equal(t, want, `4.557s    kill broker 0, healed after 1s
6.489s    pause broker 1, healed after 500ms
7.987s    kill broker 0, healed after 1s`)
	equal(t, p.Notes[1:], []string{"3 random faults are drawn from seed 7; the first third of what comes after the warm-up, from 1s to 4s, is without any"})
	for i, f := range p.Schedule() {
		equal(t, f.Index, i)
	}
	other := planOf(t, both, load10, randomKills)
	other.draw(2)
	equal(t, strings.Join(fault.Timeline(other.Schedule()), "\n"), want)

	of := planOf(t, both, load10, strings.Replace(randomKills, "seed: 7, ", "", 1))
	of.draw(7)
	equal(t, strings.Join(fault.Timeline(of.Schedule()), "\n"), want)
	of.draw(8)
	if strings.Join(fault.Timeline(of.Schedule()), "\n") == want {
		t.Error("the run's seed does not count")
	}
}

func TestRandomFaultsThatDoNotFit(t *testing.T) {
	for _, tt := range []struct{ random, want string }{
		{"{pause: 1s, faults: [{kill: {broker: 0}, heal-after: 1s}]}", ":5:9 scenario/timing: not each of the faults fits into a third of the load of 9s after its warm-up, with pauses of 1s: it must be at least 12s"},
		{"{faults: [{kill: {leader-of: order.evens/0}, heal-after: 1s}]}", ":5:38 scenario/unknown-topic: no contract of this scenario uses topic order.evens"},
	} {
		_, findings := Resolve(scenarioOf(t, both, load10, "random: "+tt.random+"\n"))
		equal(t, summary(findings), []string{"testdata/plan/s.yaml" + tt.want})
	}
}
