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
	var poison, dead, unproven uint64
	var kept []string
	for _, f := range e.Flows {
		if f.DLQ == nil {
			continue
		}
		if !f.Traced {
			return untraced(f)
		}
		c := f.Sender.Counts()
		poison += c.Poison
		dead += f.DLQ.Seen
		o.Checked += c.Poison
		kept = f.DLQ.Preserve
		unproven += missingLetters(e, f, &o)
		wrongLetters(e, f, &o)
		if c.DeadTwice > 0 && !f.DLQ.ExactlyOnce {
			o.Notes = append(o.Notes, fmt.Sprintf("%s stands more than once in %s: legal under at-least-once", plural(c.DeadTwice, "dead letter"), f.DLQ.Topic))
		}
		if healthy := count64(f, ledger.Dead, ledger.IsPoison); healthy > 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("%s that the load did not poison were dead-lettered too", plural(healthy, "event")))
		}
	}
	switch {
	case o.Violations > 0:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s with the dead letters of %s", plural(o.Violations, "problem"), plural(poison, "poison record"))
	case poison == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "no poison was sent to a consumer that declares a dead-letter topic"
	case unproven > 0 || !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("%s without a dead letter, but not everything was read: %s", plural(unproven, "poison record"), e.open())
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("%s in, %s found", plural(poison, "poison record"), plural(dead, "dead letter"))
		if len(kept) > 0 {
			o.Sentence += " with " + strings.Join(kept, ", ") + " kept"
		}
	}
	return o
}

func count64(f *Flow, want, without ledger.Flags) uint64 {
	_, n := selectRefs(f, want, without)
	return n
}

// missingLetters adds the poison that reached the log and no dead-letter
// topic.
func missingLetters(e *Evidence, f *Flow, o *run.Outcome) (unproven uint64) {
	refs, n := selectRefs(f, ledger.Received|ledger.IsPoison, ledger.Dead)
	if untracedLetters := uint64(len(f.DLQ.Untraced)); n > 0 && untracedLetters >= n {
		// The letters are there but lost what leads back to their records;
		// that is reported once, as such.
		return 0
	}
	if n > 0 && !e.Drain.Complete {
		return n
	}
	o.Violations += n
	o.Findings = append(o.Findings, e.findings(DLQComplete, refs, "poison in the log, but not in "+f.DLQ.Topic)...)
	return 0
}

// wrongLetters adds dead letters that are not what was sent, effects of
// poison, and repetitions where none are promised.
func wrongLetters(e *Evidence, f *Flow, o *run.Outcome) {
	for _, letters := range [][]Letter{f.DLQ.Altered, f.DLQ.Untraced} {
		o.Violations += uint64(len(letters))
		for _, l := range letters[:min(len(letters), maxFindings)] {
			o.Findings = append(o.Findings, e.letterFinding(f, l))
		}
	}
	refs, n := selectRefs(f, ledger.IsPoison|ledger.Effect, 0)
	o.Violations += n
	o.Findings = append(o.Findings, e.findings(DLQComplete, refs, "poison, but "+f.Effect+" followed")...)
	if f.DLQ.ExactlyOnce {
		refs, n := selectRefs(f, ledger.DeadTwice, 0)
		o.Violations += n
		o.Findings = append(o.Findings, e.findings(DLQComplete, refs, "stands more than once in "+f.DLQ.Topic+", which promises exactly-once")...)
	}
}

func (e *Evidence) letterFinding(f *Flow, l Letter) finding.Finding {
	place := fmt.Sprintf("dead letter at %s/%d@%d: %s", f.DLQ.Topic, l.Partition, l.Offset, l.What)
	if slices.ContainsFunc(f.DLQ.Untraced, func(u Letter) bool { return u == l }) {
		return finding.Finding{ID: DLQComplete, Severity: finding.Error, Message: place,
			Record: &finding.Record{Topic: f.DLQ.Topic, Partition: l.Partition, Offset: l.Offset}}
	}
	return e.findings(DLQComplete, []Ref{l.Ref}, place)[0]
}
