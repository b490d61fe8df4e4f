package graph

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"unicode"
)

// SVG writes a picture by a layout of our own: services and topics in columns
// from left to right, events as rows of their topic. Broken edges are red and
// marked ✗; the full names of what is shortened are titles.
func (g *Graph) SVG(w io.Writer) error {
	d := newDrawing(g)
	_, err := io.WriteString(w, d.svg())
	return err
}

// drawing is a graph with what its boxes show.
type drawing struct {
	g      *Graph
	cards  []card // those of services, then those of channels
	arrows [][2]port
	edges  []Edge // by arrow
	*layout
}

// card is what a box shows: a title and rows.
type card struct {
	class string // service or topic
	title string
	full  string // shown by pointing at the title
	sub   string
	rows  []line
	// ports is how many arrows meet a service on its fuller side.
	ports int
}

type line struct {
	text, full string
	broken     bool
}

// Sizes of the text in boxes, in pixels.
const (
	titleSize  = 13
	rowSize    = 12
	titleSpace = 26
	rowSpace   = 19
	padding    = 12
	portSpace  = 12
	// againstStream is how far below the others arrows meet a topic that
	// point to the left.
	againstStream = 6
)

func newDrawing(g *Graph) *drawing {
	d := &drawing{g: g}
	l := newLabels(g)
	for _, s := range g.Services {
		c := card{class: "service", title: s.Name, full: s.Name}
		for _, e := range s.Effects {
			c.rows = append(c.rows, line{l.effect(e), e.Cause + " ⇒ " + e.Result, e.Broken})
		}
		d.cards = append(d.cards, c)
	}
	for _, ch := range g.Channels {
		c := card{class: "topic", title: ch.Name, full: ch.Name, sub: ch.subtitle()}
		for _, event := range ch.Events {
			c.rows = append(c.rows, line{l.event(event), event, false})
		}
		d.cards = append(d.cards, c)
	}
	d.connect()
	d.arrange()
	// Now that the sides and heights of all ends are known, arrows leave
	// services in the order of their other ends.
	d.spread()
	d.arrange()
	return d
}

func (d *drawing) arrange() {
	boxes := make([]box, len(d.cards))
	for i := range d.cards {
		boxes[i].width, boxes[i].height = d.cards[i].size()
		boxes[i].topic = i >= len(d.g.Services)
	}
	d.layout = arrange(boxes, d.arrows)
}

// connect makes the arrows: between the titles of services and the rows of
// events.
func (d *drawing) connect() {
	for _, e := range d.g.Edges {
		if (e.Kind == Retry || e.Kind == DeadLetter) && d.repeated(e) {
			continue
		}
		at := len(d.g.Services) + e.Channel
		service, topic := port{e.Service, titleSpace / 2}, port{at, d.cards[at].rowAt(e.Event)}
		if e.Kind == Retry || e.Kind == DeadLetter {
			topic.dy = titleSpace / 2
		}
		if e.Kind == Consumes {
			d.arrows = append(d.arrows, [2]port{topic, service})
		} else {
			d.arrows = append(d.arrows, [2]port{service, topic})
		}
		d.edges = append(d.edges, e)
	}
}

// spread gives each arrow of a service a place of its own, on both sides from
// top to bottom. At topics, arrows against the stream keep off the others.
func (d *drawing) spread() {
	for i, k := range d.links {
		if k.back {
			for e := range d.arrows[i] {
				d.arrows[i][e].dy += againstStream
			}
		}
	}
	type end struct {
		arrow int
		far   float64 // the height at which the arrow comes or goes
	}
	sides := map[[2]int][]end{} // by service, and 0 for left, 1 for right
	for i, k := range d.links {
		last := len(k.ports) - 1
		height := func(p port) float64 { return d.boxes[p.box].y + p.dy }
		if s := k.ports[0].box; s < len(d.g.Services) {
			sides[[2]int{s, 1}] = append(sides[[2]int{s, 1}], end{i, height(k.ports[1])})
		}
		if s := k.ports[last].box; s < len(d.g.Services) {
			sides[[2]int{s, 0}] = append(sides[[2]int{s, 0}], end{i, height(k.ports[last-1])})
		}
	}
	for side, ends := range sides {
		slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(a.far, b.far) })
		c := &d.cards[side[0]]
		c.ports = max(c.ports, len(ends))
		for k, e := range ends {
			a := &d.arrows[e.arrow]
			for i := range a {
				if a[i].box == side[0] {
					a[i].dy = titleSpace/2 + portSpace*float64(k)
				}
			}
		}
	}
}

// repeated says whether failures of another event are drawn by the same arrow;
// if this one is broken the arrow is.
func (d *drawing) repeated(e Edge) bool {
	for i, known := range d.edges {
		if known.Kind == e.Kind && known.Service == e.Service && known.Channel == e.Channel {
			d.edges[i].Broken = known.Broken || e.Broken
			return true
		}
	}
	return false
}

// head is the height of a card's title.
func (c card) head() float64 {
	if c.sub != "" {
		return titleSpace + rowSpace - 4
	}
	return titleSpace
}

// rowAt is the middle of an event's row.
func (c card) rowAt(event string) float64 {
	for i, r := range c.rows {
		if r.full == event {
			return c.head() + rowSpace*(float64(i)+0.5)
		}
	}
	return titleSpace / 2
}

func (c card) size() (width, height float64) {
	width = max(textWidth(shortened(c.title), titleSize)*1.14, textWidth(c.sub, rowSize))
	for _, r := range c.rows {
		width = max(width, textWidth(shortened(r.text), rowSize))
	}
	height = c.head() + rowSpace*float64(len(c.rows))
	if len(c.rows) > 0 {
		height += 6
	}
	return width + 2*padding, max(height, titleSpace+portSpace*float64(max(c.ports-1, 0)))
}

// textWidth guesses the width of a text in a sans-serif font, rather too wide
// than too narrow.
func textWidth(s string, size float64) float64 {
	sum := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljtfI.,:;'|!()[]{} ", r):
			sum += 0.36
		case strings.ContainsRune("mwMW@%&<>=+⇒✗…", r):
			sum += 0.95
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r > 0xffff:
			sum += 1.1
		case unicode.IsUpper(r):
			sum += 0.72
		default:
			sum += 0.62
		}
	}
	return sum * size
}

// shortened cuts what would make a column too wide; titles have all of it.
func shortened(s string) string {
	const most = 44
	r := []rune(plain(s))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most-1]) + "…"
}

const style = `
    text { font-family: ui-sans-serif, system-ui, "Helvetica Neue", Arial, sans-serif; font-size: 12px; fill: #1b1f24 }
    .title { font-size: 13px; font-weight: 600 }
    .sub { fill: #57606a; font-style: italic }
    .service { fill: #e8f0fe; stroke: #3b5b92 }
    .topic { fill: #f6f8fa; stroke: #6e7781 }
    .rule { stroke: #d0d7de }
    .edge { fill: none; stroke: #57606a; stroke-width: 1.4 }
    .retry { stroke-dasharray: 6 4 }
    .dlq { stroke-dasharray: 2 4 }
    .broken { stroke: #c0182b; stroke-width: 2.4 }
    text.broken { fill: #c0182b; stroke: none; font-weight: 600 }
  `

func (d *drawing) svg() string {
	var b strings.Builder
	width, height := d.size()
	legendAt := height
	height += legendHeight
	width = max(width, legendWidth)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "  <title>%d services and %d topics</title>\n", len(d.g.Services), len(d.g.Channels))
	fmt.Fprintf(&b, "  <style>%s</style>\n", style)
	b.WriteString("  <defs>\n")
	marker(&b, "arrow", "#57606a")
	marker(&b, "broken-arrow", "#c0182b")
	b.WriteString("  </defs>\n")
	fmt.Fprintf(&b, `  <rect width="%.0f" height="%.0f" fill="#ffffff"/>`+"\n", width, height)
	for i, k := range d.links {
		d.drawEdge(&b, d.edges[i], k)
	}
	for i := range d.cards {
		d.drawCard(&b, d.cards[i], d.boxes[i])
	}
	legend(&b, legendAt)
	b.WriteString("</svg>\n")
	return b.String()
}

func marker(b *strings.Builder, name, color string) {
	fmt.Fprintf(b, `    <marker id="%s" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0.5 8 4 0 7.5z" fill="%s"/></marker>`+"\n", name, color)
}

// drawEdge draws an arrow as curves that leave and meet boxes horizontally.
func (d *drawing) drawEdge(b *strings.Builder, e Edge, k link) {
	var path strings.Builder
	for i := 1; i < len(k.ports); i++ {
		from, to := k.ports[i-1], k.ports[i]
		x0, y0 := d.boxes[from.box].x+d.boxes[from.box].width, d.boxes[from.box].y+from.dy
		x1, y1 := d.boxes[to.box].x, d.boxes[to.box].y+to.dy
		if i == 1 {
			fmt.Fprintf(&path, "M%.1f %.1f", x0, y0)
		} else {
			fmt.Fprintf(&path, "L%.1f %.1f", x0, y0)
		}
		bend := (x1 - x0) / 2
		fmt.Fprintf(&path, "C%.1f %.1f %.1f %.1f %.1f %.1f", x0+bend, y0, x1-bend, y1, x1, y1)
	}
	class, arrow := "edge", "arrow"
	switch e.Kind {
	case Retry:
		class += " retry"
	case DeadLetter:
		class += " dlq"
	case Produces, Consumes:
	}
	if e.Broken {
		class, arrow = class+" broken", "broken-arrow"
	}
	ends := fmt.Sprintf(` marker-end="url(#%s)"`, arrow)
	if k.back {
		ends = fmt.Sprintf(` marker-start="url(#%s)"`, arrow)
	}
	if e.Kind == Retry {
		ends = fmt.Sprintf(` marker-start="url(#%s)" marker-end="url(#%s)"`, arrow, arrow)
	}
	title := fmt.Sprintf("%s %s %s: %s", d.g.Services[e.Service].Name, e.Kind, e.Event, d.g.Channels[e.Channel].Name)
	fmt.Fprintf(b, `  <path class="%s" d="%s"%s><title>%s</title></path>`+"\n", class, path.String(), ends, escape(mark(e.Broken, title)))
	if e.Broken {
		first, last := k.ports[0], k.ports[len(k.ports)-1]
		x := (d.boxes[first.box].x + d.boxes[first.box].width + d.boxes[last.box].x) / 2
		y := (d.boxes[first.box].y + first.dy + d.boxes[last.box].y + last.dy) / 2
		if len(k.ports) > 2 { // the middle of a long arrow is anywhere
			x, y = d.boxes[last.box].x-columnGap/3, d.boxes[last.box].y+last.dy
		}
		fmt.Fprintf(b, `  <text class="broken" x="%.1f" y="%.1f" text-anchor="middle">✗</text>`+"\n", x, y-5)
	}
}

func (d *drawing) drawCard(b *strings.Builder, c card, at box) {
	radius := 4
	if c.class == "topic" {
		radius = 13
	}
	fmt.Fprintf(b, `  <rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%d"/>`+"\n", c.class, at.x, at.y, at.width, at.height, radius)
	put := func(class, text, full string, y float64) {
		fmt.Fprintf(b, `  <text class="%s" x="%.1f" y="%.1f">%s`, class, at.x+padding, at.y+y, escape(shortened(text)))
		if full != "" && plain(full) != shortened(text) {
			fmt.Fprintf(b, "<title>%s</title>", escape(full))
		}
		b.WriteString("</text>\n")
	}
	put("title", c.title, c.full, titleSpace/2+titleSize/2-1.5)
	if c.sub != "" {
		put("sub", c.sub, "", titleSpace+rowSize/2)
	}
	if len(c.rows) > 0 {
		fmt.Fprintf(b, `  <path class="rule" d="M%.1f %.1fh%.1f"/>`+"\n", at.x, at.y+c.head(), at.width)
	}
	for i, r := range c.rows {
		class := "row"
		if r.broken {
			class = "broken"
		}
		put(class, r.text, r.full, c.head()+rowSpace*(float64(i)+0.5)+rowSize/2-1)
	}
}

const (
	legendHeight = 34
	legendWidth  = 640
)

// legend says what the lines mean.
func legend(b *strings.Builder, y float64) {
	x := float64(margin)
	for _, l := range []struct{ class, text string }{
		{"edge", "produces, consumes"}, {"edge retry", "retries, both ways"}, {"edge dlq", "dead letters"}, {"edge broken", "broken ✗"},
	} {
		fmt.Fprintf(b, `  <path class="%s" d="M%.1f %.1fh30"/><text x="%.1f" y="%.1f">%s</text>`+"\n", l.class, x, y+8, x+36, y+12, l.text)
		x += 36 + textWidth(l.text, rowSize) + 20
	}
}

// escape makes text of others plain in markup.
func escape(s string) string { return html.EscapeString(plain(s)) }
