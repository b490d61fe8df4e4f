package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
)

// facts reads what the cluster says of the run's partitions.
type facts struct {
	client *kgo.Client
	admin  *kadm.Client
	nodes  []int32
	topics []string
}

// factsTimeout bounds one look at the cluster; factsGrace is how long the
// other brokers may take once one has answered.
const (
	factsTimeout = 2 * time.Second
	factsGrace   = 300 * time.Millisecond
)

// State is the leader, epoch, replicas and in-sync replicas of every
// partition. All brokers are asked at once: in the midst of faults some are
// frozen, which must not hold up the next fault, and one that was frozen
// answers from the past. Of each partition the answer with the highest epoch
// counts.
func (f facts) State(ctx context.Context) (fault.State, error) {
	ctx, cancel := context.WithTimeout(ctx, factsTimeout)
	defer cancel()
	type answer struct {
		state fault.State
		err   error
	}
	answers := make(chan answer, len(f.nodes))
	for _, node := range f.nodes {
		go func() {
			state, err := f.ask(ctx, node)
			answers <- answer{state, err}
		}()
	}
	state := fault.State{}
	var errs []error
	var grace <-chan time.Time
	for range f.nodes {
		select {
		case a := <-answers:
			if a.err != nil {
				errs = append(errs, a.err)
				continue
			}
			latest(state, a.state)
			if grace == nil {
				grace = time.After(factsGrace)
			}
		case <-grace:
			return state, nil
		case <-ctx.Done():
			// A broker that is frozen may answer later than the context says.
			errs = append(errs, ctx.Err())
			if len(state) == 0 {
				return nil, errors.Join(errs...)
			}
			return state, nil
		}
	}
	if len(state) == 0 {
		return nil, errors.Join(errs...)
	}
	return state, nil
}

// latest takes over the partitions of which from knows a later epoch.
func latest(into, from fault.State) {
	for tp, p := range from {
		if known, ok := into[tp]; !ok || p.Epoch > known.Epoch {
			into[tp] = p
		}
	}
}

// ask reads the metadata of one broker, past the client's cache.
func (f facts) ask(ctx context.Context, node int32) (fault.State, error) {
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range f.topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, f.client.Broker(int(node)))
	if err != nil {
		return nil, fmt.Errorf("broker %d: %w", node, err)
	}
	state := fault.State{}
	for _, t := range resp.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			return nil, fmt.Errorf("broker %d: topic %s: %w", node, *t.Topic, err)
		}
		for _, p := range t.Partitions {
			state[fault.TopicPartition{Topic: *t.Topic, Partition: p.Partition}] = fault.PartitionState{
				Leader: p.Leader, Epoch: p.LeaderEpoch, Replicas: p.Replicas, ISR: p.ISR,
			}
		}
	}
	return state, nil
}

// electTimeout is how long an election is asked for: the controller may be
// on its way back too.
const electTimeout = 10 * time.Second

// ElectUnclean asks for an election in which any live replica may win, again
// until the controller has answered.
func (f facts) ElectUnclean(ctx context.Context, tp fault.TopicPartition) error {
	ctx, cancel := context.WithTimeout(ctx, electTimeout)
	defer cancel()
	for {
		results, err := f.admin.ElectLeaders(ctx, kadm.ElectLiveReplica, kadm.TopicsSet{tp.Topic: {tp.Partition: {}}})
		if err == nil {
			r := results[tp.Topic][tp.Partition]
			if r.Err == nil || !kerr.IsRetriable(r.Err) {
				return r.Err
			}
			err = fmt.Errorf("%w %s", r.Err, r.ErrMessage)
		}
		if !pause(ctx, 500*time.Millisecond) {
			return err
		}
	}
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
	slices.Sort(names)
	return names, nil
}
