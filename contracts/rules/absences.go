package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// absences reports what a contract leaves out that is worth having: one
// finding for each thing, however many interactions lack it.
func (c *checker) absences(contract *contracts.Contract) {
	if contract.Service.Owner == "" {
		c.report(contract, OwnerMissing, contract.Doc.Position("service"),
			fmt.Sprintf("%s has no owner: who broke by a change cannot be asked", contract.Service.Name), "add service: {owner: team-orders}")
	}
	var untraced, unshown, unseen absence
	for i := range contract.Produces {
		p := &contract.Produces[i]
		at := func() *finding.Position { return contract.Doc.Position("produces", i, "event") }
		_, traced := p.Headers["traceparent"]
		_, extension := p.Headers["ce_traceparent"]
		untraced.note(!traced && !extension, p.Event, at)
		unshown.note(len(p.Examples) == 0, p.Event, at)
	}
	for i := range contract.Consumes {
		in := &contract.Consumes[i]
		unseen.note(in.Effect == nil, in.Event, func() *finding.Position { return contract.Doc.Position("consumes", i, "event") })
	}
	c.absent(contract, TraceparentMissing, untraced, "no header traceparent is promised of %s: a trace ends at the broker", "add headers: {traceparent: required}")
	c.absent(contract, ExamplesMissing, unshown, "there is no example of %s", "add examples: ["+exampleFile(unshown)+"]")
	c.absent(contract, EffectMissing, unseen, "nothing shows that %s was processed: loss and doubles cannot be proved", "add effect: {event: …, correlate: envelope:causationid}")
}

// absence are the events of a contract that lack the same thing.
type absence struct {
	events []string
	at     *finding.Position
	more   []finding.Related
}

func (a *absence) note(absent bool, event string, at func() *finding.Position) {
	const most = 10 // related places of one finding
	if !absent || event == "" {
		return
	}
	a.events = append(a.events, event)
	switch {
	case len(a.events) == 1:
		a.at = at()
	case len(a.events) <= most:
		a.more = append(a.more, related(at(), "%s", event)...)
	}
}

// exampleFile is the name that people give an example of the first event.
func exampleFile(a absence) string {
	if len(a.events) == 0 {
		return ""
	}
	return ExampleFile(a.events[0])
}

// ExampleFile is where an example of an event goes, beside its contract, that
// names no file for it.
func ExampleFile(event string) string {
	return "examples/" + strings.Join(words(lastPart(event)), "-") + ".json"
}

func (c *checker) absent(contract *contracts.Contract, id string, a absence, message, hint string) {
	if len(a.events) > 0 {
		c.report(contract, id, a.at, fmt.Sprintf(message, some(a.events)), hint, a.more...)
	}
}

// objectives reports objectives that the same contract makes impossible.
func (c *checker) objectives(contract *contracts.Contract) {
	o := contract.Objectives
	if o == nil {
		return
	}
	slowest, longest, inPlace := time.Duration(0), time.Duration(0), time.Duration(0)
	var timeout, retries, blocking *finding.Position
	for i := range contract.Consumes {
		in := consumed{contract, i}
		promise := in.promise()
		if d := time.Duration(promise.SessionTimeout); d > slowest {
			slowest, timeout = d, in.at("session-timeout")
		}
		if promise.Retry == nil {
			continue
		}
		horizon := promise.Retry.Horizon()
		if promise.Effect != nil && horizon > longest {
			longest, retries = horizon, in.at("retry")
		}
		if len(promise.Retry.Topics) == 0 && horizon > inPlace {
			inPlace, blocking = horizon, in.at("retry")
		}
	}
	c.impossible(contract, []string{"recovery"}, time.Duration(o.Recovery), slowest, timeout, "a consumer that crashes is noticed after its session timeout, %s")
	c.impossible(contract, []string{"effect", "max"}, time.Duration(o.Effect["max"]), longest, retries, "an event that is retried to the last has its effect after %s")
	if o.Lag != nil {
		c.impossible(contract, []string{"lag", "age"}, time.Duration(o.Lag.Age), inPlace, blocking, "a record that is retried in place holds up those behind it for %s")
	}
}

func (c *checker) impossible(contract *contracts.Contract, path []string, bound, needed time.Duration, cause *finding.Position, why string) {
	if bound == 0 || needed < bound {
		return
	}
	full := []any{"objectives"}
	for _, step := range path {
		full = append(full, step)
	}
	c.report(contract, ObjectiveImpossible, contract.Doc.Position(full...),
		fmt.Sprintf("%s %s cannot be met: "+why, strings.Join(path, "."), length(bound), length(needed)),
		"loosen the objective, or shorten what makes it impossible", related(cause, "the cause")...)
}
