package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	Members  int
	Settings GroupSettings
	// Process is how long a member takes for a record before it goes on to
	// the next; nil takes no time.
	Process func(r *kgo.Record) time.Duration
	// Start is the load's start, from which times count.
	Start time.Time
	// Handler, which may be nil, gets what a member consumed of one
	// partition, in order of offset, and when it came. Members call it at
	// the same time. Neither the slice nor a record may be kept.
	Handler func(member int, batch []*kgo.Record, at time.Duration)
}

// CommitInterval is how often a Group commits what it has processed, Kafka's
// auto.commit.interval.ms and its default.
const CommitInterval = 5 * time.Second

// Group is a consumer group: its members process what they get and commit
// after that, at least once: every [CommitInterval] (Kafka's
// enable.auto.commit), when Commit says so, and before they give a partition up.
// A group without commits begins, unless its settings say otherwise, with the
// first record that is stamped at Start or later: what was there before the
// load is not its affair, and what comes before it has joined is.
type Group struct {
	config  GroupConfig
	watch   *watch
	members []*member
	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Once
	// alive is the clients' context; cut ends it, and with it requests that
	// no broker answers.
	alive context.Context //nolint:containedctx // clients are made one by one
	cut   context.CancelFunc
}

type member struct {
	number     int
	client     *kgo.Client
	received   atomic.Int64
	rebalances atomic.Int64
	owed       time.Duration // of processing, of the goroutine of consume
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
	if err := c.Settings.Validate(); err != nil {
		return nil, fmt.Errorf("consumer group %q: %w", c.Group, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	g := &Group{config: c, watch: newWatch(c.Start), stop: stop}
	g.alive, g.cut = context.WithCancel(context.Background())
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
	opts = append(opts, g.config.Settings.options(g.config.Group, m.number)...)
	begin := kgo.NewOffset().AfterMilli(g.config.Start.UnixMilli())
	if g.config.Settings.Earliest {
		begin = kgo.NewOffset().AtStart()
	}
	return kgo.NewClient(append(opts,
		kgo.WithContext(g.alive),
		kgo.ConsumerGroup(g.config.Group),
		kgo.ConsumeTopics(g.config.Topics...),
		kgo.ConsumeStartOffset(begin),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.RequestTimeoutOverhead(readTimeout),
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(CommitInterval),
		// Commits go past the markers of transactions, as those of other
		// clients do: a group that has read all has no lag.
		kgo.KeepControlRecords(),
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
		fetches := m.client.PollRecords(ctx, g.config.Settings.MaxPollRecords)
		if fetches.IsClientClosed() || ctx.Err() != nil {
			return
		}
		at := time.Since(g.config.Start)
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if p.Err != nil {
				g.watch.add(StageFetch, -1, p.Err)
			}
			if len(p.Records) > 0 && ctx.Err() == nil {
				g.take(ctx, m, p.Records, at)
			}
		})
		m.client.AllowRebalance()
		m.renew(gone(fetches))
	}
}

// take processes records of a partition and marks them for the next commit.
func (g *Group) take(ctx context.Context, m *member, records []*kgo.Record, at time.Duration) {
	last := records[len(records)-1]
	records = slices.DeleteFunc(records, func(r *kgo.Record) bool { return r.Attrs.IsControl() })
	if g.config.Handler != nil && len(records) > 0 {
		g.config.Handler(m.number, records, at)
	}
	done := len(records)
	if g.config.Process != nil {
		done = m.process(ctx, records, g.config.Process)
	}
	m.received.Add(int64(done))
	switch {
	case done == len(records):
		m.client.MarkCommitRecords(last)
	case done > 0:
		m.client.MarkCommitRecords(records[done-1])
	}
}

// nap is the shortest time for which a member sleeps: what records take less
// than it is owed until it is enough, since no sleep is shorter.
const nap = time.Millisecond

// process spends the time that records take, and returns how many of them were
// done when ctx ended.
func (m *member) process(ctx context.Context, records []*kgo.Record, takes func(*kgo.Record) time.Duration) int {
	for i, r := range records {
		if m.owed += takes(r); m.owed < nap {
			continue
		}
		from := time.Now()
		timer := time.NewTimer(m.owed)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return i
		}
		m.owed -= time.Since(from)
	}
	return len(records)
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

// Commit commits what was processed, within ctx. Who waits for the group to be
// done need not wait for its next commit. What fails is among Errors as well.
func (g *Group) Commit(ctx context.Context) error {
	var errs []error
	for _, m := range g.members {
		if err := m.client.CommitMarkedOffsets(ctx); err != nil {
			g.watch.add(StageRequest, -1, err)
			errs = append(errs, fmt.Errorf("consumer group %q, member %d: commit: %w", g.config.Group, m.number, err))
		}
	}
	return errors.Join(errs...)
}

// Close commits what was processed and leaves the group, within ctx: where that
// ends before, the brokers find out by themselves that the members are gone. It
// may be called twice.
func (g *Group) Close(ctx context.Context) error {
	var err error
	g.closing.Do(func() {
		defer context.AfterFunc(ctx, g.cut)()
		g.stop()
		g.running.Wait()
		err = g.Commit(ctx)
		g.close()
	})
	return err
}

func (g *Group) close() {
	g.watch.close()
	g.stop()
	var leaving sync.WaitGroup
	for _, m := range g.members {
		leaving.Go(m.client.CloseAllowingRebalance)
	}
	leaving.Wait()
	g.cut()
}
