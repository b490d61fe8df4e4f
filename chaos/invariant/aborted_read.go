package invariant

import (
	"fmt"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// noAbortedRead: no event of a transaction that was aborted has an effect or a
// dead letter (Adya's G1a). Who reads uncommitted sees such events.
func noAbortedRead(e *Evidence) run.Outcome {
	var o run.Outcome
	var by shares
	var silent []string
	flows, untraced := e.traced(hasWatched)
	for _, f := range flows {
		aborted := f.Sender.Counts().Aborted
		if aborted == 0 {
			continue
		}
		for _, r := range f.Reactions {
			if !r.watched() {
				continue
			}
			o.Checked += aborted
			by.add(r.Consumer, 0, aborted)
			r.aborted(e, f, &o, &by)
			if r.silent() {
				silent = append(silent, r.silence(f))
			}
		}
	}
	switch {
	case o.Violations > 0:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s of %s processed", count(o.Violations), plural(o.Checked, "aborted event"))
	case o.Checked == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "no transaction was aborted of an event whose effects can be seen"
	case !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("0 of %s processed, but not everything was read: %s", plural(o.Checked, "aborted event"), e.open())
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("0 of %s processed", plural(o.Checked, "aborted event"))
	}
	return unless(untraced, heard(o, by, silent))
}

// aborted adds the events of aborted transactions that a consumer processed.
func (r *Reaction) aborted(e *Evidence, f *Flow, o *run.Outcome, by *shares) {
	for _, did := range []struct {
		want ledger.Flags
		what string
	}{{ledger.Effect, "applied it: there is a " + r.Effect}, {ledger.Dead, "dead-lettered it"}} {
		refs, n := refsOf(f, r.Ledger.Select(ledger.Failed|did.want, ledger.Received))
		o.Violations += n
		by.add(r.Consumer, n, 0)
		o.Findings = append(o.Findings, e.findings(NoAbortedRead, refs, fmt.Sprintf("its transaction was aborted, and %s %s", r.Consumer, did.what))...)
	}
}
