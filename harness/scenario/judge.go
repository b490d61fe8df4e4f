package scenario

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// judge turns what was measured into results and a verdict, and writes both.
func (x *execution) judge(interrupted bool) error {
	x.exportOver(PhaseJudge)
	x.progress(Progress{Phase: PhaseJudge, At: x.plan.Length, Length: x.plan.Length})
	stats, err := x.journal.Close()
	if err != nil {
		x.warn("the journal: " + err.Error())
	}
	x.endHops()
	if err := x.meter.Close(); err != nil {
		x.warn("the histograms: " + err.Error())
	}
	r := &x.results
	r.Senders = x.senders()
	r.Latencies = x.meter.Latencies()
	r.Hops = x.hops()
	r.Partitions = x.partitions()
	r.Groups = x.groupResults()
	r.Drain = x.drained
	r.Generator = x.generator(stats)
	r.Brokers = x.brokerMetrics()
	r.Faults = x.judgeFaults()
	x.noteRefused()
	r.Invariants = invariant.Judge(x.plan.Invariants, x.evidence())
	if x.objectives {
		r.Objectives, r.Generator.Bound = x.plan.judgeObjectives(x.measured())
	}
	for _, name := range x.order {
		x.info.Services = append(x.info.Services, x.service(name))
	}
	x.info.Phases = append(x.phases.Spans(x.offered), run.Phase{Name: run.PhaseDrain, Start: x.offered, End: x.now()})
	if x.aborted() {
		return ErrInterrupted
	}
	x.info.Ended = time.Now().UTC().Truncate(time.Millisecond)
	x.info.Status = run.Complete
	if interrupted {
		x.info.Status = run.Interrupted
	}
	x.info.Verdict, x.info.Reason = x.verdict(interrupted)
	if err := x.dir.WriteResults(*r); err != nil {
		return &InfrastructureError{"writing results.json", err}
	}
	return x.writeInfo()
}

// PhaseJudge is the phase of Progress after the drain.
const PhaseJudge = "judge"

func (x *execution) senders() []run.Sender {
	var senders []run.Sender
	for _, s := range x.ledger.Senders() {
		f := x.flows[s.ID()]
		c := s.Counts()
		sender := run.Sender{
			Name: s.Name(), Event: f.plan.Load.Event, Topic: f.plan.Topic, Via: via(f.plan),
			Due: f.plan.Schedule.Count(x.offered), Sent: c.Sent, Acked: c.Acked, Failed: c.Failed - c.Aborted, Aborted: c.Aborted,
			Unknown: c.Unknown, UnknownSeen: c.UnknownSeen, Received: c.Received, ReceivedTwice: c.ReceivedTwice,
			Unread: !f.plan.observed(), Lost: c.Lost, Poison: c.Poison, Duplicates: c.Duplicates,
		}
		sender.Reasons = f.reasons()
		f.reactions(&sender)
		senders = append(senders, sender)
	}
	if len(senders) > 0 {
		// The counters hold the bytes of all senders together.
		senders[0].Bytes = uint64(x.counters.Totals(x.now()).Bytes)
	}
	return senders
}

// reasons are why records were not acknowledged, most frequent first.
func (f *liveFlow) reasons() (reasons []run.Reason) {
	var counted map[string]int64
	if f.producer != nil {
		counted = f.producer.Reasons()
	} else {
		counted = f.driver.Reasons()
	}
	for reason, n := range counted {
		reasons = append(reasons, run.Reason{Reason: reason, Count: uint64(n)})
	}
	slices.SortFunc(reasons, run.Reason.Compare)
	return reasons
}

// reactions adds what each consumer did, and the sums.
func (f *liveFlow) reactions(s *run.Sender) {
	for i, r := range f.subject.Flow.Reactions {
		c, plan := r.Ledger.Counts(), &f.plan.Reactions[i]
		reaction := run.Reaction{
			Consumer: r.Consumer, Group: plan.Consumes.Group, Effect: r.Effect,
			Effects: c.Effects, EffectsTwice: c.EffectsTwice, DeadLettered: c.Dead, DeadLetteredTwice: c.DeadTwice,
			Balance: r.Balance(f.subject.Flow),
		}
		if dlq := plan.Consumes.DLQ; dlq != nil {
			reaction.DLQ = dlq.Topic
		}
		s.Reactions = append(s.Reactions, reaction)
		s.Effects, s.EffectsTwice = s.Effects+c.Effects, s.EffectsTwice+c.EffectsTwice
		s.DeadLettered, s.DeadLetteredTwice = s.DeadLettered+c.Dead, s.DeadLetteredTwice+c.DeadTwice
	}
	for _, unclaimed := range f.unclaimed {
		s.DeadLettersUnclaimed += unclaimed.Counts().Dead
	}
	s.DeadLettered += s.DeadLettersUnclaimed
}

func via(f *Flow) string {
	if f.Load.Via == ViaTrigger {
		return ViaTrigger
	}
	return ViaTopic
}

// partitions are the meter's, with the bounds of what was read.
func (x *execution) partitions() []run.Partition {
	partitions := x.meter.Partitions()
	for i := range partitions {
		p := &partitions[i]
		p.StartOffset = x.begin[p.Topic][p.Partition]
		p.EndOffset = x.ends[p.Topic][p.Partition]
	}
	return partitions
}

func (x *execution) service(name string) run.Service {
	p := x.services[name]
	info := p.Info()
	for _, d := range x.deaths {
		if d.Service == name {
			info.Died, info.LastLines, info.DiedAt = d.Exit.Reason, d.LastLines, d.At.Sub(x.t0)
		}
	}
	return info
}

// judgeFaults judges whether each fault bit, and when the flow recovered.
func (x *execution) judgeFaults() []run.Fault {
	faults := x.injector.Results(x.stand, x.loadFacts)
	first := firstFault(faults)
	for i := range faults {
		f := &faults[i]
		if f.Bit && !f.Always {
			recovered(f, x.intervals, x.offered, first, x.plan.commits())
		}
	}
	return append(faults, x.heldResults()...)
}

// firstFault is when the first fault came, other than those that are always there.
func firstFault(faults []run.Fault) time.Duration {
	first := time.Duration(math.MaxInt64)
	for _, f := range faults {
		if f.Start > 0 && f.Never == "" {
			first = min(first, f.Start)
		}
	}
	return first
}

// recovered finds when the flow recovered from a fault. While a service is down
// or frozen nothing has, whether the flow needs the service or not.
func recovered(f *run.Fault, intervals []run.Interval, offered, first time.Duration, groups map[string]time.Duration) {
	until := f.StoodUntil
	if fault.Kind(f.Kind).OnServices() {
		if f.Healed == 0 {
			f.Evidence = append(f.Evidence, "no recovery: the service was not started again")
			return
		}
		if f.Healed >= offered {
			f.Evidence = append(f.Evidence, "the service was there again only after the load")
		}
		until = max(until, f.Healed)
	}
	f.Recovery, f.Recovered = invariant.Recovered(intervals, f.Start, until, first, groups)
}

// stand is how long publishing and consuming stood still in a span: the longest
// stall of all partitions together, of each, and of any consumer. Where sends
// ended with no outcome the record that waited longest was never acknowledged,
// and only the whole silence says how long it was.
func (x *execution) stand(from, to time.Duration) (s fault.Stand) {
	publish := func(start, length time.Duration) {
		s.Publish, s.Until = max(s.Publish, length), max(s.Until, start+length)
	}
	publish(x.acks.Longest(from, to))
	s.Partitions, s.Of = x.shares.Stalled(from, to)
	if x.unknown() {
		for _, stall := range x.acks.All() {
			if stall.After <= to && stall.Until >= from {
				publish(stall.After, stall.Until-stall.After)
			}
		}
	}
	for _, stalls := range x.seen {
		at, one := stalls.Longest(from, to)
		s.Consume, s.Until = max(s.Consume, one), max(s.Until, at+one)
	}
	return s
}

// unknown says whether any send ended with no outcome.
func (x *execution) unknown() bool {
	for _, s := range x.ledger.Senders() {
		if s.Counts().Unknown > 0 {
			return true
		}
	}
	return false
}

// teller tells what the journal knows of records, once that is closed.
func (x *execution) teller() *storyteller {
	return &storyteller{dir: x.dir.JournalPath(), run: x.identity, flows: x.flows, warn: x.warn, aborted: x.aborted, known: map[journal.ID]*journal.Story{}}
}

func (x *execution) evidence() *invariant.Evidence {
	teller := x.teller()
	for _, f := range x.results.Faults {
		if !f.Always && f.Healed > 0 {
			teller.faults = append(teller.faults, openFault{f.What, f.Start, f.Healed})
		}
	}
	facts := x.reader.Facts()
	e := &invariant.Evidence{
		Drain: x.drained, Durable: x.info.Cluster.Durable,
		Faults: x.results.Faults, Intervals: x.intervals, Leaderless: x.leaderless,
		Truncated: truncations(facts.Truncations, x.begin, x.reached, x.ends),
		Deleted:   facts.Deleted,
		LagBounds: x.plan.lagBounds(), Load: invariant.Span{From: x.plan.Warmup, To: x.offered},
		Tell: teller.tell, PartitionsOf: teller.partitionsOf, Closed: x.closedPartition,
	}
	for _, s := range x.ledger.Senders() {
		if f := x.flows[s.ID()]; f.plan.observed() {
			e.Flows = append(e.Flows, f.subject.Flow)
		}
	}
	x.commits.evidence(e)
	x.owners.evidence(e)
	return e
}

// truncations are the places where a log lost its end after it was read: those
// that the reader met, and those that it had no time to meet, where the
// recorded end lies before what was read. Without the second kind a log that
// came back empty would look read to its end. Ends never go back otherwise: a
// new leader does not tell its end before it knows the last committed one
// (KIP-207). What was there when the run began was never read, and is nothing
// that it could tell as lost: a topic that was deleted loses that too.
func truncations(met []kafka.Truncation, begin, positions, ends offsets) []invariant.Truncation {
	var all []invariant.Truncation
	add := func(topic string, partition int32, from, to int64) {
		if from = max(from, begin[topic][partition]); from < to {
			all = append(all, invariant.Truncation{Topic: topic, Partition: partition, From: from, To: to})
		}
	}
	for _, t := range met {
		add(t.Topic, t.Partition, t.From, t.To)
	}
	for _, topic := range slices.Sorted(maps.Keys(ends)) {
		for _, partition := range slices.Sorted(maps.Keys(ends[topic])) {
			add(topic, partition, ends[topic][partition], positions[topic][partition])
		}
	}
	return all
}

// closedPartition says whether a partition was read to its recorded end.
func (x *execution) closedPartition(topic string, partition int32) bool {
	end, known := x.ends[topic][partition]
	return known && x.reader.Positions()[topic][partition] >= end
}

func (x *execution) measured() *measured {
	m := &measured{latencies: x.results.Latencies, groups: x.results.Groups, intervals: x.intervals, phases: x.phases.Spans(x.offered), faults: x.results.Faults,
		generator: x.results.Generator, length: x.offered, partitions: x.loadedPartitions(), timeless: x.plan.timeless(), unanswered: x.plan.unanswered()}
	for _, f := range x.flows {
		if f.producer != nil {
			m.throttled += f.producer.Throttled()
		}
	}
	for _, s := range x.results.Senders {
		m.due += s.Due
		m.failed += s.Failed + s.Unknown
	}
	return m
}

// verdict judges the whole run: fail before inconclusive before vacuous
// before pass, with the first reason for it in words.
func (x *execution) verdict(interrupted bool) (finding.Verdict, string) {
	r := &x.results
	var all []judged
	if interrupted {
		all = append(all, judged{finding.Inconclusive, x.interruption()})
	}
	if err := x.unwritten(); err != nil {
		all = append(all, judged{finding.Inconclusive, err.Error()})
	}
	for _, f := range r.Findings {
		if f.Severity == finding.Error {
			all = append(all, judged{finding.Fail, f.Message})
		}
	}
	for _, o := range r.Invariants {
		all = append(all, judged{o.Verdict, o.Invariant + ": " + o.Sentence})
	}
	for _, o := range r.Objectives {
		if o.Verdict != "" {
			all = append(all, judged{o.Verdict, fmt.Sprintf("%s %s, wanted %s %s", o.Name, o.Got, o.Want, o.Note)})
		}
	}
	for _, f := range r.Faults {
		switch {
		case f.Error != "":
			all = append(all, judged{finding.Inconclusive, f.What + ": " + f.Error})
		case f.Never != "":
			all = append(all, judged{finding.Vacuous, "the fault never began: " + f.What + ": " + f.Never})
		case !f.Bit && fault.Kind(f.Kind).InLoad():
			all = append(all, judged{finding.Vacuous, "the fault never bit: " + f.What + ": " + strings.Join(f.Evidence, "; ")})
		case !f.Bit:
			all = append(all, judged{finding.Vacuous, "the fault never bit: " + f.What})
		}
	}
	if !x.drained.Complete {
		all = append(all, judged{finding.Inconclusive, "not everything was read: " + first(x.drained.Open)})
	}
	return worst(all)
}

type judged struct {
	verdict finding.Verdict
	why     string
}

func worst(all []judged) (finding.Verdict, string) {
	verdicts := make([]finding.Verdict, len(all))
	for i, j := range all {
		verdicts[i] = j.verdict
	}
	v := finding.Worst(verdicts...)
	if v == finding.Pass {
		return v, "every listed invariant and objective held"
	}
	reason, more := "nothing was judged", 0
	for _, j := range all {
		if j.verdict != v {
			continue
		}
		if more == 0 {
			reason = j.why
		}
		more++
	}
	if more > 1 {
		reason += fmt.Sprintf(" (and %d more)", more-1)
	}
	return v, reason
}

func first(s []string) string {
	if len(s) == 0 {
		return "the drain did not end"
	}
	return s[0]
}
