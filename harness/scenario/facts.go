package scenario

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/loadgen/kafka"
)

// facts reads what the cluster says of the run's partitions.
type facts struct {
	admin  *kadm.Client
	topics []string
}

// State is the leader, epoch, replicas and in-sync replicas of every
// partition.
func (f facts) State(ctx context.Context) (fault.State, error) {
	leaders, err := kafka.Leaders(ctx, f.admin, f.topics...)
	if err != nil {
		return nil, err
	}
	state := fault.State{}
	for _, p := range leaders {
		state[fault.TopicPartition{Topic: p.Topic, Partition: p.Partition}] = fault.PartitionState{
			Leader: p.Leader, Epoch: p.Epoch, Replicas: p.Replicas, ISR: p.InSync,
		}
	}
	return state, nil
}

// ElectUnclean asks for an election in which any live replica may win.
func (f facts) ElectUnclean(ctx context.Context, tp fault.TopicPartition) error {
	results, err := f.admin.ElectLeaders(ctx, kadm.ElectLiveReplica, kadm.TopicsSet{tp.Topic: {tp.Partition: {}}})
	if err != nil {
		return err
	}
	var errs []error
	for _, partitions := range results {
		for _, r := range partitions {
			if r.Err != nil {
				errs = append(errs, fmt.Errorf("%s: %w %s", tp, r.Err, r.ErrMessage))
			}
		}
	}
	return errors.Join(errs...)
}

// leaderless names the partitions without a leader.
func (f facts) leaderless(ctx context.Context) ([]string, error) {
	state, err := f.State(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for tp, p := range state {
		if p.Leader < 0 {
			names = append(names, tp.String())
		}
	}
	return names, nil
}
