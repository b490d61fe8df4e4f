package gate

import (
	"fmt"

	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// told are warnings of rules that are shown: they hold nothing back.
var told = set(rules.DLQUnowned)

// shared reports retry topics of one party that another service reads or
// writes, too: what waits there for the one is taken by the other.
func (a *asking) shared(n, other *party) {
	if n.service == other.service {
		return // versions of a service work off each other's retries
	}
	a.retries(n, other, false)
	a.retries(other, n, true)
}

// retries reports the retry topics of p that other uses. Those that both use
// for retries have been reported where again is true.
func (a *asking) retries(p, other *party, again bool) {
	uses := rules.Uses(other.contract)
	for i, in := range p.contract.Consumes {
		if in.Retry == nil {
			continue
		}
		for j, topic := range in.Retry.Topics {
			use, used := uses[topic]
			if !used || again && use.Retries() {
				continue
			}
			f := finding.Finding{
				ID: RetryShared, Severity: finding.Error, Position: p.contract.Doc.Position("consumes", i, "retry", "topics", j),
				Message: fmt.Sprintf("%s retries %s by %s, which %s uses for %s", p, in.Event, topic, other, use.What),
				Hint:    "give each service retry topics of its own",
			}
			if use.At != nil {
				f.Related = []finding.Related{{Position: *use.At, Message: fmt.Sprintf("%s uses it here", other)}}
			}
			if !a.waived(f, p.contract) {
				a.no(f, breach{p, other, contradict})
			}
		}
	}
}
