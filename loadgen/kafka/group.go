package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// GroupConfig is all that a consumer group of Weir's own needs.
type GroupConfig struct {
	// Client says how to connect: seed brokers, TLS, SASL.
	Client []kgo.Opt
	// Group is Kafka's group.id.
	Group  string
	Topics []string
	// Members is the number of consumers; default 1.
	Members int
	// Start is the load's start, from which times count.
	Start time.Time
	// Handler, which may be nil, gets what a member consumed of one
	// partition, in order of offset, and when it came. Members call it at
	// the same time. Neither the slice nor a record may be kept.
	Handler func(member int, batch []*kgo.Record, at time.Duration)
}

// Group is a consumer group: its members process what they get and commit
// after that, at least once, every five seconds and before they give a
// partition up (Kafka's enable.auto.commit and auto.commit.interval.ms). A
// group without commits begins with the first record that is stamped at Start
// or later: what was there before the load is not its affair, and what comes
// before it has joined is.
type Group struct {
	config  GroupConfig
	watch   *watch
	members []*member
	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Once
}

type member struct {
	number     int
	client     *kgo.Client
	received   atomic.Int64
	rebalances atomic.Int64
}

// MemberFacts is what a member did so far.
type MemberFacts struct {
	// Received counts records, those consumed again after a rebalance too.
	Received int64
	// Rebalances counts the changes of the member's assignment.
	Rebalances int64
}

// StartGroup starts the members. They join in the background.
func StartGroup(c GroupConfig) (*Group, error) {
	if c.Group == "" || len(c.Topics) == 0 || c.Start.IsZero() || c.Members < 0 {
		return nil, errors.New("a consumer group needs a name, topics, a start and at least one member")
	}
	ctx, stop := context.WithCancel(context.Background())
	g := &Group{config: c, watch: newWatch(c.Start), stop: stop}
	for i := range max(c.Members, 1) {
		m := &member{number: i}
		client, err := g.client(m)
		if err != nil {
			g.close()
			return nil, fmt.Errorf("consumer group %q: %w", c.Group, err)
		}
		m.client = client
		g.members = append(g.members, m)
	}
	for _, m := range g.members {
		g.running.Go(func() { g.consume(ctx, m) })
	}
	return g, nil
}

func (g *Group) client(m *member) (*kgo.Client, error) {
	changed := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		if len(partitions) > 0 {
			m.rebalances.Add(1)
		}
	}
	opts := append(append([]kgo.Opt{}, g.config.Client...), common(fmt.Sprintf("weir-%s-%d", g.config.Group, m.number), g.watch)...)
	return kgo.NewClient(append(opts,
		kgo.ConsumerGroup(g.config.Group),
		kgo.ConsumeTopics(g.config.Topics...),
		kgo.ConsumeStartOffset(kgo.NewOffset().AfterMilli(g.config.Start.UnixMilli())),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.RequestTimeoutOverhead(readTimeout),
		kgo.AutoCommitMarks(),
		// Nothing is taken away between a poll and the marks for it.
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(changed),
		kgo.OnPartitionsLost(changed),
		kgo.OnPartitionsRevoked(func(ctx context.Context, c *kgo.Client, partitions map[string][]int32) {
			changed(ctx, c, partitions)
			if err := c.CommitMarkedOffsets(ctx); err != nil {
				g.watch.add(StageRequest, -1, err)
			}
		}),
	)...)
}

func (g *Group) consume(ctx context.Context, m *member) {
	// A member that is stopped after a poll must not hold up the others, which
	// wait for it to rejoin, and with it the commits of Close.
	defer m.client.AllowRebalance()
	for {
		fetches := m.client.PollFetches(ctx)
		if fetches.IsClientClosed() || ctx.Err() != nil {
			return
		}
		at := time.Since(g.config.Start)
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if p.Err != nil {
				g.watch.add(StageFetch, -1, p.Err)
			}
			if len(p.Records) == 0 {
				return
			}
			if g.config.Handler != nil {
				g.config.Handler(m.number, p.Records, at)
			}
			m.received.Add(int64(len(p.Records)))
			m.client.MarkCommitRecords(p.Records[len(p.Records)-1])
		})
		m.client.AllowRebalance()
	}
}

// Facts is what each member did so far.
func (g *Group) Facts() []MemberFacts {
	facts := make([]MemberFacts, len(g.members))
	for i, m := range g.members {
		facts[i] = MemberFacts{Received: m.received.Load(), Rebalances: m.rebalances.Load()}
	}
	return facts
}

// Errors is what went wrong so far for any member, in order of first
// occurrence.
func (g *Group) Errors() []ClientError { return g.watch.all() }

// Close commits what was processed, within ctx, and leaves the group. It may
// be called twice.
func (g *Group) Close(ctx context.Context) error {
	var errs []error
	g.closing.Do(func() {
		g.stop()
		g.running.Wait()
		for _, m := range g.members {
			if err := m.client.CommitMarkedOffsets(ctx); err != nil {
				errs = append(errs, fmt.Errorf("consumer group %q, member %d: commit: %w", g.config.Group, m.number, err))
			}
		}
		g.close()
	})
	return errors.Join(errs...)
}

func (g *Group) close() {
	g.watch.close()
	g.stop()
	var leaving sync.WaitGroup
	for _, m := range g.members {
		leaving.Go(m.client.CloseAllowingRebalance)
	}
	leaving.Wait()
}
