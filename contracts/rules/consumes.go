package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
)

func (c *checker) consumes(in consumed) {
	if in.promise().Event == "" {
		return
	}
	c.loops(in)
	c.effect(in)
	producers := c.byEvent[in.promise().Event]
	if len(producers) == 0 {
		c.unproduced(in)
		return
	}
	for _, p := range c.sameAddress(in, producers) {
		c.needs(in, p)
	}
}

// unproduced reports an event that nobody produces, with the event that was
// probably meant: one of the same topic before others.
func (c *checker) unproduced(in consumed) {
	event, topic := in.promise().Event, address(in.promise().Address)
	all := slices.Collect(maps.Keys(c.byEvent))
	here := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		return !slices.ContainsFunc(c.byEvent[name], func(p produced) bool { return address(p.promise().Address) == topic })
	})
	hint := "add the contract of the service that produces it"
	near := cmp.Or(nearestEvent(event, here), nearestEvent(event, all))
	switch {
	case near != "":
		hint = fmt.Sprintf("did you mean %q, which %s produces?", near, c.byEvent[near][0].service())
	case len(here) > 0:
		slices.Sort(here)
		hint = fmt.Sprintf("the events on %s are %s", topic, strings.Join(here, ", "))
	}
	c.report(in.contract, EventUnproduced, in.at("event"), fmt.Sprintf("no contract produces %s", event), hint)
}

// nearestEvent is the event that was probably meant. Names in reverse domain
// order are also compared by their last part, in which people differ.
func nearestEvent(name string, events []string) string {
	if near := document.Nearest(name, events); near != "" {
		return near
	}
	slices.Sort(events)
	last := make([]string, len(events))
	for i, e := range events {
		last[i] = lastPart(e)
	}
	near := document.Nearest(lastPart(name), last)
	if near == "" {
		return ""
	}
	return events[slices.Index(last, near)]
}

func lastPart(event string) string { return event[strings.LastIndexByte(event, '.')+1:] }

// sameAddress are the producers that send where the consumer listens. If
// there is none, that is the finding, and needs are held against all.
func (c *checker) sameAddress(in consumed, producers []produced) []produced {
	listens := address(in.promise().Address)
	if listens == "" {
		return producers
	}
	same := slices.DeleteFunc(slices.Clone(producers), func(p produced) bool {
		sends := address(p.promise().Address)
		return sends != "" && sends != listens
	})
	if len(same) > 0 {
		return same
	}
	p := producers[0]
	c.report(in.contract, TopicMismatch, in.at(addressField(in)), fmt.Sprintf("%s comes by %s, but this consumer reads %s",
		in.promise().Event, address(p.promise().Address), listens), "", related(p.at("event"), "%s produces it here", p.service())...)
	return producers
}

// addressField is the field that gives the address in the file.
func addressField(in consumed) string {
	if in.contract.Doc.Has("consumes", in.i, "topic") {
		return "topic"
	}
	return in.promise().Transport()
}

// loops reports retry and dead-letter topics from which records come back.
func (c *checker) loops(in consumed) {
	promise := in.promise()
	input := promise.TopicName()
	if input == "" {
		return
	}
	dlq := ""
	if promise.DLQ != nil {
		dlq = promise.DLQ.Topic
	}
	if dlq == input {
		c.report(in.contract, TopicLoop, in.at("dlq", "topic"), fmt.Sprintf("dead letters go to %s, the topic that is read", dlq),
			"give dead letters a topic of their own, such as "+input+".dlq")
	}
	if promise.Retry == nil {
		return
	}
	for i, topic := range promise.Retry.Topics {
		switch topic {
		case input:
			c.report(in.contract, TopicLoop, in.at("retry", "topics", i), fmt.Sprintf("retries go to %s, the topic that is read", topic),
				"give retries a topic of their own, such as "+input+".retry; other groups read the input, too")
		case dlq:
			c.report(in.contract, TopicLoop, in.at("retry", "topics", i), fmt.Sprintf("%s is the topic of dead letters and of retries", topic),
				"give dead letters a topic of their own, or they are read again", related(in.at("dlq", "topic"), "the topic of dead letters")...)
		}
	}
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
	at, err := place.Parse(effect.Correlate)
	if err != nil {
		return // the loader has said so
	}
	from := produced{in.contract, slices.IndexFunc(in.contract.Produces, func(q contracts.Produces) bool { return q.Event == effect.Event })}
	f, _, known := c.promised(from, at)
	if !known || f.Presence == field.Always {
		return
	}
	c.report(in.contract, EffectUncorrelated, in.at("effect", "correlate"),
		fmt.Sprintf("%s of %s is to lead back to its cause, but %s", at, effect.Event, presenceText(f.Presence, in.contract.Service.Name, at)),
		requireHint(at), related(&f.Position, "what %s promises", effect.Event)...)
}

func eventsOf(c *contracts.Contract) []string {
	var names []string
	for _, p := range c.Produces {
		names = append(names, p.Event)
	}
	return names
}

// presenceText completes "the place, but ...".
func presenceText(p field.Presence, service string, at place.Place) string {
	verb := "mention"
	switch p {
	case field.Never:
		verb = "allow"
	case field.Sometimes:
		verb = "require"
	}
	if at.Kind() == place.Data {
		return fmt.Sprintf("the schema of %s does not %s it", service, verb)
	}
	return fmt.Sprintf("the contract of %s does not %s it", service, verb)
}

func requireHint(at place.Place) string {
	switch at.Kind() {
	case place.Header:
		return fmt.Sprintf("add to headers of the producer: %s: required", at.HeaderName())
	case place.Key:
		return "give the producer a key"
	}
	return "require it in the producer's schema"
}
