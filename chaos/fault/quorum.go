package fault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Quorum is implemented by clusters whose controllers Weir can break. They are
// the cluster's nodes, or nodes beside these that are no brokers. Where no
// majority of them is up, nothing is elected and nobody is fenced.
type Quorum interface {
	Controllers() []int32
	// Separate says whether they are no brokers.
	Separate() bool
}

// controllers are those of a cluster that tells them.
func (in *Injector) controllers() (ids []int32, separate bool) {
	if q, tells := in.cfg.Cluster.(Quorum); tells {
		return q.Controllers(), q.Separate()
	}
	return nil, false
}

// Outvotes says whether the nodes that are left when some of all are away are
// no majority.
func Outvotes(away, all int) bool { return 2*(all-away) <= all }

// TakesController says whether a controller on the nodes of the fault is away
// for as long as it is open, or in turn with the others.
func (f Fault) TakesController() bool {
	switch f.Kind {
	case Kill, Stop, Pause, Wipe, FillDisk, RollingRestart:
		return true
	case Isolate:
		return f.Network == ControllerLink
	}
	return false
}

// outvoted says that the open faults have left no majority of the controllers,
// if so: what the fault shows is then what all of them did together.
func (in *Injector) outvoted(f Fault) []string {
	controllers, separate := in.controllers()
	if len(controllers) == 0 || !f.TakesController() {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	away, taken := map[int32]bool{}, false
	for _, s := range in.states {
		if !s.started || s.released || !s.fault.TakesController() {
			continue
		}
		for _, n := range s.away() {
			if slices.Contains(controllers, n) {
				away[n], taken = true, taken || s.fault.Index == f.Index
			}
		}
	}
	all := len(controllers)
	if !taken || !Outvotes(len(away), all) {
		return nil
	}
	which := "nodes, which are controllers too,"
	if separate {
		which = "controllers"
	}
	return []string{fmt.Sprintf("%d of %d %s were away at once: without a majority of them nothing was elected and nobody fenced", len(away), all, which)}
}

// away are the nodes that the fault keeps from the others.
func (s *injection) away() []int32 {
	if s.fault.Kind == RollingRestart {
		return s.stopped
	}
	return s.nodes
}

// silence is how long a controller may fetch nothing of the metadata's log from
// the active one before it counts as away. One that is up fetches at least
// every half second (Kafka's controller.quorum.fetch.timeout.ms is 2 s).
const silence = 1500 * time.Millisecond

// Voters is for how long each controller has fetched nothing of the metadata's
// log, as the active one tells. One of which it does not know is not there.
type Voters map[int32]time.Duration

// voterEvidence is what the active controller says of the controllers of a
// fault that are not it: they have no part in any partition.
type voterEvidence struct {
	before Voters
	silent map[int32]time.Duration // the longest of those that were not before
}

// watchVoters has the controllers of a fault on them watched.
func (in *Injector) watchVoters(ctx context.Context, s *injection) error {
	before, err := in.cfg.Facts.Voters(ctx, nil)
	if err != nil {
		return fmt.Errorf("the controllers before the fault: %w", err)
	}
	s.evidence.voters = &voterEvidence{before: before, silent: map[int32]time.Duration{}}
	return nil
}

// lookAtVoters asks the brokers that are not of the fault.
func (in *Injector) lookAtVoters(ctx context.Context, s *injection) {
	e := s.evidence.voters
	if e == nil {
		return
	}
	now, err := in.cfg.Facts.Voters(ctx, s.nodes)
	if err != nil {
		return // without a majority there is no active one
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, n := range s.nodes {
		was, known := e.before[n]
		if known && was < silence && now[n] >= silence {
			e.silent[n] = max(e.silent[n], now[n])
		}
	}
}

func (e *voterEvidence) facts() (facts []string) {
	if e == nil {
		return nil
	}
	for _, n := range slices.Sorted(maps.Keys(e.silent)) {
		facts = append(facts, fmt.Sprintf("controller %d fetched nothing from the active one for %s", n, e.silent[n].Round(time.Millisecond)))
	}
	return facts
}

func (e *voterEvidence) bit() bool { return e != nil && len(e.silent) > 0 }
