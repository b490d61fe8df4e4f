package invariant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// dlqComplete: every poison record is in the dead-letter topic, has no
// effect, and stands there with the key, value and headers that the contract
// says are kept. A dead letter that stands twice is legal under at-least-once
// and noted; it fails only where the contract promises exactly-once.
func dlqComplete(e *Evidence) run.Outcome {
	var o run.Outcome
	flows, untraced := e.traced(func(f *Flow) bool { return f.DLQ != nil })
	// Flows may share a dead-letter topic.
	spare := map[*DLQ]uint64{}
	var dead, unproven uint64
	for _, f := range flows {
		if _, again := spare[f.DLQ]; !again {
			spare[f.DLQ] = uint64(len(f.DLQ.Untraced))
			dead += f.DLQ.Seen
			wrongLetters(e, f.DLQ, &o)
		}
	}
	for _, f := range flows {
		// Poison that reached no log cannot be dead-lettered.
		_, poison := selectRefs(f, ledger.Received|ledger.IsPoison, 0)
		o.Checked += poison
		known, missing := missingLetters(e, f, spare[f.DLQ], &o)
		spare[f.DLQ] -= known
		unproven += missing
		wrongPoison(e, f, &o)
		noteLetters(f, &o)
	}
	switch {
	case o.Violations > 0:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s with the dead letters of %s", plural(o.Violations, "problem"), plural(o.Checked, "poison record"))
	case o.Checked == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "no poison reached a consumer that declares a dead-letter topic"
	case unproven > 0 || !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("%s without a dead letter, but not everything was read: %s", plural(unproven, "poison record"), e.open())
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("%s in, %s found", plural(o.Checked, "poison record"), plural(dead, "dead letter"))
		if kept := preserved(flows); len(kept) > 0 {
			o.Sentence += " with " + strings.Join(kept, ", ") + " kept"
		}
	}
	return unless(untraced, o)
}

// preserved is what every dead-letter topic keeps.
func preserved(flows []*Flow) []string {
	kept := slices.Clone(flows[0].DLQ.Preserve)
	for _, f := range flows[1:] {
		kept = slices.DeleteFunc(kept, func(part string) bool { return !slices.Contains(f.DLQ.Preserve, part) })
	}
	return kept
}

// missingLetters adds the poison that is in the log and in no dead-letter
// topic. Letters that lead back to no record are reported once, as such, and
// stand for as many of those that are missed: spare are so many, known so many
// of them were used up.
func missingLetters(e *Evidence, f *Flow, spare uint64, o *run.Outcome) (known, unproven uint64) {
	refs, n := selectRefs(f, ledger.Received|ledger.IsPoison, ledger.Dead)
	known = min(n, spare)
	missing := n - known
	switch {
	case missing == 0:
		return known, 0
	case !e.Drain.Complete:
		return known, missing
	}
	message := "poison in the log, but not in " + f.DLQ.Topic
	if known > 0 {
		message = "poison in the log, and no letter in " + f.DLQ.Topic + " leads back to it"
	}
	o.Violations += missing
	o.Findings = append(o.Findings, e.findings(DLQComplete, refs, message)...)
	return known, 0
}

// wrongLetters adds the dead letters that are not what was sent.
func wrongLetters(e *Evidence, q *DLQ, o *run.Outcome) {
	o.Violations += uint64(len(q.Altered) + len(q.Untraced))
	altered := q.Altered[:min(len(q.Altered), maxFindings)]
	refs := make([]Ref, len(altered))
	for i, l := range altered {
		refs[i] = l.Ref
	}
	found := e.findings(DLQComplete, refs, "")
	for i := range found {
		found[i].Message = altered[i].place(q.Topic)
	}
	o.Findings = append(o.Findings, found...)
	for _, l := range q.Untraced[:min(len(q.Untraced), maxFindings)] {
		o.Findings = append(o.Findings, finding.Finding{ID: DLQComplete, Severity: finding.Error, Message: l.place(q.Topic),
			Record: &finding.Record{Topic: q.Topic, Partition: l.Partition, Offset: l.Offset}})
	}
}

func (l Letter) place(topic string) string {
	return fmt.Sprintf("dead letter at %s/%d@%d: %s", topic, l.Partition, l.Offset, l.What)
}

// wrongPoison adds effects of poison, and repetitions where none are promised.
func wrongPoison(e *Evidence, f *Flow, o *run.Outcome) {
	refs, n := selectRefs(f, ledger.IsPoison|ledger.Effect, 0)
	o.Violations += n
	o.Findings = append(o.Findings, e.findings(DLQComplete, refs, "poison, but "+f.Effect+" followed")...)
	if f.DLQ.ExactlyOnce {
		refs, n := selectRefs(f, ledger.DeadTwice, 0)
		o.Violations += n
		o.Findings = append(o.Findings, e.findings(DLQComplete, refs, "stands more than once in "+f.DLQ.Topic+", which promises exactly-once")...)
	}
}

// noteLetters says what is legal and yet worth knowing.
func noteLetters(f *Flow, o *run.Outcome) {
	if n := f.Sender.Counts().DeadTwice; n > 0 && !f.DLQ.ExactlyOnce {
		o.Notes = append(o.Notes, fmt.Sprintf("%s of %s repeated in %s: legal under at-least-once", plural(n, "dead letter"), f.Event, f.DLQ.Topic))
	}
	if _, n := selectRefs(f, ledger.Dead, ledger.IsPoison); n > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("dead-lettered without having been poisoned: %s of %s", plural(n, "event"), f.Event))
	}
}
