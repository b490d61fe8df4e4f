package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/reports/run"
)

// Heal ends every fault that is open. It uses ctx for the calls to the
// engine only: it must be called also when the run was interrupted.
func (in *Injector) Heal(ctx context.Context) {
	in.heal(ctx, func(Kind) bool { return true })
}

// HealCluster is Heal without the faults on services, for when they are to end.
func (in *Injector) HealCluster(ctx context.Context) {
	in.heal(ctx, func(k Kind) bool { return !k.OnServices() })
}

func (in *Injector) heal(ctx context.Context, these func(Kind) bool) {
	for _, s := range in.states {
		in.mu.Lock()
		started := s.started
		in.mu.Unlock()
		if started && these(s.fault.Kind) {
			in.finish(ctx, s)
		}
	}
}

// finish heals one fault, once.
func (in *Injector) finish(ctx context.Context, s *injection) {
	s.healing.Do(func() {
		// The activity is read before healing, so that what follows it does
		// not count as progress during the fault.
		in.mu.Lock()
		s.during, s.released = in.cfg.Activity(), true
		nodes, frozen := in.free(s, s.fault.hold()), in.frozen(s)
		in.mu.Unlock()
		var err error
		if !frozen {
			err = in.undo(ctx, s, nodes)
		}
		in.mu.Lock()
		s.done, s.ended = true, in.cfg.Now()
		if err == nil {
			s.result.Healed = s.ended
		} else {
			s.result.Error = strings.TrimPrefix(fmt.Sprintf("%s; healing: %v", s.result.Error, err), "; ")
		}
		if in.open--; in.open == 0 && in.cfg.Closed != nil {
			in.cfg.Closed(s.ended)
		}
		in.mu.Unlock()
		switch {
		case err != nil:
			in.event(s, "heal", fmt.Sprintf("healing failed: %s: %v", s.result.What, err))
		case !s.fault.momentary():
			in.event(s, "heal", "healed: "+s.result.What)
		}
	})
}

// hold is the way in which a fault holds its nodes; empty where it lets go of
// them at once.
func (f Fault) hold() string {
	switch f.Kind {
	case Kill, Stop, Wipe, RollingRestart:
		return "down"
	case Pause:
		return "frozen"
	case Isolate:
		return "off " + string(f.Network)
	case FillDisk:
		return "full"
	}
	return ""
}

// free are the nodes of a fault that no other open fault holds in the same
// way: a node that two faults took down comes back with the later of them.
func (in *Injector) free(s *injection, hold string) []int32 {
	return slices.DeleteFunc(slices.Clone(s.nodes), func(node int32) bool {
		return slices.ContainsFunc(in.states, func(other *injection) bool {
			return other.started && !other.released && other.fault.hold() == hold && slices.Contains(other.nodes, node)
		})
	})
}

// frozen says whether another open fault keeps the service of this one paused.
func (in *Injector) frozen(s *injection) bool {
	return s.fault.Kind == PauseService && slices.ContainsFunc(in.states, func(other *injection) bool {
		return other.started && !other.released && other.fault.Kind == PauseService && other.fault.Target.Service == s.fault.Target.Service
	})
}

func (in *Injector) undo(ctx context.Context, s *injection, nodes []int32) error {
	c := in.cfg.Cluster
	switch s.fault.Kind {
	case Kill, Stop, Wipe, RollingRestart:
		return each(nodes, func(n int32) error { return c.(Starter).Start(ctx, n) })
	case FillDisk:
		// A broker ends when it cannot write.
		freed := each(nodes, func(n int32) error { return c.(DiskFiller).FreeDisk(ctx, n) })
		in.mu.Lock()
		down := in.free(s, Fault{Kind: Kill}.hold())
		in.mu.Unlock()
		return errors.Join(freed, each(down, func(n int32) error { return c.(Starter).Start(ctx, n) }))
	case Isolate:
		return each(nodes, func(n int32) error { return c.(Isolator).Rejoin(ctx, n, s.fault.Network) })
	case Pause:
		return each(nodes, func(n int32) error { return c.(Pauser).Unpause(ctx, n) })
	case Crash, Restart:
		// After a restart that worked this does nothing.
		return in.cfg.Services[s.fault.Target.Service].Start(ctx)
	case DeleteTopic, AlterTopic, SetQuota:
		in.mu.Lock()
		undo := s.changed.Undo
		in.mu.Unlock()
		if undo != nil {
			return undo(ctx)
		}
	case PauseService:
		return in.cfg.Services[s.fault.Target.Service].(ServicePauser).Unpause(ctx)
	case Cut, Reset, Latency, Bandwidth, Reply:
		in.mu.Lock()
		spoiled := s.spoiled
		in.mu.Unlock()
		if spoiled != nil {
			spoiled.Remove()
		}
	}
	return nil
}

// Stand is how long a flow stood still in a span, and when the last of these
// standstills ended, since the load began; zero where there was none. That of
// partitions, which may stand still while others go on, is told of each.
type Stand struct {
	Publish, Consume, Until time.Duration
	Partitions              []series.PartitionStall // the longest first
	Of                      int                     // how many partitions there are
}

// on is the standstill without that of partitions of which none of the fault's
// nodes, if it has any, had a replica: that has another reason.
func (st Stand) on(e *brokerEvidence) Stand {
	if e != nil && len(e.nodes) > 0 {
		st.Partitions = slices.DeleteFunc(slices.Clone(st.Partitions), func(p series.PartitionStall) bool {
			before, known := e.before[TopicPartition{p.Topic, p.Partition}]
			return known && !slices.ContainsFunc(e.nodes, func(n int32) bool { return n == before.Leader || slices.Contains(before.Replicas, n) })
		})
	}
	for _, p := range st.Partitions {
		st.Publish, st.Until = max(st.Publish, p.Length), max(st.Until, p.Start+p.Length)
	}
	return st
}

// publishing says for how long publishing stood still, and on which partitions.
func (st Stand) publishing() string {
	said := fmt.Sprintf("publishing stood still for %s", st.Publish.Round(time.Millisecond))
	var names []string
	for _, p := range st.Partitions {
		if p.Length >= minStall {
			names = append(names, TopicPartition{p.Topic, p.Partition}.String())
		}
	}
	switch n := len(names); n {
	case 0:
		return said
	case st.Of:
		return fmt.Sprintf("%s, on all partitions (%d)", said, n)
	default:
		return fmt.Sprintf("%s, on %d of %d partitions: %s", said, n, st.Of, firstFew(names, ", "))
	}
}

// LoadFacts are the ledger's counts of the records that a fault in the load
// made.
type LoadFacts struct {
	Of    uint64 // records of the load, made so or not
	Drawn uint64 // on which its share fell
	Sent  uint64 // made and sent
	Found uint64 // read back from the input topic
	// Forms counts those sent by what is wrong with each, in words that follow "an
	// event"; empty where all are of one kind.
	Forms map[string]uint64
	// Size is how long the data of each is, at least, and Largest the longest value
	// that was read back; 0 where the size is no matter.
	Size, Largest int
	// Elsewhere counts those that belong on another partition than the first
	// send of their event; nil where they do not.
	Elsewhere *Elsewhere
}

// Elsewhere are records of which it is known where they and the first sends of
// their events stand, and those of them that stand on another partition.
type Elsewhere struct{ Known, Apart uint64 }

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
		case !s.started && s.result.Error != "":
			s.result.Evidence = append(s.result.Evidence, "never injected")
		case !s.started:
			if s.result.Never == "" {
				s.result.Never = "the load ended before its time"
			}
			s.result.Evidence = append(s.result.Evidence, "never injected: "+s.result.Never)
		default:
			in.judge(s, stand(s.result.Start, s.ended))
		}
		results = append(results, s.result)
	}
	return results
}

func (in *Injector) judgeLoad(s *injection, facts LoadFacts) {
	s.result.Bit = facts.Found > 0
	s.result.Evidence = append(s.result.Evidence, facts.found(s.fault.Target.Share))
	if len(facts.Forms) > 0 {
		s.result.Evidence = append(s.result.Evidence, facts.forms())
	}
	if facts.Size > 0 && facts.Sent > 0 {
		s.result.Bit = s.result.Bit && facts.Largest >= facts.Size
		s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("the longest value in the input topic has %d bytes, and theirs have %d or more", facts.Largest, facts.Size))
	}
	if e := facts.Elsewhere; e != nil {
		s.result.Bit = s.result.Bit && e.Apart > 0
		s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("%d of %d whose places are known stand on another partition than the first of their event", e.Apart, e.Known))
	}
}

// found says what was found of a fault with a share, or why there is nothing.
func (l LoadFacts) found(share float64) string {
	if l.Sent > 0 {
		return fmt.Sprintf("%d records sent, %d found in the input topic", l.Sent, l.Found)
	}
	records := "records"
	if l.Of == 1 {
		records = "record"
	}
	said := fmt.Sprintf("%d of %d %s drawn for a share of %s%%", l.Drawn, l.Of, records, trimFloat(share*100))
	if l.Drawn > 0 {
		said += ", and none has another so far before it"
	}
	return said
}

// forms says how many were sent in each form.
func (l LoadFacts) forms() string {
	var each []string
	for _, form := range slices.Sorted(maps.Keys(l.Forms)) {
		each = append(each, fmt.Sprintf("%s: %d", form, l.Forms[form]))
	}
	return "sent by form, an event " + strings.Join(each, ", ")
}

// upAgain says when a service that the fault ended was there again.
func (s *injection) upAgain() string {
	if s.result.Healed == 0 {
		return "and not up again"
	}
	return "up again at " + s.result.Healed.Round(time.Millisecond).String()
}

// onAgain says when a service that the fault froze went on.
func (s *injection) onAgain() string {
	if s.result.Healed == 0 {
		return "and not known to go on"
	}
	return "going on since " + s.result.Healed.Round(time.Millisecond).String()
}

// lateFault is by how much an injection is late that is worth a word.
const lateFault = time.Second

// clientErrors are the client errors while the fault was open, and how many of
// them clients met at its own brokers: the others can be another fault's.
func (s *injection) clientErrors() (all, own int64) {
	var nodes []int32
	if s.evidence != nil {
		nodes = s.evidence.nodes
	}
	return s.during.errorsSince(s.before, nodes)
}

func clientErrors(all, own int64) string {
	said := fmt.Sprintf("%d client errors while it was open", all)
	if all > own {
		said += fmt.Sprintf(", %d of them at its brokers", own)
	}
	return said
}

// judge decides from the evidence. A fault bit if the cluster or its clients
// show a trace of it and the load had records due while it was open.
func (in *Injector) judge(s *injection, st Stand) {
	r := &s.result
	st = st.on(s.evidence)
	r.PublishStall, r.ConsumeStall, r.StoodUntil = st.Publish, st.Consume, st.Until
	due := s.during.Due - s.before.Due
	errs, own := s.clientErrors()
	trace := false
	if late := r.Start - s.due; late >= lateFault {
		r.Evidence = append(r.Evidence, fmt.Sprintf("injected %s after its time: the cluster, or this machine, took so long to say what there was", late.Round(time.Millisecond)))
	}
	switch s.fault.Kind {
	case Cut, Reset, Latency, Bandwidth, Reply:
		var facts []string
		trace, facts = s.judgeLink(errs)
		r.Evidence = append(r.Evidence, facts...)
	case DeleteTopic, AlterTopic, SetQuota:
		var facts []string
		trace, facts = s.judgeChange(st, errs)
		r.Evidence = append(r.Evidence, facts...)
	case PauseService:
		// The service was up before, and the engine froze it.
		trace = s.injected
		if trace {
			r.Evidence = append(r.Evidence, fmt.Sprintf("frozen at %s, %s", r.Start.Round(time.Millisecond), s.onAgain()))
		}
	case Crash, Restart:
		// The service was up before, and the engine ended it.
		trace = s.injected
		if trace {
			r.Evidence = append(r.Evidence, fmt.Sprintf("ended by the run at %s, %s", r.Start.Round(time.Millisecond), s.upAgain()))
		}
	default:
		r.Evidence = append(r.Evidence, s.evidence.facts()...)
		trace = s.evidence.bit()
		if s.fault.Kind != ElectUnclean {
			trace = s.injected && (trace || own > 0 || st.Publish >= minStall)
			r.Evidence = append(r.Evidence, clientErrors(errs, own))
		}
	}
	if st.Publish >= minStall {
		r.Evidence = append(r.Evidence, st.publishing())
	}
	if st.Consume >= minStall {
		r.Evidence = append(r.Evidence, fmt.Sprintf("consuming stood still for %s", st.Consume.Round(time.Millisecond)))
	}
	r.Evidence = append(r.Evidence, fmt.Sprintf("%d records were due while it was open, %d acked, %d effects",
		due, s.during.Acked-s.before.Acked, s.during.Effects-s.before.Effects))
	r.Bit = trace && (due > 0 || s.fault.Kind == ElectUnclean)
}
