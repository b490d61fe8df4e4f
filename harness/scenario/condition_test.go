package scenario

import (
	"testing"
	"time"

	"github.com/flowweir/weir/chaos/fault"
)

func TestConditionsThatCannotComeTrue(t *testing.T) {
	const two = "consumers: [{group: probe, topics: [order.events]}, {group: other, topics: [order.events]}]\n"
	for _, tt := range []struct {
		name, when string
		more       string
		want       []string
	}{
		{"more acks than records", "{acks: 101}", "", []string{":5:24 scenario/timing: the load has only 100 records"}},
		{"no group", "{lag: '> 5'}", "", []string{":5:23 scenario/target: no group reads what is sent, so that none has a lag"}},
		{"several groups", "{lag: '> 5'}", two, []string{":5:23 scenario/target: several groups have a lag: other, probe"}},
		{"an unknown group", "{lag: '> 5', group: prob}", two, []string{`:5:37 scenario/target: no group prob reads what is sent`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, findings := Resolve(scenarioOf(t, both, load10, "faults: [{when: "+tt.when+", kill: {broker: 0}}]\n", tt.more))
			for i := range tt.want {
				tt.want[i] = "testdata/plan/s.yaml" + tt.want[i]
			}
			equal(t, summary(findings), tt.want)
		})
	}
}

func TestConditionsOfAPlan(t *testing.T) {
	p := planOf(t, both, load10, "consumers: [{group: probe, topics: [order.events]}, {group: other, topics: [order.events]}]\n",
		"faults: [{when: {acks: 100}, kill: {broker: 0}}, {when: {lag: '>1k', group: probe, until: 10s}, kill: {broker: 0}}]\n")
	equal(t, []*fault.Condition{p.Faults[0].When, p.Faults[1].When},
		[]*fault.Condition{{Acks: 100}, {Group: "probe", Lag: 1000, Until: 10 * time.Second}})
	p = planOf(t, both, load10, "consumers: [{group: probe, topics: [order.events]}]\n", "faults: [{when: {lag: '> 0'}, kill: {broker: 0}}]\n")
	equal(t, p.Faults[0].When, &fault.Condition{Group: "probe"})
}

// TestChangesThatMayOverlap: of a change that waits nobody knows when it is.
func TestChangesThatMayOverlap(t *testing.T) {
	const change = "alter-topic: {topic: order.events, config: {retention.ms: 1}}"
	for _, tt := range []struct {
		first, second string
		want          []string
	}{
		{"at: 9s", "when: {acks: 1}", []string{"it may overlap the fault at 9s, which changes the same: healed in turn, they would not leave what there was before"}},
		{"when: {acks: 1}, heal-after: 1s", "at: 9s", []string{"it may overlap the fault when 1 records are acked, which changes the same: healed in turn, they would not leave what there was before"}},
		{"when: {acks: 1, until: 2s}, heal-after: 1s", "at: 3s", nil},
		{"when: {acks: 1, until: 2s}, heal-after: 1s", "at: 2900ms", []string{"it may overlap the fault when 1 records are acked, which changes the same: healed in turn, they would not leave what there was before"}},
	} {
		_, findings := Resolve(scenarioOf(t, both, load10, "faults: [{"+tt.first+", "+change+"}, {"+tt.second+", "+change+"}]\n"))
		var said []string
		for _, f := range findings {
			said = append(said, f.Message)
		}
		equal(t, said, tt.want)
	}
}
