package live

import (
	"errors"
	"slices"

	"github.com/flowweir/weir/contracts/place"
)

// Condition says which record is meant.
type Condition struct {
	what string
	// of is the record that the wanted one leads back to, if that is it.
	of *Record
	ok func(*Record) bool
	// but says of a record that it nearly meets the condition, and of what it
	// lacks; "" of others. Nil says nothing.
	but func(*Record) string
	// event is the name that is asked for, if that is it.
	event string
	// at is the place that is asked about; the zero Place for none.
	at place.Place
	// err is a mistake in the condition itself.
	err error
}

// Of asks for an event of a name; that is not said of a record that is missed.
func Of(event string) Condition {
	return Condition{event: event, ok: func(r *Record) bool { return r.Event == event }}
}

// That asks whatever ok asks; what describes it when it is not found.
func That(what string, ok func(*Record) bool) Condition {
	if ok == nil {
		return Condition{what: what, err: errors.New("That has nothing to ask: it was given nil")}
	}
	return Condition{what: what, ok: ok}
}

// String describes the condition, for a message about what is missed.
func (c Condition) String() string { return c.what }

// Cause is the event that the wanted record leads back to; nil where that is
// not asked for.
func (c Condition) Cause() *Record { return c.of }

// Err is a mistake in the condition itself, such as a place that does not
// parse. A condition with one holds for no record.
func (c Condition) Err() error { return c.err }

// Holds says whether a record meets all conditions.
func Holds(r *Record, conditions []Condition) bool {
	return !slices.ContainsFunc(conditions, func(c Condition) bool { return c.err != nil || !c.ok(r) })
}

// possible errs on conditions that no record can meet: a mistake in one, or
// a place that the schema of the event which is asked for rules out.
func (f *Flow) possible(conditions []Condition) error {
	event := ""
	for _, c := range conditions {
		if c.err != nil {
			return c.err
		}
		if c.event != "" {
			event = c.event
		}
	}
	if event == "" {
		return nil
	}
	for _, c := range conditions {
		if err := f.CheckPlace(event, c.at); err != nil {
			return err
		}
	}
	return nil
}
