package rules

import (
	"io/fs"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// CheckOnly is the part of CheckWith that concerns some services, by name:
// what is found about their contracts, about the interactions of others that
// consume what they produce, and about others where it is related to them.
// All of others.Found is kept. Schemas that this does not need are not opened,
// so that one service of many is judged in a fraction of the time.
func CheckOnly(set []*contracts.Contract, fsys fs.FS, now time.Time, others Others, services []string) []finding.Finding {
	c := newChecker(set, fsys, now, others)
	o := chosen{checker: c, services: services, shared: map[string]bool{}}
	for _, contract := range set {
		for i := range contract.Consumes {
			if dlq := contract.Consumes[i].DLQ; dlq != nil && o.has(contract) {
				o.shared[dlq.Topic] = true
			}
		}
	}
	c.services()
	c.topics()
	c.events()
	c.channels()
	c.failureLoops()
	c.sharedRetries()
	c.sharedGroups()
	c.found = slices.DeleteFunc(c.found, func(f owned) bool { return !o.concerns(f.Found) })
	for _, contract := range set {
		o.contract(contract)
	}
	for _, f := range others.Found {
		c.found = append(c.found, owned{Found: f})
	}
	findings := c.waived()
	// A waiver of another contract may be for what was not looked for.
	return slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return (f.ID == WaiverUnused || f.ID == WaiverExpired) && f.Position != nil && !o.file(f.Position.File)
	})
}

// chosen is the work on some services.
type chosen struct {
	*checker
	services []string
	// shared are the topics of the services' dead letters.
	shared map[string]bool
}

func (o *chosen) has(contract *contracts.Contract) bool {
	return contract != nil && slices.Contains(o.services, contract.Service.Name)
}

// file reports whether a file is the contract of one of the services.
func (o *chosen) file(name string) bool {
	return slices.ContainsFunc(o.set, func(c *contracts.Contract) bool { return o.has(c) && c.Doc.File() == name })
}

// concerns reports whether a finding is about one of the services, or related
// to it.
func (o *chosen) concerns(f Found) bool {
	return o.has(f.Owner) || slices.ContainsFunc(f.Related, func(r finding.Related) bool { return o.file(r.Position.File) })
}

// contract checks a contract of the services, or of another one what it
// consumes of theirs.
func (o *chosen) contract(contract *contracts.Contract) {
	if o.has(contract) {
		o.schemas(contract)
		for i := range contract.Produces {
			o.produces(produced{contract, i})
		}
		for i := range contract.Consumes {
			o.consumes(consumed{contract, i})
		}
		o.whole(contract)
		return
	}
	theirs := func(p produced) bool { return o.has(p.contract) }
	for i := range contract.Consumes {
		in := consumed{contract, i}
		switch {
		case slices.ContainsFunc(o.byEvent[in.promise().Event], theirs):
			o.consumes(in)
		case in.promise().DLQ != nil && o.shared[in.promise().DLQ.Topic]:
			o.failuresBeside(in)
		}
	}
}

// failuresBeside takes up where another service's dead letters lie, which
// decides who is found to share the topic; what is wrong with them by itself
// is not asked for.
func (o *chosen) failuresBeside(in consumed) {
	before := o.found
	o.found = nil
	o.failures(in)
	for _, f := range o.found {
		if o.concerns(f.Found) {
			before = append(before, f)
		}
	}
	o.found = before
}
