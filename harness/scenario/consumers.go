package scenario

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/value"
	"github.com/flowweir/weir/reports/run"
)

func (v *validator) consumers(path document.Path, c Consumers) {
	if c.Group == "" {
		v.Missing(path, "group", "the consumer group, Kafka's group.id")
	}
	if len(c.Topics) == 0 {
		v.Missing(path, "topics", "")
	}
	for i, topic := range c.Topics {
		if topic == "" {
			v.Error(document.Required, path.Add("topics", i), "a topic has no name", "")
		} else if slices.Contains(c.Topics[:i], topic) {
			v.Error(DuplicateName, path.Add("topics", i), fmt.Sprintf("topics has %s twice", topic), "keep one of them")
		}
	}
	v.Positive(path.Add("members"), c.Members > 0)
	if c.Members > mostMembers {
		v.Error(document.OutOfRange, path.Add("members"), fmt.Sprintf("members must be at most %d: each is a client with its own connections to all brokers, in this process", mostMembers), "a group uses no more members than its topics have partitions")
	}
	v.OneOf(path.Add("from"), c.From, "load", "earliest")
	v.OneOf(path.Add("isolation"), c.Isolation, contracts.IsolationReadCommitted, contracts.IsolationReadUncommitted)
	if v.OneOf(path.Add("protocol"), c.Protocol, string(kafka.Classic), string(kafka.Modern)) && c.Protocol == string(kafka.Modern) && v.s.Doc.Has(path.Add("session-timeout")...) {
		v.Conflict(path.Add("session-timeout"), path.Add("protocol"), "session-timeout says nothing with protocol: consumer: the broker has it", "set group.consumer.session.timeout.ms on the brokers")
	}
	if c.Process != nil {
		v.process(path.Add("process"), *c.Process)
	}
	v.Positive(path.Add("fetch-min"), c.FetchMin > 0)
	v.Positive(path.Add("fetch-max"), c.FetchMax > 0)
	v.Positive(path.Add("fetch-max-partition"), c.FetchMaxPartition > 0)
	v.Positive(path.Add("fetch-wait"), c.FetchWait > 0)
	v.Positive(path.Add("session-timeout"), c.SessionTimeout > 0)
	v.Positive(path.Add("max-poll-records"), c.MaxPollRecords > 0)
}

func (v *validator) process(path document.Path, p Process) {
	has := func(field string) bool { return v.s.Doc.Has(path.Add(field)...) }
	switch {
	case !has("median") && (has("p99") || has("max")):
		v.Missing(path, "median", "lognormal times are given by their median and p99")
	case !has("median"):
		if p.Time < 0 {
			v.Error(document.OutOfRange, path, "process cannot be negative", "")
		}
	case has("time"):
		v.Conflict(path.Add("time"), path.Add("median"), "time excludes median", "keep one of them")
	case p.Median <= 0:
		v.Positive(path.Add("median"), false)
	case !has("p99"):
		v.Missing(path, "p99", "lognormal times are given by their median and p99")
	case p.P99 <= p.Median:
		v.Error(document.OutOfRange, path.Add("p99"), "p99 must be above the median", "one time for all records is process: 5ms")
	case has("max") && p.Max < p.P99:
		v.Error(document.OutOfRange, path.Add("max"), "max must not be below p99", "")
	}
}

// settings are the scenario's consumer settings over the defaults.
func (c *Consumers) settings() kafka.GroupSettings {
	s := kafka.DefaultGroupSettings()
	s.Static, s.Earliest = c.Static, c.From == "earliest"
	s.ReadCommitted = c.Isolation == contracts.IsolationReadCommitted
	s.Protocol = cmp.Or(kafka.Protocol(c.Protocol), s.Protocol)
	s.SessionTimeout = cmp.Or(time.Duration(c.SessionTimeout), s.SessionTimeout)
	s.FetchMinBytes = cmp.Or(int(c.FetchMin), s.FetchMinBytes)
	s.FetchMaxBytes = cmp.Or(int(c.FetchMax), s.FetchMaxBytes)
	s.FetchMaxPartitionBytes = cmp.Or(int(c.FetchMaxPartition), s.FetchMaxPartitionBytes)
	s.FetchMaxWait = cmp.Or(time.Duration(c.FetchWait), s.FetchMaxWait)
	s.MaxPollRecords = cmp.Or(int(c.MaxPollRecords), s.MaxPollRecords)
	return s
}

// times are how long the members of a group take for records; ok is false
// where they take none.
func (c *Consumers) times(seed uint64, number uint16) (t value.Times, ok bool, err error) {
	switch p := c.Process; {
	case p == nil || p.Time == 0 && p.Median == 0:
		return t, false, nil
	case p.Median > 0:
		t, err = value.LognormalTimes(seed, number, time.Duration(p.Median), time.Duration(p.P99), time.Duration(cmp.Or(p.Max, 10*p.P99)))
		return t, true, err
	default:
		return value.FixedTime(time.Duration(p.Time)), true, nil
	}
}

// describe is the group's settings for a report.
func (c *Consumers) describe() map[string]string {
	m := maps.Clone(c.settings().Map())
	if t, ok, err := c.times(0, 0); ok && err == nil {
		m["weir.process"] = t.String()
	}
	return m
}

// startGroups starts Weir's own consumers.
func (x *execution) startGroups(ctx context.Context) error {
	for i := range x.plan.Scenario.Consumers {
		c := &x.plan.Scenario.Consumers[i]
		settings := c.settings()
		if settings.Protocol == kafka.Modern {
			speaks, err := kafka.SpeaksModern(ctx, x.admin)
			if err != nil {
				return &InfrastructureError{"reading which protocols the brokers speak", err}
			}
			if !speaks {
				return x.usage(NotBuilt, fmt.Sprintf("the brokers of this cluster do not speak the protocol that %s asks for: Kafka does since 4.0 (KIP-848)", c.Group), "consumers", i, "protocol")
			}
		}
		cfg := kafka.GroupConfig{
			Client: x.clientOptions(), Group: c.Group, Topics: c.Topics, Members: max(1, c.Members), Start: x.t0, Settings: settings,
		}
		t, takes, err := c.times(x.info.Seed, uint16(i))
		if takes && err == nil {
			cfg.Process = func(r *kgo.Record) time.Duration { return t.At(uint64(r.Partition)<<44 ^ uint64(r.Offset)) }
		}
		if err != nil {
			return x.usage(BadLoad, err.Error(), "consumers", i, "process")
		}
		g, err := kafka.StartGroup(cfg)
		if err != nil {
			return x.usage(BadLoad, err.Error(), "consumers", i)
		}
		x.groups = append(x.groups, g)
	}
	return nil
}

// groupResults are the lag of all groups, and what those of Weir's own did.
func (x *execution) groupResults() []run.Group {
	results := x.lag.results()
	for i, members := range x.members {
		c := &x.plan.Scenario.Consumers[i]
		for j := range results {
			if results[j].Name != c.Group {
				continue
			}
			results[j].Settings = c.describe()
			for _, m := range members {
				results[j].Members++
				results[j].Consumed += m.Received
				results[j].Rebalances += m.Rebalances
			}
		}
	}
	return results
}

// backlog is where the log of a partition ended, or ends now, that a group with
// from: earliest must have read when the load began; some is false where there
// was nothing.
func (x *execution) backlog(topic string, partition int32) (last int64, some bool) {
	start, end := x.starts[topic][partition], x.begin[topic][partition]
	return end - 1, end > start
}
