package match

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness"
)

// Want is what a record must have: Fields, CausedBy, LeadsBackTo or Reason.
type Want interface {
	checks() []check
}

// check is one thing that is asked of a record.
type check struct {
	// at names it in a comparison: a place, or a word.
	at string
	// wanted is the value in words.
	wanted string
	// err is a mistake in the test.
	err error
	// place is that of Fields, and of the cause that leads to the record.
	place place.Place
	of    *harness.Record
	// see answers what is there instead; "" and true where all is well.
	see func(*harness.Record) (got string, ok bool)
	// undecided is why a record that does not meet the check may be what is
	// wanted all the same; nil for no reason.
	undecided func(*harness.Record) error
}

// Fields are values by their places: $.a.b, header:name, key, envelope:id.
//
// A plain value is compared with the data by its type, too: 120 is not "120". A
// header and the key are texts, and a plain value is compared as they show it: a
// string as it is, a number as it was written, anything else as JSON. A value that is
// itself a matcher, of Gomega or of this package, is given what stands there:
// a header or the key as string; of the data, and of a key that has a schema, a
// string, a bool, an int or (where it does not fit) a float64, nil, a []any or a
// map[string]any. Where nothing stands no value matches, but Absent. A place that
// no event has which is valid under its schema is an error.
type Fields map[string]any

func (f Fields) checks() []check {
	var out []check
	for _, at := range slices.Sorted(maps.Keys(f)) {
		out = append(out, fieldCheck(at, f[at]))
	}
	return out
}

// Absent is the value of Fields for a place where nothing stands.
func Absent() any { return absent{} }

type absent struct{}

func fieldCheck(at string, want any) check {
	p, err := place.Parse(at)
	c := check{at: at, err: err, place: p}
	nothing := func(r *harness.Record) (string, bool) { _, there := r.At(at); return "nothing there", !there }
	switch want := want.(type) {
	case absent:
		c.wanted = "nothing there"
		c.see = func(r *harness.Record) (string, bool) {
			if got, there := r.At(at); there {
				return got + ", wanted " + c.wanted, false
			}
			return c.wanted, true
		}
	case Matcher:
		c.wanted = "as its matcher says"
		c.see = func(r *harness.Record) (string, bool) {
			if got, none := nothing(r); none {
				return got, false
			}
			got, _ := r.At(at)
			value := valueAt(r, p)
			ok, err := want.Match(value)
			if err != nil {
				return fmt.Sprintf("%s, which cannot be matched: %v", got, err), false
			}
			if !ok {
				return got + ", wanted " + said(want.FailureMessage(value)), false
			}
			return got, true
		}
	default:
		c.wanted = text(want)
		c.see = func(r *harness.Record) (string, bool) { return r.Is(p, want) }
	}
	return c
}

// said is a matcher's message without the actual value that it begins with:
// the comparison shows that already.
func said(message string) string {
	lines := strings.Split(message, "\n")
	if lines[0] == "Expected" {
		rest := slices.IndexFunc(lines[1:], func(l string) bool { return !strings.HasPrefix(l, " ") })
		if rest >= 0 {
			lines = lines[1+rest:]
		}
	}
	return cut(strings.Join(strings.Fields(strings.Join(lines, " ")), " "))
}

// maxLine bounds a line of a comparison, in bytes.
const maxLine = 200

func cut(line string) string {
	if len(line) <= maxLine {
		return line
	}
	return strings.ToValidUTF8(line[:maxLine], "") + "…"
}

// valueAt is what stands at a place, as a matcher gets it.
func valueAt(r *harness.Record, p place.Place) any {
	switch {
	case p.Kind() == place.Data:
		v, _ := p.In(r.Data)
		return natural(v)
	case p.Kind() == place.Key && r.KeyData != nil:
		return natural(r.KeyData)
	}
	got, _ := r.At(p.String())
	return got
}

// natural is decoded JSON with Go's own numbers.
func natural(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		n, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return n
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = natural(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = natural(v[k])
		}
		return out
	}
	return v
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

// CausedBy wants the id of an earlier event as causation id: the envelope's,
// or the header causation_id.
func CausedBy(cause *harness.Record) Want {
	return condition{"causation id", harness.CausedBy(cause), func(r *harness.Record) string { return r.Attributes.CausationID }}
}

// LeadsBackTo wants the id of an earlier event anywhere in the record, as
// retries and dead letters carry it.
func LeadsBackTo(cause *harness.Record) Want {
	return condition{"an id that leads back", harness.LeadsBackTo(cause), func(*harness.Record) string { return "" }}
}

type condition struct {
	at string
	harness.Condition
	got func(*harness.Record) string
}

func (c condition) checks() []check {
	wanted := ""
	if c.Cause() != nil {
		wanted = c.Cause().ID()
	}
	return []check{{at: c.at, wanted: wanted, err: c.Err(), of: c.Cause(), undecided: c.Undecided, see: func(r *harness.Record) (string, bool) {
		if harness.Holds(r, c.Condition) {
			return wanted, true
		}
		return cmp.Or(c.got(r), "none") + ", wanted " + wanted, false
	}}}
}

// Reason wants a header that tells why a record was dead-lettered: one whose
// name contains reason, error or exception. value is a value of Fields, and
// one such header must match it.
func Reason(value any) Want { return reason{value} }

type reason struct{ value any }

func (w reason) checks() []check {
	return []check{{at: "reason", wanted: fieldCheck("key", w.value).wanted, see: func(r *harness.Record) (string, bool) {
		var all []string
		for _, h := range r.Reasons() {
			got, ok := fieldCheck("header:"+h.Key, w.value).see(r)
			if ok {
				return h.Key + ": " + got, true
			}
			all = append(all, h.Key+": "+got)
		}
		if len(all) == 0 {
			return "no header whose name contains reason, error or exception", false
		}
		return strings.Join(all, "; "), false
	}}}
}

// wants are the checks of an event of a name; "" is any record.
func wants(event string, want []Want) []check {
	var out []check
	if event != "" {
		out = append(out, check{at: "event", wanted: event, see: func(r *harness.Record) (string, bool) {
			is := r.Event
			if is == "" {
				is = "no event of the contracts"
			}
			if r.Event != event {
				return is + ", wanted " + event, false
			}
			return is, true
		}})
	}
	for _, w := range want {
		if w == nil {
			out = append(out, check{err: errors.New("what is wanted is nil: leave it out")})
			continue
		}
		out = append(out, w.checks()...)
	}
	return out
}

// mistake is the first one in checks. possible says whether an event may have
// something at a place; nil where that is not known.
func mistake(checks []check, possible func(place.Place) error) error {
	for _, c := range checks {
		if c.err != nil {
			return c.err
		}
		if possible == nil || c.place.IsZero() {
			continue
		}
		if err := possible(c.place); err != nil {
			return err
		}
	}
	return nil
}

// undecided is why a record that does not have everything that is wanted may be
// the wanted one all the same: nothing else tells them apart.
func undecided(r *harness.Record, checks []check) error {
	var why error
	for _, c := range checks {
		if _, ok := c.see(r); ok {
			continue
		}
		if c.undecided == nil {
			return nil
		}
		if why = c.undecided(r); why == nil {
			return nil
		}
	}
	return why
}

// differences counts the checks that a record fails.
func differences(r *harness.Record, checks []check) int {
	n := 0
	for _, c := range checks {
		if _, ok := c.see(r); !ok {
			n++
		}
	}
	return n
}

// compared shows a record against checks, one line each: = where it is as
// wanted, ≠ where it is not.
func compared(r *harness.Record, checks []check) string {
	lines := make([]string, len(checks))
	for i, c := range checks {
		got, ok := c.see(r)
		mark := "≠"
		if ok {
			mark = "="
		}
		lines[i] = fmt.Sprintf("%s %s: %s", mark, c.at, cut(got))
	}
	return strings.Join(lines, "\n")
}
