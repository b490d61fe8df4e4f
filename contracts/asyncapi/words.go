package asyncapi

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// ownField is the extension that says in a contract's words what AsyncAPI has
// no field for: at the root for the contract, at an operation for its
// interactions. The root's lists produces and consumes say it of single
// interactions, by operation and event; an entry without an operation is an
// interaction that the document has no operation for. A null takes a field
// away.
const ownField = "x-weir"

// IsExport says whether Export wrote the document, of a contract that stood on
// none: it then says everything, and nothing is to be guessed.
func (d *Document) IsExport() bool {
	return text(get(d.root, ownField), "contract") == contracts.Version
}

// ownWords applies to an interaction the x-weir of its operation, unless it is
// a reply, and what that of the root says of it.
func (d *Document) ownWords(s *stated) {
	if n := get(s.operation.node, ownField); n != nil && !s.reply {
		d.say(n, s)
	}
	for _, n := range items(get(get(d.root, ownField), s.list())) {
		event := get(n, "event")
		if text(n, "operation") == s.operation.ID && (event == nil || event.Text == s.event()) {
			d.say(n, s, "operation", "event")
		}
	}
}

// say applies words to an interaction, except those that only say of which one.
func (d *Document) say(n *document.Node, s *stated, except ...string) {
	if s.produces != nil {
		shown := s.produces.Examples
		d.apply(n, reflect.ValueOf(s.produces).Elem(), except...)
		s.produces.Topic = spell(n, &s.produces.Address, s.produces.Topic)
		for _, name := range shown { // what the document shows, words do not hide
			if !slices.Contains(s.produces.Examples, name) {
				s.produces.Examples = append(s.produces.Examples, name)
			}
		}
	} else {
		d.apply(n, reflect.ValueOf(s.consumes).Elem(), except...)
		s.consumes.Topic = spell(n, &s.consumes.Address, s.consumes.Topic)
	}
	if s.address().Transport() != "" {
		s.problem, s.hint = "", ""
	}
}

// spell completes an address with a topic that words give, and is the topic.
func spell(n *document.Node, a *contracts.Address, topic string) string {
	if topic != "" && (a.Kafka == nil || get(n, "topic") != nil) {
		a.Kafka = &contracts.KafkaAddress{Topic: topic}
	}
	return a.TopicName()
}

// unattached are the interactions in the root's x-weir that name no operation,
// with their places.
func (d *Document) unattached() []stated {
	var out []stated
	for _, list := range []string{"produces", "consumes"} {
		for _, n := range items(get(get(d.root, ownField), list)) {
			if id := get(n, "operation"); id != nil {
				if !slices.ContainsFunc(d.Operations, func(o *Operation) bool { return o.ID == id.Text }) {
					d.badExtension(id, fmt.Sprintf("the document has no operation %q", id.Text), "")
				}
				continue
			}
			s := stated{operation: &Operation{Position: *d.reader.at(n)}, produces: &contracts.Produces{}}
			if list == "consumes" {
				s.produces, s.consumes = nil, &contracts.Consumes{}
			}
			d.say(n, &s)
			out = append(out, s)
		}
	}
	return out
}

// apply sets the fields of a model that n names, with exceptions.
func (d *Document) apply(n *document.Node, target reflect.Value, except ...string) {
	if n.Kind != document.Mapping {
		d.badExtension(n, ownField+" must be a map", "")
		return
	}
	rest := &document.Node{Kind: document.Mapping, Line: n.Line, Column: n.Column}
	for _, entry := range n.Entries {
		if slices.Contains(except, entry.Key.Text) {
			continue
		}
		for _, f := range fields(target) {
			if f.name == entry.Key.Text {
				f.value.SetZero()
				if f.name == "topic" {
					target.FieldByName("Kafka").SetZero()
				}
			}
		}
		if entry.Value.Kind != document.Null {
			rest.Entries = append(rest.Entries, entry)
		}
	}
	d.decode(rest, target.Addr().Interface())
}

// decode fills a model as package document does, with findings at the places
// of the AsyncAPI document.
func (d *Document) decode(n *document.Node, out any) {
	w := &writer{reader: d.reader, line: 1, column: 1}
	w.json(n, 0)
	_, findings := document.Decode(ownField, w.out.Bytes(), out)
	for _, f := range findings {
		after := sort.Search(len(w.marks), func(i int) bool {
			m := w.marks[i]
			return m.line > f.Position.Line || m.line == f.Position.Line && m.column > f.Position.Column
		})
		message := strings.Replace(f.Message, "the file", ownField, 1)
		d.reader.report(finding.Error, f.ID, d.reader.at(w.marks[max(after-1, 0)].node), message, f.Hint)
	}
}

// contractWords applies the x-weir of the root to a contract.
func (d *Document) contractWords(c *contracts.Contract) {
	n := get(d.root, ownField)
	if n == nil {
		return
	}
	if n.Kind != document.Mapping {
		d.badExtension(n, ownField+" must be a map", "")
		return
	}
	rest := &document.Node{Kind: document.Mapping, Line: n.Line, Column: n.Column}
	for _, entry := range n.Entries {
		switch entry.Key.Text {
		case "contract", "produces", "consumes": // others read them
		case "service":
			d.apply(entry.Value, reflect.ValueOf(&c.Service).Elem())
		case "topics":
			d.topicWords(entry.Value, c)
		default:
			rest.Entries = append(rest.Entries, entry)
		}
	}
	d.apply(rest, reflect.ValueOf(c).Elem())
}

// topicWords applies what x-weir says of topics.
func (d *Document) topicWords(n *document.Node, c *contracts.Contract) {
	for _, entry := range entries(n) {
		if entry.Value.Kind == document.Null {
			delete(c.Topics, entry.Key.Text)
			continue
		}
		var t contracts.Topic
		d.decode(entry.Value, &t)
		if c.Topics == nil {
			c.Topics = map[string]contracts.Topic{}
		}
		c.Topics[entry.Key.Text] = t
	}
	if len(c.Topics) == 0 {
		c.Topics = nil
	}
}
