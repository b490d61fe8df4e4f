package asyncapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// produced is the message of what a service emits.
func (e *exporter) produced(p contracts.Produces) (object, error) {
	m, kafka, err := e.payload(p.Event, &p.Schema)
	if err != nil {
		return nil, err
	}
	if p.Envelope == contracts.EnvelopeCloudEventsStructured {
		m.set("contentType", "application/cloudevents+json")
	}
	if len(p.Headers) > 0 {
		m.set("headers", headers(p.Headers))
	}
	if examples := e.shown(p.Examples); len(examples) > 0 {
		m.set("examples", examples)
	}
	if mode := strings.ToUpper(strings.ReplaceAll(p.Compatibility, "-", "_")); slices.Contains(modes, mode) {
		kafka.set("x-compatibility", mode)
	}
	if p.Key != nil && p.Key.Schema == nil {
		kafka.set("key", keyTypes[p.Key.SerializedAs()])
	}
	return withKafka(m, kafka), nil
}

// consumed is the message as its consumer reads it.
func (e *exporter) consumed(c contracts.Consumes) (object, error) {
	m, kafka, err := e.payload(c.Event, c.Schema)
	return withKafka(m, kafka), err
}

func withKafka(m, kafka object) object {
	if len(kafka) > 0 {
		m.set("bindings", object{{"kafka", append(kafka, bindingVersion)}})
	}
	return m
}

// keyTypes say how a key is written; what it is made of stands in x-weir, and so
// does a schema of its own: AsyncAPI's JSON Schema takes no reference there.
var keyTypes = map[string]object{
	"string": {{"type", "string"}},
	"json":   {{"type", []any{"object", "array", "string", "number", "boolean"}}},
	"long":   {{"type", "integer"}, {"format", "int64"}},
	"bytes":  {{"type", "string"}, {"format", "binary"}},
}

func headers(of map[string]contracts.Header) object {
	properties, required := object{}, []any{}
	for _, name := range sortedKeys(of) {
		property := object{{"type", "string"}}
		if of[name].Pattern != "" {
			property.set("pattern", of[name].Pattern)
		}
		properties.set(name, property)
		if of[name].Required {
			required = append(required, name)
		}
	}
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out.set("required", required)
	}
	return out
}

// payload refers to a schema that is a file of a known kind. Any other, such
// as a subject of a registry, stands in x-weir alone.
func (e *exporter) payload(event string, of *contracts.SchemaRef) (message, kafka object, err error) {
	message = object{{"name", event}}
	if of == nil {
		return message, nil, nil
	}
	s := e.contract.SchemaOf(*of)
	if s == nil || s.File == "" {
		return message, nil, nil
	}
	if formatOfFile(s.File) != s.Format || path.IsAbs(s.File) {
		return message, nil, nil
	}
	file := path.Join(e.dir, s.File)
	src, err := fs.ReadFile(e.fsys, file)
	if err != nil {
		if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return nil, nil, fmt.Errorf("cannot read the schema %s: %w", file, err)
	}
	message.set("payload", object{{"schemaFormat", mediaType(s.Format, src)}, {"schema", refToFile(s.File)}})
	return message, framed(kafka, s), nil
}

// refToFile refers to a file; the name is relative.
func refToFile(name string) object {
	target := pathEscape(name)
	if strings.Contains(target, ":") {
		target = "./" + target
	}
	return ref(target)
}

// framed adds to a binding how the schema's id travels.
func framed(kafka object, s *contracts.Schema) object {
	switch s.Wire {
	case contracts.WireConfluent:
		kafka.set("schemaIdLocation", "payload")
	case contracts.WireConfluentHeader:
		kafka.set("schemaIdLocation", "header")
	}
	return kafka
}

// mediaType is the schemaFormat of a schema's file.
func mediaType(format string, src []byte) string {
	switch format {
	case contracts.FormatAvro:
		return "application/vnd.apache.avro+json;version=1.9.0"
	case contracts.FormatProtobuf:
		if bytes.Contains(src, []byte(`"proto3"`)) {
			return "application/vnd.google.protobuf;version=3"
		}
		return "application/vnd.google.protobuf;version=2"
	}
	var says struct {
		Schema string `json:"$schema"`
	}
	_ = json.Unmarshal(src, &says) // a boolean schema says nothing
	for _, version := range []string{"draft-07", "2019-09"} {
		if strings.Contains(says.Schema, version) {
			return "application/schema+json;version=" + version
		}
	}
	return "application/schema+json;version=2020-12"
}

// failures writes what a consumer does with records, beside reading them.
func (e *exporter) failures(o *object, c contracts.Consumes, message object) {
	kafka := object{}
	if c.Group != "" {
		kafka.set("groupId", object{{"type", "string"}, {"enum", []any{c.Group}}})
	}
	if c.Isolation != "" {
		kafka.set("x-isolationLevel", strings.ReplaceAll(c.Isolation, "-", "_"))
	}
	if len(kafka) > 0 {
		o.set("bindings", object{{"kafka", append(kafka, bindingVersion)}})
	}
	original := e.channel(c.Channel()).message(c.Event, message)
	route := func(topic string) (channel, messages any) {
		out := e.channel(contracts.Channel{Transport: contracts.TransportKafka, Name: topic})
		return ref("#/channels/" + out.id), []any{out.message(c.Event, original)}
	}
	if c.Retry != nil && c.Retry.Attempts > 1 {
		o.set("x-retry", retry(*c.Retry, route))
	}
	if c.DLQ != nil && c.DLQ.Topic != "" {
		channel, messages := route(c.DLQ.Topic)
		o.set("x-deadLetter", object{{"channel", channel}, {"messages", messages}})
	}
}

// retry is a policy in the proposal's words: its attempts are retries.
func retry(r contracts.Retry, route func(string) (channel, messages any)) object {
	var out object
	var more []any
	for i, topic := range r.Topics {
		channel, messages := route(topic)
		if i == 0 {
			out.set("channel", channel)
			if messages != nil {
				out.set("messages", messages)
			}
			continue
		}
		more = append(more, channel)
	}
	out.set("maxAttempts", plain(fmt.Sprint(r.Attempts-1)))
	if len(more) > 0 {
		out.set("x-channels", more)
	}
	if r.Backoff != (contracts.Backoff{}) && r.Backoff.Initial >= 0 {
		out.set("strategy", strategy(r.Backoff))
	}
	return out
}

func strategy(b contracts.Backoff) object {
	first := iso(b.Initial)
	kind := b.Kind
	if kind == "" && (b.Factor > 0 || b.Max > 0) {
		kind = contracts.BackoffExponential
	}
	var out object
	switch kind {
	case contracts.BackoffLinear:
		out = object{{"type", "linear"}, {"initialDelay", first}, {"delayIncrement", first}}
	case contracts.BackoffExponential:
		out = object{{"type", "exponential"}, {"initialDelay", first}, {"multiplier", encode(reflect.ValueOf(b.GrowthFactor()))}}
	default:
		return object{{"type", "fixed"}, {"delay", first}}
	}
	if b.Max > 0 {
		out.set("maxDelay", iso(b.Max))
	}
	return out
}
