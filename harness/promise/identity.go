package promise

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/reports/finding"
)

// published is a record of an event with what it is known by.
type published struct {
	*live.Record
	// cause is the id of the event that it leads back to, and sent what the
	// flow has sent of that; "" and zero where that is not known.
	cause string
	sent  live.Sending
}

// published finds the causes of records: by their causation ids, or by the id
// of an event that was sent anywhere in them.
func (j *judgment) published(records []*live.Record) []published {
	sent := j.Flow.Sendings()
	ids := slices.Sorted(maps.Keys(sent))
	out := make([]published, len(records))
	for i, r := range records {
		cause := r.Attributes.CausationID
		if _, known := sent[cause]; !known {
			at := slices.IndexFunc(ids, func(id string) bool {
				of := live.Record{}
				of.Attributes.ID = id
				return r.LeadsBackTo(&of)
			})
			if at >= 0 {
				cause = ids[at]
			}
		}
		out[i] = published{r, cause, sent[cause]}
	}
	return out
}

// identity is what the envelope says that tells an event from all others; ""
// where it says nothing.
func (p published) identity() string {
	if p.ID() == "" {
		return ""
	}
	return p.Attributes.Source + "\n" + p.ID()
}

// content tells events with one id apart: what caused them, or where that is
// not known their data.
func (p published) content() string {
	if p.cause != "" {
		return "cause " + p.cause
	}
	text, err := json.Marshal(p.Data)
	if err != nil || p.Data == nil {
		text = p.Value
	}
	return "data " + string(text)
}

// groups are those of more than one record that have the same text, in the
// order of their first records. Records with "" are in none.
func groups(all []published, by func(published) string) [][]*live.Record {
	at := map[string]int{}
	var out [][]*live.Record
	for _, p := range all {
		text := by(p)
		if text == "" {
			continue
		}
		i, there := at[text]
		if !there {
			i = len(out)
			at[text], out = i, append(out, nil)
		}
		out[i] = append(out[i], p.Record)
	}
	return slices.DeleteFunc(out, func(g []*live.Record) bool { return len(g) < 2 })
}

// single finds events that were published again, however late: records that
// lead back to one trigger, or that are one event by its id. What follows an
// event that was sent several times is another promise's.
func (j *judgment) single(records []*live.Record) Outcome {
	trigger := ""
	if _, p, err := j.Flow.Producer(j.promise.Event); err == nil && p.Trigger != nil {
		trigger = p.Trigger.Event
	}
	again := groups(j.published(records), func(p published) string {
		switch {
		case p.sent.Times > 1:
			return ""
		case p.sent.Times == 1 && trigger != "" && p.sent.Event == trigger:
			return "trigger " + p.cause
		case p.identity() == "":
			return ""
		}
		return p.identity() + "\n" + p.content()
	})
	if len(again) == 0 {
		return pass(records...)
	}
	first := again[0]
	return j.fail(slices.Concat(again...), "%d events were published more than once: %s are one event, or follow one trigger", len(again), places(first))
}

// identities judges each record's envelope, and that no two events have one id.
func (j *judgment) identities(records []*live.Record) Outcome {
	o := j.all(records)
	if o.Verdict != finding.Pass {
		return o
	}
	contents := map[string]map[string]bool{}
	all := j.published(records)
	for _, p := range all {
		if contents[p.identity()] == nil {
			contents[p.identity()] = map[string]bool{}
		}
		contents[p.identity()][p.content()] = true
	}
	shared := groups(all, func(p published) string {
		if len(contents[p.identity()]) < 2 {
			return ""
		}
		return p.identity()
	})
	if len(shared) == 0 {
		return o
	}
	first := shared[0]
	return j.fail(slices.Concat(shared...), "the id %s is that of more than one event: %s have other causes or data; a consumer that knows duplicates by the id loses all but the first",
		first[0].ID(), places(first))
}

// places names records, the first of many.
func places(records []*live.Record) string {
	var out []string
	for i, r := range records {
		if i == maxRecords {
			return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", len(records)-i)
		}
		out = append(out, at(r))
	}
	return strings.Join(out, ", ")
}
