package fault

import "fmt"

// Combined is implemented by clusters each of whose nodes may be a controller
// beside a broker. Where no majority of the controllers is up, nothing is
// elected and nobody is fenced.
type Combined interface{ Combined() bool }

// Outvotes says whether the nodes that are left when some of all are away are
// no majority.
func Outvotes(away, all int) bool { return 2*(all-away) <= all }

// TakesController says whether a controller on the nodes of the fault is away
// for as long as it is open.
func (f Fault) TakesController() bool {
	switch f.Kind {
	case Kill, Stop, Pause, Wipe, FillDisk:
		return true
	case Isolate:
		return f.Network == ControllerLink
	}
	return false
}

// outvoted says that the open faults have left no majority of the controllers,
// if so: what the fault shows is then what all of them did together.
func (in *Injector) outvoted(f Fault) []string {
	if c, is := in.cfg.Cluster.(Combined); !is || !c.Combined() || !f.TakesController() {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	away := map[int32]bool{}
	for _, s := range in.states {
		if s.started && !s.released && s.fault.TakesController() {
			for _, n := range s.nodes {
				away[n] = true
			}
		}
	}
	if all := len(in.cfg.Nodes); Outvotes(len(away), all) {
		return []string{fmt.Sprintf("%d of %d nodes, which are controllers too, were away at once: without a majority of them nothing was elected and nobody fenced", len(away), all)}
	}
	return nil
}
