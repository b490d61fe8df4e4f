// Package breaking says what the contracts of a set promise less than they
// did before: against the state of a git revision or a directory ([Compare]),
// or against what a schema registry has ([Registered]).
//
// It compares two things. Schemas, the old one with the new one, under the
// mode of compatibility that the event's contract declares; where old
// contract, new contract and registry differ, under all that they ask for
// together. The findings have the ids and the counter-examples of package
// compat. And promises: where an event travels, how it is keyed, ordered,
// delivered and framed, how a consumer retries and what it shows of its work.
// Their rules have ids breaking/..., listed by [Rules].
//
// Services are matched by name, interactions by event, and by address where a
// service has one event at several. An event that another service took over
// at the same address is held to the old promise. Values are compared as they
// are in effect: to write a default out is no change.
//
// A promise that is broken is an error where a contract of the new set relies
// on it, which the finding then names, and a warning where none does.
//
// Guarantees: what could not be read or decided is a finding that says so,
// never silence, and so is that two states have nothing in common; findings
// depend on the contracts alone, not on their order.
//
// It does not judge the new contracts by themselves, nor consumers against
// producers: that is for the packages rules and matrix. A service without a
// contract is not known to rely on anything.
package breaking

import (
	"io/fs"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// Side is one state of a set of contracts.
type Side struct {
	// Name is what findings call the old state: "main", "release-1.4".
	Name      string
	Contracts []*contracts.Contract
	// FS is what the contracts were loaded from, and Loader has the schemas
	// that they name.
	FS     fs.FS
	Loader *versions.Loader
	// incomplete: a contract could not be read, which is a finding of its own.
	incomplete bool
}

// Options say what is compared, and how. The zero value is the default.
type Options struct {
	schema.Dialect
	// Now decides of which retained versions a topic may still hold records.
	// The zero value takes it that it holds records of all.
	Now time.Time
	// Only limits the comparison to services of these names and to the topics
	// that they state facts about; nil compares all.
	Only []string
	// Subject names the subject of an event's schema in a registry, for
	// Registered; by default that of TopicNameStrategy.
	Subject Strategy
}

// Compare says what the latest contracts promise less than the old ones. The
// findings are in the order of the old contracts, those about topics last;
// each has the contract of the new set whose waivers apply to it, none where
// the service has no contract any more.
func Compare(old, latest Side, o Options) []rules.Found {
	c := newComparison(old, latest, o)
	each := make([][]rules.Found, len(old.Contracts))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n, was := range old.Contracts {
		if !c.wanted(was) {
			continue
		}
		group.Go(func() error {
			p := &pass{comparison: c, old: was, latest: c.services[was.Service.Name]}
			p.service()
			each[n] = p.found
			return nil
		})
	}
	_ = group.Wait() // no worker fails
	topics := &pass{comparison: c}
	topics.topics()
	topics.unrelated()
	return append(slices.Concat(each...), topics.found...)
}

// comparison is what all passes look things up in.
type comparison struct {
	oldSide, newSide Side
	options          Options
	services         map[string]*contracts.Contract // of the new set, by name
	// Of the new set, by event, and by topic in any role.
	producers map[string][]producer
	consumers map[string][]consumer
	// before are the producers of the old set.
	before map[string][]producer
}

func newComparison(old, latest Side, o Options) *comparison {
	c := &comparison{
		oldSide: old, newSide: latest, options: o, services: map[string]*contracts.Contract{},
		producers: producersOf(latest.Contracts), before: producersOf(old.Contracts), consumers: map[string][]consumer{},
	}
	for _, contract := range latest.Contracts {
		if name := contract.Service.Name; c.services[name] == nil {
			c.services[name] = contract
		}
		for i := range contract.Consumes {
			event := contract.Consumes[i].Event
			c.consumers[event] = append(c.consumers[event], consumer{contract, i})
		}
	}
	return c
}

func producersOf(set []*contracts.Contract) map[string][]producer {
	all := map[string][]producer{}
	for _, contract := range set {
		for i := range contract.Produces {
			event := contract.Produces[i].Event
			all[event] = append(all[event], producer{contract, i})
		}
	}
	return all
}

func (c *comparison) wanted(contract *contracts.Contract) bool {
	return c.options.Only == nil || slices.Contains(c.options.Only, contract.Service.Name)
}

// pass compares one service, whose new contract is nil if it is gone.
type pass struct {
	*comparison
	old, latest *contracts.Contract
	found       []rules.Found
}

// report adds a finding about a contract; a severity that is "" is that of
// the rule.
func (p *pass) report(owner *contracts.Contract, f finding.Finding) {
	if f.Severity == "" {
		f.Severity = severities[f.ID]
	}
	p.found = append(p.found, rules.Found{Finding: f, Owner: owner})
}

// service compares the interactions of a service with those that it had.
func (p *pass) service() {
	if p.latest == nil {
		p.serviceRemoved()
		return
	}
	for _, both := range pairs(p.old.Produces, p.latest.Produces, sameProduct, sameEvent) {
		was := producer{p.old, both.old}
		if both.latest < 0 {
			p.eventRemoved(was)
			continue
		}
		p.produces(was, producer{p.latest, both.latest})
	}
	for _, both := range pairs(p.old.Consumes, p.latest.Consumes, sameReading, sameChannel, sameGroup, sameConsumed) {
		was := consumer{p.old, both.old}
		if both.latest < 0 {
			p.consumerRemoved(was)
			continue
		}
		p.consumes(was, consumer{p.latest, both.latest})
	}
	p.objectives()
}

// producer is the i-th of a contract's produces.
type producer struct {
	contract *contracts.Contract
	i        int
}

func (p producer) promise() *contracts.Produces { return &p.contract.Produces[p.i] }

func (p producer) at(path ...any) *finding.Position {
	return p.contract.Doc.Position(append([]any{"produces", p.i}, path...)...)
}

func (p producer) service() string { return p.contract.Service.Name }

// consumer is the i-th of a contract's consumes.
type consumer struct {
	contract *contracts.Contract
	i        int
}

func (c consumer) promise() *contracts.Consumes { return &c.contract.Consumes[c.i] }

func (c consumer) at(path ...any) *finding.Position {
	return c.contract.Doc.Position(append([]any{"consumes", c.i}, path...)...)
}

func (c consumer) service() string { return c.contract.Service.Name }
