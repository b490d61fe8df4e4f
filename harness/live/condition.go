package live

import (
	"errors"
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts/place"
)

// Condition says which record is meant.
type Condition struct {
	what string
	// of is the record that the wanted one leads back to, if that is it.
	of *Record
	ok func(*Record) bool
	// err is a mistake in the condition itself.
	err error
}

// Where asks for a value at a place ($.a.b, header:name, key, envelope:id), compared as
// text: Where("$.amount", 13800).
func Where(at string, value any) Condition {
	p, err := place.Parse(at)
	v, convert := plain(value)
	text := place.Text(v)
	return Condition{
		what: fmt.Sprintf("with %s = %s", at, text),
		err:  errors.Join(err, convert),
		ok: func(r *Record) bool {
			got, ok := r.At(p.String())
			return ok && got == text
		},
	}
}

// CausedBy asks for the id of an earlier event as causation id: the
// envelope's, or the header causation_id.
func CausedBy(cause *Record) Condition {
	return Condition{
		what: "caused by " + cause.ID(), of: cause,
		ok: func(r *Record) bool { return cause.ID() != "" && r.Attributes.CausationID == cause.ID() },
	}
}

// LeadsBackTo asks for the id of an earlier event anywhere in the record:
// retries and dead letters carry the original.
func LeadsBackTo(cause *Record) Condition {
	return Condition{
		what: "that leads back to " + cause.ID(), of: cause,
		ok: func(r *Record) bool { return r.LeadsBackTo(cause) },
	}
}

// Of asks for an event of a name; that is not said of a record that is missed.
func Of(event string) Condition {
	return Condition{ok: func(r *Record) bool { return r.Event == event }}
}

// That asks whatever ok asks; what describes it when it is not found.
func That(what string, ok func(*Record) bool) Condition { return Condition{what: what, ok: ok} }

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
