package asyncapi

import (
	"fmt"
	"iter"
	"path"
	"reflect"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Complete gives a contract that stands on the document what the document says:
// operations, events, addresses, schemas, headers, groups, retries, facts of
// topics, the service's version and owner, and what its x-weir promises. An
// interaction stands on the operation that it names, or on the one that has its
// event and its address; one that names an operation of several messages
// becomes one for each. What the contract says itself stays. Operations of the
// document that the contract does not name become interactions without
// promises. The contract's Doc then knows where in the document everything
// stands that came from there.
//
// A schema inside the document is named DOCUMENT#/pointer, to be read from
// FS. The findings are what the contract and the document say differently,
// what the contract names and the document does not have, interactions that
// are the same once they are complete, and operations that no contract can
// state.
func (d *Document) Complete(c *contracts.Contract) []finding.Finding {
	if d.root == nil {
		return nil // Load has said why
	}
	return d.collect(func() {
		k := &completer{Document: d, contract: c, used: map[int]bool{}, present: map[promised]bool{}}
		k.stated = d.stated(path.Dir(c.Doc.File()))
		for i := range c.Produces {
			k.produces(i)
		}
		for i := range c.Consumes {
			k.consumes(i)
		}
		k.duplicates()
		k.addRest()
		k.addTopics()
		k.addWords()
		k.unreadable()
	})
}

type completer struct {
	*Document
	contract *contracts.Contract
	stated   []stated
	used     map[int]bool
	present  map[promised]bool
}

// entry is an interaction of the contract as it looks for its operation.
type entry struct {
	list      string
	index     int
	operation string
	event     string
	channel   contracts.Channel
	group     string
}

// path leads to a field of the entry, in the contract's file.
func (e entry) path(steps ...any) document.Path {
	return document.Path{e.list, e.index}.Add(steps...)
}

func (k *completer) produces(i int) {
	own := k.contract.Produces[i] // as the contract has it, for each message
	e := entry{"produces", i, own.Operation, own.Event, own.Channel(), ""}
	for n, s := range k.find(e) {
		p := own
		k.agree(e, s, "compatibility", p.Compatibility, s.produces.Compatibility)
		k.agree(e, s, "topic", p.Channel().String(), s.produces.Channel().String())
		at := i
		if n > 0 {
			at = k.another(e, len(k.contract.Produces))
		}
		k.fill(s, reflect.ValueOf(&p).Elem(), reflect.ValueOf(*s.produces), "produces", at)
		p.Address = address(own.Address, s.produces.Address)
		p.Topic = p.TopicName()
		p.Headers = both(own.Headers, s.produces.Headers)
		p.Examples = k.examples(own.Examples, s, at)
		p.Operation = s.operation.ID
		p.Delivery.Transactional = own.Delivery.Transactional || s.produces.Delivery.Transactional
		if n == 0 {
			k.contract.Produces[i] = p
		} else {
			k.contract.Produces = append(k.contract.Produces, p)
		}
	}
}

func (k *completer) consumes(i int) {
	own := k.contract.Consumes[i]
	e := entry{"consumes", i, own.Operation, own.Event, own.Channel(), own.Group}
	for n, s := range k.find(e) {
		c := own
		k.agree(e, s, "topic", c.Channel().String(), s.consumes.Channel().String())
		k.agree(e, s, "group", c.Group, s.consumes.Group)
		k.agree(e, s, "isolation", c.Isolation, s.consumes.Isolation)
		at := i
		if n > 0 {
			at = k.another(e, len(k.contract.Consumes))
		}
		k.fill(s, reflect.ValueOf(&c).Elem(), reflect.ValueOf(*s.consumes), "consumes", at)
		c.Address = address(own.Address, s.consumes.Address)
		c.Topic = c.TopicName()
		c.Operation = s.operation.ID
		if len(own.Needs) > 0 {
			c.Schema = own.Schema // needs say what is read
		}
		if c.Group == "" && (c.Kafka != nil || c.Redis != nil) {
			k.report(e, NoGroup, "", fmt.Sprintf("neither the contract nor the operation %s names the consumer group", s.operation.ID), "add group:", s)
		}
		if n == 0 {
			k.contract.Consumes[i] = c
		} else {
			k.contract.Consumes = append(k.contract.Consumes, c)
		}
	}
}

// another says that the interaction at an index is one more of an entry.
func (k *completer) another(e entry, index int) int {
	if at := k.contract.Doc.Position(e.path()...); at != nil {
		k.contract.Doc.Elsewhere(*at, e.list, index)
	}
	return index
}

// find is what the document states of an entry: the messages of its
// operation, or those that have its event.
func (k *completer) find(e entry) []stated {
	found, ok := k.candidates(e)
	switch {
	case !ok:
		return nil
	case e.operation == "" && len(found) > 1:
		k.report(e, UnknownOperation, "event", fmt.Sprintf("%d operations of the document have the event %s", len(found), e.event),
			"name its operation:, or the topic or the group that tells them apart", k.stated[found[0]], k.stated[found[1]])
		return nil
	}
	var out []stated
	for _, i := range found {
		s := k.stated[i]
		k.used[i] = true
		if s.problem != "" && e.channel == (contracts.Channel{}) {
			k.report(e, NoAddress, "event", fmt.Sprintf("the channel %s is no address of a contract: %s", s.channel.ID, s.problem),
				"name the topic here", s)
			continue
		}
		out = append(out, s)
	}
	return out
}

// candidates are the indexes of what an entry can mean; false, with a
// finding, where it names what the document does not have.
func (k *completer) candidates(e entry) (found []int, ok bool) {
	var operations, events []string
	known := e.operation == ""
	for i, s := range k.stated {
		if (s.produces != nil) != (e.list == "produces") {
			continue
		}
		mine := s.operation.ID == e.operation
		operations = append(operations, s.operation.ID)
		if mine || e.operation == "" {
			events = append(events, s.event())
		}
		known = known || mine
		if (e.operation == "" || mine) && (e.event == s.event() || e.event == "" && mine) {
			found = append(found, i)
		}
	}
	switch {
	case !known:
		k.report(e, UnknownOperation, "operation", fmt.Sprintf("the document has no operation %q that %s anything", e.operation, e.list), k.meant(e, operations))
		return nil, false
	case len(found) == 0 && e.operation != "":
		k.report(e, UnknownOperation, "event", fmt.Sprintf("the operation %s has no message %s", e.operation, e.event), document.Suggest(e.event, events))
		return nil, false
	case len(found) == 0 && e.event != "" && e.channel == (contracts.Channel{}):
		k.report(e, UnknownOperation, "event", fmt.Sprintf("the document has no operation that %s %s", e.list, e.event), document.Suggest(e.event, events))
		return nil, false
	case e.operation == "" && len(found) > 1:
		found = k.narrow(e, found)
	}
	return found, true
}

// meant is a hint at the operation that an entry means: one of another
// direction, or the nearest of its own.
func (k *completer) meant(e entry, operations []string) string {
	for _, s := range k.stated {
		if s.operation.ID != e.operation {
			continue
		}
		if e.list == "produces" {
			return "it is one of action receive: name it under consumes"
		}
		return "it is one of action send: name it under produces"
	}
	return document.Suggest(e.operation, operations)
}

// narrow keeps of several candidates those whose address and group the entry
// names. Where it names none of them, all stay.
func (k *completer) narrow(e entry, candidates []int) []int {
	var out []int
	for _, i := range candidates {
		s := k.stated[i]
		var (
			channel contracts.Channel
			group   string
		)
		if s.produces != nil {
			channel = s.produces.Channel()
		} else {
			channel, group = s.consumes.Channel(), s.consumes.Group
		}
		if (e.channel == (contracts.Channel{}) || channel == e.channel) && (e.group == "" || group == e.group) {
			out = append(out, i)
		}
	}
	if len(out) == 0 {
		return candidates
	}
	return out
}

// agree reports a field that both say and say differently.
func (k *completer) agree(e entry, s stated, field, own, says string) {
	if own != "" && says != "" && own != says {
		k.report(e, Contradiction, field, contradicts(field, own, says), "keep one of them", s)
	}
}

// report adds an error at a field of an entry, with the operations meant.
func (k *completer) report(e entry, id, field, message, hint string, meant ...stated) {
	position := k.contract.Doc.Position(e.path(field)...)
	var related []finding.Related
	for _, s := range meant {
		related = append(related, finding.Related{Position: s.operation.Position, Message: "the operation " + s.operation.ID})
	}
	k.reader.report(finding.Error, id, position, message, hint, related...)
}

// address is the contract's own, or else the document's.
func address(own, says contracts.Address) contracts.Address {
	if own.Transport() != "" {
		return own
	}
	return says
}

// fill sets the fields that are not set, and notes where they stand. The
// event stands for the interaction itself, which is in the contract.
func (k *completer) fill(s stated, own, says reflect.Value, list string, index int) {
	for name := range fill(own, says) {
		if name != "event" {
			k.contract.Doc.Elsewhere(s.place(name), list, index, name)
		}
	}
}

// place is where the document says a field of the interaction.
func (s stated) place(field string) finding.Position {
	switch {
	case field == "schema" && s.message.Payload != nil:
		return s.message.Payload.Position
	case field == "headers" && s.message.Headers != nil:
		return s.message.Headers.Position
	}
	return s.operation.Position
}

// fill sets the fields that are not set, and yields their names.
func fill(own, says reflect.Value) iter.Seq[string] {
	from := fields(says)
	return func(yield func(string) bool) {
		for i, f := range fields(own) {
			if !f.value.IsZero() || from[i].value.IsZero() {
				continue
			}
			f.value.Set(from[i].value)
			if !yield(f.name) {
				return
			}
		}
	}
}

// both is the union of two maps; what own says stays.
func both[V any](own, says map[string]V) map[string]V {
	if own == nil {
		return says
	}
	out := map[string]V{}
	for _, m := range []map[string]V{says, own} {
		for name, v := range m {
			out[name] = v
		}
	}
	return out
}
