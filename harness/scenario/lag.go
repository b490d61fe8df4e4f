package scenario

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/run"
)

// watchedGroup is a consumer group whose progress the run follows.
type watchedGroup struct {
	name string
	// topics are those that it must have read before the run can be judged:
	// inputs and, for services that retry, retry topics.
	topics []string
}

// groups are the groups of the services that take part and Weir's own.
func (p *Plan) groups() []watchedGroup {
	byName := map[string]*watchedGroup{}
	add := func(name string, topics ...string) {
		if name == "" {
			return
		}
		g := byName[name]
		if g == nil {
			g = &watchedGroup{name: name}
			byName[name] = g
		}
		for _, t := range topics {
			if !slices.Contains(g.topics, t) {
				g.topics = append(g.topics, t)
			}
		}
	}
	for _, f := range p.Flows {
		for _, x := range f.Reactions {
			add(x.Consumes.Group, f.Topic)
			add(x.Consumes.Group, x.retries()...)
		}
	}
	for _, c := range p.Scenario.Consumers {
		add(c.Group, c.Topics...)
	}
	groups := make([]watchedGroup, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		groups = append(groups, *byName[name])
	}
	return groups
}

func (p *Plan) groupNames() []string {
	var names []string
	for _, g := range p.groups() {
		names = append(names, g.name)
	}
	return names
}

// lagWatch samples the lag of groups, apart from the clock of the series: a
// cluster that does not answer must not hold it up.
type lagWatch struct {
	admin  *kadm.Client
	groups []watchedGroup

	mu     sync.Mutex
	latest map[string]map[string]int64
	at     time.Time
	max    map[string]run.Group
}

func newLagWatch(admin *kadm.Client, groups []watchedGroup) *lagWatch {
	w := &lagWatch{admin: admin, groups: groups, max: map[string]run.Group{}}
	for _, g := range groups {
		w.max[g.name] = run.Group{Name: g.name, Topics: g.topics}
	}
	return w
}

// lagEvery is how often lag is sampled; lagTimeout how long a sample may
// take before it is given up.
const (
	lagEvery   = time.Second
	lagTimeout = 2 * time.Second
)

// run samples until ctx ends. now is the time since the load began.
func (w *lagWatch) run(ctx context.Context, now func() time.Duration) {
	if len(w.groups) == 0 {
		return
	}
	tick := time.NewTicker(lagEvery)
	defer tick.Stop()
	for {
		w.sample(ctx, now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *lagWatch) sample(ctx context.Context, at time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, lagTimeout)
	defer cancel()
	lags := map[string]map[string]int64{}
	for _, g := range w.groups {
		lag, err := groupLag(ctx, w.admin, g)
		if err != nil {
			return
		}
		lags[g.name] = lag
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latest, w.at = lags, time.Now()
	for name, lag := range lags {
		g := w.max[name]
		g.EndLag = 0
		for _, n := range lag {
			g.EndLag += n
		}
		if g.EndLag > g.MaxLag {
			g.MaxLag, g.MaxLagAt = g.EndLag, at
		}
		w.max[name] = g
	}
}

// last is the latest sample, nil when it is older than three samples.
func (w *lagWatch) last() map[string]map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.at) > 3*lagEvery {
		return nil
	}
	return w.latest
}

// total is the sum of the latest sample.
func (w *lagWatch) total() (n int64) {
	for _, partitions := range w.last() {
		for _, lag := range partitions {
			n += lag
		}
	}
	return n
}

// results are the groups with their highest lag.
func (w *lagWatch) results() []run.Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	groups := make([]run.Group, 0, len(w.max))
	for _, name := range slices.Sorted(maps.Keys(w.max)) {
		groups = append(groups, w.max[name])
	}
	return groups
}

// groupLag is how many offsets a group is behind, by topic/partition. A
// partition that the group has neither committed nor been assigned is not
// among them. Transaction markers count as offsets here, so a transactional
// flow at rest can show one per partition; the drain knows better.
func groupLag(ctx context.Context, admin *kadm.Client, g watchedGroup) (map[string]int64, error) {
	state, err := kafka.ReadGroup(ctx, admin, g.name)
	if err != nil {
		return nil, err
	}
	lag := map[string]int64{}
	for _, p := range state.Partitions {
		if p.Err == nil && slices.Contains(g.topics, p.Topic) {
			lag[partitionName(p.Topic, p.Partition)] = p.Lag
		}
	}
	return lag, nil
}
