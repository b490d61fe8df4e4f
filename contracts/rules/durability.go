package rules

import (
	"fmt"

	"github.com/flowweir/weir/contracts"
)

// durability holds what contracts state of replicas against what producers
// wait for.
func (c *checker) durability() {
	for _, topic := range c.topicNames {
		replicas, known := c.fact(topic, factReplication)
		if known && replicas.number() == 1 {
			c.report(replicas.contract, ReplicationSingle, replicas.at(),
				topic+" has one replica: it is unavailable while its broker is, and lost with its disk", "use replication: 3")
		}
		isr, stated := c.fact(topic, settingISR)
		if known && stated {
			c.tooFewReplicas(topic, replicas, isr)
		}
		c.oneReplica(topic, replicas, isr)
	}
}

// tooFewReplicas reports a min.insync.replicas that leaves no replica to
// spare.
func (c *checker) tooFewReplicas(topic string, replicas, isr statement) {
	have, need := replicas.number(), isr.number()
	there := related(replicas.at(), "the number of replicas")
	switch {
	case need > have:
		c.report(isr.contract, ISRImpossible, isr.at(),
			fmt.Sprintf("%s has replicas: %d, and a write with acks: all waits for %d: none ever succeeds", topic, have, need),
			fmt.Sprintf("set min.insync.replicas: %d, or raise the replication", max(1, have-1)), there...)
	case need == have && have > 1:
		c.report(isr.contract, ISRStopsWrites, isr.at(),
			fmt.Sprintf("%s needs all of its %d replicas for a write: one broker down, for an upgrade too, stops all writes", topic, have),
			fmt.Sprintf("set min.insync.replicas: %d, or replication: %d", have-1, have+1), there...)
	}
}

// oneReplica reports a topic on which acks: all waits for the leader alone.
func (c *checker) oneReplica(topic string, replicas, isr statement) {
	at, says := isr, "states min.insync.replicas: 1"
	switch {
	case isr.number() == 1 && replicas.number() != 1:
	case isr.contract == nil && replicas.number() > 1:
		at, says = replicas, "states no min.insync.replicas, which is 1 by Kafka's default"
	default:
		return
	}
	for _, p := range c.bySend[kafkaChannel(topic)] {
		if p.promise().Delivery.RequiredAcks() != contracts.AcksAll {
			continue
		}
		c.report(at.contract, AcksOneReplica, at.at(),
			fmt.Sprintf("%s %s: with acks: all a record is acknowledged while one replica has it, and lost with that", topic, says),
			"set config: {min.insync.replicas: 2} with replication: 3", related(p.at("event"), "%s waits for all in-sync replicas", p.service())...)
		return
	}
}

// sentAcks reports a producer that does not wait for the replicas that its
// topic asks for.
func (c *checker) sentAcks(p produced) {
	acks := p.promise().Delivery.RequiredAcks()
	topic := p.promise().TopicName()
	if acks == contracts.AcksAll || topic == "" {
		return
	}
	if isr, stated := c.fact(topic, settingISR); stated && isr.number() > 1 {
		c.report(p.contract, AcksIgnoreISR, p.at("delivery", "acks"),
			fmt.Sprintf("%s is sent with acks: %s, for which min.insync.replicas of %s says nothing: what one broker acknowledged can be lost with it", p.promise().Event, acks, topic),
			"set acks: all", related(isr.at(), "min.insync.replicas")...)
	}
}

// isolation reports a consumer that reads what a producer's transactions
// have aborted.
func (c *checker) isolation(in consumed, p produced) {
	if !p.promise().Delivery.Transactional || in.promise().ReadCommitted() {
		return
	}
	at := in.at("event")
	if in.contract.Doc.Has("consumes", in.i, "isolation") {
		at = in.at("isolation")
	}
	c.report(in.contract, IsolationUncommitted, at,
		fmt.Sprintf("%s sends %s in transactions, and %s reads records of those that were aborted, too", p.service(), in.promise().Event, in.service()),
		"add isolation: read-committed", related(p.at("delivery", "transactional"), "the promise of %s", p.service())...)
}
