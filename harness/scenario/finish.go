package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// finish heals, flushes and drains.
func (x *execution) finish(hard context.Context) {
	x.injector.Heal(hard)
	// Without faults on brokers there is nothing to wait for.
	x.leaderless = x.await(hard, "every partition has a leader", time.Second, x.facts.leaderless)
	x.logf("waiting for the last acknowledgements")
	for _, f := range x.flows {
		x.flush(hard, f)
	}
	// A broker that was cut off from the controllers goes on as the leader of
	// partitions that others lead by now: to whoever asks it, the log ends where
	// it ended then, and what is acknowledged behind that would seem lost.
	x.disagreed = x.await(hard, "all brokers know who leads", drainEvery, x.facts.disagreements)
	timeout := time.Duration(x.plan.Scenario.Drain.Timeout)
	if timeout == 0 {
		timeout = defaultDrain
	}
	if x.anyDied() {
		timeout = min(timeout, deadDrain)
	}
	x.note("drain", fmt.Sprintf("draining for at most %s", timeout))
	asking, cancel := context.WithTimeout(hard, recheckTimeout)
	x.reader.Recheck(asking)
	cancel()
	d := x.drainer()
	x.drained = d.drain(hard, timeout)
	x.reached, x.ends = d.reached, d.ends
	if !x.drained.Complete {
		x.drained.Open = slices.Concat(x.unjoined(hard), x.drained.Open)
	}
	if len(x.plan.levels()) > 0 {
		x.drainHops(hard, timeout-x.drained.Took)
	}
	x.release(hard)
	// Members leave last: what they have not read yet they still must.
	for _, g := range x.groups {
		x.members = append(x.members, g.Facts()) // before leaving changes them
	}
	x.leaveGroups(hard)
	x.drained.Open = slices.Concat(x.drained.Open, x.disagreed, x.readErrors())
	x.drained.Open = append(x.drained.Open, x.countEffects(hard, timeout)...)
	x.drained.Complete = len(x.drained.Open) == 0
	if x.drained.Complete {
		x.note("drain", fmt.Sprintf("drained after %s", x.drained.Took.Round(time.Millisecond)))
	} else {
		x.note("drain", fmt.Sprintf("not drained after %s: %s", x.drained.Took.Round(time.Millisecond), strings.Join(x.drained.Open, "; ")))
	}
	if x.commits != nil {
		x.commits.end(hard)
	}
	x.lag.sample(hard, x.now())
	if x.brokers != nil {
		x.brokers.Sample(hard)
	}
	x.stopWatching()
	x.reader.Close()
}

// recheckTimeout bounds the look at whether topics were made again.
const recheckTimeout = 5 * time.Second

// leaveTimeout bounds the last commits of Weir's own groups, and their leaving:
// of a cluster that does not answer they are no more than a courtesy.
const leaveTimeout = 5 * time.Second

// leaveGroups closes the groups side by side.
func (x *execution) leaveGroups(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	var leaving sync.WaitGroup
	for _, g := range x.groups {
		leaving.Go(func() { _ = g.Close(ctx) })
	}
	leaving.Wait()
}

// readErrors names what was gone before it could be read.
func (x *execution) readErrors() []string {
	if n := x.reader.Facts().Deleted; n > 0 {
		return []string{fmt.Sprintf("%d offsets were deleted before they were read", n)}
	}
	return nil
}

// defaultDrain is the default of drain.timeout.
const defaultDrain = 60 * time.Second

// flushTimeout bounds the wait for outcomes beyond the delivery timeout.
const flushTimeout = 5 * time.Second

func (x *execution) flush(hard context.Context, f *liveFlow) {
	wait := flushTimeout
	if f.producer != nil {
		wait += f.plan.settings().DeliveryTimeout
	} else {
		wait += triggerTimeout
	}
	ctx, cancel := context.WithTimeout(hard, wait)
	defer cancel()
	began := time.Now()
	waited := func() string {
		text := "after " + time.Since(began).Round(100*time.Millisecond).String()
		if hard.Err() != nil {
			text += ", when the run was aborted"
		}
		return text
	}
	if f.producer != nil {
		if open, err := f.producer.Flush(ctx); err != nil {
			x.warn(fmt.Sprintf("%d records of %s were still in flight %s: their outcome is unknown", open, f.plan.Name(), waited()))
		}
		return
	}
	if open, err := f.driver.Flush(ctx); err != nil {
		x.warn(fmt.Sprintf("%d triggers of %s were still open %s: their outcome is unknown", open, f.plan.Name(), waited()))
	}
}

// leaderGrace is how long after healing a partition may be without a leader
// before its recovery has failed.
const leaderGrace = 30 * time.Second

// await looks every so often until nothing is left to name, for as long as a
// leader may take, and gives what was named last. A look that fails says
// nothing: what the one before it named stays.
func (x *execution) await(hard context.Context, until string, every time.Duration, look func(context.Context) ([]string, error)) (names []string) {
	ctx, cancel := context.WithTimeout(hard, leaderGrace)
	defer cancel()
	for looks := 0; ; looks++ {
		if looks == 1 {
			x.logf("waiting for at most %s until %s", leaderGrace, until)
		}
		found, err := look(ctx)
		if err == nil {
			names = found
		}
		if err == nil && len(names) == 0 || !pause(ctx, every) {
			return names
		}
	}
}

func (x *execution) drainer() *drainer {
	d := &drainer{
		admin: x.admin, groups: x.plan.groups(), last: x.observer.Last, backlog: x.backlog,
		positions: func() offsets { return x.reader.Positions() },
		readTo:    func(ctx context.Context, ends offsets) []string { return x.reader.ReadTo(ctx, ends) },
		commit: func(ctx context.Context) {
			// What fails is among the group's errors, and what is open is named.
			_, _ = within(ctx, func(ctx context.Context) (struct{}, error) {
				for _, g := range x.groups {
					_ = g.Commit(ctx)
				}
				return struct{}{}, nil
			})
		},
	}
	role := map[string]*[]string{}
	for _, f := range x.plan.Flows {
		role[f.Topic] = &d.inputs
	}
	if len(x.plan.Flows) == 0 {
		for _, topic := range x.watchedTopics() {
			role[topic] = &d.inputs
		}
	}
	for _, topic := range x.watchedTopics() {
		switch list := role[topic]; {
		case list != nil:
			d.inputs = append(d.inputs, topic)
		case x.plan.role(topic) == RoleRetry:
			d.retries = append(d.retries, topic)
		default:
			d.outputs = append(d.outputs, topic)
		}
	}
	return d
}
