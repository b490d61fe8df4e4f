// Package gate answers whether a version of a service can go to an
// environment: it holds the version's contract against those of all that is
// live there.
//
// The version is compared as a producer with every live consumer, and as a
// consumer with every live producer and with the records that producers'
// topics still retain. Where a deployment is rolling, both versions that are
// live are neighbours. The versions of the service itself that are live run
// side by side with the new one until it has replaced them, so they are
// compared with it, too: each must read what the other writes. And it must
// keep the promises of those, as far as anybody there relies on them. Versions
// that are asked for together replace each other's predecessors: each is compared
// with the others as they will be.
//
// Guarantees: yes is never said where something could not be compared. What
// is not known makes the answer unknown, except for services without a
// contract, for which the workspace's policy decides (uncontracted: warn). No
// always has a finding that shows what breaks. Waivers count, those of the
// deployed contracts, too.
//
// It looks at pairs: what is wrong in one contract alone, and warnings, are
// for weir check. It does not ask whether an event is sent in the right order
// of deployments, nor anything of a live broker.
package gate

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

// Result is the answer in one word.
type Result string

// The results. Only Yes lets a version pass.
const (
	Yes     Result = "yes"
	No      Result = "no"
	Unknown Result = "unknown"
)

// Candidate is a version that is to be deployed. Its contract names the
// service.
type Candidate struct {
	Version  string
	Contract *contracts.Contract
	// Assumed says that the contract was taken from the working tree without
	// anybody having said that it is the one of this version.
	Assumed bool
}

// Question is what is asked.
type Question struct {
	// Candidates go together. The first is the one that is asked about.
	Candidates []Candidate
	// Environment is where they go, and Found what was found when it was read
	// (see deployment.Store.Read).
	Environment *deployment.Environment
	Found       []finding.Finding
	// Workspace says what is known of services without a contract, and what
	// it means where nothing is.
	Workspace *workspace.Workspace
	// FS has the files of all contracts, those of the environment as its FS
	// names them. Registry may be nil: what is in one is then unknown.
	FS       fs.FS
	Registry versions.Registry
	schema.Dialect
	// Now decides which versions of a schema a topic may still hold, and which
	// waivers have ended.
	Now time.Time
}

// Answer is the answer.
type Answer struct {
	Result Result
	// Sentence is the answer for people, on one line.
	Sentence string
	// Findings are what it rests on: errors where the answer is no, undecided
	// ones where it is unknown; warnings and information never hold it back.
	Findings []finding.Finding
	// Consumers and Producers are the live services, by name, that read what
	// the candidates write and write what they read.
	Consumers, Producers []string
}

// UnreadableError says that a file has to change before there is an answer.
type UnreadableError struct{ Findings []finding.Finding }

// Error is the first finding's sentence.
func (e *UnreadableError) Error() string { return e.Findings[0].Message }

// Ask answers a question. Its error is an *UnreadableError.
func Ask(q Question) (*Answer, error) {
	a := newAsking(q)
	if problems := a.unreadable(); len(problems) > 0 {
		return nil, &UnreadableError{problems}
	}
	a.passedOver()
	if f := a.missing(); f != nil {
		a.unknown(*f, fmt.Sprintf("nothing is recorded of an environment %s", q.Environment.Name))
		return a.answer(), nil
	}
	a.unread()
	for i, n := range a.news {
		a.itself(n)
		for _, other := range a.news[i+1:] {
			a.pair(n, other)
		}
		for _, old := range a.olds {
			if old.service == n.service {
				a.pair(n, old)
				a.promises(n, old)
			}
		}
		for _, other := range a.others {
			a.pair(n, other)
		}
		a.senders(n)
	}
	a.withdrawn()
	a.uncontracted()
	a.rollbacks()
	return a.answer(), nil
}

// unreadable are the findings about files that have to change first: records
// that are none, and the candidates' own schemas.
func (a *asking) unreadable() []finding.Finding {
	var problems []finding.Finding
	for _, f := range a.Found {
		if f.Severity == finding.Error && f.ID != deployment.NoEnvironment && !a.aboutVersion(f) {
			problems = append(problems, f)
		}
	}
	for _, n := range a.news {
		problems = append(problems, a.alone(n).unreadable...)
	}
	return a.local(problems)
}

// passedOver takes up the warnings about records: what was not counted as one.
func (a *asking) passedOver() {
	for _, f := range a.Found {
		if f.Severity == finding.Warning {
			a.findings = append(a.findings, f)
		}
	}
}

// missing is the finding that the environment is unknown, nil where it is not.
func (a *asking) missing() *finding.Finding {
	for i, f := range a.Found {
		if f.ID == deployment.NoEnvironment {
			return &a.Found[i]
		}
	}
	return nil
}

// aboutVersion says whether a finding is about the contract of one live
// version, which leaves the others readable.
func (a *asking) aboutVersion(f finding.Finding) bool {
	for _, v := range a.Environment.Live() {
		if p := v.Problem; p != nil && p.ID == f.ID && p.Position == f.Position {
			return true
		}
	}
	return false
}

// unread reports live versions whose contracts could not be read. One that is
// deployed again needs none.
func (a *asking) unread() {
	for _, v := range a.Environment.Live() {
		if v.Problem != nil && !a.again(v) {
			a.unknown(*v.Problem, fmt.Sprintf("the contract of %s cannot be read", v))
		}
	}
}

// local moves findings to files of this repository.
func (a *asking) local(findings []finding.Finding) []finding.Finding {
	return a.Workspace.Localize(a.Environment.Localize(findings))
}
