package breaking

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// serviceRemoved reports a service whose contract is gone, as far as nobody
// took its events over. What it consumed is missed only as far as commands
// go.
func (p *pass) serviceRemoved() {
	var lost []string
	var rely []consumer
	for i := range p.old.Produces {
		was := producer{p.old, i}
		heirs, others := p.heirs(was)
		for _, heir := range heirs {
			p.produces(was, heir)
		}
		if len(heirs)+len(others) == 0 {
			lost = append(lost, was.promise().Event)
			rely = append(rely, p.readers(was.promise().Event, was.promise().Channel())...)
		}
	}
	for i := range p.old.Consumes {
		p.commandUnheard(consumer{p.old, i})
	}
	if len(lost) == 0 {
		return
	}
	name := p.old.Service.Name
	f := finding.Finding{
		ID: ServiceRemoved, Severity: severity(rely), Position: p.old.Doc.Position("service", "name"),
		Message: fmt.Sprintf("%s is gone with its contract, and with it %s%s", name, finding.List(lost), whom(rely)),
		Hint:    "let its consumers go first; where another service takes the events over, let it produce them at the same address",
		Related: p.places(nil, rely),
	}
	p.report(nil, f)
}

// heirs are the services that took an event over at its address, others
// those that produced it there before as well.
func (p *pass) heirs(was producer) (heirs, others []producer) {
	promise := was.promise()
	for _, now := range p.producers[promise.Event] {
		if now.service() == was.service() || now.promise().Channel() != promise.Channel() {
			continue
		}
		isOld := func(b producer) bool {
			return b.service() == now.service() && b.promise().Channel() == promise.Channel()
		}
		if slices.ContainsFunc(p.before[promise.Event], isOld) {
			others = append(others, now)
			continue
		}
		heirs = append(heirs, now)
	}
	return heirs, others
}

// eventRemoved reports an event that a service no longer produces, or no
// longer at an address; one that another took over is held to the promise.
func (p *pass) eventRemoved(was producer) {
	heirs, others := p.heirs(was)
	if len(heirs) > 0 {
		for _, heir := range heirs {
			p.produces(was, heir)
		}
		return
	}
	event, channel := was.promise().Event, was.promise().Channel()
	rely := p.readers(event, channel)
	f := finding.Finding{
		ID: EventRemoved, Severity: severity(rely), Position: p.latest.Doc.Position("service", "name"),
		Message: fmt.Sprintf("%s no longer produces %s", was.service(), event),
		Hint:    "produce it until its consumers have moved to what replaces it",
	}
	if p.latest.Producer(event) != nil {
		f.Message += " by " + channel.String()
	}
	f.Message += whom(rely)
	if len(others) > 0 {
		f.Severity = finding.Warning
		f.Message += fmt.Sprintf("; it still comes from %s", others[0].service())
	}
	f.Related = p.places(was.at("event"), rely)
	p.report(p.latest, f)
}

// consumerRemoved reports what others miss where a service no longer
// consumes an event: its answer to a command, and the effect that they
// consume. Otherwise everybody may stop to listen.
func (p *pass) consumerRemoved(was consumer) {
	p.commandUnheard(was)
	if effect := was.promise().Effect; effect != nil && effect.Event != "" {
		p.effectLost(was, nil)
	}
}

// commandUnheard reports a command that nobody carries out any more.
func (p *pass) commandUnheard(was consumer) {
	promise := was.promise()
	senders := slices.DeleteFunc(slices.Clone(p.producers[promise.Event]), func(s producer) bool {
		return s.promise().Kind != contracts.KindCommand || s.promise().Channel() != promise.Channel()
	})
	if len(senders) == 0 || len(p.readers(promise.Event, promise.Channel())) > 0 {
		return
	}
	f := finding.Finding{
		ID: ConsumerRemoved, Position: was.at("event"),
		Message: fmt.Sprintf("%s no longer carries out the command %s, and no other contract here does", was.service(), promise.Event),
		Hint:    "let its senders go first, or let another service consume it",
	}
	if p.latest != nil {
		f.Position = p.latest.Doc.Position("service", "name")
		f.Related = related(was.at("event"), "before, in %s", p.oldSide.Name)
	}
	for _, sender := range senders {
		f.Related = append(f.Related, related(sender.at("event"), "%s sends it", sender.service())...)
	}
	p.report(p.latest, f)
}
