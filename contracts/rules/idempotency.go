package rules

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
)

// idempotency checks that a consumer knows an event again for as long as the
// event can come again.
func (c *checker) idempotency(in consumed, producers []produced) {
	promise := in.promise()
	known := promise.Idempotency
	if known == nil {
		c.idempotencyMissing(in, producers)
		return
	}
	if at, err := known.KeyPlace(); err == nil { // the loader has said so
		for _, p := range producers {
			c.idempotencyKey(in, p, at)
		}
		c.idempotencySource(in, producers, at)
	}
	window := time.Duration(known.Window)
	if window == 0 {
		return
	}
	if promise.Retry != nil && window < promise.Retry.Horizon() {
		c.report(in.contract, IdempotencyWindow, in.at("idempotency", "window"),
			fmt.Sprintf("%s knows %s again for %s, but its own retries go on for %s", in.service(), promise.Event, length(window), length(promise.Retry.Horizon())),
			"make the window longer than the retries, with time to spare", related(in.at("retry"), "the retries")...)
	}
	if kept, stated, ok := c.retention(promise.TopicName()); ok && window < kept {
		c.report(in.contract, IdempotencyRetention, in.at("idempotency", "window"),
			fmt.Sprintf("%s knows %s again for %s, but the topic %s holds it for %s: a group that is reset backwards does the older work twice",
				in.service(), promise.Event, length(window), promise.TopicName(), length(kept)),
			"keep what was processed as long as the topic does, or never reset the group further back", related(stated.at(), "the retention")...)
	}
}

// idempotencyMissing reports a consumer that does not say how it knows an
// event again. Two kinds need not: one that writes its effect and its
// position in one transaction, and one that only takes over states.
func (c *checker) idempotencyMissing(in consumed, producers []produced) {
	promise := in.promise()
	if effect := promise.Effect; effect != nil && effect.Event != "" && promise.ReadCommitted() {
		if p := in.contract.Producer(effect.Event); p != nil && p.Delivery.Transactional {
			return
		}
	}
	states := func(p produced) bool { return p.promise().Kind == contracts.KindStateTransfer }
	if len(producers) > 0 && !slices.ContainsFunc(producers, func(p produced) bool { return !states(p) }) {
		return
	}
	hint := "add the place of an id that each event has of its own: idempotency: {key: $.event_id}"
	if len(producers) > 0 && producers[0].promise().EnvelopeName() != contracts.EnvelopeNone {
		hint = "its envelope has one: idempotency: {key: envelope:id}"
	}
	c.report(in.contract, IdempotencyMissing, in.at("event"),
		fmt.Sprintf("%s gets %s at least once, so sometimes twice, and does not say how it knows it again", in.service(), promise.Event), hint)
}

// idempotencyKey checks that every event has the place that it is known by.
func (c *checker) idempotencyKey(in consumed, p produced, at place.Place) {
	f, _, known := c.promised(p, at)
	if !known || f.Presence == field.Always {
		return
	}
	c.reportAs(unpromised(f, IdempotencyUnpromised), in.contract, IdempotencyUnpromised, in.at("idempotency", "key").Naming(at.String()),
		fmt.Sprintf("%s knows %s again by %s, but %s", in.service(), in.promise().Event, at, presenceText(f, p.service(), at)),
		c.promiseHint(p, at, f.Presence), relatedField(f, "what %s promises", p.service())...)
	c.missing(p, at, f, "the idempotency key of "+in.service())
}

// idempotencySource reports a consumer that knows CloudEvents of two services on
// one address again by their id. CloudEvents makes it unique within a source
// alone, so an event of the one service may pass for one of the other.
func (c *checker) idempotencySource(in consumed, producers []produced, at place.Place) {
	first := map[contracts.Channel]produced{}
	for _, p := range producers {
		if !isCloudEventID(at, envelope.Kind(p.promise().EnvelopeName())) {
			continue
		}
		channel := p.promise().Channel()
		before, taken := first[channel]
		switch {
		case !taken:
			first[channel] = p
		case before.service() != p.service():
			c.report(in.contract, IdempotencySource, in.at("idempotency", "key").Naming(at.String()),
				fmt.Sprintf("%s knows %s again by %s, but %s and %s both send it by %s: CloudEvents makes an id unique within its source alone, so an event of the one may be dropped as one of the other",
					in.service(), in.promise().Event, at, before.service(), p.service(), channel),
				"name a field that is unique among the events of both, idempotency: {key: $.event_id}; a contract names one place, and source with id are two",
				append(related(before.at("event"), "%s produces it here", before.service()), related(p.at("event"), "%s produces it here", p.service())...)...)
			return
		}
	}
}

// isCloudEventID says whether a place is the id of a CloudEvent of a kind.
func isCloudEventID(at place.Place, kind envelope.Kind) bool {
	switch {
	case kind != envelope.CloudEventsBinary && kind != envelope.CloudEventsStructured:
		return false
	case at.Kind() == place.Header:
		return slices.Contains(envelope.HeadersOf(kind, "id"), at.HeaderName())
	}
	return at.Kind() == place.Envelope && at.Attribute() == "id"
}

// length is a duration without the zeros that Go prints. The longest one stands
// for all that are longer.
func length(d time.Duration) string {
	switch {
	case d == math.MaxInt64:
		return "292 years and more"
	case d >= 24*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
