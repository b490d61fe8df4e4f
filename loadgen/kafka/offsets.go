package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
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

// ReadGroup reads a snapshot of a consumer group.
func ReadGroup(ctx context.Context, admin *kadm.Client, group string) (GroupState, error) {
	lags, err := admin.Lag(ctx, group)
	if err == nil {
		err = lags.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) { // which brokers before 4.0 call Dead
		return GroupState{Group: group, State: "Dead"}, nil
	}
	if err != nil {
		return GroupState{}, fmt.Errorf("read the lag of group %q: %w", group, err)
	}
	lag := lags[group]
	state := GroupState{Group: group, State: lag.State, Members: len(lag.Members)}
	for _, l := range lag.Lag.Sorted() {
		state.Partitions = append(state.Partitions, GroupPartition{
			Topic: l.Topic, Partition: l.Partition,
			Committed: l.Commit.At, End: l.End.Offset, Lag: l.Lag, Err: l.Err,
		})
	}
	return state, nil
}
