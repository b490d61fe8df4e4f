package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Heal ends every fault that is open. It uses ctx for the calls to the
// engine only: it must be called also when the run was interrupted.
func (in *Injector) Heal(ctx context.Context) {
	for _, s := range in.states {
		in.mu.Lock()
		started := s.started
		in.mu.Unlock()
		if started {
			in.finish(ctx, s)
		}
	}
}

// finish heals one fault, once.
func (in *Injector) finish(ctx context.Context, s *injection) {
	s.healing.Do(func() {
		// The activity is read before healing, so that what follows it does
		// not count as progress during the fault.
		during := in.cfg.Activity()
		err := in.undo(ctx, s)
		now := in.cfg.Now()
		in.mu.Lock()
		s.during, s.done = during, true
		s.result.Healed = now
		if err != nil {
			s.result.Error = fmt.Sprintf("healing: %v", err)
		}
		in.open--
		last := in.open == 0
		in.mu.Unlock()
		if _, heals := s.fault.heals(); heals || s.fault.Kind.OnBrokers() && s.fault.Kind != ElectUnclean {
			in.event(s, "heal", "healed: "+s.result.What)
		}
		if last && in.cfg.Closed != nil {
			in.cfg.Closed(now)
		}
	})
}

func (in *Injector) undo(ctx context.Context, s *injection) error {
	c := in.cfg.Cluster
	switch s.fault.Kind {
	case Kill, Stop, Wipe:
		return each(s.nodes, func(n int32) error { return c.(Starter).Start(ctx, n) })
	case Pause:
		return each(s.nodes, func(n int32) error { return c.(Pauser).Unpause(ctx, n) })
	case Crash:
		return in.cfg.Services[s.fault.Target.Service].Start(ctx)
	}
	return nil
}

// Stand is how long a flow stood still in a span.
type Stand struct{ Publish, Consume time.Duration }

// LoadFacts are the ledger's counts of the records that a fault in the load
// made.
type LoadFacts struct {
	Sent  uint64 // made and sent
	Found uint64 // read back from the input topic
}

// Results judges whether each fault bit. stand tells the longest stand-still
// that began in a span; load tells what became of the records of a fault in
// the load. Call it after Heal and after the drain.
func (in *Injector) Results(stand func(from, to time.Duration) Stand, load func(Fault) LoadFacts) []run.Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	results := make([]run.Fault, 0, len(in.states))
	for _, s := range in.states {
		switch {
		case s.fault.Kind.InLoad():
			in.judgeLoad(s, load(s.fault))
		case !s.started:
			s.result.Evidence = append(s.result.Evidence, "never injected: the load ended before its time")
		default:
			in.judge(s, stand(s.result.Start, s.result.Healed))
		}
		results = append(results, s.result)
	}
	return results
}

func (in *Injector) judgeLoad(s *injection, facts LoadFacts) {
	s.result.Bit = facts.Found > 0
	s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("%d records sent, %d found in the input topic", facts.Sent, facts.Found))
}

// judge decides from the evidence. A fault bit if the cluster or its clients
// show a trace of it and the load had records due while it was open.
func (in *Injector) judge(s *injection, st Stand) {
	r := &s.result
	r.PublishStall, r.ConsumeStall = st.Publish, st.Consume
	due := s.during.Due - s.before.Due
	errs := s.during.ClientErrors - s.before.ClientErrors
	trace := false
	switch s.fault.Kind {
	case Crash, Restart:
		// The service was up and the engine ended it: inject errs otherwise.
		trace = r.Error == ""
		r.Evidence = append(r.Evidence, fmt.Sprintf("ended by the run at %s, up again at %s", r.Start.Round(time.Millisecond), r.Healed.Round(time.Millisecond)))
	default:
		r.Evidence = append(r.Evidence, s.evidence.facts()...)
		trace = s.evidence.bit()
		if s.fault.Kind != ElectUnclean {
			trace = trace || errs > 0 || st.Publish >= minStall
			r.Evidence = append(r.Evidence, fmt.Sprintf("%d client errors while it was open", errs))
		}
	}
	if st.Publish >= minStall {
		r.Evidence = append(r.Evidence, fmt.Sprintf("publishing stood still for %s", st.Publish.Round(time.Millisecond)))
	}
	if st.Consume >= minStall {
		r.Evidence = append(r.Evidence, fmt.Sprintf("consuming stood still for %s", st.Consume.Round(time.Millisecond)))
	}
	r.Evidence = append(r.Evidence, fmt.Sprintf("%d records were due while it was open, %d acked, %d effects",
		due, s.during.Acked-s.before.Acked, s.during.Effects-s.before.Effects))
	r.Bit = trace && (due > 0 || s.fault.Kind == ElectUnclean)
}
