package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// index is what rules look things up in, made in one pass over the contracts.
type index struct {
	set []*contracts.Contract
	// byEvent are the producers of an event, eventNames its keys in order.
	byEvent    map[string][]produced
	eventNames []string
	// bySend are the producers that send to an address, in the order of the
	// contracts; channelOrder its keys in the order of their first producer.
	bySend       map[contracts.Channel][]produced
	channelOrder []contracts.Channel
	// facts are the first statement of each fact about a topic; contradictions
	// are statements that differ from it.
	facts          map[factKey]statement
	contradictions []statement
	// topicNames are the topics that contracts state facts about.
	topicNames []string
	stated     map[string]statement
	// used are the topics of interactions, retries and dead letters.
	used map[string]bool
	// deadLetters are the first consumers that send dead letters to a topic.
	deadLetters map[string]consumed
}

func indexOf(set []*contracts.Contract) index {
	x := index{
		set:     set,
		byEvent: map[string][]produced{},
		bySend:  map[contracts.Channel][]produced{},
		facts:   map[factKey]statement{},
		stated:  map[string]statement{},
		used:    map[string]bool{},

		deadLetters: map[string]consumed{},
	}
	for _, contract := range set {
		for i := range contract.Produces {
			x.produced(produced{contract, i})
		}
		for i := range contract.Consumes {
			x.consumed(&contract.Consumes[i])
		}
		for _, topic := range slices.Sorted(maps.Keys(contract.Topics)) {
			x.topic(contract, topic)
		}
	}
	x.eventNames = slices.Sorted(maps.Keys(x.byEvent))
	x.topicNames = slices.Sorted(maps.Keys(x.stated))
	return x
}

func (x *index) produced(p produced) {
	promise := p.promise()
	if promise.Event == "" {
		return
	}
	x.byEvent[promise.Event] = append(x.byEvent[promise.Event], p)
	x.used[promise.TopicName()] = true
	channel := promise.Channel()
	if channel == (contracts.Channel{}) {
		return
	}
	before := x.bySend[channel]
	if before == nil {
		x.channelOrder = append(x.channelOrder, channel)
	}
	x.bySend[channel] = append(before, p)
}

func (x *index) consumed(c *contracts.Consumes) {
	x.used[c.TopicName()] = true
	if c.Retry != nil {
		for _, topic := range c.Retry.Topics {
			x.used[topic] = true
		}
	}
	if c.DLQ != nil {
		x.used[c.DLQ.Topic] = true
	}
}

// kafkaChannel is the address of a topic.
func kafkaChannel(topic string) contracts.Channel {
	return contracts.Channel{Transport: contracts.TransportKafka, Name: topic}
}

type factKey struct{ topic, field string }

// statement is one thing that a contract says about a topic.
type statement struct {
	contract     *contracts.Contract
	topic        string
	field, value string
	setting      bool // one of config, by Kafka's name
}

func (s statement) at() *finding.Position {
	switch {
	case s.field == "":
		return s.contract.Doc.KeyPosition("topics", s.topic)
	case s.setting:
		return s.contract.Doc.Position("topics", s.topic, "config", s.field)
	}
	return s.contract.Doc.Position("topics", s.topic, s.field)
}

// number is the value of a fact that is a whole number, 0 for others.
func (s statement) number() int64 {
	n, err := strconv.ParseInt(s.value, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// topic takes up what a contract says about a topic; what it leaves out is
// open.
func (x *index) topic(contract *contracts.Contract, name string) {
	facts := contract.Topics[name]
	if _, known := x.stated[name]; !known {
		x.stated[name] = statement{contract: contract, topic: name}
	}
	add := func(field, value string, setting bool) {
		s := statement{contract, name, field, value, setting}
		before, known := x.facts[factKey{name, field}]
		switch {
		case !known:
			x.facts[factKey{name, field}] = s
		case before.value != value:
			x.contradictions = append(x.contradictions, s)
		}
	}
	if facts.Partitions != 0 {
		add(factPartitions, strconv.Itoa(facts.Partitions), false)
	}
	if facts.Replication != 0 {
		add(factReplication, strconv.Itoa(facts.Replication), false)
	}
	if facts.Retention != 0 {
		add(factRetention, time.Duration(facts.Retention).String(), false)
	}
	for _, setting := range slices.Sorted(maps.Keys(facts.Config)) {
		add(setting, facts.Config[setting], true)
	}
}

// The facts and settings of topics that rules ask for.
const (
	factPartitions  = "partitions"
	factReplication = "replication"
	factRetention   = "retention"

	settingRetention = "retention.ms"
	settingISR       = "min.insync.replicas"
	settingCleanup   = "cleanup.policy"
	settingSize      = "max.message.bytes"
)

func (x *index) fact(topic, field string) (statement, bool) {
	s, ok := x.facts[factKey{topic, field}]
	return s, ok
}

// retention is how long a topic keeps its records, where a contract says it;
// a topic that keeps them for ever has none.
func (x *index) retention(topic string) (time.Duration, statement, bool) {
	if s, ok := x.fact(topic, factRetention); ok {
		return time.Duration(s.contract.Topics[topic].Retention), s, true
	}
	s, ok := x.fact(topic, settingRetention)
	if ms := s.number(); ok && ms > 0 && ms < int64(1<<63-1)/int64(time.Millisecond) {
		return time.Duration(ms) * time.Millisecond, s, true
	}
	return 0, s, false
}

// compacted says whether a contract states that the topic is compacted.
func (x *index) compacted(topic string) (statement, bool) {
	s, ok := x.fact(topic, settingCleanup)
	return s, ok && slices.Contains(strings.Split(strings.ReplaceAll(s.value, " ", ""), ","), "compact")
}

// topics reports contracts that state different facts about one topic. Each
// is held against the first contract that states the fact.
func (c *checker) topics() {
	for _, now := range c.contradictions {
		before := c.facts[factKey{now.topic, now.field}]
		c.report(now.contract, TopicConflict, now.at(),
			fmt.Sprintf("%s of the topic %s is %s here and %s in the contract of %s", now.field, now.topic, now.value, before.value, before.contract.Service.Name),
			"let the service that owns the topic state its facts",
			related(before.at(), "the other statement")...)
	}
}

// services reports contracts that speak for one service.
func (c *checker) services() {
	first := map[string]*contracts.Contract{}
	for _, contract := range c.set {
		name := contract.Service.Name
		if name == "" {
			continue
		}
		if other, taken := first[name]; taken {
			c.report(contract, ServiceDuplicate, contract.Doc.Position("service", "name"),
				fmt.Sprintf("another contract speaks for %s already", name), "put both into one file, or rename one service",
				related(other.Doc.Position("service", "name"), "the other contract")...)
			continue
		}
		first[name] = contract
	}
}
