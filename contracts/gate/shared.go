package gate

import (
	"fmt"
	"slices"

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
	uses := other.uses()
	for i, in := range p.contract.Consumes {
		if in.Retry == nil {
			continue
		}
		for j, topic := range in.Retry.Topics {
			use, used := uses[topic]
			if !used || again && use.what == "retries" {
				continue
			}
			f := finding.Finding{
				ID: RetryShared, Severity: finding.Error, Position: p.contract.Doc.Position("consumes", i, "retry", "topics", j),
				Message: fmt.Sprintf("%s retries %s by %s, which %s uses for %s", p, in.Event, topic, other, use.what),
				Hint:    "give each service retry topics of its own",
			}
			if use.at != nil {
				f.Related = []finding.Related{{Position: *use.at, Message: fmt.Sprintf("%s uses it here", other)}}
			}
			if !a.waived(f, p.contract) {
				a.no(f, breach{p, other, contradict})
			}
		}
	}
}

// use is what a party has a topic for.
type use struct {
	what string
	at   *finding.Position
}

// uses are the topics that a party uses, retries before all else.
func (p *party) uses() map[string]use {
	all := map[string]use{}
	for i, out := range p.contract.Produces {
		all[out.TopicName()] = use{out.Event, p.contract.Doc.Position("produces", i, "event")}
	}
	for i, in := range p.contract.Consumes {
		all[in.TopicName()] = use{in.Event, p.contract.Doc.Position("consumes", i, "event")}
		if in.DLQ != nil {
			all[in.DLQ.Topic] = use{"dead letters", p.contract.Doc.Position("consumes", i, "dlq", "topic")}
		}
	}
	for i, in := range slices.Backward(p.contract.Consumes) {
		if in.Retry != nil {
			for j, topic := range in.Retry.Topics {
				all[topic] = use{"retries", p.contract.Doc.Position("consumes", i, "retry", "topics", j)}
			}
		}
	}
	return all
}
