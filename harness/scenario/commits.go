package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/run"
)

// commitWatch looks at what groups have committed, several times a second, and
// compares it with what had become of each record by then.
//
// A look asks for the commits. A comparison goes on from there: after a moment
// it asks for the ends of all topics to which the group's consumers write, and
// waits until these were read. While it waits looks go on. What was not read in
// time voids the comparison and not the run: the next one has the same commits.
type commitWatch struct {
	admin *kadm.Client
	// readTo waits until the observer has read to the given ends, and between
	// has a function run while it handles nothing.
	readTo  func(ctx context.Context, ends map[string]map[int32]int64) []string
	between func(func())
	now     func() time.Duration
	// write keeps what was seen for who wants to judge it again, and log says
	// that it cannot; room is how many offsets more are kept.
	write  func(run.Commit) error
	log    func(string)
	room   atomic.Int64
	groups []*committing
	// quit ends the looks of run, which closes done.
	quit, done chan struct{}
}

// committing is a group whose commits are looked at.
type committing struct {
	name     string
	commits  *invariant.Commits
	progress []*invariant.Progress
	// written are the offsets that were kept last, by topic/partition.
	written map[string]int64
	// topics are those that must have been read before a look can compare.
	topics []string
}

const (
	lookEvery   = 200 * time.Millisecond
	lookTimeout = 5 * time.Second
	// lookGrace is how long after its commit an effect may become readable: a
	// leader that acknowledges alone tells others of it a little later.
	lookGrace = 100 * time.Millisecond
	// looksKept bounds the offsets that are kept: about 60 MB.
	looksKept = 2_000_000
)

// watchCommits prepares the looks at groups, if an invariant asks for them.
func (x *execution) watchCommits() {
	bounds := x.plan.lagBounds()
	aged := x.plan.lists(invariant.LagBounded) && slices.ContainsFunc(bounds, func(b invariant.LagBound) bool { return b.Age > 0 })
	compared := aged || x.plan.lists(invariant.CommitAfterEffect, invariant.HealthyKeysFlow)
	if !compared && !x.plan.lists(invariant.NoCommitRegression) {
		return
	}
	x.commits = &commitWatch{
		admin: x.admin, now: x.now, between: x.observer.Between,
		write: x.dir.AppendCommit, log: func(line string) { x.logf("%s", line) },
		readTo: x.reader.ReadTo, quit: make(chan struct{}), done: make(chan struct{}),
	}
	x.commits.room.Store(looksKept)
	backlogs := map[string]*invariant.Backlog{}
	for _, g := range x.plan.groups() {
		c := &committing{name: g.name, commits: invariant.NewCommits(g.name), written: map[string]int64{}}
		for _, topic := range g.topics {
			if compared {
				x.follows(c, topic, bounds, backlogs)
			}
		}
		x.commits.groups = append(x.commits.groups, c)
	}
}

// follows has the progress of a group in a topic of the load followed.
func (x *execution) follows(c *committing, topic string, bounds []invariant.LagBound, backlogs map[string]*invariant.Backlog) {
	cfg := invariant.ProgressConfig{Group: c.name, Topic: topic, Begin: x.begin[topic], Traces: map[uint16]invariant.Trace{}}
	topics, reacts := []string{topic}, false
	for _, b := range bounds {
		if b.Group == c.name && x.plan.lists(invariant.LagBounded) {
			cfg.Age = max(cfg.Age, b.Age)
		}
	}
	for id, live := range x.flows {
		f := live.plan
		if f.Topic != topic || !f.observed() {
			continue
		}
		trace := invariant.Trace{Event: live.subject.Event, Key: live.subject.KeyHash, Due: live.subject.Due}
		if m := x.detouring(live); m != nil {
			trace.Apart = m.Elsewhere
		}
		for i := range f.Reactions {
			if r := &f.Reactions[i]; r.Consumes.Group == c.name {
				trace.Reactions = append(trace.Reactions, live.subject.Flow.Reactions[i])
				topics, reacts = append(topics, r.topics()...), true
				if x.plan.poisons(f) {
					cfg.Patience = max(cfg.Patience, r.patience(bounds))
				}
			}
		}
		cfg.Traces[id] = trace
	}
	if len(cfg.Traces) == 0 || !reacts && cfg.Age == 0 {
		return
	}
	if backlogs[topic] == nil {
		backlogs[topic] = invariant.NewBacklog()
		x.observer.Hold(topic, backlogs[topic])
	}
	cfg.Backlog = backlogs[topic]
	c.progress = append(c.progress, invariant.NewProgress(cfg))
	for _, t := range topics {
		if !slices.Contains(c.topics, t) {
			c.topics = append(c.topics, t)
		}
	}
}

// run looks at all groups, side by side, until ctx ends or end is called.
func (w *commitWatch) run(ctx context.Context) {
	defer close(w.done)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var looking sync.WaitGroup
	for _, g := range w.groups {
		looking.Go(func() { w.follow(ctx, g) })
	}
	select {
	case <-w.quit:
		cancel()
	case <-ctx.Done():
	}
	looking.Wait()
}

// end ends the looks with a last one at each group, once run was called.
func (w *commitWatch) end(ctx context.Context) {
	close(w.quit)
	<-w.done
	for _, g := range w.groups {
		if at, committed, ok := w.look(ctx, g); ok {
			w.compare(ctx, g, at, committed)
		}
	}
}

// follow looks at a group until ctx ends, and compares what it sees unless a
// comparison still waits.
func (w *commitWatch) follow(ctx context.Context, g *committing) {
	var comparing sync.WaitGroup
	defer comparing.Wait()
	free := make(chan struct{}, 1)
	free <- struct{}{}
	for {
		if at, committed, ok := w.look(ctx, g); ok {
			select {
			case <-free:
				comparing.Go(func() {
					w.compare(ctx, g, at, committed)
					free <- struct{}{}
				})
			default:
			}
		}
		if !pause(ctx, lookEvery) {
			return
		}
	}
}

// look sees what a group has committed, and when that was; ok is false where
// the brokers did not say.
func (w *commitWatch) look(ctx context.Context, g *committing) (at time.Duration, committed offsets, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	committed, err := committedBy(ctx, w.admin, g.name)
	if err != nil {
		return 0, nil, false
	}
	at = w.now()
	g.commits.Look(at, committed)
	if changed := g.changed(committed); len(changed) > 0 {
		w.keep(run.Commit{At: at, Group: g.name, Committed: changed})
	}
	return at, committed, true
}

// compare compares what a group had committed at a time with what had become
// of each record by then.
func (w *commitWatch) compare(ctx context.Context, g *committing, at time.Duration, committed offsets) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if len(g.progress) == 0 || !pause(ctx, lookGrace) {
		return
	}
	ends, err := kafka.EndOffsets(ctx, w.admin, g.topics...)
	if err != nil || len(w.readTo(ctx, ends)) > 0 {
		return
	}
	w.keep(run.Commit{At: at, Group: g.name, Compared: w.now()})
	for _, p := range g.progress {
		for _, partition := range slices.Sorted(maps.Keys(p.Begin)) {
			offset, ok := committed[p.Topic][partition]
			if !ok {
				offset = -1
			}
			w.between(func() { p.See(at, partition, offset) })
		}
		w.between(func() { p.Looked(at) })
	}
}

// changed are the offsets that differ from those that were kept last.
func (g *committing) changed(committed offsets) map[string]int64 {
	now := map[string]int64{}
	for topic, partitions := range committed {
		for partition, offset := range partitions {
			now[partitionName(topic, partition)] = offset
		}
	}
	changed := map[string]int64{}
	for name, offset := range now {
		if was, known := g.written[name]; (!known || was != offset) && (known || offset >= 0) {
			changed[name] = offset
		}
	}
	for name, was := range g.written {
		if _, there := now[name]; !there && was >= 0 {
			changed[name] = -1
		}
	}
	maps.Copy(g.written, changed)
	return changed
}

// keep writes a line to the run directory, as long as there is room.
func (w *commitWatch) keep(c run.Commit) {
	took := int64(max(1, len(c.Committed)))
	switch left := w.room.Add(-took); {
	case left >= 0:
		if err := w.write(c); err != nil {
			w.log("commits.jsonl: " + err.Error())
		}
	case left+took >= 0: // the first that has none
		w.log(fmt.Sprintf("commits.jsonl has %d offsets: further looks are judged and not kept", looksKept))
	}
}

// committedBy is what a group has committed, by topic and partition. One that
// the brokers do not know has committed nothing.
func committedBy(ctx context.Context, admin *kadm.Client, group string) (offsets, error) {
	fetched, err := admin.FetchOffsets(ctx, group)
	if err == nil {
		err = fetched.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, err
	}
	committed := offsets{}
	fetched.Each(func(o kadm.OffsetResponse) {
		if committed[o.Topic] == nil {
			committed[o.Topic] = map[int32]int64{}
		}
		committed[o.Topic][o.Partition] = o.At
	})
	return committed, nil
}

// evidence adds what was seen to the evidence of a run.
func (w *commitWatch) evidence(e *invariant.Evidence) {
	if w == nil {
		return
	}
	for _, g := range w.groups {
		e.Commits = append(e.Commits, g.commits)
		e.Progress = append(e.Progress, g.progress...)
	}
}
