package gate

import (
	"maps"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// party is one version of a service, live or to be.
type party struct {
	service, version string
	// contract is that of the version under the name "SERVICE VERSION", so
	// that what is found about it says which version it means.
	contract  *contracts.Contract
	candidate bool
}

func (p *party) String() string { return p.contract.Service.Name }

func newParty(version string, c *contracts.Contract) *party {
	named := *c
	named.Service.Name += " " + version
	return &party{service: c.Service.Name, version: version, contract: &named}
}

// asking is the work on one question.
type asking struct {
	Question
	loader *versions.Loader
	// news are the candidates, olds the live versions of their services that
	// they replace, others those of all other services.
	news, olds, others []*party
	// facts states what all contracts state about topics, and where consumers
	// leave what they fail on, and nothing else.
	facts *contracts.Contract
	solo  map[*party]*solo

	findings             []finding.Finding
	reasons              []string // why the answer is unknown
	tolerated            []string // why it would be, but for the policy
	breaches             []breach
	consumers, producers map[string]bool
}

func newAsking(q Question) *asking {
	a := &asking{
		Question: q, loader: versions.New(q.FS, q.Registry), solo: map[*party]*solo{},
		facts:     &contracts.Contract{Topics: map[string]contracts.Topic{}},
		consumers: map[string]bool{}, producers: map[string]bool{},
	}
	for _, c := range q.Candidates {
		n := newParty(c.Version, c.Contract)
		n.candidate = true
		a.news = append(a.news, n)
	}
	for _, v := range q.Environment.Live() {
		switch {
		case v.Contract == nil || a.again(v):
		case a.replaced(v.Service):
			a.olds = append(a.olds, newParty(v.Version, v.Contract))
		default:
			a.others = append(a.others, newParty(v.Version, v.Contract))
		}
	}
	for _, p := range slices.Concat(a.olds, a.others, a.news) {
		maps.Copy(a.facts.Topics, p.contract.Topics)
		for _, in := range p.contract.Consumes {
			a.facts.Consumes = append(a.facts.Consumes, contracts.Consumes{Event: in.Event, Address: in.Address, Retry: in.Retry, DLQ: in.DLQ})
		}
	}
	return a
}

// again says whether a live version is one of those that are to be deployed.
func (a *asking) again(v *deployment.LiveVersion) bool {
	return slices.ContainsFunc(a.news, func(n *party) bool { return n.service == v.Service && n.version == v.Version })
}

// replaced says whether a service is one of those that are deployed.
func (a *asking) replaced(service string) bool {
	return slices.ContainsFunc(a.news, func(n *party) bool { return n.service == service })
}

// after are all whose contracts hold once the candidates are there.
func (a *asking) after() []*party { return slices.Concat(a.news, a.others) }

// sends says whether a party sends an event.
func (p *party) sends(event string) bool {
	return slices.ContainsFunc(p.contract.Produces, func(out contracts.Produces) bool { return out.Event == event })
}

// sendsTo says whether a party sends an event where it is read. An address that
// is not stated may be any.
func (a *asking) sendsTo(p *party, in *contracts.Consumes) bool {
	return slices.ContainsFunc(p.contract.Produces, func(out contracts.Produces) bool {
		return out.Event == in.Event && a.meets(out.Address, in)
	})
}

// same says whether a producer and a consumer meet, as package matrix does.
// Exchanges lead to queues in ways that contracts do not say, so other
// transports than Kafka are taken for one address each.
func same(sent, read contracts.Address) bool {
	return sent.Transport() == "" || read.Transport() == "" ||
		sent.Transport() == read.Transport() && sent.TopicName() == read.TopicName()
}

// meets says whether an event comes from where it is sent to where it is read,
// also by way of others that failed on it.
func (a *asking) meets(sent contracts.Address, in *contracts.Consumes) bool {
	return same(sent, in.Address) || slices.ContainsFunc(contracts.FailedFrom([]*contracts.Contract{a.facts}, in.Event, in.Address), func(first contracts.Address) bool {
		return same(sent, first)
	})
}

// reads says whether a party reads any event of another one.
func (p *party) reads(writer *party) bool {
	return slices.ContainsFunc(p.contract.Consumes, func(in contracts.Consumes) bool {
		return writer.sends(in.Event)
	})
}

// topics are all topics that a party writes to or reads from.
func (p *party) topics() map[string]bool {
	all := map[string]bool{}
	for _, out := range p.contract.Produces {
		all[out.TopicName()] = true
	}
	for _, in := range p.contract.Consumes {
		all[in.TopicName()] = true
		if in.Retry != nil {
			for _, topic := range in.Retry.Topics {
				all[topic] = true
			}
		}
		if in.DLQ != nil {
			all[in.DLQ.Topic] = true
		}
	}
	for topic := range p.contract.Topics {
		all[topic] = true
	}
	delete(all, "")
	return all
}

// meets says whether two parties have an event or a topic in common.
func (p *party) meets(other *party) bool {
	if p.reads(other) || other.reads(p) {
		return true
	}
	for _, out := range p.contract.Produces {
		if other.sends(out.Event) {
			return true
		}
	}
	theirs := other.topics()
	for topic := range p.topics() {
		if theirs[topic] {
			return true
		}
	}
	return false
}
