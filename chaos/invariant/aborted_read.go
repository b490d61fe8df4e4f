package invariant

import (
	"fmt"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// noAbortedRead: no event of a transaction that was aborted has an effect or a
// dead letter (Adya's G1a). Who reads uncommitted sees such events. An event
// that came again as a duplicate, which was not aborted, may have both.
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
		again := f.cameAgain()
		aborted -= min(aborted, uint64(len(again)))
		for _, r := range f.Reactions {
			if !r.watched() {
				continue
			}
			o.Checked += aborted
			by.add(r.Consumer, 0, aborted)
			r.aborted(e, f, again, &o, &by)
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

// cameAgain are the events of aborted transactions of which a duplicate is in
// the log.
func (f *Flow) cameAgain() map[uint64]bool {
	again := map[uint64]bool{}
	if f.Origin == nil {
		return again
	}
	for seq := range f.Sender.Select(ledger.Received|ledger.IsDuplicate, 0) {
		if origin := f.Origin(seq); f.Sender.Flags(origin)&ledger.Failed != 0 {
			again[origin] = true
		}
	}
	return again
}

// aborted adds the events of aborted transactions that a consumer processed,
// and that did not come again.
func (r *Reaction) aborted(e *Evidence, f *Flow, again map[uint64]bool, o *run.Outcome, by *shares) {
	for _, did := range []struct {
		want ledger.Flags
		what string
	}{{ledger.Effect, "applied it: there is a " + r.Effect}, {ledger.Dead, "dead-lettered it"}} {
		refs, n := refsOf(f, func(yield func(uint64) bool) {
			for seq := range r.Ledger.Select(ledger.Failed|did.want, ledger.Received) {
				if !again[seq] && !yield(seq) {
					return
				}
			}
		})
		o.Violations += n
		by.add(r.Consumer, n, 0)
		o.Findings = append(o.Findings, e.findings(NoAbortedRead, refs, fmt.Sprintf("its transaction was aborted, and %s %s", r.Consumer, did.what))...)
	}
}
