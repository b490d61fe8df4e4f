package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// unproduced reports an event that nobody produces, with the event that was
// probably meant: one of the same topic before others. It is an error where
// something of the set shows it: such an event, or senders of other events to
// the same topic. Else the producer may as well have no contract here, and
// only a workspace knows whether all have one.
func (c *checker) unproduced(in consumed) {
	event, channel := in.promise().Event, in.promise().Channel()
	var here []string
	if beside := c.bySend[channel]; c.affords(len(beside)) {
		for _, p := range beside {
			here = append(here, p.promise().Event)
		}
	}
	slices.Sort(here)
	here = slices.Compact(here)
	severity, hint := finding.Error, "check it together with its producer's contract: a further path, or another repository in weir.work.yaml"
	near := cmp.Or(c.nearestEvent(event, here), c.nearestEvent(event, c.eventNames))
	switch {
	case near != "":
		hint = fmt.Sprintf("did you mean %q, which %s produces?", near, c.byEvent[near][0].service())
	case len(here) > 0:
		hint = fmt.Sprintf("the events on %s are %s", channel, some(here))
	default:
		severity = finding.Warning
	}
	c.reportAs(severity, in.contract, EventUnproduced, in.at("event"), fmt.Sprintf("no contract produces %s", event), hint)
}

// unread reports an event that nobody consumes from anywhere, dead letters and
// retries of it included; that it is read elsewhere than it is sent is told of
// its reader.
func (c *checker) unread(p produced) {
	event := p.promise().Event
	if !c.others.AllContracted || event == "" || c.read[event] {
		return
	}
	c.report(p.contract, EventUnread, p.at("event"), fmt.Sprintf("nobody reads %s: no contract of this set consumes it", event),
		"remove it, add the contract of its consumer, or list who reads it in weir.work.yaml, under known of uncontracted: consumes: ["+event+"]")
}

// nearestEvent is the event that was probably meant. Names in reverse domain
// order are also compared by their last part, in which people differ.
func (c *checker) nearestEvent(name string, events []string) string {
	if near := c.nearest(name, events); near != "" {
		return near
	}
	last := make([]string, len(events))
	for i, e := range events {
		last[i] = lastPart(e)
	}
	near := c.nearest(lastPart(name), last)
	if near == "" {
		return ""
	}
	return events[slices.Index(last, near)]
}

func lastPart(event string) string { return event[strings.LastIndexByte(event, '.')+1:] }

// sameAddress are the producers that send where the consumer listens, or where
// another one reads whose failed records come there. If there is none, that is
// the finding, and needs are held against all.
func (c *checker) sameAddress(in consumed, producers []produced) []produced {
	listens := in.promise().Channel()
	if listens == (contracts.Channel{}) {
		return producers
	}
	elsewhere := func(p produced) bool {
		sends := p.promise().Channel()
		return sends != (contracts.Channel{}) && !sends.Reaches(listens)
	}
	if !slices.ContainsFunc(producers, elsewhere) {
		return producers
	}
	if same := slices.DeleteFunc(slices.Clone(producers), elsewhere); len(same) > 0 {
		return same
	}
	if first := c.failedThere(in, producers); len(first) > 0 {
		return first
	}
	p := producers[0]
	c.report(in.contract, TopicMismatch, in.at(addressField(in)), fmt.Sprintf("%s comes by %s, but this consumer reads %s",
		in.promise().Event, p.promise().Channel(), listens), "", related(p.at("event"), "%s produces it here", p.service())...)
	return producers
}

// failedThere are the producers of records that others failed on and that come
// to the consumer by their retries or dead letters.
func (c *checker) failedThere(in consumed, producers []produced) []produced {
	var from []contracts.Channel
	for _, address := range contracts.FailedFrom(c.set, in.promise().Event, in.promise().Address) {
		from = append(from, address.Channel())
	}
	return slices.DeleteFunc(slices.Clone(producers), func(p produced) bool { return !slices.Contains(from, p.promise().Channel()) })
}

// addressField is the field that gives the address in the file.
func addressField(in consumed) string {
	if in.contract.Doc.Has("consumes", in.i, "topic") {
		return "topic"
	}
	return in.promise().Transport()
}

// effect checks that the service itself promises the event by which its work
// is seen, and that it leads back to its cause.
func (c *checker) effect(in consumed) {
	effect := in.promise().Effect
	if effect == nil || effect.Event == "" {
		return
	}
	p := in.contract.Producer(effect.Event)
	if p == nil {
		names := eventsOf(in.contract)
		c.report(in.contract, EffectUnproduced, in.at("effect", "event"),
			fmt.Sprintf("%s is the effect, but %s does not produce it", effect.Event, in.contract.Service.Name),
			document.Suggest(effect.Event, names))
		return
	}
	at, err := effect.CorrelatePlace()
	if err != nil {
		return // the loader has said so
	}
	from := produced{in.contract, slices.IndexFunc(in.contract.Produces, func(q contracts.Produces) bool { return q.Event == effect.Event })}
	f, _, known := c.promised(from, at)
	// Who says that the effect leads back by an attribute promises it with that.
	own := at.Kind() == place.Envelope && envelope.Linking(at.Attribute()) && f.Presence == field.Sometimes
	if !known || own || f.Presence == field.Always {
		return
	}
	c.reportAs(unpromised(f, EffectUncorrelated), in.contract, EffectUncorrelated, in.at("effect", "correlate").Naming(at.String()),
		fmt.Sprintf("%s of %s is to lead back to its cause, but %s", at, effect.Event, presenceText(f, in.contract.Service.Name, at)),
		c.promiseHint(from, at, f.Presence), relatedField(f, "what %s promises", effect.Event)...)
	c.missing(from, at, f, "the effect of "+in.service())
}

func eventsOf(c *contracts.Contract) []string {
	var names []string
	for _, p := range c.Produces {
		names = append(names, p.Event)
	}
	return names
}

// missing gives the finding before an event of a schema that has nothing at the
// place which it is about, where the schema says so.
func (c *checker) missing(p produced, at place.Place, f field.Field, reader string) {
	s, _ := c.schemaOf(p)
	if at.Kind() != place.Data || s == nil || f.Open {
		return
	}
	if w := s.schema.Missing(at, f); w != nil {
		c.found[len(c.found)-1].Counterexample = w.Between("the schema of "+p.service(), reader)
	}
}

// presenceText completes "the place, but ...".
func presenceText(f field.Field, service string, at place.Place) string {
	verb := "mention"
	switch f.Presence {
	case field.Never:
		verb = "allow"
	case field.Sometimes:
		verb = "require"
	}
	switch {
	case f.Open:
		return fmt.Sprintf("it could not be decided whether the schema of %s requires it", service)
	case at.Kind() == place.Data:
		return fmt.Sprintf("the schema of %s does not %s it", service, verb)
	case at.Kind() == place.Envelope && f.Presence == field.Never:
		return fmt.Sprintf("the events of %s have no such attribute", service)
	}
	return fmt.Sprintf("the contract of %s does not %s it", service, verb)
}

// unpromised is the severity of what a rule finds of a place that is not
// promised: undecided where that is not known.
func unpromised(f field.Field, id string) finding.Severity {
	if f.Open {
		return finding.Undecided
	}
	return severities[id]
}

// requireHint says how a producer promises a place.
func requireHint(p produced, at place.Place) string {
	kind := envelope.Kind(p.promise().EnvelopeName())
	switch at.Kind() {
	case place.Envelope:
		switch headers := envelope.HeadersOf(kind, at.Attribute()); {
		case len(headers) > 0:
			return fmt.Sprintf("add to headers of the producer: %s: required", headers[0])
		case kind == envelope.None:
			return "give the producer an envelope"
		}
		always := slices.DeleteFunc(envelope.Names(kind), func(name string) bool { return envelope.Presence(kind, name) != field.Always })
		return fmt.Sprintf("every event has %s in its envelope", finding.List(always))
	case place.Header:
		return fmt.Sprintf("add to headers of the producer: %s: required", at.HeaderName())
	case place.Key:
		return "give the producer a key"
	}
	return "require it in the producer's schema"
}
