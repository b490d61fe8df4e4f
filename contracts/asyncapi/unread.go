package asyncapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// carried are the fields of AsyncAPI's objects that a contract has a place
// for, or that only lead to such.
var carried = map[string][]string{
	"the document":            {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components", ownField},
	"info":                    {"title", "version", "contact"},
	"info.contact":            {"name"},
	"server":                  {"protocol"},
	"channel":                 {"address", "messages", "servers", "parameters", "bindings"},
	"channel binding kafka":   {"topic", "partitions", "replicas", "topicConfiguration", "bindingVersion"},
	"channel binding amqp":    {"is", "exchange", "queue", "bindingVersion"},
	"amqp exchange":           {"name"},
	"amqp queue":              {"name"},
	"channel binding redis":   {"bindingVersion"},
	"operation":               {"action", "channel", "messages", "bindings", "reply", "traits", "x-retry", "retry", "x-deadLetter", "deadLetter", ownField},
	"reply":                   {"channel", "messages"},
	"retry":                   {"channel", "messages", "maxAttempts", "strategy", "x-channels"},
	"dead letter":             {"channel", "messages"},
	"operation binding kafka": {"groupId", "x-transactional", "transactional", "x-isolationLevel", "isolationLevel", "x-errorTopics", "errorTopics", "bindingVersion"},
	"error topics":            {"addressTemplate", "retryTopics", "retry", "dlq"},
	"message":                 {"name", "payload", "headers", "bindings", "contentType", "traits", "correlationId", "examples"},
	"example":                 {"payload"},
	"message binding kafka":   {"schemaIdLocation", "schemaIdPayloadEncoding", "x-compatibility", "compatibility", "bindingVersion"},
	"header":                  {"type", "pattern"},
	"headers":                 {"type", "properties", "required", "allOf"},
	"operation binding amqp":  {"bindingVersion"},
	"message binding amqp":    {"bindingVersion"},
}

// unread lists what Import leaves behind.
func (d *Document) unread() {
	u := unread{Document: d, done: map[*document.Node]bool{}, produced: map[*Message]bool{}}
	for _, s := range d.stated(".") {
		if s.produces != nil {
			u.produced[s.message] = true
		}
	}
	u.references(d.root)
	u.object("the document", "", d.root)
	for _, entry := range entries(get(d.root, "servers")) {
		u.object("server", entry.Key.Text, d.reader.resolve(entry.Value, ""))
	}
	info := get(d.root, "info")
	u.object("info", "", info)
	u.object("info.contact", "", d.reader.resolveAny(get(info, "contact")))
	for _, c := range d.Channels {
		u.channel(c)
	}
	for _, o := range d.Operations {
		u.operation(o)
	}
	u.components()
}

type unread struct {
	*Document
	done map[*document.Node]bool
	// produced are the messages that the service sends: of those that it
	// receives a contract says less.
	produced map[*Message]bool
}

// references marks what the references below n lead to.
func (u *unread) references(n *document.Node) {
	if ref := reference(n); ref != nil {
		if target, _, _ := u.reader.target(ref.Text, u.reader.places[ref].file); target != nil {
			u.reader.referenced[target] = true
		}
	}
	for _, item := range n.Items {
		u.references(item)
	}
	for _, entry := range n.Entries {
		u.references(entry.Value)
	}
}

// leave reports that something is left behind.
func (u *unread) leave(n *document.Node, what, why string) {
	message := what + " has no place in a contract"
	if why != "" {
		message = what + " is left behind: " + why
	}
	u.reader.report(finding.Info, NotCarried, u.reader.at(n), message, "")
}

// object lists the fields of an object that are not carried over, once.
func (u *unread) object(kind, name string, n *document.Node) {
	if n == nil || u.done[n] {
		return
	}
	u.done[n] = true
	for _, entry := range entries(n) {
		switch key := entry.Key.Text; {
		case slices.Contains(carried[kind], key):
			continue
		case key == "key" && u.IsExport():
			continue // what a key is made of stands in x-weir
		case kind == "example" && key == "name" && u.IsExport() && isExampleFile(entry.Value.Text):
			continue // it names the example's file
		}
		u.leave(entry.Key, strings.TrimSpace(fmt.Sprintf("%s of the %s %s", entry.Key.Text, strings.TrimPrefix(kind, "the "), name)), "")
	}
}

// bindings lists the bindings of a channel, an operation or a message.
func (u *unread) bindings(owner, name string, n *document.Node) *document.Node {
	bindings := u.reader.resolveAny(get(n, "bindings"))
	for _, entry := range entries(bindings) {
		kind := owner + " binding " + entry.Key.Text
		if _, known := carried[kind]; known {
			u.object(kind, name, entry.Value)
			continue
		}
		if !u.done[entry.Key] {
			u.done[entry.Key] = true
			u.leave(entry.Key, fmt.Sprintf("the binding %s of the %s %s", entry.Key.Text, owner, name), "")
		}
	}
	return bindings
}

func (u *unread) channel(c *Channel) {
	u.object("channel", c.ID, c.node)
	amqp := get(u.bindings("channel", c.ID, c.node), "amqp")
	u.object("amqp exchange", c.ID, get(amqp, "exchange"))
	u.object("amqp queue", c.ID, get(amqp, "queue"))
	for _, entry := range entries(get(c.node, "parameters")) {
		parameter := u.reader.resolve(entry.Value, "")
		if _, problem, _ := c.address(); problem == "" {
			u.object("parameter", entry.Key.Text, parameter)
		}
	}
	if !slices.ContainsFunc(u.Operations, func(o *Operation) bool { return o.uses(c) }) && !u.IsExport() {
		u.reader.report(finding.Info, NotCarried, &c.Position, fmt.Sprintf("the channel %s is left behind: no operation uses it", c.ID), "")
	}
	for _, m := range c.Messages {
		u.message(m)
	}
}

func (o *Operation) uses(c *Channel) bool {
	return o.Channel == c || o.Reply != nil && o.Reply.Channel == c || o.DeadLetter == c ||
		o.Retry != nil && slices.Contains(o.Retry.Channels, c)
}

func (u *unread) operation(o *Operation) {
	u.object("operation", o.ID, o.node)
	kafka := get(u.bindings("operation", o.ID, o.node), "kafka")
	u.object("reply", o.ID, u.reader.resolveAny(get(o.node, "reply")))
	u.object("error topics", o.ID, eitherNode(kafka, "errorTopics"))
	u.object("dead letter", o.ID, eitherNode(o.node, "deadLetter"))
	retry := eitherNode(o.node, "retry")
	u.object("retry", o.ID, retry)
	if o.Retry != nil && o.Retry.Strategy == "linear" && o.Retry.Increment != o.Retry.Delay {
		u.leave(get(get(retry, "strategy"), "delayIncrement"), fmt.Sprintf("delayIncrement of the operation %s", o.ID),
			"a contract's linear backoff grows by its initial wait")
	}
}

func (u *unread) message(m *Message) {
	u.object("message", m.ID, m.node)
	u.bindings("message", m.ID, m.node)
	if m.Payload != nil && m.Payload.Format == "" && !u.done[m.Payload.node] {
		u.done[m.Payload.node] = true
		u.reader.report(finding.Info, UnknownFormat, &m.Payload.Position,
			fmt.Sprintf("the payload of %s is left behind: %s is no format that Weir reads", m.ID, m.Payload.MediaType),
			"known are JSON Schema, Avro and Protobuf")
	}
	if m.CorrelationID != "" && !u.correlates(m) {
		u.leave(get(m.node, "correlationId"), "the correlation id of the message "+m.ID, "it is of no reply that a contract could take for an effect")
	}
	if content := get(m.node, "contentType"); content != nil && !understood.MatchString(content.Text) {
		u.leave(content, "the content type of the message "+m.ID, "")
	}
	if strings.Contains(m.Kafka.SchemaIDEncoding, "apicurio") {
		u.leave(m.node, "the schema's id in "+m.ID, "its encoding is not Confluent's")
	}
	switch {
	case u.produced[m]:
		if m.Headers != nil {
			u.headers(m.Headers.node, 0)
		}
		for i, example := range items(get(m.node, "examples")) {
			u.object("example", fmt.Sprintf("%d of the message %s", i+1, m.ID), example)
		}
	case !u.IsExport():
		u.received(m)
	}
}

// received lists what a contract says of events that are sent only.
func (u *unread) received(m *Message) {
	const why = "a contract says it where the event is produced"
	for _, field := range []struct {
		n    *document.Node
		what string
	}{
		{get(m.node, "headers"), "the headers of the message "},
		{eitherNode(get(u.reader.resolveAny(get(m.node, "bindings")), "kafka"), "compatibility"), "the compatibility of the message "},
		{get(m.node, "examples"), "the examples of the message "},
		{get(m.node, "contentType"), "the envelope of the message "},
	} {
		envelope := strings.HasPrefix(field.what, "the envelope")
		if field.n != nil && !u.done[field.n] && (!envelope || u.envelope(m) == contracts.EnvelopeCloudEventsStructured) {
			u.done[field.n] = true
			u.leave(field.n, field.what+m.ID, why)
		}
	}
}

// understood are the content types that a contract says by schema and envelope.
var understood = regexp.MustCompile(`^application/(cloudevents\+json|(.*[+.])?(json|avro|protobuf|x-protobuf))\b`)

// correlates says whether a message's correlation id became that of an effect.
func (u *unread) correlates(m *Message) bool {
	return slices.ContainsFunc(u.Operations, func(o *Operation) bool {
		return o.Action == Receive && o.Reply != nil && len(o.Reply.Messages) == 1 && o.Reply.Messages[0] == m && placeOf(m.CorrelationID) != ""
	})
}

// headers lists what header schemas demand beyond presence and pattern.
func (u *unread) headers(n *document.Node, depth int) {
	n = u.reader.resolveAny(n)
	if n == nil || depth > maxHops {
		return
	}
	u.object("headers", "", n)
	for _, entry := range entries(get(n, "properties")) {
		header := u.reader.resolveAny(entry.Value)
		if t := get(header, "type"); t != nil && t.Text != "string" && !u.done[t] {
			u.done[t] = true
			u.leave(t, "the type of the header "+entry.Key.Text, "")
		}
		u.object("header", entry.Key.Text, header)
	}
	for _, part := range items(get(n, "allOf")) {
		u.headers(part, depth+1)
	}
}

// components lists those that nothing refers to.
func (u *unread) components() {
	if u.IsExport() {
		return
	}
	for _, group := range entries(get(u.root, "components")) {
		for _, entry := range entries(group.Value) {
			if !u.reader.referenced[entry.Value] {
				u.leave(entry.Key, fmt.Sprintf("components.%s.%s", group.Key.Text, entry.Key.Text), "nothing refers to it")
			}
		}
	}
}
