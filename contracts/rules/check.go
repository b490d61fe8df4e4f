package rules

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// Check judges contracts together. fsys is what they were loaded from;
// schemas, examples and bodies are read from it, one at a time. now decides
// which waivers have expired. The findings are sorted by place.
//
// Contracts that stand on AsyncAPI documents are loaded from asyncapi.Files,
// which completes them and is their fsys.
func Check(set []*contracts.Contract, fsys fs.FS, now time.Time) []finding.Finding {
	return CheckWith(set, fsys, now, Others{})
}

// Others is what other packages have found about the same contracts, for
// waivers to apply to it, too.
type Others struct {
	// Rules are those by which they look. A waiver of one of them that waives
	// nothing is found.
	Rules []Rule
	Found []Found
	// Known are the ids of all rules that there are, whoever looks by them: a
	// waiver of another one is found. Without it those of check/ are known.
	Known func() []string
	// Loader has the schemas of the contracts, where others have loaded them:
	// each file is then parsed once. It must be of the same files.
	Loader *versions.Loader
	// ReadersCompared says that they have compared the schemas that consumers
	// read by with those of producers. Without it each is NeedUnchecked.
	ReadersCompared bool
	// AllContracted says that no service is without a contract in the set.
	// Without it an event that nobody consumes may well have readers.
	AllContracted bool
}

// Found is a finding with the contract whose waivers apply to it.
type Found struct {
	finding.Finding
	Owner *contracts.Contract
}

// newChecker makes a checker that has found what others have.
func newChecker(set []*contracts.Contract, fsys fs.FS, now time.Time, others Others) *checker {
	reading := &oneAtATime{fsys: fsys}
	if others.Loader == nil {
		others.Loader = versions.New(reading, nil)
	}
	return &checker{
		index:  indexOf(set),
		others: others,
		files:  files{fsys: reading, loader: others.Loader, schemas: map[schema.Declared]*schemaFile{}, resolved: map[schemaName]resolvedSchema{}},
		now:    now,
	}
}

// CheckWith is Check together with what others have found: all findings are
// in one order, and the waivers of a contract apply to all that is found
// about it.
func CheckWith(set []*contracts.Contract, fsys fs.FS, now time.Time, others Others) []finding.Finding {
	c := newChecker(set, fsys, now, others)
	for _, f := range others.Found {
		c.found = append(c.found, owned{Found: f})
	}
	c.files.preload(set)
	c.services()
	c.topics()
	for _, contract := range set {
		c.schemas(contract)
		for i := range contract.Produces {
			c.produces(produced{contract, i})
		}
		for i := range contract.Consumes {
			c.consumes(consumed{contract, i})
		}
		c.whole(contract)
	}
	c.events()
	c.channels()
	c.failureLoops()
	c.sharedRetries()
	c.sharedGroups()
	return c.waived()
}

// checker collects what is found about a set of contracts.
type checker struct {
	index
	others Others
	files  files
	now    time.Time
	found  []owned
	// suggested counts the names that were compared to find a near one.
	suggested int
}

type owned struct {
	Found
	waived bool
}

func (c *checker) report(owner *contracts.Contract, id string, at *finding.Position, message, hint string, related ...finding.Related) {
	c.reportAs(severities[id], owner, id, at, message, hint, related...)
}

// reportAs reports a finding that is less serious than the rule's others.
func (c *checker) reportAs(severity finding.Severity, owner *contracts.Contract, id string, at *finding.Position, message, hint string, related ...finding.Related) {
	c.found = append(c.found, owned{Found: Found{Owner: owner, Finding: finding.Finding{
		ID: id, Severity: severity, Message: message, Position: at, Hint: hint, Related: related,
	}}})
}

// related is a second place; a model that was built in Go has none.
func related(at *finding.Position, format string, args ...any) []finding.Related {
	if at == nil {
		return nil
	}
	return []finding.Related{{Position: *at, Message: fmt.Sprintf(format, args...)}}
}

// relatedField is where a field is declared, in a schema with its path.
func relatedField(f field.Field, format string, args ...any) []finding.Related {
	return related(&f.Position, "%s", f.Position.Of(fmt.Sprintf(format, args...)))
}

// produced is an interaction of a contract: the i-th of produces.
type produced struct {
	contract *contracts.Contract
	i        int
}

func (p produced) promise() *contracts.Produces { return &p.contract.Produces[p.i] }

func (p produced) at(path ...any) *finding.Position {
	return p.contract.Doc.Position(append([]any{"produces", p.i}, path...)...)
}

func (p produced) service() string { return p.contract.Service.Name }

// consumed is an interaction of a contract: the i-th of consumes.
type consumed struct {
	contract *contracts.Contract
	i        int
}

func (c consumed) promise() *contracts.Consumes { return &c.contract.Consumes[c.i] }

func (c consumed) at(path ...any) *finding.Position {
	return c.contract.Doc.Position(append([]any{"consumes", c.i}, path...)...)
}

func (c consumed) service() string { return c.contract.Service.Name }

// produces checks one interaction by itself.
func (c *checker) produces(p produced) {
	c.examples(p)
	c.bodies(p)
	c.key(p)
	c.sentOrder(p)
	c.sentAcks(p)
	c.match(p)
	c.envelope(p)
	c.kind(p)
	c.unread(p)
}

// consumes checks one interaction by itself and against its producers.
func (c *checker) consumes(in consumed) {
	if in.promise().Event == "" {
		return
	}
	c.loops(in)
	c.effect(in)
	c.failures(in)
	c.retry(in)
	var producers []produced
	if all := c.byEvent[in.promise().Event]; len(all) == 0 {
		c.unproduced(in)
	} else {
		producers = c.sameAddress(in, all)
	}
	for _, p := range producers {
		c.needs(in, p)
		c.reads(in, p)
	}
	c.readOrder(in, producers)
	c.idempotency(in, producers)
}

// reads checks what one producer means for one consumer, fields aside.
func (c *checker) reads(in consumed, p produced) {
	c.isolation(in, p)
	c.domainConsumed(in, p)
}

// whole checks what concerns a contract and not one of its interactions.
func (c *checker) whole(contract *contracts.Contract) {
	c.documented(contract)
	c.absences(contract)
	c.members(contract)
	c.objectives(contract)
}

// events checks what the producers of one event have in common.
func (c *checker) events() {
	c.names()
	for _, event := range c.eventNames {
		c.agreements(c.byEvent[event])
	}
	c.integrations()
}

// channels checks what the events of one address have in common, and the
// facts that contracts state about topics.
func (c *checker) channels() {
	for _, channel := range c.channelOrder {
		senders := c.bySend[channel]
		c.tellApart(channel, senders)
		c.mixed(channel, senders)
	}
	c.durability()
	c.unusedTopics()
	for _, contract := range c.set {
		c.topicSettings(contract)
	}
}
