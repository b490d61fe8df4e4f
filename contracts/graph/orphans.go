package graph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Orphan is a topic or an event that is connected on one side only, or on
// none. It may well be in order: another team's service reads it.
type Orphan struct {
	// Message is one sentence: "nobody reads the topic order.events".
	Message string
	// Position is where a contract names it; nil in models built in Go.
	Position *finding.Position
}

// String is "file:line:col: message", on one line.
func (o Orphan) String() string {
	if o.Position == nil {
		return plain(o.Message)
	}
	return plain(o.Position.String() + ": " + o.Message)
}

// orphans lists the topics that nobody reads or nobody uses, and the events
// that nobody consumes or nobody produces. Topics of dead letters and retries
// are none: people read the first, their consumer the second.
func orphans(set []*contracts.Contract, g *Graph) []Orphan {
	ends := map[int]map[string][2][]string{} // channel, event: who produces, who consumes
	read := map[int]bool{}
	for _, e := range g.Edges {
		side := 0
		switch e.Kind {
		case Consumes:
			side = 1
			read[e.Channel] = true
		case Produces:
		default:
			continue
		}
		if ends[e.Channel] == nil {
			ends[e.Channel] = map[string][2][]string{}
		}
		both := ends[e.Channel][e.Event]
		both[side] = append(both[side], g.Services[e.Service].Name)
		ends[e.Channel][e.Event] = both
	}
	var all []Orphan
	for at, c := range g.Channels {
		if len(ends[at]) > 0 && !read[at] {
			all = append(all, Orphan{fmt.Sprintf("nobody reads %s", c.described()), positionOf(set, "produces", c, "")})
			continue
		}
		for _, event := range slices.Sorted(maps.Keys(ends[at])) {
			switch both := ends[at][event]; {
			case len(both[1]) == 0:
				message := fmt.Sprintf("nobody consumes %s, which %s produces to %s", event, strings.Join(both[0], ", "), c.described())
				if there := g.elsewhere(Consumes, event); len(there) > 0 {
					message = fmt.Sprintf("nobody consumes %s from %s, to which %s produces it; it is consumed by %s", event, c.described(), strings.Join(both[0], ", "), strings.Join(there, ", "))
				}
				all = append(all, Orphan{message, positionOf(set, "produces", c, event)})
			case len(both[0]) == 0:
				message := fmt.Sprintf("nobody produces %s, which %s consumes from %s", event, strings.Join(both[1], ", "), c.described())
				if there := g.elsewhere(Produces, event); len(there) > 0 {
					message = fmt.Sprintf("nobody produces %s to %s, from which %s consumes it; it is produced by %s", event, c.described(), strings.Join(both[1], ", "), strings.Join(there, ", "))
				}
				all = append(all, Orphan{message, positionOf(set, "consumes", c, event)})
			}
		}
	}
	all = append(all, unused(set, g)...)
	slices.SortStableFunc(all, func(a, b Orphan) int { return cmp.Compare(a.Message, b.Message) })
	return all
}

// elsewhere are the services that produce or consume an event, each with the
// channel: "orders to the topic order.events". It is for a channel where none
// of them does.
func (g *Graph) elsewhere(kind EdgeKind, event string) []string {
	direction := map[EdgeKind]string{Produces: "to", Consumes: "from"}[kind]
	var all []string
	for _, e := range g.Edges {
		if e.Kind == kind && e.Event == event {
			all = append(all, fmt.Sprintf("%s %s %s", g.Services[e.Service].Name, direction, g.Channels[e.Channel].described()))
		}
	}
	return all
}

// unused are topics that contracts state facts about, and nothing else.
func unused(set []*contracts.Contract, g *Graph) []Orphan {
	var all []Orphan
	for _, c := range set {
		for _, topic := range slices.Sorted(maps.Keys(c.Topics)) {
			if g.channel(channelKey{contracts.TransportKafka, topic}) < 0 {
				all = append(all, Orphan{fmt.Sprintf("nobody uses the topic %s, which %s describes", topic, serviceName(c)), c.Doc.KeyPosition("topics", topic)})
			}
		}
	}
	return all
}

// described is the channel in a sentence.
func (c Channel) described() string {
	switch c.Transport {
	case contracts.TransportKafka:
		return "the topic " + c.Name
	case "":
		return "an address that its contract does not give"
	}
	return c.Transport + " " + c.Name
}

// positionOf is where the first contract names an event of the channel; any
// event if it is empty.
func positionOf(set []*contracts.Contract, list string, c Channel, event string) *finding.Position {
	key := channelKey{c.Transport, c.Name}
	for _, contract := range set {
		if list == "produces" {
			for i, p := range contract.Produces {
				if keyOf(p.Address, p.Event) == key && (event == "" || event == p.Event) {
					return contract.Doc.Position(list, i, "event")
				}
			}
			continue
		}
		for i, in := range contract.Consumes {
			if keyOf(in.Address, in.Event) == key && (event == "" || event == in.Event) {
				return contract.Doc.Position(list, i, "event")
			}
		}
	}
	return nil
}
