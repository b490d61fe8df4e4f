package asyncapi

import (
	"reflect"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

// proposed are the promises for which AsyncAPI has open proposals, as fields
// of the document's operations and messages. They are written where the
// document has a map for them in its own file and says nothing yet, and the
// interactions of an operation agree; x-weir says the others.
func (l *layer) proposed(d *Document) []addition {
	var out []addition
	add := func(in *document.Node, key string, value any) {
		if d.owns(in) && get(in, key) == nil && !slices.ContainsFunc(out, func(a addition) bool { return a.in == in && a.fields[0].key == key }) {
			out = append(out, addition{in, object{{key, value}}})
		}
	}
	for _, o := range d.Operations {
		n := get(get(d.root, "operations"), o.ID)
		kafka := get(get(n, "bindings"), "kafka")
		if c := l.agreed(o); c != nil {
			if c.Retry != nil && c.Retry.Attempts > 1 && o.Retry == nil && d.travels(c.Retry.Topics...) {
				add(n, "x-retry", retry(*c.Retry, func(topic string) (channel, messages any) { return d.channelOf(topic), nil }))
			}
			if c.DLQ != nil && o.DeadLetter == nil && d.travels(c.DLQ.Topic) {
				add(n, "x-deadLetter", object{{"channel", d.channelOf(c.DLQ.Topic)}})
			}
			if c.Isolation != "" && o.Kafka.Isolation == "" {
				add(kafka, "x-isolationLevel", strings.ReplaceAll(c.Isolation, "-", "_"))
			}
		}
		sent := slices.DeleteFunc(slices.Clone(l.contract.Produces), func(p contracts.Produces) bool { return p.Operation != o.ID || o.Action != Send })
		if len(sent) > 0 && !o.Kafka.Transactional && !slices.ContainsFunc(sent, func(p contracts.Produces) bool { return !p.Delivery.Transactional }) {
			add(kafka, "x-transactional", true)
		}
		for _, p := range sent {
			mode := strings.ToUpper(strings.ReplaceAll(p.Compatibility, "-", "_"))
			for _, m := range o.Messages {
				if eventName(m) == p.Event && m.Kafka.Compatibility == "" && slices.Contains(modes, mode) {
					add(get(get(d.reader.resolve(m.raw, ""), "bindings"), "kafka"), "x-compatibility", mode)
				}
			}
		}
	}
	return out
}

// owns says whether a node is a map that stands in the document's own file.
func (d *Document) owns(n *document.Node) bool {
	return n != nil && n.Kind == document.Mapping && len(n.Entries) > 0 && reference(n) == nil &&
		d.reader.places[n].file == d.reader.files[d.File]
}

// agreed is what the contract says of a receive operation; nil where it says
// nothing, or different things of its messages.
func (l *layer) agreed(o *Operation) *contracts.Consumes {
	var out *contracts.Consumes
	for i := range l.contract.Consumes {
		c := &l.contract.Consumes[i]
		switch {
		case c.Operation != o.ID || o.Action != Receive:
		case out == nil:
			out = c
		case !sameFailures(out, c):
			return nil
		}
	}
	return out
}

func sameFailures(a, b *contracts.Consumes) bool {
	type failures struct {
		Retry     *contracts.Retry
		DLQ       *contracts.DLQ
		Isolation string
	}
	return reflect.DeepEqual(failures{a.Retry, a.DLQ, a.Isolation}, failures{b.Retry, b.DLQ, b.Isolation})
}

// travels says whether the document has a channel for each topic.
func (d *Document) travels(topics ...string) bool {
	return !slices.ContainsFunc(topics, func(topic string) bool { return d.channelOf(topic) == nil })
}

// channelOf refers to the document's channel of a topic; nil without one.
func (d *Document) channelOf(topic string) any {
	for _, c := range d.Channels {
		if c.topic() == topic {
			return ref("#/channels/" + pathEscape(escape(c.ID)))
		}
	}
	return nil
}
