package graph

import (
	"fmt"
	"io"
	"strings"
)

// DOT writes a digraph for Graphviz and what reads its language. Broken edges
// are red and marked ✗; the full names of shortened events are tooltips.
func (g *Graph) DOT(w io.Writer) error {
	l := newLabels(g)
	var b strings.Builder
	b.WriteString(`digraph weir {
  rankdir=LR
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, shape=box, style=filled, fillcolor="#f6f8fa", color="#6e7781"]
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, color="#57606a", fontcolor="#57606a"]
`)
	for i, s := range g.Services {
		lines := []string{s.Name}
		for _, e := range s.Effects {
			lines = append(lines, l.effect(e))
		}
		fmt.Fprintf(&b, "  s%d [label=%s, fillcolor=\"#e8f0fe\", color=\"#3b5b92\"]\n", i, dotText(lines...))
	}
	for i, c := range g.Channels {
		lines := []string{c.Name}
		if c.Transport == "" {
			lines[0] = l.event(c.Name)
		}
		if sub := c.subtitle(); sub != "" {
			lines = append(lines, sub)
		}
		fmt.Fprintf(&b, "  t%d [label=%s, style=\"filled,rounded\"]\n", i, dotText(lines...))
	}
	for _, group := range g.grouped() {
		g.dotEdge(&b, l, group)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *Graph) dotEdge(b *strings.Builder, l labels, group []Edge) {
	e := group[0]
	from, to, style := fmt.Sprintf("s%d", e.Service), fmt.Sprintf("t%d", e.Channel), ""
	switch e.Kind {
	case Consumes:
		from, to = to, from
	case Retry:
		style = ", style=dashed, dir=both"
	case DeadLetter:
		style = ", style=dotted"
	case Produces:
	}
	if e.Broken {
		style += `, color="#c0182b", fontcolor="#c0182b", penwidth=2`
	}
	var full []string
	for _, e := range group {
		full = append(full, e.Event)
	}
	fmt.Fprintf(b, "  %s -> %s [label=%s, tooltip=%s%s]\n", from, to, dotText(l.edge(group)...), dotText(full...), style)
}

// dotText quotes lines. In labels a backslash begins an escape, even one that
// stands for the name of the graph, and an ampersand an entity of HTML.
func dotText(lines ...string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(plain(line))
	}
	return `"` + strings.Join(escaped, `\n`) + `"`
}
