package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/payload"
)

// unbuilt refuses what a contract may say of the events of a flow and a run
// cannot do yet, so that no run passes without it.
func (r *resolver) unbuilt(f *Flow, path document.Path) {
	at := path.Add("event")
	if key := f.Produces.Key; key != nil && !payload.KnowsKeys(key.SerializedAs()) {
		r.Error(NotBuilt, at, fmt.Sprintf("load with keys written as %s is not built; string, json, long and those with a schema are", key.SerializedAs()), "")
	}
	topics := []string{f.Topic}
	for i := range f.Reactions {
		topics = append(topics, f.Reactions[i].topics()...)
		if p := f.Reactions[i].Produces; p != nil {
			r.recognition(p, at)
		}
	}
	for i, topic := range topics {
		if strings.Contains(topic, "{env}") && !slices.Contains(topics[:i], topic) {
			r.Error(NotBuilt, at, fmt.Sprintf("the environment in the topic %s cannot be given: that is not built", topic), "name the topic of the run in the contract")
		}
	}
}

// recognition refuses effects that observers cannot tell from other events of
// their topic.
func (r *resolver) recognition(effect *contracts.Produces, at document.Path) {
	m := effect.Match
	if m == nil || m.Header != "" {
		return
	}
	r.Error(NotBuilt, at, fmt.Sprintf("knowing the effect %s by %s is not built; by a header is", effect.Event, matched(m)), "write match: {header: NAME}")
}

func matched(m *contracts.Match) string {
	if m.Value != "" {
		return "its value at " + m.Value
	}
	return "its schema's name " + m.Name
}

// unjudged says which objectives of the contracts a run leaves out.
func (r *resolver) unjudged() {
	if slices.Contains(r.s.Invariants, invariant.LagBounded) {
		return
	}
	for _, c := range r.plan.participants() {
		if o := c.Objectives; o != nil && o.Lag != nil && o.Lag.Age > 0 {
			r.plan.note("%s bounds the age of its lag, which is not judged without the invariant lag-bounded", c.Service.Name)
		}
	}
}
