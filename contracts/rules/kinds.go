package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// kind checks that an event is what its kind says.
func (c *checker) kind(p produced) {
	switch p.promise().Kind {
	case contracts.KindNotification:
		c.notification(p)
	case contracts.KindStateTransfer:
		c.stateTransfer(p)
	}
}

// pointing are last words of fields by which a notification points at what
// happened: identities, times, versions and links.
var pointing = wordSet("id ids uuid key type kind version revision sequence time timestamp at date on url uri href link links")

func pointsAt(name string) bool {
	parts := words(name)
	return len(parts) > 0 && pointing[parts[len(parts)-1]]
}

// notification reports a notification that says more than that something
// happened, and to what.
func (c *checker) notification(p produced) {
	s, _ := c.schemaOf(p)
	if s == nil {
		return
	}
	state := slices.DeleteFunc(s.members(), pointsAt)
	if len(state) == 0 {
		return
	}
	c.report(p.contract, NotificationWithState, p.at("kind"),
		fmt.Sprintf("%s is a notification, but carries %s", p.promise().Event, some(state)),
		"leave the state out, so that consumers ask for it, or say kind: integration or state-transfer", related(p.at("schema"), "its schema")...)
}

// some lists the first names of many.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// stateTransfer reports a state transfer of which the topic does not keep the
// latest state of each entity.
func (c *checker) stateTransfer(p produced) {
	promise := p.promise()
	topic := promise.TopicName()
	if topic == "" {
		return
	}
	if promise.Key == nil {
		c.report(p.contract, StateTransferUnkept, p.at("event"),
			promise.Event+" transfers state, but has no key: nothing says whose state it is", "key it by the entity's id")
		return
	}
	stated, known := c.stated[topic]
	if _, compacted := c.compacted(topic); known && !compacted {
		c.report(p.contract, StateTransferUnkept, p.at("topic"),
			fmt.Sprintf("%s transfers state, but %s is not compacted: a consumer that starts later does not get the state of quiet entities", promise.Event, topic),
			"set config: {cleanup.policy: compact}", related(stated.at(), "what is stated of the topic")...)
	}
}

// domainConsumed reports a consumer of another service's domain event.
func (c *checker) domainConsumed(in consumed, p produced) {
	if p.promise().Kind != contracts.KindDomain || p.service() == in.service() {
		return
	}
	c.report(in.contract, DomainConsumed, in.at("event"),
		fmt.Sprintf("%s is a domain event of %s, and %s relies on it", in.promise().Event, p.service(), in.service()),
		"consume an integration event; or, if it is one, let its producer say kind: integration", related(p.at("kind"), "%s says that it is internal", p.service())...)
}

// integrations reports domain events that integration events expose: by
// their schemas, or by the topic that they share.
func (c *checker) integrations() {
	domain := map[string]produced{} // by the file of the schema
	var integration []produced
	for _, event := range c.eventNames {
		for _, p := range c.byEvent[event] {
			switch p.promise().Kind {
			case contracts.KindDomain:
				if s := p.contract.SchemaOf(p.promise().Schema); s != nil && s.File != "" {
					if file := p.contract.Resolve(s.File); domain[file].contract == nil {
						domain[file] = p
					}
				}
			case contracts.KindIntegration:
				integration = append(integration, p)
			}
		}
	}
	if len(domain) > 0 {
		for _, p := range integration {
			c.sharedSchema(p, domain)
		}
	}
	for _, channel := range c.channelOrder {
		c.sharedChannel(channel)
	}
}

func (c *checker) sharedSchema(p produced, domain map[string]produced) {
	s := p.contract.SchemaOf(p.promise().Schema)
	if s == nil || s.File == "" {
		return
	}
	files := []string{p.contract.Resolve(s.File)}
	if loaded, _ := c.schemaOf(p); loaded != nil {
		files = append(files, loaded.references()...)
	}
	for _, file := range files {
		if internal, shared := domain[file]; shared {
			c.report(p.contract, IntegrationExposesDomain, p.at("schema"),
				fmt.Sprintf("the integration event %s is made of %s, the schema of the domain event %s: a change inside becomes one outside", p.promise().Event, file, internal.promise().Event),
				"give the integration event a schema of its own", related(internal.at("schema"), "the domain event's schema")...)
			return
		}
	}
}

func (c *checker) sharedChannel(channel contracts.Channel) {
	senders := c.bySend[channel]
	i := slices.IndexFunc(senders, func(p produced) bool { return p.promise().Kind == contracts.KindIntegration })
	if i < 0 {
		return
	}
	for _, p := range senders {
		if p.promise().Kind == contracts.KindDomain {
			c.report(p.contract, IntegrationExposesDomain, p.at("kind"),
				fmt.Sprintf("the domain event %s travels by %s, which other services read for %s", p.promise().Event, channel, senders[i].promise().Event),
				"send domain events by a topic of the service's own", related(senders[i].at("event"), "the integration event")...)
		}
	}
}
