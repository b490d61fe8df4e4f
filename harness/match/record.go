package match

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/reports/finding"
)

// BeEvent matches a *harness.Record that is an event of a name, as the
// contracts of its test tell, and has everything that is wanted.
func BeEvent(name string, want ...Want) Matcher { return beEvent{name, wants(name, want)} }

type beEvent struct {
	name   string
	checks []check
}

func (m beEvent) Match(actual any) (bool, error) {
	r, err := record("BeEvent", actual)
	if err != nil {
		return false, err
	}
	if err = r.CheckEvent(m.name); err == nil {
		err = mistake(m.checks, func(at place.Place) error { return r.CheckPlace(m.name, at) })
	}
	if err == nil {
		err = undecided(r, m.checks)
	}
	if err != nil {
		return false, fmt.Errorf("BeEvent matcher: %w", err)
	}
	return differences(r, m.checks) == 0, nil
}

func (m beEvent) FailureMessage(actual any) string {
	r := actual.(*harness.Record)
	return fmt.Sprintf("Expected\n%s\nto be the event %s, but\n%s", indent(r.String()), m.name, indent(compared(r, m.checks)))
}

func (m beEvent) NegatedFailureMessage(actual any) string {
	and := ""
	if len(m.checks) > 1 {
		and = " with\n" + indent(listed(m.checks[1:]))
	}
	return fmt.Sprintf("Expected\n%s\nnot to be the event %s%s", indent(actual.(*harness.Record).String()), m.name, and)
}

// listed are the wanted values, one line each.
func listed(checks []check) string {
	lines := make([]string, len(checks))
	for i, c := range checks {
		lines[i] = c.at + ": " + cut(c.wanted)
	}
	return strings.Join(lines, "\n")
}

// ObeyContract matches a *harness.Record that keeps its producer's contract:
// schema, envelope, key and required headers.
func ObeyContract() Matcher { return obeyContract{} }

type obeyContract struct{}

func (obeyContract) Match(actual any) (bool, error) {
	r, err := record("ObeyContract", actual)
	return err == nil && len(r.Problems()) == 0, err
}

func (obeyContract) FailureMessage(actual any) string {
	r := actual.(*harness.Record)
	var b strings.Builder
	if err := finding.Text(&b, r.Problems()); err != nil {
		b.WriteString(err.Error())
	}
	return fmt.Sprintf("Expected\n%s\nto obey its contract, but\n%s", indent(r.String()), indent(b.String()))
}

func (obeyContract) NegatedFailureMessage(actual any) string {
	return fmt.Sprintf("Expected\n%s\nnot to obey its contract", indent(actual.(*harness.Record).String()))
}

// HaveHeader matches a *harness.Record that has a header and, with one value
// given, has that as the header's last value. The value may be a matcher.
func HaveHeader(name string, value ...any) Matcher {
	return have{matcher: "HaveHeader", what: "header " + name, at: "header:" + name, want: value}
}

// HaveKey matches a *harness.Record with that key, which may be a matcher.
func HaveKey(key any) Matcher {
	return have{matcher: "HaveKey", what: "key", at: "key", want: []any{key}}
}

// have is a part of a record that there is, with at most one wanted value.
type have struct {
	matcher, what, at string
	want              []any
}

func (m have) Match(actual any) (bool, error) {
	r, err := record(m.matcher, actual)
	if err != nil {
		return false, err
	}
	if len(m.want) > 1 {
		return false, fmt.Errorf("%s matcher takes one value, got %q", m.matcher, m.want)
	}
	if _, err := place.Parse(m.at); err != nil {
		return false, fmt.Errorf("%s matcher: %w", m.matcher, err)
	}
	if len(m.want) == 0 {
		_, ok := r.At(m.at)
		return ok, nil
	}
	_, ok := fieldCheck(m.at, m.want[0]).see(r)
	return ok, nil
}

func (m have) FailureMessage(actual any) string {
	r := actual.(*harness.Record)
	is := "which it does not have"
	if got, ok := r.At(m.at); ok && len(m.want) == 1 {
		is = fmt.Sprintf("which is %q", got)
		if _, matcher := m.want[0].(Matcher); matcher {
			got, _ := fieldCheck(m.at, m.want[0]).see(r)
			is = "which is " + cut(got)
		}
	}
	return fmt.Sprintf("Expected\n%s\nto have the %s, %s", indent(r.String()), m.described(), is)
}

func (m have) NegatedFailureMessage(actual any) string {
	return fmt.Sprintf("Expected\n%s\nnot to have the %s", indent(actual.(*harness.Record).String()), m.described())
}

func (m have) described() string {
	if len(m.want) == 0 {
		return m.what
	}
	if _, matcher := m.want[0].(Matcher); matcher {
		return m.what + " as its matcher says"
	}
	return fmt.Sprintf("%s %q", m.what, text(m.want[0]))
}

func record(matcher string, actual any) (*harness.Record, error) {
	r, ok := actual.(*harness.Record)
	if ok && r == nil {
		return nil, fmt.Errorf("%s matcher expects a *harness.Record, got a nil one", matcher)
	}
	if !ok {
		return nil, wrongType(matcher, "a *harness.Record", actual)
	}
	return r, nil
}
