package breaking

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// unrelated reports two states that have neither a service nor an event in
// common: that nothing breaks between them is no evidence. Where old contracts
// could not be read, their findings say so already.
func (p *pass) unrelated() {
	if p.oldSide.incomplete || len(p.newSide.Contracts) == 0 || p.inCommon() {
		return
	}
	message := fmt.Sprintf("nothing was compared: %s has no contract", p.oldSide.Name)
	if len(p.oldSide.Contracts) > 0 {
		message += fmt.Sprintf(" of a service or an event that is here; it has %s", finding.List(names(p.oldSide.Contracts)))
	}
	p.report(nil, finding.Finding{
		ID: NothingCompared, Message: message, Position: p.newSide.Contracts[0].Doc.Position("service", "name"),
		Hint: "name the state that has the old contracts, at the paths where they are now; a first contract has none before it",
	})
}

// inCommon reports whether anything of the old state is there in the new one.
func (c *comparison) inCommon() bool {
	return slices.ContainsFunc(c.oldSide.Contracts, func(was *contracts.Contract) bool {
		known := func(e contracts.Produces) bool { return len(c.producers[e.Event])+len(c.consumers[e.Event]) > 0 }
		return c.services[was.Service.Name] != nil || slices.ContainsFunc(was.Produces, known)
	})
}

// names are those of the first services of a set.
func names(set []*contracts.Contract) []string {
	const most = 3
	var all []string
	for _, c := range set {
		if len(all) == most {
			return append(all, fmt.Sprintf("%d others", len(set)-most))
		}
		all = append(all, c.Service.Name)
	}
	return all
}
