package rules

import (
	"fmt"
	"maps"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/setting"
	"github.com/flowweir/weir/reports/finding"
)

// mixed reports events of one topic that do not go together.
func (c *checker) mixed(channel contracts.Channel, senders []produced) {
	c.mixedEnvelopes(channel, senders)
	if channel.Transport != contracts.TransportKafka {
		return
	}
	c.mixedKeys(channel, senders)
	s, compacted := c.compacted(channel.Name)
	if !compacted {
		return
	}
	for _, p := range senders {
		if p.promise().Key != nil {
			continue
		}
		if at := c.declaredKey(p); at != nil {
			c.reportAs(finding.Info, p.contract, CompactionWithoutKey, p.at("event"),
				fmt.Sprintf("nobody says of what the key of %s is made, and %s is compacted: Kafka refuses records without one", p.promise().Event, channel.Name),
				"say where the key stands: key: $.id", append(related(at, "the key"), related(s.at(), "the policy")...)...)
		} else {
			c.report(p.contract, CompactionWithoutKey, p.at("event"),
				fmt.Sprintf("%s has no key, and %s is compacted: Kafka refuses its records", p.promise().Event, channel.Name),
				"add a key, or set cleanup.policy: delete", related(s.at(), "the policy")...)
		}
	}
}

// declaredKey is where the document that a contract stands on gives records a
// key whose place nobody says; nil where it does not.
func (c *checker) declaredKey(p produced) *finding.Position {
	if k, ok := c.files.fsys.(schema.Keyed); ok {
		return k.Key(p.contract, p.promise())
	}
	return nil
}

func (c *checker) mixedEnvelopes(channel contracts.Channel, senders []produced) {
	first := senders[0]
	for _, p := range senders[1:] {
		if was, is := first.promise().EnvelopeName(), p.promise().EnvelopeName(); was != is {
			c.report(p.contract, TopicMixedEnvelopes, p.at("event"),
				fmt.Sprintf("by %s travel %s with the envelope %s and %s with %s", channel, first.promise().Event, was, p.promise().Event, is),
				"use one envelope, or two topics", related(first.at("event"), "the other event")...)
		}
	}
}

// mixedKeys compares the keys of different events with that of the first one
// that has a key. Producers of one event are compared elsewhere.
func (c *checker) mixedKeys(channel contracts.Channel, senders []produced) {
	var first produced
	for _, p := range senders {
		if p.promise().Key != nil {
			first = p
			break
		}
	}
	if first.contract == nil {
		return
	}
	format := first.promise().Key.SerializedAs()
	for _, p := range senders {
		promise := p.promise()
		problem := ""
		switch {
		case promise.Event == first.promise().Event:
		case promise.Key == nil:
			problem = fmt.Sprintf("%s has no key, and %s on the same topic has one", promise.Event, first.promise().Event)
		case promise.Key.SerializedAs() != format:
			problem = fmt.Sprintf("the key of %s is written as %s, and that of %s on the same topic as %s", promise.Event, promise.Key.SerializedAs(), first.promise().Event, format)
		}
		if problem != "" {
			c.report(p.contract, TopicMixedKeys, p.at("event"), problem+": one entity's events are spread over partitions",
				"key all events of "+channel.Name+" alike, or use two topics", related(first.at("key"), "the key of %s", first.promise().Event)...)
		}
	}
}

// unusedTopics reports facts about topics that nothing uses, each at its
// first statement. An AsyncAPI document may state facts of channels that no
// operation of it uses.
func (c *checker) unusedTopics() {
	for _, topic := range c.topicNames {
		s := c.stated[topic]
		if c.used[topic] || !s.contract.Doc.Has("topics", topic) && s.contract.Doc != nil {
			continue
		}
		hint := "remove the facts, or name the topic in an interaction"
		if near := c.nearest(topic, topicsOf(s.contract)); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.report(s.contract, TopicUnused, s.at(), fmt.Sprintf("no contract produces to %s or consumes from it", topic), hint)
	}
}

// topicSettings reports settings of topics by names that Kafka does not have.
func (c *checker) topicSettings(contract *contracts.Contract) {
	for _, topic := range slices.Sorted(maps.Keys(contract.Topics)) {
		for _, name := range slices.Sorted(maps.Keys(contract.Topics[topic].Config)) {
			if setting.KnownTopic(name) {
				continue
			}
			hint := "name it as Kafka's reference of topic configurations does"
			if near := c.nearest(name, setting.Topics()); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			c.report(contract, TopicSettingUnknown, contract.Doc.KeyPosition("topics", topic, "config", name),
				fmt.Sprintf("Kafka has no topic setting %s: brokers refuse it, and rules do not know what it means for %s", name, topic), hint)
		}
	}
}

// topicsOf are the topics of a contract's interactions.
func topicsOf(contract *contracts.Contract) []string {
	var all []string
	for i := range contract.Produces {
		all = append(all, contract.Produces[i].TopicName())
	}
	for i := range contract.Consumes {
		all = append(all, contract.Consumes[i].TopicName())
		for _, topic := range failureTopics(consumed{contract, i}) {
			all = append(all, topic.name)
		}
	}
	return all
}

// nearest is document.Nearest as long as there is time for it.
func (c *checker) nearest(name string, valid []string) string {
	if !c.affords(len(valid)) {
		return ""
	}
	return document.Nearest(name, valid)
}

// affords spends n comparisons of a budget: suggestions compare a name with
// each valid one, and a set with many mistakes must not take the square of
// its size.
func (c *checker) affords(n int) bool {
	const budget = 200_000
	c.suggested += n
	return c.suggested <= budget
}

// members reports groups with more members than partitions: one finding for
// each group and topic of a contract.
func (c *checker) members(contract *contracts.Contract) {
	type member struct{ group, topic string }
	seen := map[member]bool{}
	for i := range contract.Consumes {
		in := consumed{contract, i}
		promise := in.promise()
		topic := promise.TopicName()
		partitions, known := c.fact(topic, factPartitions)
		if promise.Members == 0 || !known || int64(promise.Members) <= partitions.number() || seen[member{promise.Group, topic}] {
			continue
		}
		seen[member{promise.Group, topic}] = true
		c.report(contract, PartitionsBelowMembers, in.at("members"),
			fmt.Sprintf("the group %s has %d members, and %s has %s partitions: the rest stand idle", promise.Group, promise.Members, topic, partitions.value),
			"run fewer members, or plan more partitions before keys have an order to lose", related(partitions.at(), "the partitions")...)
	}
}
