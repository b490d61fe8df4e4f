package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
)

// facts reads what the cluster says of the run's partitions.
type facts struct {
	client *kgo.Client
	// forwarded is for requests that brokers forward to the active controller:
	// without one they hold up what comes behind them on their connection.
	forwarded *kgo.Client
	nodes     []int32
	topics    []string
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
	answers := askAll(f.nodes, func(node int32) (fault.State, error) { return f.ask(ctx, node) })
	var state fault.State
	var errs []error
	var grace <-chan time.Time
	for range f.nodes {
		select {
		case a := <-answers:
			if a.err != nil {
				errs = append(errs, a.err)
				continue
			}
			if state == nil {
				state, grace = fault.State{}, time.After(factsGrace)
			}
			latest(state, a.value)
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
	if state == nil {
		return nil, errors.Join(errs...)
	}
	return state, nil
}

// answer is what one broker said.
type answer[T any] struct {
	value T
	err   error
}

// askAll asks all nodes at once; each gives one answer.
func askAll[T any](nodes []int32, ask func(node int32) (T, error)) <-chan answer[T] {
	answers := make(chan answer[T], len(nodes))
	for _, node := range nodes {
		go func() {
			value, err := ask(node)
			answers <- answer[T]{value, err}
		}()
	}
	return answers
}

// Holder asks the brokers who has a role.
func (f facts) Holder(ctx context.Context, role fault.Role, past []int32) (fault.Holder, error) {
	return anyOf(ctx, f.nodes, past, func(ctx context.Context, node int32) (fault.Holder, error) {
		return f.holder(ctx, role, node)
	})
}

// anyOf asks all brokers but those that are past at once; the first that
// knows counts. Where all are past all are asked.
func anyOf[T any](ctx context.Context, all, past []int32, ask func(ctx context.Context, node int32) (T, error)) (none T, _ error) {
	ctx, cancel := context.WithTimeout(ctx, factsTimeout)
	defer cancel()
	nodes := slices.DeleteFunc(slices.Clone(all), func(n int32) bool { return slices.Contains(past, n) })
	if len(nodes) == 0 {
		nodes = all
	}
	answers := askAll(nodes, func(node int32) (T, error) {
		for {
			value, err := ask(ctx, node)
			if err == nil || !kerr.IsRetriable(err) || !pause(ctx, rolePause) {
				return value, err
			}
		}
	})
	var errs []error
	for range nodes {
		a := <-answers
		if a.err == nil {
			return a.value, nil
		}
		errs = append(errs, a.err)
	}
	return none, errors.Join(errs...)
}

// rolePause is the pause before a broker is asked again that does not know
// who has a role: a group's coordinator may be on its way.
const rolePause = 100 * time.Millisecond

// holder asks one broker who has a role.
func (f facts) holder(ctx context.Context, role fault.Role, node int32) (fault.Holder, error) {
	if role.Kind == fault.Controller {
		return f.controller(ctx, node)
	}
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKey, req.CoordinatorKeys = role.Name, []string{role.Name} // before version 4, and since
	if role.Kind == fault.TransactionCoordinator {
		req.CoordinatorType = 1
	}
	resp, err := req.RequestWith(ctx, f.client.Broker(int(node)))
	if err != nil {
		return fault.Holder{}, fmt.Errorf("broker %d: %w", node, err)
	}
	holder, code := resp.NodeID, resp.ErrorCode
	if len(resp.Coordinators) > 0 {
		holder, code = resp.Coordinators[0].NodeID, resp.Coordinators[0].ErrorCode
	}
	if err := kerr.ErrorForCode(code); err != nil {
		return fault.Holder{}, fmt.Errorf("broker %d: %w", node, err)
	}
	return fault.Holder{Node: holder}, nil
}

// controller is the leader of the metadata's quorum. What Metadata names the
// controller is any broker.
func (f facts) controller(ctx context.Context, node int32) (fault.Holder, error) {
	p, err := f.quorum(ctx, node)
	return fault.Holder{Node: p.LeaderID, Epoch: p.LeaderEpoch}, err
}

// Voters are the controllers, as the active one tells the first broker that
// hears of it. It counts itself as one that has just fetched.
func (f facts) Voters(ctx context.Context, past []int32) (fault.Voters, error) {
	return anyOf(ctx, f.nodes, past, func(ctx context.Context, node int32) (fault.Voters, error) {
		p, err := f.quorum(ctx, node)
		if err != nil {
			return nil, err
		}
		var now int64
		for _, v := range p.CurrentVoters {
			now = max(now, v.LastFetchTimestamp)
		}
		voters := fault.Voters{}
		for _, v := range p.CurrentVoters {
			if v.LastFetchTimestamp >= 0 { // since the active one is that
				voters[v.ReplicaID] = time.Duration(now-v.LastFetchTimestamp) * time.Millisecond
			}
		}
		return voters, nil
	})
}

// quorum is what one broker says of the metadata's log.
func (f facts) quorum(ctx context.Context, node int32) (p kmsg.DescribeQuorumResponseTopicPartition, err error) {
	const topic = "__cluster_metadata"
	req := kmsg.NewPtrDescribeQuorumRequest()
	t := kmsg.NewDescribeQuorumRequestTopic()
	t.Topic = topic
	t.Partitions = append(t.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(ctx, f.forwarded.Broker(int(node)))
	if err != nil {
		return p, fmt.Errorf("broker %d: %w", node, err)
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return p, fmt.Errorf("broker %d: %w", node, err)
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return p, fmt.Errorf("broker %d tells of no quorum", node)
	}
	p = resp.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
		return p, fmt.Errorf("broker %d: %w", node, err)
	}
	return p, nil
}

// disagreements names the brokers that take another one for the leader of a
// partition than the brokers do that know its latest epoch. Of brokers that do
// not answer nothing is said, unless it was ctx that left them no time: then
// nobody knows what they would have said.
func (f facts) disagreements(ctx context.Context) ([]string, error) {
	look, cancel := context.WithTimeout(ctx, factsTimeout)
	defer cancel()
	answers := askAll(f.nodes, func(node int32) (said, error) {
		state, err := f.ask(look, node)
		return said{node, state}, err
	})
	var all []said
	for range f.nodes {
		a := <-answers
		if a.err == nil {
			all = append(all, a.value)
		} else if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return behind(all), nil
}

// said is what a broker says of partitions.
type said struct {
	node  int32
	state fault.State
}

// behind names, for each broker that is behind the latest epoch of partitions,
// how many there are and one of them.
func behind(all []said) []string {
	newest := fault.State{}
	for _, s := range all {
		latest(newest, s.state)
	}
	slices.SortFunc(all, func(a, b said) int { return cmp.Compare(a.node, b.node) })
	var names []string
	for _, s := range all {
		var late []string
		for tp, p := range s.state {
			if now := newest[tp]; now.Epoch > p.Epoch {
				late = append(late, fmt.Sprintf("%s, which broker %d leads now", tp, now.Leader))
			}
		}
		slices.Sort(late)
		switch n := len(late); n {
		case 0:
		case 1:
			names = append(names, fmt.Sprintf("broker %d does not know who leads %s", s.node, late[0]))
		default:
			names = append(names, fmt.Sprintf("broker %d does not know who leads %d partitions, such as %s", s.node, n, late[0]))
		}
	}
	return names
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
		err := kerr.ErrorForCode(t.ErrorCode)
		if errors.Is(err, kerr.UnknownTopicOrPartition) {
			continue // it was deleted
		}
		if err != nil {
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
