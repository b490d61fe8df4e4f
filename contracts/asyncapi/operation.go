package asyncapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// operation reads an operation; one without a channel is left out, which is
// reported.
func (d *Document) operation(entry document.Entry, n *document.Node) {
	o := &Operation{ID: entry.Key.Text, Action: text(n, "action"), Position: *d.reader.at(entry.Key), node: n}
	if o.Channel = d.channelAt(get(n, "channel")); o.Channel == nil {
		return
	}
	o.Messages = d.messagesOf(get(n, "messages"), o.Channel)
	if reply := d.reader.resolveAny(get(n, "reply")); reply != nil {
		o.Reply = &Reply{Channel: d.channelAt(get(reply, "channel"))}
		o.Reply.Address = text(d.reader.resolveAny(get(reply, "address")), "location")
		if o.Reply.Channel != nil {
			o.Reply.Messages = d.messagesOf(get(reply, "messages"), o.Reply.Channel)
		}
	}
	kafka := get(d.reader.resolveAny(get(n, "bindings")), "kafka")
	o.Kafka = KafkaOperation{
		Group: d.constant(get(kafka, "groupId")), Client: d.constant(get(kafka, "clientId")),
		Transactional: either(kafka, "transactional") == "true" || either(kafka, "transactionalIdPrefix") != "",
		Isolation:     either(kafka, "isolationLevel"),
	}
	d.proposed(kafka, "isolationLevel", &o.Kafka.Isolation, isolations...)
	d.errorTopics(o, eitherNode(kafka, "errorTopics"))
	d.retry(o, eitherNode(n, "retry"))
	if letter := eitherNode(n, "deadLetter"); letter != nil {
		if c := d.channelAt(get(letter, "channel")); c != nil {
			o.DeadLetter = c
		} else if get(letter, "channel") == nil {
			d.badExtension(letter, "x-deadLetter needs the field channel", "refer to one: {$ref: '#/channels/...'}")
		}
	}
	d.Operations = append(d.Operations, o)
}

// topic is the channel's Kafka topic: the binding's, or the address.
func (c *Channel) topic() string {
	if c.Kafka != nil && c.Kafka.Topic != "" {
		return c.Kafka.Topic
	}
	return c.Address
}

func (d *Document) badExtension(n *document.Node, message, hint string) {
	d.reader.report(finding.Error, BadExtension, d.reader.at(n), message, hint)
}

// channelAt is the channel that a reference names.
func (d *Document) channelAt(ref *document.Node) *Channel {
	if ref == nil {
		return nil
	}
	n := d.reader.resolve(ref, "channel")
	if n == nil {
		return nil
	}
	for _, c := range d.Channels {
		if c.node == n {
			return c
		}
	}
	if reference(ref) == nil {
		return nil // AsyncAPI's schema has said so
	}
	d.reader.complain(reference(ref), "the reference leads to no channel of this document", "refer to one of #/channels")
	return nil
}

// messagesOf are the messages that a list names, all of the channel where
// there is no list.
func (d *Document) messagesOf(list *document.Node, c *Channel) []*Message {
	if list == nil {
		return c.Messages
	}
	var out []*Message
	for _, item := range list.Items {
		ref := reference(item)
		if ref == nil {
			continue // AsyncAPI's schema has said so
		}
		first := d.reader.follow(ref)
		if first == nil {
			continue
		}
		final := d.reader.resolve(first, "messageObject")
		i := slices.IndexFunc(c.Messages, func(m *Message) bool { return m.raw == first })
		if i < 0 {
			i = slices.IndexFunc(c.Messages, func(m *Message) bool { return final != nil && d.reader.resolve(m.raw, "") == final })
		}
		if i < 0 {
			d.reader.report(finding.Error, ForeignMessage, d.reader.at(ref),
				fmt.Sprintf("%s is no message of the channel %s", ref.Text, c.ID), "name one of #/channels/"+escape(c.ID)+"/messages",
				finding.Related{Position: c.Position, Message: "the channel"})
			continue
		}
		out = append(out, c.Messages[i])
	}
	return out
}

// constant is the one value that a schema allows: bindings give a group's
// name as a schema.
func (d *Document) constant(n *document.Node) string {
	n = d.reader.resolveAny(n)
	if n == nil {
		return ""
	}
	if n.Kind == document.Scalar {
		return n.Text
	}
	if v := text(n, "const"); v != "" {
		return v
	}
	if enum := items(get(n, "enum")); len(enum) == 1 {
		return enum[0].Text
	}
	return text(n, "default")
}

// errorTopics reads the topics that the proposed binding names by a template.
func (d *Document) errorTopics(o *Operation, n *document.Node) {
	template := text(n, "addressTemplate")
	if template == "" {
		return
	}
	topic := func(suffix string, settings *document.Node) *Channel {
		address := strings.NewReplacer("${groupId}", o.Kafka.Group, "${channel.address}", o.Channel.topic(), "${suffix}", suffix).Replace(template)
		return &Channel{ID: address, Address: address, Protocols: []string{"kafka"}, Position: *d.reader.at(n), node: n, Kafka: &KafkaChannel{
			Partitions: whole(settings, "partitions"), Replicas: whole(settings, "replicas"),
			Config: topicConfig(get(settings, "topicConfiguration")),
		}}
	}
	if count := min(whole(n, "retryTopics"), maxFiles); count > 0 {
		o.Retry = &Retry{MaxAttempts: count} // one attempt a topic
		for i := range count {
			o.Retry.Channels = append(o.Retry.Channels, topic("retry-"+strconv.Itoa(i), d.reader.resolveAny(get(n, "retry"))))
		}
	}
	o.DeadLetter = topic("dlq", d.reader.resolveAny(get(n, "dlq")))
}

// retry reads the proposed retry policy.
func (d *Document) retry(o *Operation, n *document.Node) {
	if n == nil {
		return
	}
	retry := &Retry{MaxAttempts: whole(n, "maxAttempts")}
	if o.Retry != nil {
		retry.Channels = o.Retry.Channels
	}
	if c := d.channelAt(get(n, "channel")); c != nil {
		retry.Channels = []*Channel{c}
	}
	for _, item := range items(get(n, "x-channels")) {
		if c := d.channelAt(item); c != nil {
			retry.Channels = append(retry.Channels, c)
		}
	}
	if retry.MaxAttempts < 1 {
		d.badExtension(n, "x-retry needs maxAttempts, at least 1", "it counts retries; the first attempt is not among them")
		return
	}
	o.Retry = retry
	strategy := get(n, "strategy")
	if strategy == nil {
		return
	}
	if strategy.Kind != document.Mapping {
		d.badExtension(strategy, "the strategy is a map with the field type, with its delays beside it", strategyHint(strategy))
		return
	}
	retry.Strategy = text(strategy, "type")
	switch retry.Strategy {
	case "fixed":
		retry.Delay = d.duration(strategy, "delay", true)
	case "linear":
		retry.Delay, retry.Increment = d.duration(strategy, "initialDelay", true), d.duration(strategy, "delayIncrement", true)
		retry.Max = d.duration(strategy, "maxDelay", false)
	case "exponential":
		retry.Delay, retry.Max = d.duration(strategy, "initialDelay", true), d.duration(strategy, "maxDelay", false)
		factor, err := strconv.ParseFloat(text(strategy, "multiplier"), 64)
		if err != nil || factor <= 0 {
			d.badExtension(strategy, "an exponential strategy needs a multiplier above 0", "")
		}
		retry.Multiplier = factor
	case "":
		d.badExtension(strategy, "the strategy needs the field type", "write fixed, linear or exponential")
	default:
		d.badExtension(strategy, fmt.Sprintf("the strategy cannot be %q", retry.Strategy), "write fixed, linear or exponential")
	}
}

// strategyHint shows the map for a strategy that is written as its type alone.
func strategyHint(n *document.Node) string {
	kind := n.Text
	if !slices.Contains([]string{"fixed", "linear", "exponential"}, kind) {
		kind = "exponential"
	}
	return "write strategy: {type: " + kind + ", ...}"
}

func (d *Document) duration(n *document.Node, field string, required bool) document.Duration {
	v := get(n, field)
	if v == nil {
		if required {
			d.badExtension(n, "the strategy needs the field "+field, "an ISO 8601 duration, such as PT0.2S")
		}
		return 0
	}
	duration, ok := parseISO(v.Text)
	if !ok {
		d.badExtension(v, fmt.Sprintf("%q is no duration", v.Text), "write hours, minutes and seconds by ISO 8601, such as PT0.2S")
	}
	return duration
}
