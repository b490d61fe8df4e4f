package scenario

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

// Reaction is a consumer entry of a flow's event, and what shows from outside
// what became of each event.
type Reaction struct {
	Contract *contracts.Contract
	Consumes *contracts.Consumes
	// Consumer names it in results: its service, with its group where the
	// service consumes the event in several.
	Consumer string
	// Produces is the interaction of its effect, in the contract Producer; both
	// are nil where none is declared.
	Produces *contracts.Produces
	Producer *contracts.Contract
	// source says that its effect is asked for, and that there is whom to ask.
	source bool
	// entry is the index of Consumes in its contract.
	entry int
}

// retries are the retry topics of the consumer.
func (r *Reaction) retries() []string {
	if r.Consumes.Retry == nil {
		return nil
	}
	return r.Consumes.Retry.Topics
}

// topics are those in which the reaction is watched, beside the flow's own.
func (r *Reaction) topics() []string {
	topics := slices.Clone(r.retries())
	if r.Produces != nil {
		topics = append(topics, r.Produces.TopicName())
	}
	if r.Consumes.DLQ != nil {
		topics = append(topics, r.Consumes.DLQ.Topic)
	}
	return topics
}

// reactions finds the consumers of the flow's event and what shows that they
// processed it.
func (r *resolver) reactions(f *Flow, path document.Path) {
	for _, c := range r.plan.Contracts {
		for i := range c.Consumes {
			consumes := &c.Consumes[i]
			if consumes.Event != f.Load.Event || consumes.TopicName() != f.Topic {
				continue
			}
			if !r.present(c.Service.Name) {
				r.plan.note("%s consumes %s but is not part of this run: its effects and dead letters are not watched", c.Service.Name, f.Load.Event)
				continue
			}
			f.Reactions = append(f.Reactions, Reaction{Contract: c, Consumes: consumes, Consumer: c.Service.Name, entry: i})
		}
	}
	f.nameGroups()
	for i := range f.Reactions {
		r.effect(f, &f.Reactions[i], path)
	}
	r.sameEffects(f, path)
}

// nameGroups tells apart the reactions of one service.
func (f *Flow) nameGroups() {
	services := map[*contracts.Contract]int{}
	for i := range f.Reactions {
		services[f.Reactions[i].Contract]++
	}
	for i := range f.Reactions {
		if x := &f.Reactions[i]; services[x.Contract] > 1 {
			x.Consumer += " (group " + x.Consumes.Group + ")"
		}
	}
}

// effect finds what produces the effect of a reaction: the consumer itself, or
// else another service.
func (r *resolver) effect(f *Flow, x *Reaction, path document.Path) {
	e := x.Consumes.Effect
	if e == nil {
		r.plan.note("%s declares no effect for %s: whether it was processed is not watched", x.Consumer, f.Load.Event)
		return
	}
	if x.asked() {
		r.askable(f, x, path)
		return
	}
	at := x.Contract.Doc.Position("consumes", x.entry, "effect")
	if x.Producer, x.Produces = x.Contract, x.Contract.Producer(e.Event); x.Produces == nil {
		x.Producer, x.Produces = r.producer(e.Event)
	}
	if x.Produces == nil {
		r.Error(UnknownEvent, path.Add("event"), fmt.Sprintf("the effect of %s is %s (%s), which no contract of this scenario produces", f.Load.Event, e.Event, at), document.Suggest(e.Event, r.events()))
	}
}

// sameEffects refuses reactions whose effects nothing tells apart: one's would
// hide that another has none.
func (r *resolver) sameEffects(f *Flow, path document.Path) {
	for i := range f.Reactions {
		for j := range f.Reactions[:i] {
			a, b := &f.Reactions[j], &f.Reactions[i]
			if r.sameQuestion(a, b) {
				r.Error(SameEffect, path.Add("event"), fmt.Sprintf("nothing tells the effects of %s from those of %s: both ask the same", a.Consumer, b.Consumer),
					"let each count its own, or run them in two scenarios")
			}
			if a.Produces == nil || b.Produces == nil || toldApart(a.Produces, b.Produces) {
				continue
			}
			r.Error(SameEffect, path.Add("event"), fmt.Sprintf("nothing tells the effect of %s (%s) from that of %s (%s) in %s",
				a.Consumer, a.Consumes.Effect.Event, b.Consumer, b.Consumes.Effect.Event, a.Produces.TopicName()),
				"let each have an event of its own, known by match: {header: NAME}, or run them in two scenarios")
		}
	}
}

// toldApart says whether a record of one event is never taken for the other.
func toldApart(a, b *contracts.Produces) bool {
	if a.TopicName() != b.TopicName() {
		return true
	}
	return a.Event != b.Event && a.Recognition().Header != "" && a.Recognition().Header == b.Recognition().Header
}
