package asyncapi

import (
	"reflect"
	"sort"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// ownField is the extension that says in a contract's words what AsyncAPI has
// no field for: at the root for the contract, at an operation for its
// interactions. A null there takes a field away.
const ownField = "x-weir"

// isOwn says whether Export wrote the document: it then says everything, and
// nothing is to be guessed.
func (d *Document) isOwn() bool { return text(get(d.root, ownField), "contract") == contracts.Version }

// ownWords applies an operation's x-weir to an interaction.
func (d *Document) ownWords(s *stated) {
	n := get(s.operation.node, ownField)
	if n == nil {
		return
	}
	var (
		address *contracts.Address
		topic   *string
	)
	if s.produces != nil {
		d.apply(n, reflect.ValueOf(s.produces).Elem())
		address, topic = &s.produces.Address, &s.produces.Topic
	} else {
		d.apply(n, reflect.ValueOf(s.consumes).Elem())
		address, topic = &s.consumes.Address, &s.consumes.Topic
	}
	if *topic != "" && (address.Kafka == nil || get(n, "topic") != nil) {
		address.Kafka = &contracts.KafkaAddress{Topic: *topic}
	}
	*topic = address.TopicName()
	if address.Transport() != "" {
		s.problem, s.hint = "", ""
	}
}

// apply sets the fields of a model that n names.
func (d *Document) apply(n *document.Node, target reflect.Value) {
	if n.Kind != document.Mapping {
		d.badExtension(n, ownField+" must be a map", "")
		return
	}
	rest := &document.Node{Kind: document.Mapping, Line: n.Line, Column: n.Column}
	for _, entry := range n.Entries {
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
		case "contract":
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
