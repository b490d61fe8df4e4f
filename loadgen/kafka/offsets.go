package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// StartOffsets is the first offset of each partition of topics, by topic and
// partition.
func StartOffsets(ctx context.Context, admin *kadm.Client, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "start", admin.ListStartOffsets, topics)
}

// EndOffsets is the offset of the next record of each partition of topics: the
// high watermark, up to which records are on all in-sync replicas.
func EndOffsets(ctx context.Context, admin *kadm.Client, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "end", admin.ListEndOffsets, topics)
}

// StableOffsets is the last stable offset of each partition of topics: where
// a reader of committed records ends.
func StableOffsets(ctx context.Context, admin *kadm.Client, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "last stable", admin.ListCommittedOffsets, topics)
}

func list(ctx context.Context, which string, ask func(context.Context, ...string) (kadm.ListedOffsets, error), topics []string) (map[string]map[int32]int64, error) {
	if len(topics) == 0 { // which kadm takes for all topics
		return map[string]map[int32]int64{}, nil
	}
	listed, err := ask(ctx, topics...)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("list the %s offsets of %v: %w", which, topics, err)
	}
	offsets := make(map[string]map[int32]int64, len(listed))
	listed.Each(func(o kadm.ListedOffset) {
		if offsets[o.Topic] == nil {
			offsets[o.Topic] = make(map[int32]int64)
		}
		offsets[o.Topic][o.Partition] = o.Offset
	})
	return offsets, nil
}

// GroupState is a snapshot of a consumer group.
type GroupState struct {
	Group string
	// State is Kafka's: Stable, Empty, PreparingRebalance, Dead and so on. A
	// group that does not exist is Dead.
	State   string
	Members int
	// Partitions are in order of topic and number: those that have a commit
	// or are assigned to a member.
	Partitions []GroupPartition
}

// GroupPartition is how far a group is in one partition.
type GroupPartition struct {
	Topic     string
	Partition int32
	// Committed is the next offset that the group would read, or -1 where it
	// has committed nothing.
	Committed int64
	// End is the partition's high watermark.
	End int64
	// Lag is End − Committed; without a commit it counts from the log's
	// start. It is -1 where Err says why it is not known, as of a partition
	// without a leader.
	Lag int64
	Err error
}

// Lag is the group's lag over the partitions of which it is known, in
// records.
func (s GroupState) Lag() int64 {
	sum := int64(0)
	for _, p := range s.Partitions {
		sum += max(p.Lag, 0)
	}
	return sum
}

// Unknown says that the group does not exist.
func (s GroupState) Unknown() bool { return s.State == dead }

// dead is what Kafka calls the state of a group that does not exist.
const dead = "Dead"

// ReadGroup reads a snapshot of a consumer group, of either protocol.
func ReadGroup(ctx context.Context, admin *kadm.Client, group string) (GroupState, error) {
	lags, err := admin.Lag(ctx, group)
	if err == nil {
		err = lags.Error()
	}
	// Brokers answer about a group of the new protocol that it is not there,
	// or that it has no members.
	if errors.Is(err, kerr.GroupIDNotFound) || err == nil && len(lags[group].Members) == 0 {
		if state, ok, err := readModern(ctx, admin, group); ok || err != nil {
			return state, err
		}
	}
	if errors.Is(err, kerr.GroupIDNotFound) { // which brokers before 4.0 call Dead
		return GroupState{Group: group, State: dead}, nil
	}
	if err != nil {
		return GroupState{}, fmt.Errorf("read the lag of group %q: %w", group, err)
	}
	lag := lags[group]
	state := GroupState{Group: group, State: lag.State, Members: len(lag.Members)}
	state.add(lag.Lag)
	return state, nil
}

// readModern is ReadGroup for a group of the new protocol; ok is false where
// it is none, or the brokers know none.
func readModern(ctx context.Context, admin *kadm.Client, group string) (state GroupState, ok bool, err error) {
	described, err := admin.DescribeConsumerGroups(ctx, group)
	d, known := described[group]
	if err != nil || !known || d.Err != nil || len(d.Members) == 0 {
		return GroupState{}, false, nil // what the classic answer says stands
	}
	commits, err := admin.FetchOffsets(ctx, group)
	if err != nil {
		return GroupState{}, false, fmt.Errorf("read the commits of group %q: %w", group, err)
	}
	state = GroupState{Group: group, State: d.State, Members: len(d.Members)}
	topics := commits.Partitions().Topics()
	topics = append(topics, d.SubscribedTopics()...)
	if len(topics) == 0 { // which kadm takes for all topics
		return state, true, nil
	}
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return GroupState{}, false, fmt.Errorf("read the lag of group %q: %w", group, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topics...)
	if err != nil {
		return GroupState{}, false, fmt.Errorf("read the lag of group %q: %w", group, err)
	}
	// The calculation takes what is neither committed nor assigned for none of
	// the group's, and knows assignments of the old protocol only.
	ends.Each(func(o kadm.ListedOffset) {
		if _, committed := commits.Lookup(o.Topic, o.Partition); !committed {
			commits.Add(kadm.OffsetResponse{Offset: kadm.Offset{Topic: o.Topic, Partition: o.Partition, At: -1, LeaderEpoch: -1}})
		}
	})
	state.add(kadm.CalculateGroupLagWithStartOffsets(kadm.DescribedGroup{Group: group, State: "Empty", ProtocolType: "consumer"}, commits, starts, ends))
	return state, true, nil
}

func (s *GroupState) add(lag kadm.GroupLag) {
	for _, l := range lag.Sorted() {
		s.Partitions = append(s.Partitions, GroupPartition{
			Topic: l.Topic, Partition: l.Partition,
			Committed: l.Commit.At, End: l.End.Offset, Lag: l.Lag, Err: l.Err,
		})
	}
}

// SpeaksModern says whether the brokers know the protocol Modern as the client
// needs it: as Kafka has it since 4.0.
func SpeaksModern(ctx context.Context, admin *kadm.Client) (bool, error) {
	versions, err := admin.ApiVersions(ctx)
	for _, broker := range versions {
		if _, most, known := broker.KeyVersions(int16(kmsg.ConsumerGroupHeartbeat)); broker.Err == nil && known && most >= 1 {
			return true, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("ask what the brokers speak: %w", err)
	}
	return false, nil
}
