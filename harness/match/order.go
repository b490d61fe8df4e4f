package match

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/live"
)

// BeInKeyOrder matches the []*harness.Record of a topic in which, within each
// record key, what stands at a place ascends or repeats, and no key stands in
// two partitions:
//
//	Expect(c.Records("order.events")).To(match.BeInKeyOrder("$.version"))
//
// Numbers and RFC 3339 times are compared as such. Records in which no two
// have the same key show no order: that is an error, never a match.
func BeInKeyOrder(at string) Matcher {
	return &keyOrder{matcher: "BeInKeyOrder", by: "of " + at, order: func(r []*harness.Record) live.KeyOrder { return live.OrderBy(r, at) }}
}

// BeInKeyOrderOf matches the []*harness.Record of a topic in which, within
// each record key, those that lead back to events stand in the order of these
// events.
func BeInKeyOrderOf(events ...*harness.Record) Matcher {
	return &keyOrder{matcher: "BeInKeyOrderOf", by: "of " + counted(len(events), "event"), order: func(r []*harness.Record) live.KeyOrder { return live.OrderOf(r, events) }}
}

type keyOrder struct {
	matcher, by string
	order       func([]*harness.Record) live.KeyOrder
	seen        live.KeyOrder
}

func (m *keyOrder) Match(actual any) (bool, error) {
	records, ok := actual.([]*harness.Record)
	if !ok {
		return false, wrongType(m.matcher, "a []*harness.Record", actual)
	}
	if m.seen = m.order(records); m.seen.Pairs == 0 {
		return false, fmt.Errorf("%s matcher: no two of %s have the same key and what is compared: they show no order", m.matcher, counted(len(records), "record"))
	}
	return len(m.seen.Problems) == 0, nil
}

func (m *keyOrder) FailureMessage(actual any) string {
	problems := m.seen.Problems
	if n := len(problems) - maxShown; n > 0 {
		problems = append(problems[:maxShown:maxShown], fmt.Sprintf("and %d more", n))
	}
	return fmt.Sprintf("Expected %s to be in the order %s within each key, but\n%s",
		counted(len(actual.([]*harness.Record)), "record"), m.by, indent(strings.Join(problems, "\n")))
}

func (m *keyOrder) NegatedFailureMessage(actual any) string {
	return fmt.Sprintf("Expected %s not to be in the order %s within each key, but in %s they are",
		counted(len(actual.([]*harness.Record)), "record"), m.by, counted(m.seen.Pairs, "pair"))
}
