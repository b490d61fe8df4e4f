package rules

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// deadLetterParts checks that a dead letter keeps what it takes to send the
// record again. An empty list says that dead letters are only counted.
func (c *checker) deadLetterParts(in consumed) {
	dlq := in.promise().DLQ
	if len(dlq.Preserve) == 0 {
		return
	}
	var lost []string
	for _, part := range []string{"key", "value", "headers"} {
		if !dlq.Preserves(part) {
			lost = append(lost, part)
		}
	}
	if len(lost) == 0 {
		return
	}
	c.report(in.contract, DLQIncomplete, in.at("dlq", "preserve"),
		fmt.Sprintf("dead letters in %s lose %s of the original: sent again, it is another record", dlq.Topic, strings.Join(lost, " and ")),
		"preserve all three: [key, value, headers], which is the default")
}

// deadLetterRetention checks that dead letters are kept at least as long as the
// records that they are of: they wait for people.
func (c *checker) deadLetterRetention(in consumed) {
	promise := in.promise()
	if promise.Transport() != contracts.TransportKafka || promise.DLQ.Topic == "" {
		return
	}
	kept, stated, ok := c.retention(promise.DLQ.Topic)
	source, statedSource, also := c.retention(promise.TopicName())
	if !ok || !also || kept >= source {
		return
	}
	c.report(in.contract, DLQRetention, in.at("dlq", "topic"),
		fmt.Sprintf("%s keeps dead letters for %s, and %s, from which they come, keeps records for %s: what nobody looked at in time is lost", promise.DLQ.Topic, length(kept), promise.TopicName(), length(source)),
		fmt.Sprintf("state a retention of %s of at least %s, and longer than it takes somebody to look", promise.DLQ.Topic, length(source)),
		append(related(stated.at(), "the retention"), related(statedSource.at(), "the retention of %s", promise.TopicName())...)...)
}
