package invariant

import (
	"fmt"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// perKeyOrder: records of one key stand in the log in the order in which they
// were sent; and where the producer of an effect promises it, so do the
// effects of that consumer.
// A first sight that follows a later record of its key is a violation; a
// replay is not.
func perKeyOrder(e *Evidence) run.Outcome {
	var o run.Outcome
	var by shares
	var silent []string
	exhausted, reactions := false, 0
	judge := func(order *Order, who, message string) {
		o.Checked += order.checked
		o.Violations += order.violations
		by.add(who, order.violations, order.checked)
		exhausted = exhausted || order.exhausted
		refs := make([]Ref, len(order.first))
		for i, r := range order.first {
			refs[i] = Ref{r.Sender, r.Sequence}
		}
		found := e.findings(PerKeyOrder, refs, "")
		for i := range found {
			found[i].Message = fmt.Sprintf("%s sequence %d of the same key, which was sent later", message, order.first[i].After)
		}
		o.Findings = append(o.Findings, found...)
	}
	flows, untraced := e.traced(anyFlow)
	for _, f := range flows {
		if f.Order != nil {
			judge(f.Order, "the log", "stands in the log after")
		}
		for _, r := range f.Reactions {
			if r.EffectOrder == nil {
				continue
			}
			reactions++
			judge(r.EffectOrder, r.Consumer, r.Consumer+" applied it after")
			if r.silent() {
				silent = append(silent, r.silence(f))
			}
		}
	}
	if exhausted && o.Violations == 0 {
		o.Verdict = finding.Inconclusive
		o.Sentence = "too much is out of order to compare every key"
		return o
	}
	if reactions == 0 {
		by = nil
	}
	o = e.judgeCounted(o, "record", "is out of the order of its key", "are out of the order of their keys")
	return unless(untraced, heard(o, by, silent))
}
