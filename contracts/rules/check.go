package rules

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Check judges contracts together. fsys is what they were loaded from;
// schemas, examples and bodies are read from it. now decides which waivers
// have expired. The findings are sorted by place.
func Check(set []*contracts.Contract, fsys fs.FS, now time.Time) []finding.Finding {
	c := &checker{
		set:     set,
		files:   files{fsys: fsys, schemas: map[string]*schemaFile{}},
		now:     now,
		byEvent: map[string][]produced{},
	}
	for _, contract := range set {
		for i := range contract.Produces {
			p := produced{contract, i}
			if name := p.promise().Event; name != "" {
				c.byEvent[name] = append(c.byEvent[name], p)
			}
		}
	}
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
		if contract.AsyncAPI != "" {
			c.report(contract, AsyncAPIUnchecked, contract.Doc.Position("asyncapi"),
				fmt.Sprintf("%s is not read: events, addresses and schemas that only it gives are not checked", contract.AsyncAPI),
				"state address and schema of each interaction in the contract")
		}
	}
	c.disagreements()
	return c.waived()
}

// checker collects what is found about a set of contracts.
type checker struct {
	set     []*contracts.Contract
	files   files
	now     time.Time
	byEvent map[string][]produced
	found   []owned
}

// owned is a finding with the contract whose waivers apply to it.
type owned struct {
	finding.Finding
	owner  *contracts.Contract
	waived bool
}

func (c *checker) report(owner *contracts.Contract, id string, at *finding.Position, message, hint string, related ...finding.Related) {
	c.found = append(c.found, owned{owner: owner, Finding: finding.Finding{
		ID: id, Severity: severities[id], Message: message, Position: at, Hint: hint, Related: related,
	}})
}

// related is a second place; a model that was built in Go has none.
func related(at *finding.Position, format string, args ...any) []finding.Related {
	if at == nil {
		return nil
	}
	return []finding.Related{{Position: *at, Message: fmt.Sprintf(format, args...)}}
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

// address is where an event travels, in words and for comparison; "" where
// the contract does not say.
func address(a contracts.Address) string {
	switch {
	case a.Kafka != nil:
		return "topic " + a.Kafka.Topic
	case a.RabbitMQ != nil:
		return fmt.Sprintf("rabbitmq exchange %q, routing key %q, queue %q", a.RabbitMQ.Exchange, a.RabbitMQ.RoutingKey, a.RabbitMQ.Queue)
	case a.Redis != nil:
		return "redis stream " + a.Redis.Stream
	case a.EventBridge != nil:
		return fmt.Sprintf("eventbridge bus %q, detail-type %q", a.EventBridge.Bus, a.EventBridge.DetailType)
	}
	return ""
}
