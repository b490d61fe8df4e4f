package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/live"
)

// BeInKeyOrder matches the []*harness.Record of a topic in which, within each
// record key, what stands at a place ascends or repeats, and no key stands in
// two partitions:
//
//	Expect(c.Records("order.events")).To(match.BeInKeyOrder("$.version"))
//
// Numbers and RFC 3339 times are compared as such, and records without anything
// at the place are not looked at. Records in which no two have the same key show
// no order: that is an error, never a match, and so is a place that none has.
func BeInKeyOrder(at string) Matcher {
	return &keyOrder{matcher: "BeInKeyOrder", by: "of " + at, order: func(r []*harness.Record) (live.KeyOrder, error) {
		p, err := place.Parse(at)
		if err != nil {
			return live.KeyOrder{}, err
		}
		return live.OrderBy(r, at), absentFrom(r, p)
	}}
}

// absentFrom is the error of a place that none of some records has.
func absentFrom(records []*harness.Record, p place.Place) error {
	if len(records) == 0 || slices.ContainsFunc(records, func(r *harness.Record) bool { _, there := r.At(p.String()); return there }) {
		return nil
	}
	last := records[len(records)-1]
	return fmt.Errorf("nothing stands at %s in %s: they show no order by it: %s\nThe last is\n%s",
		p, counted(len(records), "record"), cmp.Or(last.Nearest(p), "they have no key"), indent(last.String()))
}

// BeInKeyOrderOf matches the []*harness.Record of a topic in which, within
// each record key, those that lead back to events stand in the order of these
// events.
func BeInKeyOrderOf(events ...*harness.Record) Matcher {
	return &keyOrder{matcher: "BeInKeyOrderOf", by: "of " + counted(len(events), "event"), order: func(r []*harness.Record) (live.KeyOrder, error) {
		for _, e := range events {
			if err := harness.LeadsBackTo(e).Err(); err != nil {
				return live.KeyOrder{}, err
			}
		}
		return live.OrderOf(r, events), nil
	}}
}

type keyOrder struct {
	matcher, by string
	order       func([]*harness.Record) (live.KeyOrder, error)
	seen        live.KeyOrder
}

func (m *keyOrder) Match(actual any) (bool, error) {
	records, ok := actual.([]*harness.Record)
	if !ok {
		return false, wrongType(m.matcher, "a []*harness.Record", actual)
	}
	if i := slices.Index(records, nil); i >= 0 {
		return false, fmt.Errorf("%s matcher: record %d of %d is nil", m.matcher, i+1, len(records))
	}
	var err error
	if m.seen, err = m.order(records); err != nil {
		return false, fmt.Errorf("%s matcher: %w", m.matcher, err)
	}
	if m.seen.Pairs == 0 {
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
