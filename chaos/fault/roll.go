package fault

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/reports/run"
)

const (
	// leavePatience is how long a node that was stopped may stay among the
	// in-sync replicas. A stop in order takes it out before it ends.
	leavePatience = 10 * time.Second
	// syncPatience is how long a node that was started may take to be in
	// sync again with all that it was in sync with.
	syncPatience = 2 * time.Minute
)

// roll restarts the nodes one after the other, each only when the one before
// is in sync again. It ends early, with the nodes that were restarted, when
// the load does.
func (in *Injector) roll(ctx context.Context, s *injection) error {
	hard := context.WithoutCancel(ctx)
	for i, node := range s.nodes {
		if ctx.Err() != nil {
			s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("the load ended when %d of %d brokers were restarted", i, len(s.nodes)))
			return nil
		}
		stopped := in.cfg.Now()
		if err := in.cfg.Cluster.(Stopper).Stop(hard, node); err != nil {
			return err
		}
		in.turn(s, node)
		// A node that is back before anybody saw it leave would seem to be
		// in sync all the time.
		in.until(ctx, s, leavePatience, func(now State) bool { return s.evidence.without(now, node) })
		if err := in.cfg.Cluster.(Starter).Start(hard, node); err != nil {
			return err
		}
		in.turn(s)
		back := in.until(ctx, s, syncPatience, func(now State) bool { return s.evidence.inSync(now, node) })
		if !back && ctx.Err() == nil {
			return fmt.Errorf("broker %d is not in sync again %s after its start: the others were not restarted", node, syncPatience)
		}
		if back {
			what := fmt.Sprintf("broker %d was stopped at %s and in sync again at %s", node, stopped.Round(time.Millisecond), in.cfg.Now().Round(time.Millisecond))
			s.result.Evidence = append(s.result.Evidence, what)
			if in.cfg.Event != nil {
				in.cfg.Event(run.Event{At: in.cfg.Now(), Kind: "fault", What: what, Fault: s.fault.Index})
			}
		}
	}
	return nil
}

// turn notes which node is stopped, and says once if that leaves no majority of
// the controllers.
func (in *Injector) turn(s *injection, stopped ...int32) {
	in.mu.Lock()
	s.stopped = stopped
	in.mu.Unlock()
	if said := in.outvoted(s.fault); len(said) > 0 && !slices.Contains(s.result.Evidence, said[0]) {
		s.result.Evidence = append(s.result.Evidence, said...)
	}
}

// until looks at the cluster until a state is as wanted, the patience is over
// or ctx ends.
func (in *Injector) until(ctx context.Context, s *injection, patience time.Duration, wanted func(State) bool) bool {
	for end := in.cfg.Now() + patience; in.cfg.Now() < end; {
		if state, ok := in.observe(ctx, s, lookTimeout); ok && wanted(state) {
			return true
		}
		if !in.sleepUntil(ctx, in.cfg.Now()+watchEvery) {
			return false
		}
	}
	return false
}

// without says whether a node is in sync with nothing any more, but for
// partitions of which it is the last replica, which keep it.
func (e *brokerEvidence) without(now State, node int32) bool {
	for tp, b := range e.before {
		if len(b.ISR) > 1 && slices.Contains(b.ISR, node) && slices.Contains(now[tp].ISR, node) {
			return false
		}
	}
	return true
}

// inSync says whether a node is in sync with all that it was before the fault,
// and each of these partitions has a leader. Topics that are gone do not count.
func (e *brokerEvidence) inSync(now State, node int32) bool {
	for tp, b := range e.before {
		n, there := now[tp]
		if there && slices.Contains(b.ISR, node) && (n.Leader < 0 || !slices.Contains(n.ISR, node)) {
			return false
		}
	}
	return true
}
