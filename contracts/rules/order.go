package rules

import (
	"fmt"

	"github.com/flowweir/weir/contracts"
)

// sentOrder checks that a producer can keep the order that it promises.
func (c *checker) sentOrder(p produced) {
	promise := p.promise()
	if !promise.OrderedPerKey() {
		return
	}
	if promise.Key == nil {
		c.report(p.contract, OrderWithoutKey, p.at("ordering"),
			promise.Event+" promises order per key, but its records have no key", "add a key, such as key: $.order_id, or remove ordering: per-key")
	}
	topic := promise.TopicName()
	if topic == "" {
		return
	}
	if !promise.Delivery.IsIdempotent() {
		c.report(p.contract, OrderUnsafeSend, p.at("ordering"),
			promise.Event+" promises order per key, but its producer is not idempotent: a batch that is sent again can overtake the next one",
			"set delivery: {acks: all, idempotent: true}", related(p.at("delivery"), "the delivery")...)
	}
	if _, known := c.fact(topic, factPartitions); !known {
		c.report(p.contract, PartitionsUnstated, p.at("ordering"),
			fmt.Sprintf("%s is ordered per key, and no contract states the partitions of %s: that they grow cannot be noticed", promise.Event, topic),
			fmt.Sprintf("state them: topics: {%s: {partitions: 12}}", topic))
	}
}

// readOrder holds the order that a consumer relies on against what producers
// promise and what its own retries do to it.
func (c *checker) readOrder(in consumed, producers []produced) {
	promise := in.promise()
	retries := promise.Retry != nil && len(promise.Retry.Topics) > 0
	switch promise.Ordering {
	case contracts.OrderingPerKey:
		for _, p := range producers {
			if !p.promise().OrderedPerKey() {
				c.report(in.contract, OrderUnpromised, in.at("ordering"),
					fmt.Sprintf("%s relies on the order of a key's %s, which %s does not promise", in.service(), promise.Event, p.service()),
					"add ordering: per-key to the producer, or ordering: none here", related(p.at("event"), "%s produces it here", p.service())...)
			}
		}
		if retries {
			c.report(in.contract, OrderLostInRetry, in.at("retry", "topics"),
				fmt.Sprintf("%s relies on the order of a key's %s, but a record in a retry topic is overtaken by later ones", in.service(), promise.Event),
				"retry in place, or process in any order and say ordering: none", related(in.at("ordering"), "order is relied on here")...)
		}
	case "":
		for _, p := range producers {
			if retries && p.promise().OrderedPerKey() {
				c.report(in.contract, OrderUnstated, in.at("retry", "topics"),
					fmt.Sprintf("%s keeps the order of a key's %s, and retry topics break it", p.service(), promise.Event),
					"say ordering: none if any order will do, else ordering: per-key and retry in place", related(p.at("ordering"), "the promise of %s", p.service())...)
				return
			}
		}
	}
}

// Dependence is a promise that holds only while a topic keeps its number of
// partitions: with another number keys move, and records of one key stand in
// two partitions without an order between them.
type Dependence struct {
	Topic    string
	Contract *contracts.Contract
	// Produces is the index of the interaction in the contract.
	Produces int
	// Reason is a sentence on what breaks.
	Reason string
}

// PartitionDependence are the promises of a set that depend on the number of
// partitions of their topics, in the order of the contracts: order per key,
// and the one partition per key that compaction needs. A comparison of two
// states of the set, one of which has other partitions, reports them.
func PartitionDependence(set []*contracts.Contract) []Dependence {
	x := indexOf(set)
	var all []Dependence
	for _, contract := range set {
		for i := range contract.Produces {
			promise := &contract.Produces[i]
			topic := promise.TopicName()
			if topic == "" || promise.Key == nil {
				continue
			}
			if promise.OrderedPerKey() {
				all = append(all, Dependence{topic, contract, i, fmt.Sprintf("%s promises the order of a key's %s", contract.Service.Name, promise.Event)})
			} else if _, compacted := x.compacted(topic); compacted {
				all = append(all, Dependence{topic, contract, i, fmt.Sprintf("compaction keeps the last %s of a key in each partition", promise.Event)})
			}
		}
	}
	return all
}
