package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

// Inapplicable is the id of an invariant that a scenario lists and that nothing
// in it could break, or show to be broken.
const Inapplicable = "scenario/inapplicable"

// invariants takes the scenario's list, and refuses those that cannot apply.
func (r *resolver) invariants() {
	r.plan.Invariants = r.s.Invariants
	if r.plan.blind || r.partial || r.unsure {
		return
	}
	for i, name := range r.s.Invariants {
		if why, hint := r.plan.inapplicable(name); why != "" {
			r.Error(Inapplicable, document.Path{"invariants", i}, fmt.Sprintf("%s cannot be judged: %s", name, why), hint)
		}
	}
	if !r.plan.lists(invariant.CommitAfterEffect) {
		return
	}
	for _, f := range r.plan.Flows {
		for i := range f.Reactions {
			if x := &f.Reactions[i]; x.Produces != nil && !x.own() {
				r.plan.note("another service writes the effect of %s: whether it commits before it is done is not judged", x.Consumer)
			}
		}
	}
}

// lists says whether the scenario lists one of some invariants.
func (p *Plan) lists(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(p.Invariants, name) })
}

// inapplicable says why an invariant says nothing of the scenario, if so.
func (p *Plan) inapplicable(name string) (why, hint string) {
	switch name {
	case invariant.CommitAfterEffect:
		if !p.anyReaction(func(_ *Flow, r *Reaction) bool { return r.own() && r.Consumes.Group != "" }) {
			return "no consumer of the load has a group and writes an effect of its own",
				"declare it in the consumer's contract: effect: {event: NAME, correlate: envelope:causationid}"
		}
	case invariant.NoCommitRegression, invariant.NoDoubleOwner, invariant.NoNeedlessRebalance:
		if len(p.groups()) == 0 {
			return "no group reads what is sent", "start a service whose contract names its group, or list consumers"
		}
	case invariant.NoAbortedRead:
		if !p.anyReaction(func(f *Flow, r *Reaction) bool { return f.aborts() && r.shown() }) {
			return "no transaction is aborted of an event whose effects can be seen", "write in the load: transactions: {records: 10, abort: 10%}"
		}
	case invariant.HealthyKeysFlow:
		if !p.anyReaction(func(f *Flow, r *Reaction) bool { return p.poisons(f) && r.Consumes.Group != "" }) {
			return "no poison comes before a consumer", "add to the faults: {always: true, poison: {event: NAME, share: 1%}}"
		}
	case invariant.LagBounded:
		if len(p.lagBounds()) == 0 {
			return "nothing bounds the lag of a group", "write in the consumer's contract, or in the scenario's steady objectives: lag: {records: 10000}"
		}
	}
	return "", ""
}

func (p *Plan) anyReaction(is func(*Flow, *Reaction) bool) bool {
	for _, f := range p.Flows {
		for i := range f.Reactions {
			if is(f, &f.Reactions[i]) {
				return true
			}
		}
	}
	return false
}

// own says whether the consumer writes its effect itself.
func (r *Reaction) own() bool {
	return r.Produces != nil && r.Contract.Producer(r.Consumes.Effect.Event) != nil
}

func (f *Flow) aborts() bool { return f.Load.Transactions != nil && f.Load.Transactions.Abort > 0 }

func (p *Plan) poisons(f *Flow) bool { return p.share(fault.Poison, f) > 0 }

// lagBounds are how far each group may be behind: as the scenario's objectives
// say, or else the contract of the consumer.
func (p *Plan) lagBounds() []invariant.LagBound {
	var bounds []invariant.LagBound
	for _, g := range p.groups() {
		var records, age invariant.LagBound
		take := func(o *contracts.LagObjective, source string) {
			if o != nil && o.Records > 0 && records.Records == 0 {
				records = invariant.LagBound{Group: g.name, Records: int64(o.Records), Source: source}
			}
			if o != nil && o.Age > 0 && age.Age == 0 {
				age = invariant.LagBound{Group: g.name, Age: time.Duration(o.Age), Source: source}
			}
		}
		for _, o := range []*contracts.Objectives{p.Scenario.Objectives.Steady, p.Scenario.Objectives.Run} {
			if o != nil {
				take(o.Lag, p.Scenario.Doc.File())
			}
		}
		p.anyReaction(func(_ *Flow, r *Reaction) bool {
			if o := r.Contract.Objectives; o != nil && r.Consumes.Group == g.name {
				take(o.Lag, r.Contract.Doc.File())
			}
			return false
		})
		for _, b := range []invariant.LagBound{records, age} {
			if b.Group != "" {
				bounds = append(bounds, b)
			}
		}
	}
	return bounds
}

// defaultPatience is for how long poison may hold up a partition of a consumer
// of which nobody says how old its lag may be, beside the waits of its retries
// in place.
const defaultPatience = 10 * time.Second

// patience is for how long poison may hold up records of other keys: as long as
// what the consumer has not committed may be old, or else as long as it tries
// in place, and some more.
func (r *Reaction) patience(bounds []invariant.LagBound) time.Duration {
	for _, b := range bounds {
		if b.Group == r.Consumes.Group && b.Age > 0 {
			return b.Age
		}
	}
	wait := defaultPatience
	if retry := r.Consumes.Retry; retry != nil && len(retry.Topics) == 0 {
		for attempt := 2; attempt <= retry.Attempts; attempt++ {
			if d := retry.Backoff.Delay(attempt); wait+d > wait { // unless it is without end
				wait += d
			}
		}
	}
	return wait
}
