package scenario

import (
	"context"
	"fmt"
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
	// backlog says that it must have read what was there before the load, too.
	backlog bool
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
		if g := byName[c.Group]; g != nil && c.From == "earliest" {
			g.backlog = true
		}
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

// commits are how often each group commits, where that is known: of the run's
// own consumers.
func (p *Plan) commits() map[string]time.Duration {
	every := map[string]time.Duration{}
	for _, name := range p.groupNames() {
		every[name] = 0
	}
	for _, c := range p.Scenario.Consumers {
		if c.Group != "" {
			every[c.Group] = kafka.CommitInterval
		}
	}
	return every
}

// lagWatch samples the lag of groups, apart from the clock of the series: a
// cluster that does not answer must not hold it up.
type lagWatch struct {
	admin  *kadm.Client
	groups []watchedGroup

	mu     sync.Mutex
	latest map[string]lagSample
	ends   map[string]int64 // of topic/partition, as seen last
	max    map[string]run.Group
}

// lagSample is the lag of a group by topic/partition, and when it was known,
// since the load began.
type lagSample struct {
	lag map[string]int64
	at  time.Duration
}

func newLagWatch(admin *kadm.Client, groups []watchedGroup) *lagWatch {
	w := &lagWatch{admin: admin, groups: groups, latest: map[string]lagSample{}, ends: map[string]int64{}, max: map[string]run.Group{}}
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

// sample asks for the lag of all groups side by side: what is not known of one
// is no reason to know nothing of the others.
func (w *lagWatch) sample(ctx context.Context, at time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, lagTimeout)
	defer cancel()
	var asked sync.WaitGroup
	for _, g := range w.groups {
		asked.Go(func() {
			state, err := within(ctx, func(ctx context.Context) (kafka.GroupState, error) { return kafka.ReadGroup(ctx, w.admin, g.name) })
			if err != nil {
				return
			}
			if lag, err := w.lagOf(g, state); err == nil {
				w.saw(g.name, lagSample{lag, at})
			}
		})
	}
	asked.Wait()
}

func (w *lagWatch) saw(name string, s lagSample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.max[name]
	if last, known := w.latest[name]; known && s.at-last.at > lagStale && s.at-last.at > g.Unknown {
		g.Unknown, g.UnknownAt = s.at-last.at, last.at
	}
	w.latest[name] = s
	if g.EndLag = s.total(); g.EndLag > g.MaxLag {
		g.MaxLag, g.MaxLagAt = g.EndLag, s.at
	}
	w.max[name] = g
}

func (s lagSample) total() (n int64) {
	for _, lag := range s.lag {
		n += lag
	}
	return n
}

// lagStale is how old a sample may be and still stand for the lag.
const lagStale = 3 * lagEvery

// last is the lag of each group of which it is known.
func (w *lagWatch) last(now time.Duration) map[string]map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var known map[string]map[string]int64
	for name, s := range w.latest {
		if now-s.at > lagStale {
			continue
		}
		if known == nil {
			known = map[string]map[string]int64{}
		}
		known[name] = s.lag
	}
	return known
}

// of is the lag of a group; known is false where it is not.
func (w *lagWatch) of(group string, now time.Duration) (records int64, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, known := w.latest[group]
	if !known || now-s.at > lagStale {
		return 0, false
	}
	return s.total(), true
}

// total is the lag of all groups, −1 while that of one is not known.
func (w *lagWatch) total(now time.Duration) (n int64) {
	known := w.last(now)
	if len(known) < len(w.groups) {
		return -1
	}
	for _, lag := range known {
		n += lagSample{lag: lag}.total()
	}
	return n
}

// results are the groups with their highest lag.
func (w *lagWatch) results() []run.Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	groups := make([]run.Group, 0, len(w.max))
	for _, name := range slices.Sorted(maps.Keys(w.max)) {
		g := w.max[name]
		switch _, known := w.latest[name]; {
		case !known:
			g.Warning = "its lag was never known"
		case g.Unknown > 0:
			g.Warning = fmt.Sprintf("its lag was not known for %s from %s on, when it may have been higher",
				g.Unknown.Round(100*time.Millisecond), g.UnknownAt.Round(100*time.Millisecond))
		}
		groups = append(groups, g)
	}
	return groups
}

// lagOf is how many offsets a group is behind, by topic/partition. A partition
// that the group has neither committed nor been assigned is not among them.
// While a partition has no leader nothing is appended to it, so that the end
// that was seen last stands for it; where none was seen the lag is not known.
// Transaction markers count as offsets here, so a transactional flow at rest
// can show one per partition; the drain knows better.
func (w *lagWatch) lagOf(g watchedGroup, state kafka.GroupState) (map[string]int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lag := map[string]int64{}
	for _, p := range state.Partitions {
		if !slices.Contains(g.topics, p.Topic) {
			continue
		}
		name := partitionName(p.Topic, p.Partition)
		if p.Err == nil {
			w.ends[name], lag[name] = p.End, p.Lag
			continue
		}
		end, seen := w.ends[name]
		if !seen || p.Committed < 0 {
			return nil, fmt.Errorf("the lag of group %s in %s: %w", g.name, name, p.Err)
		}
		lag[name] = max(end-p.Committed, 0)
	}
	return lag, nil
}
