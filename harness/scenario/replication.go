package scenario

import (
	"fmt"
	"strconv"

	"github.com/flowweir/weir/reports/run"
)

// inSync is Kafka's setting of a topic: how many replicas must have a record
// before a producer with acks=all is told that it is written.
const inSync = "min.insync.replicas"

// defaultReplication is how often a topic is replicated of which nothing says
// how often.
func defaultReplication(brokers int) int { return min(3, brokers) }

// fit gives the topics that nothing states a replication of as many replicas as
// the brokers that are there can hold, whatever number the scenario counts on,
// and asks for no more of them in sync.
func (x *execution) fit(brokers int) {
	for i := range x.plan.Topics {
		t := &x.plan.Topics[i]
		if x.plan.replicationStated(t.Name) {
			continue
		}
		t.Replication = defaultReplication(brokers)
		if n, err := strconv.Atoi(t.Config[inSync]); err == nil && n > t.Replication {
			t.Config[inSync] = strconv.Itoa(t.Replication)
			note := fmt.Sprintf("%s is to have %s %d, not %d: nothing says how often the topic is replicated, and the cluster has %d brokers", t.Name, inSync, t.Replication, n, brokers)
			x.plan.Notes = append(x.plan.Notes, note)
			x.warn(note)
		}
	}
	own := x.plan.Scenario.Background.topics(x.info.Identity, brokers)
	x.info.Topics = append(append([]run.Topic{}, x.plan.Topics...), own...)
}

// replicationStated says whether the scenario or a contract says how often a
// topic is replicated.
func (p *Plan) replicationStated(topic string) bool {
	return p.Scenario.Topics[topic].Replication > 0 || p.stated(topic) != nil
}

// lowered is the next step where a topic is to have more replicas than there
// are brokers: what the scenario says of the topic then.
func lowered(t run.Topic, brokers int) string {
	config := ""
	if n, err := strconv.Atoi(t.Config[inSync]); err == nil && n > brokers {
		config = fmt.Sprintf(", config: {%s: %d}", inSync, brokers)
	}
	return fmt.Sprintf("write topics: {%s: {replication: %d%s}} in the scenario, or use a cluster of more brokers", t.Name, brokers, config)
}
