package invariant

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// noDuplicate: no record identity stands at two offsets of the log. Injected
// duplicates are records of their own and do not count.
func noDuplicate(e *Evidence) run.Outcome {
	var o run.Outcome
	flows, untraced := e.traced(anyFlow)
	for _, f := range flows {
		o.Checked += f.Sender.Counts().Received
		refs, n := selectRefs(f, ledger.ReceivedTwice, 0)
		o.Violations += n
		o.Findings = append(o.Findings, e.findings(NoDuplicate, refs, "stands at two offsets of the log")...)
	}
	return unless(untraced, e.judgeCounted(o, "received record", "stands twice in the log", "stand twice in the log"))
}

// noDuplicateEffect: no event identity has two effects of one consumer,
// whatever was redelivered, sent twice on purpose or replayed after a crash.
func noDuplicateEffect(e *Evidence) run.Outcome {
	var o run.Outcome
	var by shares
	var silent []string
	flows, untraced := e.traced(hasWatched)
	for _, f := range flows {
		for _, r := range f.Reactions {
			if !r.watched() {
				continue
			}
			seen := r.Ledger.Counts().Effects
			refs, n := refsOf(f, r.Ledger.Select(ledger.EffectTwice, 0))
			o.Checked += seen
			o.Violations += n
			by.add(r.Consumer, n, seen)
			o.Findings = append(o.Findings, e.findings(NoDuplicateEffect, refs, r.Consumer+" applied it twice: there is more than one "+r.Effect)...)
			if r.silent() {
				silent = append(silent, r.silence(f))
			}
		}
		if n := f.Sender.Counts().Duplicates; n > 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("%s of %s were sent on purpose", plural(n, "duplicate"), f.Event))
		}
	}
	if len(flows) == 0 && untraced == nil {
		return run.Outcome{Verdict: finding.Vacuous, Sentence: "no consumer's contract declares an effect, so none was watched"}
	}
	o = e.judgeCounted(o, "event", "has two effects", "have two effects")
	return unless(untraced, heard(o, by, silent))
}

// silence says that the consumer showed nothing.
func (r *Reaction) silence(f *Flow) string {
	return fmt.Sprintf("%s showed no %s for any %s", r.Consumer, r.Effect, f.Event)
}

// heard says what each consumer adds to an outcome, and takes a pass back
// where one of them showed nothing: the others are no evidence of it.
func heard(o run.Outcome, by shares, silent []string) run.Outcome {
	if o.Checked > 0 {
		o.Sentence += by.String()
	}
	if o.Verdict == finding.Pass && len(silent) > 0 {
		o.Verdict = finding.Inconclusive
		o.Sentence += ", but " + strings.Join(silent, "; ")
	}
	return o
}

// judgeCounted gives the verdict on something that was counted over what was
// read: a violation fails at once, an incomplete drain leaves it open.
func (e *Evidence) judgeCounted(o run.Outcome, what, one, many string) run.Outcome {
	switch {
	case o.Violations == 1:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("1 of %s %s", plural(o.Checked, what), one)
	case o.Violations > 0:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s of %s %s", count(o.Violations), plural(o.Checked, what), many)
	case o.Checked == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "no " + what + " was seen"
	case !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("0 of %s %s, but not everything was read: %s", plural(o.Checked, what), many, e.open())
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("0 of %s %s", plural(o.Checked, what), many)
	}
	return o
}
