package infer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/wire"
)

// maxEvents is how many events one topic may have; more names are data.
const maxEvents = 32

// event is what is known of one event.
type event struct {
	name     string
	records  []*seen
	envelope envelope.Kind
	match    contracts.Match
	framing  wire.Kind
	shape    *shape
	// documents are the records whose data is JSON.
	documents []*seen
}

// nameHeaders and nameFields are where records without an envelope say which
// event they are; Spring's serializer writes the class into __TypeId__.
var (
	nameHeaders = []string{"event_type", "event-type", "eventType", "event_name", "eventName", "type", "__TypeId__"}
	nameFields  = []string{"event_type", "eventType", "event_name", "eventName", "@type", "event", "type"}
	// plainFields have other meanings, too: only a name that can be nothing
	// else counts there.
	plainFields = []string{"event", "type"}
)

// eventText is a name that can hardly be anything else: com.acme.order.Placed,
// of three parts or more, or two words or more of which the last is a verb in
// the past, as in OrderPlaced, order.placed and INVOICE_PAID. A type "gold" or
// "fixed" is data.
var eventText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*){2,}$` +
	`|^([A-Z][a-z0-9]+)+[A-Z]([a-z]*ed|ent|aid|ade|eld|ost|ound|old|ought|one|aken|iven|ithdrawn|eft|egun|vent)$` +
	`|^(?i:[a-z][a-z0-9]*([._-][a-z0-9]+)*[._-]([a-z]*ed|sent|paid|made|held|lost|found|sold|bought|done|taken|given|withdrawn|left|begun|event))$`)

// nameIn gives names to the records without one, by a header or a field that
// all of these have.
func nameIn(records []*seen) {
	var open []*seen
	for _, r := range records {
		if r.name == "" && r.envelope == envelope.None {
			open = append(open, r)
		}
	}
	for _, header := range nameHeaders {
		if named(open, contracts.Match{Header: header}, func(r *seen) string { return textOf(r.header(header)) }, header == "type") {
			return
		}
	}
	for _, field := range nameFields {
		at := place.Field(place.Name(field))
		read := func(r *seen) string {
			v, _ := at.In(r.data)
			text, ok := v.(string)
			return textOf(text, ok && r.json)
		}
		if named(open, contracts.Match{Value: at.String()}, read, slices.Contains(plainFields, field)) {
			return
		}
	}
}

func textOf(text string, ok bool) string {
	if !ok {
		return ""
	}
	return text
}

// named names the records by what read finds in each; false where that can't
// be the names of events.
func named(records []*seen, in contracts.Match, read func(*seen) string, strict bool) bool {
	names := map[string]bool{}
	for _, r := range records {
		name := read(r)
		if !isName(name) || strings.Contains(name, " ") || strict && !eventText.MatchString(name) {
			return false
		}
		if names[name] = true; len(names) > maxEvents {
			return false
		}
	}
	for _, r := range records {
		r.name, r.in = read(r), in
	}
	return len(records) > 0
}

// eventsOf sorts records by the names of their events, the most frequent
// first, and learns the shape of each.
func eventsOf(records []*seen) []*event {
	byName := map[string]*event{}
	var events []*event
	for _, r := range records {
		e := byName[r.name]
		if e == nil {
			e = &event{name: r.name}
			byName[r.name] = e
			events = append(events, e)
		}
		e.records = append(e.records, r)
	}
	slices.SortStableFunc(events, func(a, b *event) int {
		if len(a.records) != len(b.records) {
			return len(b.records) - len(a.records)
		}
		return strings.Compare(a.name, b.name)
	})
	for _, e := range events {
		e.envelope = mostOften(e.records, func(r *seen) envelope.Kind { return r.envelope })
		e.framing = mostOften(e.records, func(r *seen) wire.Kind { return r.framing })
		e.match = mostOften(e.records, func(r *seen) contracts.Match { return r.in })
		e.learn()
	}
	return events
}

// mostOften is the value that most records have, the first of those.
func mostOften[K comparable](records []*seen, of func(*seen) K) K {
	counts := map[K]int{}
	var best K
	most := 0
	for _, r := range records {
		v := of(r)
		if counts[v]++; counts[v] > most {
			most, best = counts[v], v
		}
	}
	return best
}

func (e *event) learn() {
	e.shape = &shape{}
	var l learner
	for _, r := range e.records {
		if r.json {
			e.documents = append(e.documents, r)
			l.learn(e.shape, r.data, 0)
		}
	}
}
