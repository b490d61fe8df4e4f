package gate

import (
	"embed"

	"github.com/flowweir/weir/contracts/internal/example"
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

// pages has a section for each rule, and situations the examples.
//
//go:embed pages.md
var pages string

//go:embed testdata/*.txtar
var situations embed.FS

// examples are the situation in which a rule finds something, and one in which
// it does not.
var examples = map[string][2]string{
	EventWithdrawn: {"14-withdrawn", "01-agrees"},
	SenderAbsent:   {"16-absent", "18-known-sender"},
	Uncontracted:   {"19-uncontracted", "20-known"},
	Uncompared:     {"26-no-schema", "01-agrees"},
	RetryShared:    {"30-shared-retry", "29-shared-dlq"},
	Rollback:       {"06-rollback-assumed", "05-rollback"},
}

// Explain explains a rule; false for an id that is none of Rules.
func Explain(id string) (rules.Guide, bool) {
	g, ok := rules.ReadGuide(pages, id)
	if !ok {
		return g, false
	}
	var read [2][]byte
	for i, name := range examples[id] {
		var err error
		if read[i], err = situations.ReadFile("testdata/" + name + ".txtar"); err != nil {
			return g, true
		}
	}
	g.Example = example.Pair(read[0], read[1]).Markdown()
	return g, true
}
