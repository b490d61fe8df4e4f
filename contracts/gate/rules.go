package gate

import (
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// The ids of what this package finds beside those of the packages rules,
// matrix and schema.
const (
	EventWithdrawn = "deploy/event-withdrawn"
	SenderAbsent   = "deploy/sender-absent"
	Uncontracted   = "deploy/uncontracted"
	Uncompared     = "deploy/uncompared"
	RetryShared    = "deploy/retry-shared"
	Rollback       = "deploy/rollback"
)

// Rules are those ids, each with the severity that it has by default and one
// line on what it finds.
func Rules() []rules.Rule {
	rule := func(id string, severity finding.Severity, summary string) rules.Rule {
		return rules.Rule{Rule: finding.Rule{ID: id, Summary: summary}, Severity: severity}
	}
	return []rules.Rule{
		rule(EventWithdrawn, finding.Error, "A version no longer sends what a live service reads, and nobody else in the environment does."),
		rule(SenderAbsent, finding.Undecided, "A version reads an event that nobody in the environment is known to send."),
		rule(Uncontracted, finding.Undecided, "A service without a contract is live, so whether it reads or sends the version's events is not known."),
		rule(Uncompared, finding.Undecided, "A consumer needs fields of an event of which the producer gives no schema."),
		rule(RetryShared, finding.Error, "A retry topic of one service is used by another one, so what waits there for the one is taken by the other."),
		rule(Rollback, finding.Warning, "A version goes back behind one that is live, with the contract that lies in the working tree."),
	}
}
