package asyncapi

import (
	"fmt"
	"path"
	"reflect"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Operations say which operation of the document each interaction of a
// contract stands on, by its index; "", or no entry, is found by the event's
// name and the address.
type Operations struct {
	Produces, Consumes []string
}

// Complete gives a contract that stands on the document what the document
// says: events, addresses, schemas, headers, groups, retries and facts of
// topics. What the contract says itself stays. Operations of the document
// that the contract does not name become interactions without promises.
//
// A schema inside the document is named DOCUMENT#/pointer, to be read from
// FS. The findings are what the contract and the document say differently,
// what the contract names and the document does not have, and operations that
// no contract can state.
func (d *Document) Complete(c *contracts.Contract, of Operations) []finding.Finding {
	if d.root == nil {
		return nil // Load has said why
	}
	return d.collect(func() {
		k := &completer{Document: d, contract: c, used: map[int]bool{}}
		k.stated = d.stated(path.Dir(c.Doc.File()))
		for i := range c.Produces {
			k.produces(i, at(of.Produces, i))
		}
		for i := range c.Consumes {
			k.consumes(i, at(of.Consumes, i))
		}
		k.addRest()
		k.addTopics()
	})
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

type completer struct {
	*Document
	contract *contracts.Contract
	stated   []stated
	used     map[int]bool
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

func (k *completer) produces(i int, operation string) {
	own := k.contract.Produces[i] // as the contract has it, for each message
	e := entry{"produces", i, operation, own.Event, own.Channel(), ""}
	for n, s := range k.find(e) {
		p := own
		k.agree(e, s, "compatibility", p.Compatibility, s.produces.Compatibility)
		k.agree(e, s, "topic", p.Channel().String(), s.produces.Channel().String())
		fill(reflect.ValueOf(&p).Elem(), reflect.ValueOf(*s.produces))
		p.Address = address(own.Address, s.produces.Address)
		p.Topic = p.TopicName()
		p.Headers = both(own.Headers, s.produces.Headers)
		p.Delivery.Transactional = own.Delivery.Transactional || s.produces.Delivery.Transactional
		if n == 0 {
			k.contract.Produces[i] = p
		} else {
			k.contract.Produces = append(k.contract.Produces, p)
		}
	}
}

func (k *completer) consumes(i int, operation string) {
	own := k.contract.Consumes[i]
	e := entry{"consumes", i, operation, own.Event, own.Channel(), own.Group}
	for n, s := range k.find(e) {
		c := own
		k.agree(e, s, "topic", c.Channel().String(), s.consumes.Channel().String())
		k.agree(e, s, "group", c.Group, s.consumes.Group)
		k.agree(e, s, "isolation", c.Isolation, s.consumes.Isolation)
		fill(reflect.ValueOf(&c).Elem(), reflect.ValueOf(*s.consumes))
		c.Address = address(own.Address, s.consumes.Address)
		c.Topic = c.TopicName()
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

// find is what the document states of an entry: the messages of its
// operation, or those that have its event.
func (k *completer) find(e entry) []stated {
	found, ok := k.candidates(e)
	switch {
	case !ok:
		return nil
	case e.operation == "" && len(found) > 1:
		k.report(e, UnknownOperation, "event", fmt.Sprintf("%d operations of the document have the event %s", len(found), e.event),
			"add the topic or the group that tells them apart", k.stated[found[0]], k.stated[found[1]])
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
		operations, events = append(operations, s.operation.ID), append(events, s.event())
		mine := s.operation.ID == e.operation
		known = known || mine
		if (e.operation == "" || mine) && (e.event == s.event() || e.event == "" && mine) {
			found = append(found, i)
		}
	}
	switch {
	case !known:
		k.report(e, UnknownOperation, "operation", fmt.Sprintf("the document has no operation %q that %s anything", e.operation, e.list), document.Suggest(e.operation, operations))
		return nil, false
	case len(found) == 0 && e.event != "" && (e.operation != "" || e.channel == (contracts.Channel{})):
		k.report(e, UnknownOperation, "event", fmt.Sprintf("the document has no operation that %s %s", e.list, e.event), document.Suggest(e.event, events))
		return nil, false
	case e.operation == "" && len(found) > 1:
		found = k.narrow(e, found)
	}
	return found, true
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

// addRest adds what the document states and the contract does not name.
func (k *completer) addRest() {
	for i, s := range k.stated {
		switch {
		case k.used[i]:
		case s.problem != "":
			k.unaddressed(s, finding.Info)
		case s.produces != nil:
			k.contract.Produces = append(k.contract.Produces, *s.produces)
		case s.consumes.Group == "" && s.consumes.RabbitMQ == nil:
			k.reader.report(finding.Warning, NoGroup, &s.operation.Position,
				fmt.Sprintf("the operation %s names no consumer group and is left out", s.operation.ID),
				"name it in the operation's binding: {kafka: {groupId: {type: string, enum: [...]}}}, or in the contract")
		default:
			k.contract.Consumes = append(k.contract.Consumes, *s.consumes)
		}
	}
}

// addTopics adds the facts that the document states of topics.
func (k *completer) addTopics() {
	all := k.topics()
	for _, name := range sortedKeys(all) {
		stated := all[name]
		own, known := k.contract.Topics[name]
		if k.contract.Topics == nil {
			k.contract.Topics = map[string]contracts.Topic{}
		}
		if known {
			k.facts(name, own, stated)
		}
		fill(reflect.ValueOf(&own).Elem(), reflect.ValueOf(stated))
		own.Config = both(own.Config, stated.Config)
		k.contract.Topics[name] = own
	}
}

func (k *completer) facts(name string, own, stated contracts.Topic) {
	for _, f := range []struct {
		field     string
		own, says string
	}{
		{"partitions", number(own.Partitions), number(stated.Partitions)},
		{"replication", number(own.Replication), number(stated.Replication)},
		{"retention", span(own.Retention), span(stated.Retention)},
	} {
		if f.own == "" || f.says == "" || f.own == f.says {
			continue
		}
		at := k.contract.Doc.Position("topics", name, f.field)
		for _, c := range k.Channels {
			if c.Kafka != nil && c.topic() == name {
				k.reader.report(finding.Error, Contradiction, at, contradicts(f.field, f.own, f.says), "keep one of them",
					finding.Related{Position: c.Position, Message: "the channel " + c.ID})
				break
			}
		}
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func span(d document.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func contradicts(field, own, says string) string {
	return fmt.Sprintf("the contract's %s is %s, the document's is %s", field, own, says)
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

// fill sets the fields that are not set.
func fill(own, says reflect.Value) {
	from := fields(says)
	for i, f := range fields(own) {
		if f.value.IsZero() {
			f.value.Set(from[i].value)
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
