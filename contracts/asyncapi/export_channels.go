package asyncapi

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// writeChannels writes the channels that were used, with the facts of topics.
func (e *exporter) writeChannels() object {
	out := object{}
	for _, c := range e.channels {
		channel := object{{"address", c.address()}}
		if strings.Contains(c.channel.Name, "{env}") {
			channel.set("parameters", object{{"env", object{}}})
		}
		if len(c.messages) > 0 {
			messages := object{}
			for _, m := range c.messages {
				messages.set(m.id, m.content)
			}
			channel.set("messages", messages)
		}
		if bindings := e.bindings(c.channel); bindings != nil {
			channel.set("bindings", bindings)
		}
		out.set(c.id, channel)
	}
	return out
}

// address is what AsyncAPI calls so: a topic, routing key, queue, stream or
// event type; null for one that is unknown.
func (c *outChannel) address() any {
	text := ""
	switch c.channel.Transport {
	case contracts.TransportKafka, contracts.TransportRedis:
		text = c.channel.Name
	case contracts.TransportRabbitMQ:
		text = or(c.channel.Key, c.channel.Queue)
	case contracts.TransportEventBridge:
		text = c.channel.Key
	}
	if text == "" {
		return nil
	}
	return text
}

func (e *exporter) bindings(c contracts.Channel) object {
	switch c.Transport {
	case contracts.TransportKafka:
		return object{{"kafka", e.topic(e.contract.Topics[c.Name])}}
	case contracts.TransportRabbitMQ:
		const version = "0.3.0"
		if c.Name != "" {
			return object{{"amqp", object{{"is", "routingKey"}, {"exchange", object{{"name", c.Name}}}, {"bindingVersion", version}}}}
		}
		return object{{"amqp", object{{"is", "queue"}, {"queue", object{{"name", c.Queue}}}, {"bindingVersion", version}}}}
	case contracts.TransportRedis:
		return object{{"redis", object{}}}
	}
	return nil
}

// topic is the Kafka binding of a channel.
func (e *exporter) topic(t contracts.Topic) object {
	var out object
	if t.Partitions > 0 {
		out.set("partitions", plain(strconv.Itoa(t.Partitions)))
	}
	if t.Replication > 0 {
		out.set("replicas", plain(strconv.Itoa(t.Replication)))
	}
	config := object{}
	if ms := t.Retention.Milliseconds(); ms > 0 {
		config.set("retention.ms", plain(strconv.FormatInt(ms, 10)))
	}
	for _, name := range sortedKeys(t.Config) {
		if v := configValue(name, t.Config[name]); v != nil && config.get(name) == nil {
			config.set(name, v)
		}
	}
	if len(config) > 0 {
		out.set("topicConfiguration", config)
	}
	return append(out, bindingVersion)
}

// configValue is a setting in the type that the binding gives it; nil for a
// value that it does not take.
func configValue(name, text string) any {
	switch name {
	case "cleanup.policy":
		var list []any
		for policy := range strings.SplitSeq(text, ",") {
			if policy != "compact" && policy != "delete" {
				return nil
			}
			list = append(list, policy)
		}
		return list
	case "retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes":
		least := int64(0)
		if strings.HasPrefix(name, "retention.") {
			least = -1
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least || strconv.FormatInt(n, 10) != text {
			return nil
		}
		return plain(text)
	case "confluent.key.schema.validation", "confluent.value.schema.validation":
		if text != "true" && text != "false" {
			return nil
		}
		return plain(text)
	}
	return text
}

// single is a file system with one file put over it.
type single struct {
	fs.FS
	name string
	src  []byte
}

// Open implements fs.FS.
func (s single) Open(name string) (fs.File, error) {
	if name != s.name {
		return s.FS.Open(name)
	}
	return &openFile{Reader: bytes.NewReader(s.src), name: path.Base(name), size: int64(len(s.src))}, nil
}

// ReadFile implements fs.ReadFileFS.
func (s single) ReadFile(name string) ([]byte, error) {
	if name != s.name {
		return fs.ReadFile(s.FS, name)
	}
	return slices.Clone(s.src), nil
}
