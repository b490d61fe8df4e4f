package matrix

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/reports/finding"
)

// question is what a registry that could not be asked was to be asked.
type question struct {
	err      *registry.Unanswered
	contract *contracts.Contract
	subject  string
	what     string // is in the subject
	at       *finding.Position
}

// silence is a registry that could not be asked: the first question, and of the
// others those about further subjects.
type silence struct {
	question
	subjects []string
	others   []finding.Related
}

// unanswered tells once of each registry that could not be asked, at the first
// of the subjects that were to be read, beside which the others stand.
func unanswered(all []question) []rules.Found {
	var silent []*silence
	for _, q := range all {
		i := slices.IndexFunc(silent, func(s *silence) bool { return s.err.Registry == q.err.Registry })
		switch {
		case i < 0:
			silent = append(silent, &silence{question: q, subjects: []string{q.subject}})
		case !slices.Contains(silent[i].subjects, q.subject):
			silent[i].subjects = append(silent[i].subjects, q.subject)
			if q.at != nil {
				silent[i].others = append(silent[i].others, finding.Related{Position: *q.at, Message: fmt.Sprintf("%s, the subject %s", q.what, q.subject)})
			}
		}
	}
	var found []rules.Found
	for _, s := range silent {
		found = append(found, rules.Found{Owner: s.contract, Finding: finding.Finding{
			ID: RegistryUnanswered, Severity: severities[RegistryUnanswered], Position: s.at, Related: s.others,
			Message: fmt.Sprintf("%s not read, and not compared with anything: %v", s, s.err.Err),
			Hint:    "check again once it answers",
		}})
	}
	return found
}

// String is the subjects, for the beginning of a sentence.
func (s *silence) String() string {
	switch n := len(s.subjects); n {
	case 1:
		return fmt.Sprintf("the subject %s is", s.subject)
	case 2:
		return fmt.Sprintf("the subjects %s and %s are", s.subjects[0], s.subjects[1])
	default:
		return fmt.Sprintf("%s and %d other subjects are", s.subject, n-1)
	}
}
