package match

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Pass matches a scenario's result with the verdict pass.
func Pass() Matcher { return HaveVerdict(finding.Pass) }

// HaveVerdict matches a *scenario.Result with a verdict: pass, fail,
// inconclusive or vacuous.
func HaveVerdict(want finding.Verdict) Matcher { return haveVerdict{want} }

type haveVerdict struct{ want finding.Verdict }

func (m haveVerdict) Match(actual any) (bool, error) {
	r, err := result("HaveVerdict", actual)
	return err == nil && r.Run.Verdict == m.want, err
}

func (m haveVerdict) FailureMessage(actual any) string {
	r := actual.(*scenario.Result)
	return fmt.Sprintf("Expected the verdict of %s\n    %s\nto be\n    %s\n\n%s", r.Run.Name, r.Run.Verdict, m.want, harness.Explain(r))
}

func (m haveVerdict) NegatedFailureMessage(actual any) string {
	r := actual.(*scenario.Result)
	return fmt.Sprintf("Expected the verdict of %s not to be\n    %s\n\n%s", r.Run.Name, m.want, harness.Explain(r))
}

// HaveOutcome matches a *scenario.Result whose invariant has a verdict. With
// messages, the invariant's findings are exactly these, whatever their number
// and order: each message is found, and none without one of the messages.
// Messages stand for findings by their text, in which {} is anything.
func HaveOutcome(invariant string, want finding.Verdict, messages ...string) Matcher {
	return haveOutcome{invariant, want, messages}
}

type haveOutcome struct {
	invariant string
	want      finding.Verdict
	messages  []string
}

func (m haveOutcome) Match(actual any) (bool, error) {
	r, err := result("HaveOutcome", actual)
	if err != nil {
		return false, err
	}
	o := outcome(r, m.invariant)
	if o == nil {
		return false, fmt.Errorf("HaveOutcome matcher: the scenario %s does not judge %s", r.Run.Name, m.invariant)
	}
	return o.Verdict == m.want && len(m.wrong(o)) == 0, nil
}

// wrong are the messages that no finding has, and the findings that no
// message names.
func (m haveOutcome) wrong(o *run.Outcome) []string {
	if len(m.messages) == 0 {
		return nil
	}
	var wrong []string
	found := map[string]bool{}
	for _, f := range o.Findings {
		named := false
		for _, message := range m.messages {
			if like(message, f.Message) {
				found[message], named = true, true
			}
		}
		if !named {
			wrong = append(wrong, "unexpected: "+f.Message)
		}
	}
	for _, message := range m.messages {
		if !found[message] {
			wrong = append(wrong, "missing: "+message)
		}
	}
	return wrong
}

// like compares a text with a pattern in which {} is anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "{}")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

func (m haveOutcome) FailureMessage(actual any) string {
	r := actual.(*scenario.Result)
	o := outcome(r, m.invariant)
	message := fmt.Sprintf("Expected %s of %s\n    %s: %s\nto be\n    %s", m.invariant, r.Run.Name, o.Verdict, o.Sentence, m.want)
	if wrong := m.wrong(o); len(wrong) > 0 {
		const most = 5
		if len(wrong) > most {
			wrong = append(wrong[:most:most], fmt.Sprintf("and %d more", len(wrong)-most))
		}
		message += " with the given findings\n" + indent(strings.Join(wrong, "\n"))
	}
	return message + "\n\n" + harness.Explain(r)
}

func (m haveOutcome) NegatedFailureMessage(actual any) string {
	r := actual.(*scenario.Result)
	return fmt.Sprintf("Expected %s of %s not to be\n    %s: %s\n\n%s", m.invariant, r.Run.Name, m.want, outcome(r, m.invariant).Sentence, harness.Explain(r))
}

func result(matcher string, actual any) (*scenario.Result, error) {
	r, ok := actual.(*scenario.Result)
	if !ok || r == nil {
		return nil, wrongType(matcher, "a *scenario.Result", actual)
	}
	return r, nil
}

func outcome(r *scenario.Result, invariant string) *run.Outcome {
	for i := range r.Results.Invariants {
		if r.Results.Invariants[i].Invariant == invariant {
			return &r.Results.Invariants[i]
		}
	}
	return nil
}
