package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

// breach is what makes the answer no, between two parties.
type breach struct {
	who, of *party
	kind    kind
}

type kind uint8

const (
	reads      kind = iota + 1 // who does not get what it relies on
	contradict                 // both cannot be
	promises                   // who promises less than the version that it replaces
)

func (a *asking) no(f finding.Finding, b breach) {
	a.findings = append(a.findings, f)
	if !slices.Contains(a.breaches, b) {
		a.breaches = append(a.breaches, b)
	}
}

// unknown takes up a finding that leaves the answer open.
func (a *asking) unknown(f finding.Finding, reason string) {
	f.Severity = finding.Undecided
	a.findings = append(a.findings, f)
	add(&a.reasons, reason)
}

// byPolicy takes up a finding about a service without a contract.
func (a *asking) byPolicy(f finding.Finding, reason string) {
	if a.Workspace.File.Uncontracted.Policy != workspace.PolicyWarn {
		a.unknown(f, reason)
		return
	}
	f.Severity = finding.Warning
	a.findings = append(a.findings, f)
	add(&a.tolerated, reason)
}

func add(list *[]string, text string) {
	if !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

func (a *asking) answer() *Answer {
	answer := &Answer{
		Result: Yes, Findings: a.local(a.findings),
		Consumers: slices.Sorted(maps.Keys(a.consumers)), Producers: slices.Sorted(maps.Keys(a.producers)),
	}
	who, where := a.subject(), a.destination()
	switch {
	case len(a.breaches) > 0:
		answer.Result = No
		answer.Sentence = fmt.Sprintf("no: %s cannot %s: %s", who, where, a.breaking())
	case len(a.reasons) > 0:
		answer.Result = Unknown
		answer.Sentence = fmt.Sprintf("unknown: whether %s can %s is not known: %s", who, where, some(a.reasons))
	default:
		agree := agreeing(len(answer.Consumers), len(answer.Producers))
		switch {
		case len(a.news) > 1 && agree == alone:
			agree = "they agree with each other"
		case len(a.news) > 1:
			agree = "they agree with each other, and " + agree
		}
		answer.Sentence = fmt.Sprintf("yes: %s can %s: %s", who, where, agree)
		if len(a.tolerated) > 0 {
			answer.Sentence += "; but " + some(a.tolerated)
		}
	}
	return answer
}

// subject is "order-service 1.4.0", with those that go with it.
func (a *asking) subject() string {
	if len(a.news) == 1 {
		return a.news[0].String()
	}
	var others []string
	for _, n := range a.news[1:] {
		others = append(others, n.String())
	}
	return fmt.Sprintf("%s, together with %s,", a.news[0], finding.List(others))
}

// destination says where the first candidate goes, and from what.
func (a *asking) destination() string {
	n, where := a.news[0], a.Environment.Name
	s := a.Environment.Service(n.service)
	if s == nil {
		if len(a.Environment.Services) > 0 && len(a.breaches) == 0 {
			return fmt.Sprintf("go to %s for the first time", where)
		}
		return "go to " + where
	}
	for _, v := range s.Live {
		if v.Version == n.version {
			return fmt.Sprintf("stay in %s, where it is live", where)
		}
	}
	if newer := a.newer(n); newer != "" {
		return fmt.Sprintf("go back to %s, where %s is live", where, newer)
	}
	return "go to " + where
}

// breaking says who would break: others in one list, and the candidates each
// by what they do not understand.
func (a *asking) breaking() string {
	var readers, contradicted, replaced, phrases []string
	for _, b := range a.breaches {
		switch {
		case b.kind == reads && !b.who.candidate:
			add(&readers, b.who.String())
		case b.kind == reads:
			add(&phrases, fmt.Sprintf("%s would break on %s", a.called(b.who), b.of))
		case b.kind == promises:
			add(&replaced, fmt.Sprintf("%s promises less than %s, which it replaces", a.called(b.who), b.of))
		default:
			add(&contradicted, other(b).String())
		}
	}
	if len(readers) > 0 {
		phrases = append([]string{finding.List(readers) + " would break"}, phrases...)
	}
	if len(contradicted) > 0 {
		phrases = append(phrases, fmt.Sprintf("%s and %s contradict each other", a.called(a.news[0]), finding.List(contradicted)))
	}
	return strings.Join(append(phrases, replaced...), ", and ")
}

// other is the one of two that is there already.
func other(b breach) *party {
	if b.who.candidate {
		return b.of
	}
	return b.who
}

// called is "it" for the candidate that the sentence is about.
func (a *asking) called(p *party) string {
	if p == a.news[0] {
		return "it"
	}
	return p.String()
}

// alone is said where nobody has to agree.
const alone = "nobody there has an event in common with it"

func agreeing(consumers, producers int) string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	var who string
	switch {
	case consumers+producers == 0:
		return alone
	case producers == 0:
		who = count(consumers, "consumer")
	case consumers == 0:
		who = count(producers, "producer")
	default:
		who = count(consumers, "consumer") + " and " + count(producers, "producer")
	}
	if consumers+producers == 1 {
		return who + " agrees"
	}
	return who + " agree"
}

// some joins the first of many reasons.
func some(reasons []string) string {
	const most = 3
	if len(reasons) > most {
		return fmt.Sprintf("%s; and %d more", strings.Join(reasons[:most], "; "), len(reasons)-most)
	}
	return strings.Join(reasons, "; ")
}
