package asyncapi

import (
	"fmt"
	"reflect"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// promised is what two interactions of one contract must differ in.
type promised struct {
	list, event, group string
	channel            contracts.Channel
}

func (s stated) promised() promised {
	if s.produces != nil {
		return producing(s.produces)
	}
	return consuming(s.consumes)
}

func producing(p *contracts.Produces) promised {
	return promised{"produces", p.Event, "", p.Channel()}
}

func consuming(c *contracts.Consumes) promised {
	return promised{"consumes", c.Event, c.Group, c.Channel()}
}

// duplicates reports interactions of the contract that are the same once the
// document has completed them.
func (k *completer) duplicates() {
	first := map[promised]int{}
	note := func(same promised, i int) {
		j, known := first[same]
		switch {
		case same.event == "" || same.channel == (contracts.Channel{}): // what is missing has been said
		case known:
			var related []finding.Related
			if at := k.contract.Doc.Position(same.list, j); at != nil {
				related = append(related, finding.Related{Position: *at, Message: "first here"})
			}
			k.reader.report(finding.Error, contracts.Duplicate, k.contract.Doc.Position(same.list, i),
				fmt.Sprintf("%s has this interaction twice: %s on %s", same.list, same.event, same.channel), "keep one of them", related...)
		default:
			first[same], k.present[same] = i, true
		}
	}
	for i := range k.contract.Produces {
		note(producing(&k.contract.Produces[i]), i)
	}
	for i := range k.contract.Consumes {
		note(consuming(&k.contract.Consumes[i]), i)
	}
}

// addRest adds what the document states and the contract does not name.
func (k *completer) addRest() {
	for i, s := range k.stated {
		switch {
		case k.used[i]:
		case s.problem != "":
			k.unaddressed(s, finding.Info)
		case s.consumes != nil && s.consumes.Group == "" && s.consumes.RabbitMQ == nil:
			k.reader.report(finding.Warning, NoGroup, &s.operation.Position,
				fmt.Sprintf("the operation %s names no consumer group and is left out", s.operation.ID),
				"name it in the operation's binding: {kafka: {groupId: {type: string, enum: [...]}}}, or in the contract")
		default:
			if k.isNew(s, s.promised()) {
				k.add(s)
			}
		}
	}
	for _, s := range k.unattached() {
		same := s.promised()
		if !k.present[same] { // the contract may say it, too
			k.present[same] = true
			k.add(s)
		}
	}
}

// add adds an interaction of the document.
func (k *completer) add(s stated) {
	at, id := s.operation.Position, s.operation.ID
	if s.produces != nil {
		k.contract.Doc.Elsewhere(at, "produces", len(k.contract.Produces))
		p := *s.produces
		p.Operation = id
		k.contract.Produces = append(k.contract.Produces, p)
		return
	}
	k.contract.Doc.Elsewhere(at, "consumes", len(k.contract.Consumes))
	c := *s.consumes
	c.Operation = id
	k.contract.Consumes = append(k.contract.Consumes, c)
}

// addWords adds what the document says of the service, and what x-weir says of
// the contract beside its interactions and topics.
func (k *completer) addWords() {
	says := contracts.Contract{Service: k.service()}
	k.contractWords(&says)
	words := get(k.root, ownField)
	at := func(field string) finding.Position {
		if n := get(words, field); n != nil {
			return *k.reader.at(n)
		}
		return *k.reader.at(get(k.root, "info"))
	}
	for field := range fill(reflect.ValueOf(&k.contract.Service).Elem(), reflect.ValueOf(says.Service)) {
		k.contract.Doc.Elsewhere(at("service"), "service", field)
	}
	for name := range says.Schemas {
		if _, own := k.contract.Schemas[name]; !own {
			k.contract.Doc.Elsewhere(at("schemas"), "schemas", name)
		}
	}
	k.contract.Schemas = both(k.contract.Schemas, says.Schemas)
	says.Topics = nil
	for field := range fill(reflect.ValueOf(k.contract).Elem(), reflect.ValueOf(says)) {
		k.contract.Doc.Elsewhere(at(field), field)
	}
}

// isNew says whether no interaction is the same; an operation that only says
// again what another one says is information.
func (k *completer) isNew(s stated, same promised) bool {
	if k.present[same] {
		k.reader.report(finding.Info, NotCarried, &s.operation.Position,
			fmt.Sprintf("the operation %s says again that %s travels on %s", s.operation.ID, same.event, same.channel), "")
		return false
	}
	k.present[same] = true
	return true
}

// unreadable lists payloads of formats that are not read: nothing is checked
// against them.
func (k *completer) unreadable() {
	for _, s := range k.stated {
		if p := s.message.Payload; p != nil && p.Format == "" {
			k.reader.report(finding.Info, UnknownFormat, &p.Position,
				fmt.Sprintf("the payload of %s is written in %s, which is not read: %s has no schema", s.message.ID, p.MediaType, s.event()), "")
		}
	}
}

// addTopics adds the facts that the document states of topics.
func (k *completer) addTopics() {
	says := contracts.Contract{Topics: k.topics()}
	k.topicWords(get(get(k.root, ownField), "topics"), &says)
	all := says.Topics
	for _, name := range sortedKeys(all) {
		stated := all[name]
		own, known := k.contract.Topics[name]
		if k.contract.Topics == nil {
			k.contract.Topics = map[string]contracts.Topic{}
		}
		if known {
			k.facts(name, own, stated)
		}
		at, _ := k.stating(name)
		k.contract.Doc.Elsewhere(at, "topics", name)
		for setting := range stated.Config {
			k.contract.Doc.Elsewhere(at, "topics", name, "config", setting)
		}
		for field := range fill(reflect.ValueOf(&own).Elem(), reflect.ValueOf(stated)) {
			k.contract.Doc.Elsewhere(at, "topics", name, field)
		}
		own.Config = both(own.Config, stated.Config)
		k.contract.Topics[name] = own
	}
}

// stating is what states facts of a topic, and its place: x-weir, or the last
// channel that does.
func (k *completer) stating(topic string) (at finding.Position, what string) {
	if n := get(get(get(k.root, ownField), "topics"), topic); n != nil {
		return *k.reader.at(n), ownField
	}
	for _, c := range k.factual() {
		if c.topic() == topic {
			at, what = c.Position, "the channel "+c.ID
		}
	}
	return at, what
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
		at, what := k.stating(name)
		k.reader.report(finding.Error, Contradiction, k.contract.Doc.Position("topics", name, f.field), contradicts(f.field, f.own, f.says), "keep one of them",
			finding.Related{Position: at, Message: what})
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
