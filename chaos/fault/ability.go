package fault

import "fmt"

// Refusal says that a fault cannot be injected on what the run has, and why.
// It is an error of usage: the run must not start.
type Refusal struct {
	Fault  Fault
	Reason string
}

func (r *Refusal) Error() string { return fmt.Sprintf("cannot %s: %s", r.Fault, r.Reason) }

// Check refuses the faults that the cluster or the services cannot suffer.
// kind names the cluster kind for the message.
func Check(faults []Fault, cluster any, kind string, services map[string]Service) []*Refusal {
	var refusals []*Refusal
	for _, f := range faults {
		if reason := missing(f, cluster, kind, services); reason != "" {
			refusals = append(refusals, &Refusal{Fault: f, Reason: reason})
		}
	}
	return refusals
}

func missing(f Fault, cluster any, kind string, services map[string]Service) string {
	if reason := missingController(f, cluster, kind); reason != "" {
		return reason
	}
	can := true
	switch f.Kind {
	case Kill:
		can = has[Killer](cluster) && has[Starter](cluster)
	case Stop:
		can = has[Stopper](cluster) && has[Starter](cluster)
	case Pause:
		can = has[Pauser](cluster)
	case Wipe:
		can = has[Wiper](cluster) && has[Killer](cluster) && has[Starter](cluster)
	case Isolate:
		can = has[Isolator](cluster)
	case FillDisk:
		can = has[DiskFiller](cluster) && has[Starter](cluster)
	case RollingRestart:
		can = has[Stopper](cluster) && has[Starter](cluster)
	case ElectUnclean:
		can = !has[Simulator](cluster)
	case SetQuota:
		if has[Simulator](cluster) {
			return fmt.Sprintf("brokers of a cluster of kind %s hold no client back", kind)
		}
	case Crash, Restart:
		if services[f.Target.Service] == nil {
			return fmt.Sprintf("the scenario starts no service %q", f.Target.Service)
		}
	case PauseService:
		switch s := services[f.Target.Service]; {
		case s == nil:
			return fmt.Sprintf("the scenario starts no service %q", f.Target.Service)
		case !has[ServicePauser](s):
			return "only services that are processes (build, command), on systems with signals, can be frozen"
		}
	}
	if !can {
		return fmt.Sprintf("a cluster of kind %s cannot do it", kind)
	}
	return ""
}

// missingController says what a fault on controllers lacks.
func missingController(f Fault, cluster any, kind string) string {
	if !f.Target.OnControllers() {
		return ""
	}
	if has[Simulator](cluster) {
		return fmt.Sprintf("a cluster of kind %s has no controller that can fail", kind)
	}
	q, tells := cluster.(Quorum)
	switch {
	case !tells && len(f.Target.Controllers) > 0:
		return fmt.Sprintf("a cluster of kind %s does not tell which nodes are its controllers: name them as brokers, or with controller: true", kind)
	case f.Kind == RollingRestart && len(f.Target.Controllers) > 0:
		return "a rolling restart waits for replicas, of which controllers have none: stop them one after the other"
	case !tells || !q.Separate():
		return ""
	case f.Kind.OnLinks():
		return "no client has a connection to a controller that is no broker"
	case f.Kind == RollingRestart, f.Kind == Isolate && f.Network != ControllerLink:
		return "a controller that is no broker copies no records: it has no part in replication"
	}
	return ""
}

func has[T any](v any) bool { _, ok := v.(T); return ok }
