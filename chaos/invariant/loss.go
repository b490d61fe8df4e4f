package invariant

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// noLoss: what was acknowledged is in the log, and what is in the log has an
// effect or a dead letter.
//
// A record is lost when it was acknowledged, its partition was read to the
// recorded end, and it was not there (Jepsen's lost-write). An effect is lost
// when the record is in the log, the consumers reached the end, and one of
// them has neither an effect nor a dead letter of it; poison too, where the
// consumer declares a dead-letter topic. Offsets that had been read and are
// then gone (a truncated log) are lost from it too, each once.
func noLoss(e *Evidence) run.Outcome {
	var o run.Outcome
	var unproven, unclaimed, acked uint64
	flows, untraced := e.traced(anyFlow)
	for _, f := range flows {
		c := f.Sender.Counts()
		acked += c.Acked
		o.Checked += c.Acked
		unproven += lostRecords(e, f, &o)
		for _, r := range f.Reactions {
			if r.watched() {
				missing, claimable := lostEffects(e, f, r, &o)
				unproven, unclaimed = unproven+missing, unclaimed+claimable
			} else if hasWatched(f) {
				o.Notes = append(o.Notes, fmt.Sprintf("nothing shows whether %s processed %s", r.Consumer, f.Event))
			}
		}
		if !hasWatched(f) {
			o.Notes = append(o.Notes, fmt.Sprintf("nothing shows whether %s was processed: only the log was checked", f.Event))
		}
		if c.Unknown > 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("%s of %s had an unknown outcome, %s of them are in the log: neither lost nor delivered",
				plural(c.Unknown, "send"), f.Event, count(c.UnknownSeen)))
		}
	}
	for _, t := range e.Truncated {
		o.Violations += uint64(t.To - t.From)
		o.Findings = append(o.Findings, finding.Finding{ID: NoLoss, Severity: finding.Error,
			Message: fmt.Sprintf("%s/%d lost its end: offsets %d to %d had been read, and are gone from the log", t.Topic, t.Partition, t.From, t.To-1),
			Record:  &finding.Record{Topic: t.Topic, Partition: t.Partition, Offset: t.From}})
	}
	switch {
	case o.Violations > 0:
		o.Verdict = finding.Fail
		o.Sentence = lossSentence(e, o)
	case acked == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "nothing was acknowledged, so nothing could be lost"
	case unproven > 0 || !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("%s not accounted for, but not everything was read: %s", plural(unproven, "record"), e.open())
	case unclaimed > 0:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("0 of %s lost, but %s without an effect: their dead letters name no consumer, or lead back to no record", plural(acked, "acknowledged record"), plural(unclaimed, "event"))
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("0 of %s lost%s", plural(acked, "acknowledged record"), followed(flows))
	}
	if o = unless(untraced, o); o.Verdict == finding.Pass && !e.Durable {
		o.Notes = append(o.Notes, "embedded broker: clients and services lost nothing; broker durability not exercised")
	}
	return o
}

// followed says of which events every consumer that is watched has an effect
// or a dead letter.
func followed(flows []*Flow) (said string) {
	var byConsumers []string // what is said of the events of some consumers
	events := map[string][]string{}
	for _, f := range flows {
		if !hasWatched(f) {
			continue
		}
		s := "has an effect or a dead letter" + consumers(f)
		if poisonAside(f) {
			s += ", poison aside"
		}
		if events[s] == nil {
			byConsumers = append(byConsumers, s)
		}
		events[s] = append(events[s], f.Event)
	}
	for _, s := range byConsumers {
		if len(events[s]) == len(flows) {
			return "; every event " + s
		}
		said += fmt.Sprintf("; every event of %s %s", strings.Join(events[s], ", "), s)
	}
	return said
}

// poisonAside says that there was poison, and a watched consumer that need not
// dead-letter it.
func poisonAside(f *Flow) bool {
	if f.Sender.Counts().Poison == 0 {
		return false
	}
	for _, r := range f.Reactions {
		if r.watched() && r.DLQ == nil {
			return true
		}
	}
	return false
}

// consumers names those of a flow that are watched, where it has several.
func consumers(f *Flow) string {
	if len(f.Reactions) == 1 {
		return ""
	}
	var names []string
	for _, r := range f.Reactions {
		if r.watched() {
			names = append(names, r.Consumer)
		}
	}
	if len(names) == 1 {
		return " of " + names[0]
	}
	return " of each of " + strings.Join(names, ", ")
}

func lossSentence(e *Evidence, o run.Outcome) string {
	what := "acknowledged record"
	if len(e.Flows) == 1 && e.Flows[0].Trigger {
		what = "accepted trigger"
	}
	return fmt.Sprintf("%s lost of %s", plural(o.Violations, "event"), plural(o.Checked, what))
}

// lostRecords adds the acknowledged records that are not in the log. Those
// whose partition was not read to its end are returned as unproven.
func lostRecords(e *Evidence, f *Flow, o *run.Outcome) (unproven uint64) {
	refs, n := selectRefs(f, ledger.Acked, ledger.Received)
	if n == 0 {
		return 0
	}
	if f.Trigger {
		// The service chose the partition: only a complete drain proves it.
		if !e.Drain.Complete {
			return n
		}
		o.Violations += n
		o.Findings = append(o.Findings, e.findings(NoLoss, refs, "accepted, but no event "+f.Event+" followed")...)
		return 0
	}
	if e.Drain.Complete {
		o.Violations += n
		o.Findings = append(o.Findings, e.findings(NoLoss, refs, "acknowledged, but not in the log")...)
		return 0
	}
	var lost []Ref
	partitions := e.PartitionsOf(refs)
	for _, ref := range refs {
		if p, ok := partitions[ref]; ok && e.Closed(f.Topic, p) {
			lost = append(lost, ref)
		}
	}
	o.Violations += uint64(len(lost))
	o.Findings = append(o.Findings, e.findings(NoLoss, lost, "acknowledged, but not in the log, whose partition was read to its end")...)
	return n - uint64(len(lost))
}

// lostEffects adds the events in the log that a consumer did not process.
// Those for which an unclaimed dead letter may stand, or one that leads back to
// no record, are claimable.
func lostEffects(e *Evidence, f *Flow, r *Reaction, o *run.Outcome) (unproven, claimable uint64) {
	without := ledger.Effect | ledger.Dead | ledger.IsDuplicate
	if r.DLQ == nil {
		without |= ledger.IsPoison
	}
	refs, n, claimable := r.claimable(f, r.Ledger.Select(ledger.Received, without))
	if r.DLQ != nil {
		spare := min(n, r.DLQ.Letters.Untraced.Count())
		n, claimable = n-spare, claimable+spare
		refs = refs[:min(uint64(len(refs)), n)]
	}
	if n == 0 {
		return 0, claimable
	}
	if !e.Drain.Complete {
		return n, claimable
	}
	message := fmt.Sprintf("in the log, but no %s and no dead letter of %s followed", r.Effect, r.Consumer)
	o.Violations += n
	o.Findings = append(o.Findings, e.findings(NoLoss, refs, message)...)
	return 0, claimable
}
