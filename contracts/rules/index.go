package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/setting"
	"github.com/flowweir/weir/reports/finding"
)

// index is what rules look things up in, made in one pass over the contracts.
type index struct {
	set []*contracts.Contract
	// byEvent are the producers of an event, eventNames its keys in order.
	byEvent    map[string][]produced
	eventNames []string
	// read are the events that somebody consumes.
	read map[string]bool
	// bySend are the producers that send to an address, in the order of the
	// contracts; channelOrder its keys in the order of their first producer.
	bySend       map[contracts.Channel][]produced
	channelOrder []contracts.Channel
	// facts are the first statement of each fact about a topic; contradictions
	// are statements that differ from it. retention and the setting retention.ms
	// are one fact.
	facts          map[factKey]statement
	contradictions []contradiction
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
		read:    map[string]bool{},
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
	x.read[c.Event] = true
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
	// meaning is the value in the one form in which statements are compared.
	meaning string
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
	n, err := strconv.ParseInt(setting.Trimmed(s.value), 10, 64)
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
	add := func(fact string, s statement) {
		s.contract, s.topic = contract, name
		before, known := x.facts[factKey{name, fact}]
		switch {
		case !known:
			x.facts[factKey{name, fact}] = s
		case before.meaning != s.meaning:
			x.contradictions = append(x.contradictions, contradiction{before, s})
		}
	}
	number := func(field string, n int) {
		if n != 0 {
			add(field, statement{field: field, value: strconv.Itoa(n), meaning: strconv.Itoa(n)})
		}
	}
	number(factPartitions, facts.Partitions)
	number(factReplication, facts.Replication)
	if facts.Retention != 0 {
		add(factRetention, statement{field: factRetention, value: length(time.Duration(facts.Retention)), meaning: strconv.FormatInt(facts.Retention.Milliseconds(), 10)})
	}
	for _, name := range slices.Sorted(maps.Keys(facts.Config)) {
		fact, value := name, facts.Config[name]
		if name == settingRetention {
			fact = factRetention
		}
		add(fact, statement{field: name, value: value, setting: true, meaning: setting.MeaningOfTopic(name, value)})
	}
}

// contradiction is two statements of one fact that differ.
type contradiction struct{ before, now statement }

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
	s, ok := x.fact(topic, factRetention)
	if ok && !s.setting {
		return time.Duration(s.contract.Topics[topic].Retention), s, true
	}
	if ms := s.number(); ok && ms > 0 && ms < int64(1<<63-1)/int64(time.Millisecond) {
		return time.Duration(ms) * time.Millisecond, s, true
	}
	return 0, s, false
}

// compacted says whether a contract states that the topic is compacted.
func (x *index) compacted(topic string) (statement, bool) {
	s, ok := x.fact(topic, settingCleanup)
	return s, ok && slices.Contains(strings.Split(s.meaning, ","), "compact")
}

// topics reports contracts that state different facts about one topic. Each
// is held against the first contract that states the fact.
func (c *checker) topics() {
	for _, pair := range c.contradictions {
		before, now := pair.before, pair.now
		there := before.value
		if before.field != now.field {
			there = before.field + " " + there
		}
		c.report(now.contract, TopicConflict, now.at(),
			fmt.Sprintf("%s of the topic %s is %s here and %s in the contract of %s", now.field, now.topic, now.value, there, before.contract.Service.Name),
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
