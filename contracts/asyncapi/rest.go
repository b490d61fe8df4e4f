package asyncapi

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// promised is what two interactions of one contract must differ in.
type promised struct {
	list, event, group string
	channel            contracts.Channel
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
		case s.produces != nil:
			if k.isNew(s, producing(s.produces)) {
				k.contract.Doc.Elsewhere(s.operation.Position, "produces", len(k.contract.Produces))
				k.contract.Produces = append(k.contract.Produces, *s.produces)
			}
		case s.consumes.Group == "" && s.consumes.RabbitMQ == nil:
			k.reader.report(finding.Warning, NoGroup, &s.operation.Position,
				fmt.Sprintf("the operation %s names no consumer group and is left out", s.operation.ID),
				"name it in the operation's binding: {kafka: {groupId: {type: string, enum: [...]}}}, or in the contract")
		default:
			if k.isNew(s, consuming(s.consumes)) {
				k.contract.Doc.Elsewhere(s.operation.Position, "consumes", len(k.contract.Consumes))
				k.contract.Consumes = append(k.contract.Consumes, *s.consumes)
			}
		}
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
		at := k.channelOf(name).Position
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

// channelOf is the channel that states facts of a topic.
func (k *completer) channelOf(topic string) *Channel {
	for _, c := range slices.Backward(k.factual()) { // the last one counts
		if c.topic() == topic {
			return c
		}
	}
	return nil
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
		c := k.channelOf(name)
		k.reader.report(finding.Error, Contradiction, k.contract.Doc.Position("topics", name, f.field), contradicts(f.field, f.own, f.says), "keep one of them",
			finding.Related{Position: c.Position, Message: "the channel " + c.ID})
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
