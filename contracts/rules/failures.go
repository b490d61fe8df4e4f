package rules

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// failureTopic is a topic that a consumer writes failed records to.
type failureTopic struct {
	name string
	// what is "dead letters" or "retries"; at is where the contract names it.
	what string
	at   *finding.Position
	// holds is whether the value of the original must fit in.
	holds bool
}

func failureTopics(in consumed) []failureTopic {
	var all []failureTopic
	promise := in.promise()
	if promise.Retry != nil {
		for i, topic := range promise.Retry.Topics {
			all = append(all, failureTopic{topic, "retries", in.at("retry", "topics", i), true})
		}
	}
	if promise.DLQ != nil && promise.DLQ.Topic != "" {
		all = append(all, failureTopic{promise.DLQ.Topic, "dead letters", in.at("dlq", "topic"), promise.DLQ.Preserves("value")})
	}
	return all
}

// failures checks the topics that failed records go to.
func (c *checker) failures(in consumed) {
	promise := in.promise()
	if promise.Retry == nil && promise.DLQ == nil {
		return
	}
	if promise.DLQ == nil {
		c.report(in.contract, DLQMissing, in.at("retry"),
			fmt.Sprintf("after %s %s gives up on %s, and does not say where the record goes", attempts(promise.Retry.Attempts), in.service(), promise.Event),
			fmt.Sprintf("add dlq: {topic: %s}", deadLettersOf(promise.TopicName())))
	} else {
		c.deadLetterOwner(in)
		c.deadLetterParts(in)
		c.deadLetterRetention(in)
		c.liveDeadLetters(in)
	}
	if promise.Transport() != contracts.TransportKafka {
		return
	}
	for _, topic := range failureTopics(in) {
		stated, known := c.stated[topic.name]
		if !known {
			c.report(in.contract, FailureTopicUnstated, topic.at,
				fmt.Sprintf("no contract states anything about %s, the topic of %s: nobody provisions it", topic.name, topic.what),
				fmt.Sprintf("state its facts: topics: {%s: {partitions: 3, replication: 3, retention: 14d}}", topic.name))
		}
		if s, compacted := c.compacted(topic.name); compacted {
			c.report(in.contract, DLQCompacted, topic.at,
				fmt.Sprintf("%s, the topic of %s, is compacted: of the records of one key it keeps the last, and it refuses those without a key", topic.name, topic.what),
				"set cleanup.policy: delete", related(s.at(), "the policy")...)
		}
		if topic.holds {
			c.fits(in, topic, stated)
		}
	}
}

func deadLettersOf(topic string) string {
	if topic == "" {
		return "dead-letters"
	}
	return topic + ".dlq"
}

func attempts(n int) string {
	if n == 1 {
		return "one attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// fits checks that a topic takes the largest record of the input. Where one
// of the two states no size, Kafka's default is its size.
func (c *checker) fits(in consumed, topic failureTopic, stated statement) {
	const kafkaDefault = 1048588
	size := func(name string) (int64, statement) {
		s, ok := c.fact(name, settingSize)
		if n := s.number(); ok && n > 0 {
			return n, s
		}
		return kafkaDefault, statement{}
	}
	input := in.promise().TopicName()
	largest, inputAt := size(input)
	out, outAt := size(topic.name)
	if out >= largest {
		return
	}
	says := ""
	if outAt.contract == nil {
		says = ", Kafka's default"
		outAt = stated
	}
	var more []finding.Related
	for _, s := range []statement{inputAt, outAt} {
		if s.contract != nil {
			more = append(more, related(s.at(), "what is stated of %s", s.topic)...)
		}
	}
	c.report(in.contract, DLQTooSmall, topic.at,
		fmt.Sprintf("%s takes records of up to %d bytes%s, and %s, from which %s come, up to %d", topic.name, out, says, input, topic.what, largest),
		fmt.Sprintf("state max.message.bytes of %s: at least %d, and more for added headers", topic.name, largest), more...)
}

// deadLetterOwner checks that one owner looks after dead letters.
func (c *checker) deadLetterOwner(in consumed) {
	topic := in.promise().DLQ.Topic
	if in.contract.Service.Owner == "" {
		c.report(in.contract, DLQUnowned, in.at("dlq", "topic"),
			fmt.Sprintf("dead letters in %s wait for nobody: %s has no owner", topic, in.service()),
			"add service: {owner: team-orders}", related(in.contract.Doc.Position("service"), "the service")...)
	}
	first, taken := c.deadLetters[topic]
	switch {
	case !taken:
		c.deadLetters[topic] = in
	case first.service() != in.service():
		c.report(in.contract, DLQUnowned, in.at("dlq", "topic"),
			fmt.Sprintf("dead letters of %s and of %s lie in one topic, %s: each will leave them to the other", in.service(), first.service(), topic),
			"give each service a topic of its own", related(first.at("dlq", "topic"), "those of %s", first.service())...)
	}
}

// retry checks that what is retried still exists, and that its group still
// has it.
func (c *checker) retry(in consumed) {
	promise := in.promise()
	if promise.Retry == nil || promise.TopicName() == "" {
		return
	}
	horizon := promise.Retry.Horizon()
	if len(promise.Retry.Topics) == 0 {
		if kept, stated, ok := c.retention(promise.TopicName()); ok && horizon > kept {
			c.report(in.contract, RetryExpires, in.at("retry"),
				fmt.Sprintf("retries in place go on for %s, but %s keeps records for %s: those that wait behind are deleted unread", length(horizon), promise.TopicName(), length(kept)),
				"retry for a shorter time, or keep the records longer", related(stated.at(), "the retention")...)
		}
		if limit := promise.PollInterval(); horizon > limit {
			at, text := in.at("max-poll-interval"), ""
			if promise.MaxPollInterval == 0 {
				at, text = nil, ", Kafka's default,"
			}
			c.report(in.contract, RetryBlocksPoll, in.at("retry"),
				fmt.Sprintf("retries in place go on for %s, but the group waits %s%s for the next poll: the member is thrown out and the record comes again", length(horizon), length(limit), text),
				"retry by retry topics, for a shorter time, or with a longer max-poll-interval", related(at, "the limit")...)
		}
		return
	}
	wait := promise.Retry.LongestWait()
	for i, topic := range promise.Retry.Topics {
		if kept, stated, ok := c.retention(topic); ok && wait > kept {
			c.report(in.contract, RetryExpires, in.at("retry", "topics", i),
				fmt.Sprintf("a retry waits up to %s, but %s keeps records for %s: they are deleted before their turn", length(wait), topic, length(kept)),
				"wait for a shorter time, or keep the records longer", related(stated.at(), "the retention")...)
		}
	}
}

// loops reports retry and dead-letter topics from which records come back to
// the same consumer.
func (c *checker) loops(in consumed) {
	promise := in.promise()
	input := promise.TopicName()
	if input == "" {
		return
	}
	dlq := ""
	if promise.DLQ != nil {
		dlq = promise.DLQ.Topic
	}
	if dlq == input {
		c.report(in.contract, TopicLoop, in.at("dlq", "topic"), fmt.Sprintf("dead letters go to %s, the topic that is read", dlq),
			"give dead letters a topic of their own, such as "+input+".dlq")
	}
	if promise.Retry == nil {
		return
	}
	for i, topic := range promise.Retry.Topics {
		switch topic {
		case input:
			c.report(in.contract, TopicLoop, in.at("retry", "topics", i), fmt.Sprintf("retries go to %s, the topic that is read", topic),
				"give retries a topic of their own, such as "+input+".retry; other groups read the input, too")
		case dlq:
			c.report(in.contract, TopicLoop, in.at("retry", "topics", i), fmt.Sprintf("%s is the topic of dead letters and of retries", topic),
				"give dead letters a topic of their own, or they are read again", related(in.at("dlq", "topic"), "the topic of dead letters")...)
		}
	}
}

// failureEdge leads from a topic to one that its failed records go to.
type failureEdge struct {
	from, to string
	in       consumed
	topic    failureTopic
}

// failureLoops reports failed records that come back to a topic by way of
// several consumers: dead letters that someone reads, whose own dead letters
// go to where the first ones came from. loops has reported those of one.
func (c *checker) failureLoops() {
	edges := map[string][]failureEdge{}
	var starts []string
	for _, contract := range c.set {
		for i := range contract.Consumes {
			in := consumed{contract, i}
			if contract.Consumes[i].Retry == nil && contract.Consumes[i].DLQ == nil {
				continue
			}
			from := contract.Consumes[i].TopicName()
			for _, topic := range failureTopics(in) {
				if from == "" || from == topic.name {
					continue
				}
				if edges[from] == nil {
					starts = append(starts, from)
				}
				edges[from] = append(edges[from], failureEdge{from, topic.name, in, topic})
			}
		}
	}
	w := failureWalk{edges: edges, state: map[string]int{}, report: c.failureLoop}
	for _, topic := range starts {
		w.visit(topic)
	}
}

// failureWalk is a depth-first search for circles.
type failureWalk struct {
	edges  map[string][]failureEdge
	state  map[string]int // 1 while on the way, 2 once done
	way    []failureEdge
	report func(circle []failureEdge)
}

func (w *failureWalk) visit(topic string) {
	if w.state[topic] != 0 {
		return
	}
	w.state[topic] = 1
	for _, edge := range w.edges[topic] {
		w.way = append(w.way, edge)
		if w.state[edge.to] == 1 {
			start := slices.IndexFunc(w.way, func(e failureEdge) bool { return e.from == edge.to })
			w.report(w.way[start:])
		}
		w.visit(edge.to)
		w.way = w.way[:len(w.way)-1]
	}
	w.state[topic] = 2
}

// failureLoop reports a circle at its last edge, which closes it.
func (c *checker) failureLoop(circle []failureEdge) {
	const most = 10 // related places of one finding
	last := circle[len(circle)-1]
	var others []finding.Related
	for _, edge := range circle[max(0, len(circle)-1-most) : len(circle)-1] {
		others = append(others, related(edge.topic.at, "%s sends those of %s to %s", edge.in.service(), edge.from, edge.to)...)
	}
	c.report(last.in.contract, TopicLoop, last.topic.at,
		fmt.Sprintf("%s of %s go to %s, whose own failed records come back to %s", last.topic.what, last.from, last.to, last.from),
		"let the last topic of dead letters be read by people, or by a consumer without one", others...)
}
