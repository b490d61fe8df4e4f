package invariant

import (
	"fmt"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// perKeyOrder: records of one key stand in the log in the order in which they
// were sent; and where the effect's producer promises it, so do the effects.
// A first sight that follows a later record of its key is a violation; a
// replay is not.
func perKeyOrder(e *Evidence) run.Outcome {
	var o run.Outcome
	exhausted := false
	judge := func(order *Order, message string) {
		if order == nil {
			return
		}
		o.Checked += order.checked
		o.Violations += order.violations
		exhausted = exhausted || order.exhausted
		refs := make([]Ref, len(order.first))
		for i, r := range order.first {
			refs[i] = Ref{r.Sender, r.Sequence}
		}
		found := e.findings(PerKeyOrder, refs, "")
		for i := range found {
			found[i].Message = fmt.Sprintf(message, order.first[i].After)
		}
		o.Findings = append(o.Findings, found...)
	}
	flows, untraced := e.traced(anyFlow)
	for _, f := range flows {
		judge(f.Order, "stands in the log after sequence %d of the same key, which was sent later")
		judge(f.EffectOrder, "had its effect after sequence %d of the same key, which was sent later")
	}
	if exhausted && o.Violations == 0 {
		o.Verdict = finding.Inconclusive
		o.Sentence = "too much is out of order to compare every key"
		return o
	}
	return unless(untraced, e.judgeCounted(o, "record", "is out of the order of its key", "are out of the order of their keys"))
}
