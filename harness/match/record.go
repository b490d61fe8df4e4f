package match

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/reports/finding"
)

// Fields are values by their places: $.a.b, header:name, key. They are
// compared as a record key or a header shows them: a string as it is, a number
// as it was written, anything else as JSON.
type Fields map[string]any

// BeEvent matches a *harness.Record that is an event of a name, as the
// contracts of its test tell, and has all fields.
func BeEvent(name string, fields ...Fields) Matcher {
	all := Fields{}
	for _, f := range fields {
		maps.Copy(all, f)
	}
	return beEvent{name, all}
}

type beEvent struct {
	name   string
	fields Fields
}

func (m beEvent) Match(actual any) (bool, error) {
	r, err := record("BeEvent", actual)
	if err != nil {
		return false, err
	}
	for at := range m.fields {
		if _, err := place.Parse(at); err != nil {
			return false, fmt.Errorf("BeEvent matcher: %w", err)
		}
	}
	return len(m.wrong(r)) == 0, nil
}

// wrong says what of the record differs, one line each.
func (m beEvent) wrong(r *harness.Record) []string {
	var wrong []string
	if r.Event != m.name {
		is := r.Event
		if is == "" {
			is = "no event of the contracts"
		}
		wrong = append(wrong, fmt.Sprintf("the event is %s", is))
	}
	for _, at := range slices.Sorted(maps.Keys(m.fields)) {
		switch got, ok := r.At(at); {
		case !ok:
			wrong = append(wrong, "there is nothing at "+at)
		case got != text(m.fields[at]):
			wrong = append(wrong, fmt.Sprintf("%s is %s, wanted %s", at, got, text(m.fields[at])))
		}
	}
	return wrong
}

// text is a Go value as place.Text shows its JSON.
func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	decoder := json.NewDecoder(strings.NewReader(string(encoded)))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		return fmt.Sprint(v)
	}
	return place.Text(v)
}

func (m beEvent) FailureMessage(actual any) string {
	r := actual.(*harness.Record)
	return fmt.Sprintf("Expected\n%s\nto be the event %s, but\n%s", indent(r.String()), m.name, indent(strings.Join(m.wrong(r), "\n")))
}

func (m beEvent) NegatedFailureMessage(actual any) string {
	and := ""
	if len(m.fields) > 0 {
		and = " with " + strings.Join(slices.Sorted(maps.Keys(m.fields)), ", ") + " as given"
	}
	return fmt.Sprintf("Expected\n%s\nnot to be the event %s%s", indent(actual.(*harness.Record).String()), m.name, and)
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
// given, has that as the header's last value.
func HaveHeader(name string, value ...string) Matcher {
	return have{
		matcher: "HaveHeader", what: "header " + name, want: value,
		in: func(r *harness.Record) (string, bool) { return r.Header(name) },
	}
}

// HaveKey matches a *harness.Record with that key.
func HaveKey(key string) Matcher {
	return have{
		matcher: "HaveKey", what: "key", want: []string{key},
		in: func(r *harness.Record) (string, bool) { return string(r.Key), r.Key != nil },
	}
}

// have is a part of a record that there is, with at most one wanted value.
type have struct {
	matcher, what string
	want          []string
	in            func(*harness.Record) (string, bool)
}

func (m have) Match(actual any) (bool, error) {
	r, err := record(m.matcher, actual)
	if err != nil {
		return false, err
	}
	if len(m.want) > 1 {
		return false, fmt.Errorf("%s matcher takes one value, got %q", m.matcher, m.want)
	}
	got, ok := m.in(r)
	return ok && (len(m.want) == 0 || got == m.want[0]), nil
}

func (m have) FailureMessage(actual any) string {
	r := actual.(*harness.Record)
	is := "which it does not have"
	if got, ok := m.in(r); ok {
		is = fmt.Sprintf("which is %q", got)
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
	return fmt.Sprintf("%s %q", m.what, m.want[0])
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
