package graph

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Mermaid writes a flowchart, as GitHub and others draw it from a Markdown
// block: services as boxes, with their effects, topics with round ends, events
// at the arrows. Broken edges are red and marked ✗.
func (g *Graph) Mermaid(w io.Writer) error {
	l := newLabels(g)
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, s := range g.Services {
		lines := []string{s.Name}
		for _, e := range s.Effects {
			lines = append(lines, l.effect(e))
		}
		fmt.Fprintf(&b, "  s%d[%s]\n", i, mermaidText(lines...))
	}
	for i, c := range g.Channels {
		lines := []string{c.Name}
		if c.Transport == "" {
			lines[0] = l.event(c.Name)
		}
		if sub := c.subtitle(); sub != "" {
			lines = append(lines, sub)
		}
		fmt.Fprintf(&b, "  t%d([%s])\n", i, mermaidText(lines...))
	}
	var broken []string
	for i, group := range g.grouped() {
		e := group[0]
		from, arrow, to := fmt.Sprintf("s%d", e.Service), "-->", fmt.Sprintf("t%d", e.Channel)
		switch e.Kind {
		case Consumes:
			from, to = to, from
		case Retry:
			arrow = "<-.->"
		case DeadLetter:
			arrow = "-.->"
		case Produces:
		}
		fmt.Fprintf(&b, "  %s %s|%s| %s\n", from, arrow, mermaidText(l.edge(group)...), to)
		if e.Broken {
			broken = append(broken, fmt.Sprint(i))
		}
	}
	b.WriteString("  classDef service fill:#e8f0fe,stroke:#3b5b92,color:#1b1f24\n  classDef topic fill:#f6f8fa,stroke:#6e7781,color:#1b1f24\n")
	mermaidClass(&b, "s", len(g.Services), "service")
	mermaidClass(&b, "t", len(g.Channels), "topic")
	if len(broken) > 0 {
		fmt.Fprintf(&b, "  linkStyle %s stroke:#c0182b,stroke-width:3px,color:#c0182b\n", strings.Join(broken, ","))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mermaidClass(b *strings.Builder, prefix string, n int, class string) {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s%d", prefix, i))
	}
	if n > 0 {
		fmt.Fprintf(b, "  class %s %s\n", strings.Join(ids, ","), class)
	}
}

// mermaidText quotes lines. Everything but letters, digits and what is
// harmless is written as an entity by its number, which Mermaid has for this.
func mermaidText(lines ...string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		for _, r := range plain(line) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" ._-,⇒✗", r) {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, "#%d;", r)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
