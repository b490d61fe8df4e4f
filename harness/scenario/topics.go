package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/run"
)

// The roles that a topic plays in a run.
const (
	RoleInput  = "input"
	RoleOutput = "output"
	RoleRetry  = "retry"
	RoleDLQ    = "dlq"
	RoleOther  = "other"
	// RoleBackground gets no records.
	RoleBackground = "background"
)

// defaultPartitions is for topics about which no contract states a fact.
const defaultPartitions = 3

// topics lists every topic that the contracts name, with the facts that they
// state and what the scenario overrides.
func (r *resolver) topics() {
	roles := map[string]string{}
	role := func(topic, role string) {
		if topic != "" && (roles[topic] == "" || roles[topic] == RoleOther) {
			roles[topic] = role
		}
	}
	// Of no contract may be what load goes to, and what groups read that the
	// scenario describes.
	for _, l := range r.s.Load {
		role(l.Topic, RoleInput)
	}
	for _, f := range r.plan.Flows {
		role(f.Topic, RoleInput)
	}
	for _, c := range r.s.Consumers {
		for _, t := range c.Topics {
			if _, described := r.s.Topics[t]; described {
				role(t, RoleOther)
			}
		}
	}
	for _, c := range r.plan.Contracts {
		for i := range c.Produces {
			role(c.Produces[i].TopicName(), RoleOutput)
		}
		for i := range c.Consumes {
			consumes := &c.Consumes[i]
			role(consumes.TopicName(), RoleOther)
			if consumes.DLQ != nil {
				role(consumes.DLQ.Topic, RoleDLQ)
			}
			if consumes.Retry != nil {
				for _, t := range consumes.Retry.Topics {
					role(t, RoleRetry)
				}
			}
		}
		for name := range c.Topics {
			role(name, RoleOther)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		r.plan.Topics = append(r.plan.Topics, r.topic(name, roles[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(r.s.Topics)) {
		if r.plan.topic(name) == nil && !r.plan.blind {
			r.Error(UnknownTopic, document.Path{"topics", name}, "no contract, load or group of this scenario uses topic "+name, document.Suggest(name, r.plan.topicNames()))
		}
	}
}

// topic merges the facts about a topic: the contracts' in order, then the
// scenario's.
func (r *resolver) topic(name, role string) run.Topic {
	t := run.Topic{Name: name, Partitions: defaultPartitions, Replication: defaultReplication(r.s.Cluster.brokers()), Role: role, Config: map[string]string{}}
	merge := func(facts contracts.Topic) {
		if facts.Partitions > 0 {
			t.Partitions = facts.Partitions
		}
		if facts.Replication > 0 {
			t.Replication = facts.Replication
		}
		if facts.Retention > 0 {
			t.Config["retention.ms"] = strconv.FormatInt(facts.Retention.Milliseconds(), 10)
		}
		maps.Copy(t.Config, facts.Config)
	}
	for _, c := range r.plan.Contracts {
		merge(c.Topics[name])
	}
	merge(r.s.Topics[name])
	return t
}

// topics are those that get no records. Their names are the run's alone: those
// of another run on the same cluster are not to be counted on.
func (b Background) topics(runID string, brokers int) []run.Topic {
	if b.Partitions == 0 {
		return nil
	}
	list := make([]run.Topic, max(b.Topics, 1))
	for i := range list {
		list[i] = run.Topic{
			Name: fmt.Sprintf("weir-background-%s-%d", runID, i), Role: RoleBackground,
			Partitions: b.Partitions, Replication: cmp.Or(b.Replication, defaultReplication(brokers)),
		}
	}
	return list
}

func (c Cluster) brokers() int {
	if c.Brokers == 0 {
		return 3
	}
	return c.Brokers
}

func (p *Plan) topic(name string) *run.Topic {
	for i := range p.Topics {
		if p.Topics[i].Name == name {
			return &p.Topics[i]
		}
	}
	return nil
}

// role is the role of a topic; that of one that the run only reads is other.
func (p *Plan) role(name string) string {
	if t := p.topic(name); t != nil {
		return t.Role
	}
	return RoleOther
}

func (p *Plan) topicNames() []string {
	names := make([]string, len(p.Topics))
	for i, t := range p.Topics {
		names[i] = t.Name
	}
	return names
}
