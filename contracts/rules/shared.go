package rules

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Use is what a contract has a topic for.
type Use struct {
	// What is an event, "dead letters" or "retries".
	What string
	At   *finding.Position
}

// retries is what a topic of retries is used for.
const retries = "retries"

// Retries says whether it is for retries.
func (u Use) Retries() bool { return u.What == retries }

// Uses are the topics that a contract uses, each with one use: retries before
// dead letters, those before events.
func Uses(c *contracts.Contract) map[string]Use {
	all := map[string]Use{}
	for i, out := range c.Produces {
		all[out.TopicName()] = Use{out.Event, c.Doc.Position("produces", i, "event")}
	}
	for i, in := range c.Consumes {
		all[in.TopicName()] = Use{in.Event, c.Doc.Position("consumes", i, "event")}
		if in.DLQ != nil {
			all[in.DLQ.Topic] = Use{"dead letters", c.Doc.Position("consumes", i, "dlq", "topic")}
		}
	}
	for i, in := range slices.Backward(c.Consumes) {
		if in.Retry != nil {
			for j, topic := range in.Retry.Topics {
				all[topic] = Use{retries, c.Doc.Position("consumes", i, "retry", "topics", j)}
			}
		}
	}
	return all
}

// user is one that uses a topic: the i-th contract.
type user struct {
	i int
	Use
}

// sharedRetries reports topics of retries that another service uses, too: what
// waits there for the one is taken by the other. Where both retry by it, the
// later contract is told.
func (c *checker) sharedRetries() {
	users := map[string][]user{}
	for i, contract := range c.set {
		for topic, use := range Uses(contract) {
			users[topic] = append(users[topic], user{i, use})
		}
	}
	for i, contract := range c.set {
		for k, in := range contract.Consumes {
			if in.Retry == nil {
				continue
			}
			for j, topic := range in.Retry.Topics {
				if topic != in.TopicName() { // loops says that
					c.sharedRetry(consumed{contract, k}, i, j, users[topic])
				}
			}
		}
	}
}

// sharedRetry reports the first other user of the j-th topic that the i-th
// contract retries by.
func (c *checker) sharedRetry(in consumed, i, j int, users []user) {
	retry := in.promise().Retry
	for _, u := range users {
		other := c.set[u.i].Service.Name
		if other == in.service() || u.Retries() && u.i > i {
			continue
		}
		c.report(in.contract, RetryShared, in.at("retry", "topics", j),
			fmt.Sprintf("%s retries %s by %s, which %s uses for %s: what waits there for the one is taken by the other", in.service(), in.promise().Event, retry.Topics[j], other, u.What),
			"give each service topics of retries of its own", related(u.At, "%s uses it here", other)...)
		return
	}
}

// liveDeadLetters reports a topic of dead letters to which other events are
// sent: who reads those gets the dead letters, too, and takes them for such.
func (c *checker) liveDeadLetters(in consumed) {
	promise := in.promise()
	if promise.DLQ.Topic == "" || promise.DLQ.Topic == promise.TopicName() {
		return // loops says that
	}
	channel := contracts.Channel{Transport: promise.Transport(), Name: promise.DLQ.Topic}
	for _, p := range c.bySend[channel] {
		if p.promise().Event != promise.Event {
			c.report(in.contract, DLQLive, in.at("dlq", "topic"),
				fmt.Sprintf("dead letters of %s go to %s, to which %s sends %s: whoever reads that gets them, too", promise.Event, promise.DLQ.Topic, p.service(), p.promise().Event),
				"give dead letters a topic of their own, such as "+deadLettersOf(promise.TopicName()), related(p.at("event"), "the event")...)
			return
		}
	}
}
