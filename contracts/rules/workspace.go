package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/flowweir/weir/contracts"
)

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

// fact is one thing that a contract says about a topic.
type fact struct {
	field, value string
	setting      bool // one of config, by Kafka's name
}

// facts are what a contract says about a topic; what it leaves out is open.
func facts(t contracts.Topic) []fact {
	var all []fact
	if t.Partitions != 0 {
		all = append(all, fact{"partitions", strconv.Itoa(t.Partitions), false})
	}
	if t.Replication != 0 {
		all = append(all, fact{"replication", strconv.Itoa(t.Replication), false})
	}
	if t.Retention != 0 {
		all = append(all, fact{"retention", time.Duration(t.Retention).String(), false})
	}
	for _, name := range slices.Sorted(maps.Keys(t.Config)) {
		all = append(all, fact{name, t.Config[name], true})
	}
	return all
}

// statement is a fact with the contract that states it.
type statement struct {
	fact
	contract *contracts.Contract
	path     []any
}

// topics reports contracts that state different facts about one topic. Each
// is held against the first contract that states the fact.
func (c *checker) topics() {
	first := map[[2]string]statement{}
	for _, contract := range c.set {
		for _, topic := range slices.Sorted(maps.Keys(contract.Topics)) {
			for _, f := range facts(contract.Topics[topic]) {
				s := statement{f, contract, []any{"topics", topic, f.field}}
				if f.setting {
					s.path = []any{"topics", topic, "config", f.field}
				}
				if before, known := first[[2]string{topic, f.field}]; known {
					c.contradiction(topic, before, s)
				} else {
					first[[2]string{topic, f.field}] = s
				}
			}
		}
	}
}

func (c *checker) contradiction(topic string, before, now statement) {
	if before.value == now.value {
		return
	}
	c.report(now.contract, TopicConflict, now.contract.Doc.Position(now.path...),
		fmt.Sprintf("%s of the topic %s is %s here and %s in the contract of %s", now.field, topic, now.value, before.value, before.contract.Service.Name),
		"let the service that owns the topic state its facts",
		related(before.contract.Doc.Position(before.path...), "the other statement")...)
}
