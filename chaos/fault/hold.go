package fault

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Held are faults on brokers that are there before a run's load begins, and
// until it has ended: what is measured meanwhile is measured without the
// brokers.
type Held struct {
	in *Injector
	// back says of each fault what it held no more at its end; empty where it
	// held until then.
	back []string
}

// biteTimeout is how long a cluster may take to notice a fault that is held,
// and to take its brokers back: longer than any session of a broker that is
// not chosen to be endless.
const biteTimeout = 60 * time.Second

// Hold injects faults on brokers and returns when the cluster shows that each
// bit: none of its brokers leads a partition of the run or is in sync any more.
// State is what the cluster says then. A fault that does not bite in time, or
// whose brokers had no replica in sync, is an error. Release is to be called
// in any case.
func Hold(ctx context.Context, faults []Fault, cfg Config) (*Held, State, error) {
	h := &Held{in: New(faults, cfg), back: make([]string, len(faults))}
	for _, s := range h.in.states {
		if err := h.in.begin(ctx, s); err != nil {
			return h, nil, fmt.Errorf("%s: %w", s.fault, err)
		}
	}
	var state State
	for _, s := range h.in.states {
		var err error
		if state, err = h.bite(ctx, s); err != nil {
			return h, state, fmt.Errorf("%s: %w", s.result.What, err)
		}
	}
	return h, state, nil
}

// bite waits until the brokers of a fault lead nothing and follow nothing.
func (h *Held) bite(ctx context.Context, s *injection) (State, error) {
	var state State
	open, err := h.await(ctx, func(now State) string {
		h.in.lookForRoles(ctx, s)
		h.in.lookAtVoters(ctx, s)
		h.in.mu.Lock()
		defer h.in.mu.Unlock()
		state = now
		s.evidence.observe(now)
		if open := s.evidence.onNodes(now); open != "" || s.evidence.bit() || s.evidence.voters == nil {
			return open
		}
		return "the active controller still hears from " + h.in.named(s.nodes)
	})
	switch {
	case err != nil:
		return state, err
	case open != "":
		return state, fmt.Errorf("it did not bite within %s: %s", biteTimeout, open)
	case !s.evidence.bit():
		return state, fmt.Errorf("nothing shows that it bit: %s had no replica of the run's topics in sync", h.in.named(s.nodes))
	}
	return state, nil
}

// await looks at the cluster until a look finds nothing open, at most for
// biteTimeout, and answers what was open at the last.
func (h *Held) await(ctx context.Context, look func(State) (open string)) (open string, err error) {
	wait, cancel := context.WithTimeout(ctx, biteTimeout)
	defer cancel()
	open = "the cluster does not say who leads"
	for {
		if state, err := h.in.cfg.Facts.State(wait); err == nil {
			if open = look(state); open == "" {
				return "", nil
			}
		}
		select {
		case <-time.After(watchEvery):
		case <-wait.Done():
			return open, ctx.Err()
		}
	}
}

// Release looks whether the faults still hold, and heals them. It must be
// called also when the run was interrupted, and may be called again.
func (h *Held) Release(ctx context.Context) {
	state, err := h.in.cfg.Facts.State(ctx)
	h.in.mu.Lock()
	for i, s := range h.in.states {
		switch {
		case s.done || !s.injected:
		case err != nil:
			h.back[i] = "the cluster did not say who leads"
		default:
			h.back[i] = s.evidence.onNodes(state)
		}
	}
	h.in.mu.Unlock()
	h.in.Heal(ctx)
}

// Whole returns when every replica that was in sync before the faults is so
// again.
func (h *Held) Whole(ctx context.Context) error {
	open, err := h.await(ctx, func(now State) string {
		for _, s := range h.in.states {
			if s.evidence == nil {
				continue // it never began
			}
			if missing := s.evidence.missing(now); missing != "" {
				return missing
			}
		}
		return ""
	})
	if err == nil && open != "" {
		err = fmt.Errorf("the cluster is not whole %s after healing: %s", biteTimeout, open)
	}
	return err
}

// Results are the faults with the proof that each bit, and held until it was
// released.
func (h *Held) Results() []run.Fault {
	h.in.mu.Lock()
	defer h.in.mu.Unlock()
	results := make([]run.Fault, 0, len(h.in.states))
	for i, s := range h.in.states {
		r := s.result
		r.Always, r.Brokers = true, s.nodes
		if s.evidence != nil {
			r.Evidence = append(r.Evidence, s.evidence.facts()...)
			r.Bit = s.injected && s.evidence.bit() && h.back[i] == ""
		}
		if h.back[i] != "" {
			r.Evidence = append(r.Evidence, "it did not hold until the end: "+h.back[i])
		}
		results = append(results, r)
	}
	return results
}

// onNodes says what a node of the fault still leads or follows in sync; empty
// where that is nothing. A partition that nobody leads is on no node.
func (e *brokerEvidence) onNodes(now State) string {
	return firstOf(e.before, func(tp TopicPartition, _ PartitionState) string {
		n, ok := now[tp]
		switch {
		case !ok:
			return fmt.Sprintf("the cluster says nothing of %s", tp)
		case slices.Contains(e.nodes, n.Leader):
			return fmt.Sprintf("%s is led by broker %d", tp, n.Leader)
		case n.Leader < 0:
			return ""
		}
		for _, node := range e.nodes {
			if slices.Contains(n.ISR, node) {
				return fmt.Sprintf("broker %d is in sync with %s", node, tp)
			}
		}
		return ""
	})
}

// missing says which replica was in sync before and is not now; empty where
// none is.
func (e *brokerEvidence) missing(now State) string {
	return firstOf(e.before, func(tp TopicPartition, b PartitionState) string {
		for _, node := range b.ISR {
			if !slices.Contains(now[tp].ISR, node) {
				return fmt.Sprintf("broker %d is not in sync with %s", node, tp)
			}
		}
		return ""
	})
}

// firstOf is the first, by its words, of what is to be said of partitions.
func firstOf(state State, say func(TopicPartition, PartitionState) string) string {
	var all []string
	for tp, p := range state {
		if what := say(tp, p); what != "" {
			all = append(all, what)
		}
	}
	if len(all) == 0 {
		return ""
	}
	sort.Strings(all)
	return all[0]
}
