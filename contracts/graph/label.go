package graph

import (
	"strings"
	"unicode"
)

// labels are what pictures show of names.
type labels struct {
	short map[string]string // by event
}

// newLabels shortens com.acme.order.OrderPlaced to OrderPlaced where no other
// event of the graph ends in the same word.
func newLabels(g *Graph) labels {
	l := labels{map[string]string{}}
	ends := map[string]map[string]bool{}
	see := func(event string) {
		end := lastWord(event)
		if ends[end] == nil {
			ends[end] = map[string]bool{}
		}
		ends[end][event] = true
	}
	for _, e := range g.Edges {
		see(e.Event)
	}
	for _, s := range g.Services {
		for _, e := range s.Effects {
			see(e.Cause)
			see(e.Result)
		}
	}
	for end, events := range ends {
		for event := range events {
			l.short[event] = event
			if len(events) == 1 && end != "" {
				l.short[event] = end
			}
		}
	}
	return l
}

func lastWord(event string) string { return event[strings.LastIndexByte(event, '.')+1:] }

func (l labels) event(name string) string { return l.short[name] }

// effect is an effect on one line.
func (l labels) effect(e Effect) string {
	return mark(e.Broken, l.event(e.Cause)+" ⇒ "+l.event(e.Result))
}

// edge is what stands at an edge of several events.
func (l labels) edge(edges []Edge) []string {
	var lines []string
	for _, e := range edges {
		switch e.Kind {
		case Retry, DeadLetter:
			lines = []string{mark(e.Broken, string(e.Kind))}
		default:
			lines = append(lines, mark(e.Broken, l.event(e.Event)))
		}
	}
	return lines
}

// mark shows what is broken without color, too.
func mark(broken bool, text string) string {
	if broken {
		return "✗ " + text
	}
	return text
}

// subtitle says what is special about a channel; "" for a topic.
func (c Channel) subtitle() string {
	switch {
	case c.Role != Plain:
		return string(c.Role)
	case c.Transport == "":
		return "no address"
	case c.Transport == "kafka":
		return ""
	}
	return c.Transport
}

// grouped are the edges in groups that pictures draw as one: of one kind, one
// service and one channel, sound or broken.
func (g *Graph) grouped() [][]Edge {
	type key struct {
		kind             EdgeKind
		service, channel int
		broken           bool
	}
	var groups [][]Edge
	index := map[key]int{}
	for _, e := range g.Edges {
		k := key{e.Kind, e.Service, e.Channel, e.Broken}
		at, known := index[k]
		if !known {
			at = len(groups)
			index[k] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], e)
	}
	return groups
}

// plain makes text of others one line of visible characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
