package live

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/loadgen/identity"
)

// LeadsBackTo says whether the record carries the id of another event: as
// its causation, or anywhere in headers, key and value. Of an event that was
// sent without its id, because it has no envelope or Poison took its place, the
// identity of the record counts, which is in the header weir-id.
func (r *Record) LeadsBackTo(cause *Record) bool {
	return r.carries(cause.ID()) || r.carries(cause.mark())
}

func (r *Record) carries(id string) bool {
	return id != "" && (r.Attributes.CausationID == id ||
		slices.ContainsFunc(r.Headers, func(h kgo.RecordHeader) bool { return string(h.Value) == id }) ||
		bytes.Contains(r.Key, []byte(id)) || bytes.Contains(r.Value, []byte(id)))
}

// PlaceOf is a place where the record has an id: a header, the key, a field of
// the data that holds nothing else; "its value" where it stands amid others.
func (r *Record) PlaceOf(id string) string {
	for _, h := range r.Headers {
		if string(h.Value) == id {
			return "header:" + h.Key
		}
	}
	if string(r.Key) == id {
		return "key"
	}
	if r.Attributes.CausationID == id {
		return "envelope:causationid"
	}
	for _, at := range payload.Fields(r.Data) {
		if value, _ := at.In(r.Data); value == id {
			return at.String()
		}
	}
	return "its value"
}

// mark is the identity of a record that was sent without its event's id; "" for
// every other.
func (r *Record) mark() string {
	if !r.untold {
		return ""
	}
	mark, _ := r.Header(identity.Header)
	return mark
}

// stands is where a record stands, in a sentence.
func (r *Record) stands() string {
	if r.Record == nil {
		return "the record"
	}
	return fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset)
}

// CausedBy asks for the id of an earlier event as causation id: the
// envelope's, or the header causation_id.
func CausedBy(cause *Record) Condition {
	return follows("CausedBy", "caused by ", cause, func(r *Record) bool {
		is := r.Attributes.CausationID
		return is != "" && (is == cause.ID() || is == cause.mark())
	})
}

// LeadsBackTo asks for the id of an earlier event anywhere in the record:
// retries and dead letters carry the original.
func LeadsBackTo(cause *Record) Condition {
	return follows("LeadsBackTo", "that leads back to ", cause, func(r *Record) bool { return r.LeadsBackTo(cause) })
}

// follows is a condition on what an event led to. A cause without an id is a
// mistake: no record would meet the condition, whatever happened.
func follows(name, what string, cause *Record, ok func(*Record) bool) Condition {
	if cause == nil {
		return Condition{what: what + "nil", err: fmt.Errorf("%s has no record to ask for: it was given nil", name)}
	}
	id := cmp.Or(cause.ID(), cause.mark())
	c := Condition{what: what + id, of: cause, ok: func(r *Record) bool { return id != "" && ok(r) }}
	if id == "" {
		c.err = fmt.Errorf("%s: %s carries no id of an event, so that nothing can be known to follow it: compare its key or its data", name, cause.stands())
	}
	return c
}

// Undecided is why a record that does not meet the condition may be what was
// asked for all the same; nil where it is not. What follows an event that was
// sent without its id need not show it.
func (c Condition) Undecided(r *Record) error {
	if c.of == nil || c.of.mark() == "" || c.ok(r) || r.flow.knows(r.Attributes.CausationID) {
		return nil
	}
	if _, other := r.Header(identity.Header); other {
		return nil
	}
	return errors.New(r.stands() + " may follow " + c.of.stands() + " or not: that was sent without its event's id, which its envelope would have, " +
		"and the record has neither the header " + identity.Header + " nor the causation id of another event to tell: compare its key or its data")
}

// knows says whether an id is that of an event which the flow has made or read.
func (f *Flow) knows(id string) bool {
	if f == nil || id == "" {
		return false
	}
	if made, ok := identity.ParseEventID([]byte(id)); ok && made.Run == f.cfg.Run {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.topics {
		if slices.ContainsFunc(t.Records(), func(r *Record) bool { return r.ID() == id }) {
			return true
		}
	}
	return false
}

// Reasons are the headers that tell why a record was dead-lettered: those whose
// names contain reason, error or exception.
func (r *Record) Reasons() []kgo.RecordHeader {
	var out []kgo.RecordHeader
	for _, h := range r.Headers {
		name := strings.ToLower(h.Key)
		if strings.Contains(name, "reason") || strings.Contains(name, "error") || strings.Contains(name, "exception") {
			out = append(out, h)
		}
	}
	return out
}

// Explained shows a dead letter, what it says of its reason first.
func (r *Record) Explained() string {
	said := ""
	for _, h := range r.Reasons() {
		said += ", " + h.Key + ": " + shown(h.Value)
	}
	return "a dead letter leads back to it" + said + ":\n" + indent(r.String())
}
