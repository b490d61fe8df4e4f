// Package matrix holds every consumer against every producer: what a service
// reads, its own schema or the fields that it needs, against each version of
// the producer's schema whose records may still be on the topic. It also
// holds the versions of each schema against each other, under the mode that
// the producer declares.
//
// A reader that understands today's events and not last week's fails on the
// first replay, restart from an old offset, or record that waited in a retry
// topic. This is what a registry, which compares a subject with itself, does
// not see.
//
// Guarantees: what could not be read or decided is a finding, never silence;
// findings do not depend on the order in which versions are compared.
package matrix

import (
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// Options say how schemas are compared.
type Options struct {
	schema.Dialect
	// Now decides which versions a topic may still hold.
	Now time.Time
	// Only limits what is compared to pairs with one of these services, by
	// name; nil compares all.
	Only []string
}

// Check compares all pairs of a set of contracts. The findings are in the
// order of the contracts.
func Check(set []*contracts.Contract, loader *versions.Loader, o Options) []rules.Found {
	m := &matrix{set: set, loader: loader, options: o, producers: map[string][]produced{}, topics: topicFacts(set)}
	for _, c := range set {
		for i := range c.Produces {
			if event := c.Produces[i].Event; event != "" {
				m.producers[event] = append(m.producers[event], produced{c, i})
			}
		}
	}
	return m.check()
}

// Evolution is the part of Check that holds the current schema of one event, the
// i-th that a contract produces, against its published versions.
func Evolution(c *contracts.Contract, i int, loader *versions.Loader, o Options) []rules.Found {
	p := &pass{matrix: &matrix{loader: loader, options: o}, contract: c}
	p.evolution(produced{c, i}.value())
	return p.all()
}

// KeyEvolution is Evolution of the schema of the event's key, nothing where the
// key has none.
func KeyEvolution(c *contracts.Contract, i int, loader *versions.Loader, o Options) []rules.Found {
	p := &pass{matrix: &matrix{loader: loader, options: o}, contract: c}
	if key, ok := (produced{c, i}).key(); ok {
		p.evolution(key)
	}
	return p.all()
}

type matrix struct {
	set       []*contracts.Contract
	loader    *versions.Loader
	options   Options
	producers map[string][]produced
	topics    map[string]history.Retention
}

// check judges contracts side by side; each worker reports for itself.
func (m *matrix) check() []rules.Found {
	each := make([][]rules.Found, len(m.set))
	var group errgroup.Group
	group.SetLimit(m.atOnce())
	questions := make([][]question, len(m.set))
	for n, c := range m.set {
		group.Go(func() error {
			p := &pass{matrix: m, contract: c}
			for i := range c.Produces {
				if !m.wanted(c.Service.Name) {
					continue
				}
				p.evolution(produced{c, i}.value())
				if key, ok := (produced{c, i}).key(); ok {
					p.evolution(key)
				}
			}
			for i := range c.Consumes {
				p.reads(consumed{c, i})
			}
			each[n], questions[n] = p.found, p.questions
			return nil
		})
	}
	_ = group.Wait() // no worker fails
	return append(slices.Concat(each...), unanswered(slices.Concat(questions...))...)
}

// atOnce is how many contracts are judged at once: of a registry the answers are
// waited for, which takes no core.
func (m *matrix) atOnce() int {
	const asking = 8
	if m.loader.AsksRegistry() {
		return max(asking, runtime.GOMAXPROCS(0))
	}
	return runtime.GOMAXPROCS(0)
}

// wanted reports whether pairs with one of the services are compared.
func (m *matrix) wanted(services ...string) bool {
	if m.options.Only == nil {
		return true
	}
	return slices.ContainsFunc(services, func(s string) bool { return slices.Contains(m.options.Only, s) })
}

// pass is the work on one contract.
type pass struct {
	*matrix
	contract  *contracts.Contract
	found     []rules.Found
	questions []question // that a registry did not answer
}

// all is what was found, and what could not be asked.
func (p *pass) all() []rules.Found { return append(p.found, unanswered(p.questions)...) }

func (p *pass) report(f finding.Finding) {
	if f.Severity == "" {
		f.Severity = severities[f.ID]
	}
	p.found = append(p.found, rules.Found{Finding: f, Owner: p.contract})
}

type produced struct {
	contract *contracts.Contract
	i        int
}

func (p produced) promise() *contracts.Produces { return &p.contract.Produces[p.i] }

func (p produced) at(path ...any) *finding.Position {
	return p.contract.Doc.Position(append([]any{"produces", p.i}, path...)...)
}

// evolving is a schema of a producer that has versions.
type evolving struct {
	produced
	of      *contracts.Schema // nil where there is none
	message string            // for Protobuf
	what    string            // in sentences
	place   *finding.Position
	// promises is where a mode of its own, or the lack of one, is told.
	promises *finding.Position
}

// value is the schema of the event itself.
func (p produced) value() evolving {
	return evolving{p, p.contract.SchemaOf(p.promise().Schema), p.message(), p.promise().Event, p.at("schema"), p.at("event")}
}

// key is the schema of the event's key, if it has one of its own.
func (p produced) key() (evolving, bool) {
	key := p.promise().Key
	if key == nil || key.Schema == nil {
		return evolving{}, false
	}
	return evolving{p, p.contract.SchemaOf(*key.Schema), "", "the key of " + p.promise().Event, p.at("key", "schema"), p.at("key", "schema")}, true
}

// message is the full name by which Protobuf knows the event.
func (p produced) message() string {
	if m := p.promise().Match; m != nil {
		return m.Name
	}
	return ""
}

type consumed struct {
	contract *contracts.Contract
	i        int
}

func (c consumed) promise() *contracts.Consumes { return &c.contract.Consumes[c.i] }

func (c consumed) at(path ...any) *finding.Position {
	return c.contract.Doc.Position(append([]any{"consumes", c.i}, path...)...)
}

// topicFacts is how long topics keep records, from whichever contract says
// so. A topic of which none says it keeps everything, to be safe.
func topicFacts(set []*contracts.Contract) map[string]history.Retention {
	facts := map[string]history.Retention{}
	for _, c := range set {
		for name, t := range c.Topics {
			if r, stated := versions.Retention(t); stated {
				facts[name] = r
			}
		}
	}
	return facts
}

// retentionOf is how long the topic keeps records.
func (m *matrix) retentionOf(topic string) history.Retention {
	if r, ok := m.topics[topic]; ok {
		return r
	}
	return history.Retention{Forever: true}
}
