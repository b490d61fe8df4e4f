// Package graph draws contracts: services, the topics between them, the events
// on these, retry and dead-letter topics, and what an event makes a service
// do. It writes Mermaid, DOT and SVG, and lists what is connected to nothing.
//
// Guarantees: the output depends on the contracts and findings alone and is
// the same each time; text of contracts cannot add markup, links or commands
// to it; SVG holds no script and refers to nothing outside of itself.
//
// An edge is broken where one of the given findings is an error about it: the
// package judges nothing. It reads no files and lays nothing out but its own
// SVG; Mermaid and DOT leave that to who reads them.
package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/interaction"
	"github.com/flowweir/weir/reports/finding"
)

// Graph is what contracts say about who sends what to whom. All lists are
// sorted by name; edges by service, channel, kind and event.
type Graph struct {
	Services []Service
	Channels []Channel
	Edges    []Edge
	Orphans  []Orphan
}

// Service is a service, with what the events that it consumes make it do.
type Service struct {
	Name    string
	Effects []Effect
}

// Effect is how the outside sees that a service processed an event.
type Effect struct {
	Cause  string // the event that is consumed
	Result string // the event that follows; or SQL, or HTTP
	Broken bool
}

// Channel is where events travel: a topic, or what other transports have in
// its place. Interactions without an address meet in a channel without a
// transport, by the name of their event.
type Channel struct {
	Name      string
	Transport string
	Role      Role
	Events    []string // that are produced or consumed here, sorted
}

// Role is what a topic is for besides events of their own.
type Role string

// The roles of topics that consumers fail into. A topic that is also produced
// to or consumed from has none.
const (
	Plain       Role = ""
	RetryTopic  Role = "retry"
	DeadLetters Role = "dead letters"
)

// EdgeKind says what flows along an edge.
type EdgeKind string

// The kinds of edges. Records of a retry topic go there and come back.
const (
	Produces   EdgeKind = "produces"
	Consumes   EdgeKind = "consumes"
	Retry      EdgeKind = "retry"
	DeadLetter EdgeKind = "dead letters"
)

// Edge connects a service and a channel, by their indexes.
type Edge struct {
	Kind             EdgeKind
	Service, Channel int
	Event            string // for Retry and DeadLetter the one that failed
	Broken           bool
}

// Build makes the graph of contracts that are complete. Where a finding of
// severity error stands in an interaction, or refers to it, its edge is
// broken.
func Build(set []*contracts.Contract, findings []finding.Finding) *Graph {
	b := builder{
		set: set, broken: locate(set, findings),
		services: map[string]*Service{}, channels: map[channelKey]*Channel{}, edges: map[edgeKey]bool{},
	}
	for i, c := range set {
		b.contract(i, c)
	}
	g := b.graph()
	g.Orphans = orphans(set, g)
	return g
}

type channelKey struct{ transport, name string }

type edgeKey struct {
	kind    EdgeKind
	service string
	channel channelKey
	event   string
}

type builder struct {
	set      []*contracts.Contract
	broken   map[entry]bool
	services map[string]*Service
	channels map[channelKey]*Channel
	edges    map[edgeKey]bool // to whether it is broken
}

func (b *builder) contract(at int, c *contracts.Contract) {
	name := serviceName(c)
	if b.services[name] == nil {
		b.services[name] = &Service{Name: name}
	}
	for i := range c.Produces {
		p := &c.Produces[i]
		b.edge(Produces, name, b.channel(p.Address, p.Event, Plain), p.Event, b.broken[entry{at, interaction.Interaction{List: interaction.Produces, Index: i}}])
	}
	for i := range c.Consumes {
		in := &c.Consumes[i]
		b.edge(Consumes, name, b.channel(in.Address, in.Event, Plain), in.Event, b.broken[entry{at, interaction.Interaction{List: interaction.Consumes, Index: i}}])
		b.failures(name, in, func(part string) bool {
			return b.broken[entry{at, interaction.Interaction{List: interaction.Consumes, Index: i, Part: part}}]
		})
	}
}

// failures adds where failed records of a consumer go, and its effect.
func (b *builder) failures(service string, in *contracts.Consumes, broken func(part string) bool) {
	if in.Retry != nil {
		for _, topic := range in.Retry.Topics {
			b.edge(Retry, service, b.topic(topic, RetryTopic), in.Event, broken("retry"))
		}
	}
	if in.DLQ != nil && in.DLQ.Topic != "" {
		b.edge(DeadLetter, service, b.topic(in.DLQ.Topic, DeadLetters), in.Event, broken("dlq"))
	}
	if e := in.Effect; e != nil {
		result := e.Event
		switch {
		case e.SQL != "":
			result = "SQL"
		case e.HTTP != "":
			result = "HTTP"
		}
		s := b.services[service]
		s.Effects = append(s.Effects, Effect{in.Event, result, broken("effect")})
	}
}

func serviceName(c *contracts.Contract) string { return cmp.Or(c.Service.Name, c.Doc.File(), "?") }

func (b *builder) topic(name string, role Role) channelKey {
	return b.add(channelKey{contracts.TransportKafka, name}, role)
}

// channel is where an interaction's event travels.
func (b *builder) channel(a contracts.Address, event string, role Role) channelKey {
	return b.add(keyOf(a, event), role)
}

func keyOf(a contracts.Address, event string) channelKey {
	key := channelKey{transport: a.Transport()}
	switch key.transport {
	case contracts.TransportKafka:
		key.name = a.Kafka.Topic
	case contracts.TransportRabbitMQ:
		key.name = parts("exchange ", a.RabbitMQ.Exchange, "key ", a.RabbitMQ.RoutingKey, "queue ", a.RabbitMQ.Queue)
	case contracts.TransportRedis:
		key.name = parts("stream ", a.Redis.Stream)
	case contracts.TransportEventBridge:
		key.name = parts("bus ", a.EventBridge.Bus, "detail-type ", a.EventBridge.DetailType)
	default:
		key.name = event
	}
	return key
}

// parts joins names and values, without those that are empty.
func parts(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, pairs[i]+pairs[i+1])
		}
	}
	return strings.Join(all, ", ")
}

// add keeps the plainest role of a channel: one that somebody produces to is
// not only for failures.
func (b *builder) add(key channelKey, role Role) channelKey {
	known := b.channels[key]
	if known == nil {
		b.channels[key] = &Channel{Name: key.name, Transport: key.transport, Role: role}
	} else if role == Plain {
		known.Role = Plain
	}
	return key
}

func (b *builder) edge(kind EdgeKind, service string, channel channelKey, event string, broken bool) {
	key := edgeKey{kind, service, channel, event}
	b.edges[key] = b.edges[key] || broken
	if c := b.channels[channel]; kind == Produces || kind == Consumes {
		if !slices.Contains(c.Events, event) {
			c.Events = append(c.Events, event)
		}
	}
}

// graph sorts everything and replaces names by indexes.
func (b *builder) graph() *Graph {
	g := &Graph{}
	for _, s := range b.services {
		slices.SortFunc(s.Effects, func(x, y Effect) int {
			return cmp.Or(cmp.Compare(x.Cause, y.Cause), cmp.Compare(x.Result, y.Result))
		})
		g.Services = append(g.Services, *s)
	}
	slices.SortFunc(g.Services, func(x, y Service) int { return cmp.Compare(x.Name, y.Name) })
	for _, c := range b.channels {
		slices.Sort(c.Events)
		g.Channels = append(g.Channels, *c)
	}
	slices.SortFunc(g.Channels, func(x, y Channel) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Transport, y.Transport))
	})
	for key, broken := range b.edges {
		g.Edges = append(g.Edges, Edge{
			Kind: key.kind, Event: key.event, Broken: broken,
			Service: slices.IndexFunc(g.Services, func(s Service) bool { return s.Name == key.service }),
			Channel: g.channel(key.channel),
		})
	}
	slices.SortFunc(g.Edges, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(x.Service, y.Service), cmp.Compare(x.Channel, y.Channel), cmp.Compare(rank(x.Kind), rank(y.Kind)), cmp.Compare(x.Event, y.Event))
	})
	return g
}

func (g *Graph) channel(key channelKey) int {
	return slices.IndexFunc(g.Channels, func(c Channel) bool { return c.Name == key.name && c.Transport == key.transport })
}

func rank(kind EdgeKind) int {
	return slices.Index([]EdgeKind{Produces, Consumes, Retry, DeadLetter}, kind)
}
