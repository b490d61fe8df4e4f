package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/reports/finding"
)

// Record is a record with the event in it.
type Record struct {
	*kgo.Record
	// Event is the event's name where a contract tells it, else "".
	Event string
	// Attributes are what the envelope says: id, type, source, causation.
	Attributes envelope.Attributes
	// Data is the event's decoded data, numbers as json.Number; nil where
	// it cannot be read. Avro and Protobuf are as in JSON, a union's value
	// without the name of its branch, fields by their names in the schema.
	Data any

	// Schema is the id of its schema that the value carries; zero where the
	// contract has no framing.
	Schema wire.ID

	contract *contracts.Contract
	produces *contracts.Produces
	flow     *Flow
	// form is that of the event, and written the schema that the data was
	// written with: the contract's, or that of the version whose id it carries.
	form    form
	written *schema.Schema
	// payload is the value without its framing, and unframed why there is
	// none; data is the payload without its envelope, and undecoded why it is
	// not of its schema.
	payload, data       []byte
	unframed, undecoded error
}

// ID is the event's id; "" without an envelope.
func (r *Record) ID() string { return r.Attributes.ID }

// At is what stands at a place ($.a.b, header:name, key), as text. It is false
// where nothing does, and for a place that does not parse.
func (r *Record) At(at string) (string, bool) {
	p, err := place.Parse(at)
	if err != nil {
		return "", false
	}
	switch p.Kind() {
	case place.Header:
		return r.Header(p.HeaderName())
	case place.Key:
		return string(r.Key), r.Key != nil
	}
	v, ok := p.In(r.Data)
	if !ok {
		return "", false
	}
	return place.Text(v), true
}

// DataAt is what stands at a place of the data ($.a.b), as Data has it. It is
// false where nothing does, and for every other place.
func (r *Record) DataAt(at string) (any, bool) {
	p, err := place.Parse(at)
	if err != nil || p.Kind() != place.Data {
		return nil, false
	}
	return p.In(r.Data)
}

// Header is the value of the last header of a name, as Kafka's own clients
// choose it.
func (r *Record) Header(name string) (string, bool) {
	v, ok := envelope.Find(headers(r.Record), name)
	return string(v), ok
}

// Problems are the promises of the producer's contract that the record breaks:
// schema, envelope, key and required headers. A record of no known event is
// one.
func (r *Record) Problems() []finding.Finding { return judge(r) }

// Again is the same event as a new record, to be sent: a duplicate.
func (r *Record) Again() *Record {
	again := *r
	again.Record = &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: slices.Clone(r.Headers)}
	return &again
}

// String shows the record for people: where it stands, its key, headers and
// value, the latter shortened.
func (r *Record) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d@%d", r.Topic, r.Partition, r.Offset)
	if r.Event != "" {
		fmt.Fprintf(&b, " %s", r.Event)
	}
	if r.Key != nil {
		fmt.Fprintf(&b, " key %s", shown(r.Key))
	}
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "\n  %s: %s", h.Key, shown(h.Value))
	}
	fmt.Fprintf(&b, "\n  %s", r.value())
	return b.String()
}

// value is the record's value for people: of data that is no text, what it
// says, with the form that it has.
func (r *Record) value() string {
	if !coded(r.written) || r.Data == nil {
		return shown(r.Value)
	}
	text, err := json.Marshal(r.Data)
	if err != nil {
		return shown(r.Value)
	}
	of := r.written.Format()
	if !r.Schema.IsZero() {
		of += ", " + r.Schema.String()
	}
	return fmt.Sprintf("%s (%s)", shown(text), of)
}

// maxShown bounds what is shown of a value, in bytes.
const maxShown = 400

// shown is text as it stands, and bytes that are none quoted.
func shown(v []byte) string {
	more := ""
	if len(v) > maxShown {
		v, more = v[:maxShown], fmt.Sprintf("… (%d bytes)", len(v))
	}
	printable := utf8.Valid(v) && !bytes.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' })
	if !printable && more == "" {
		return fmt.Sprintf("%q", v)
	}
	if !printable {
		return fmt.Sprintf("%q%s", v, more)
	}
	return string(v) + more
}

// LeadsBackTo says whether the record carries the id of another event: as
// its causation, or anywhere in headers, key and value.
func (r *Record) LeadsBackTo(cause *Record) bool {
	id := cause.ID()
	if id == "" {
		return false
	}
	return r.Attributes.CausationID == id ||
		slices.ContainsFunc(r.Headers, func(h kgo.RecordHeader) bool { return string(h.Value) == id }) ||
		bytes.Contains(r.Key, []byte(id)) || bytes.Contains(r.Value, []byte(id))
}

// Read makes a Record of one that was read, by the contracts.
func (f *Flow) Read(r *kgo.Record) *Record {
	out := &Record{Record: r, flow: f, payload: r.Value}
	for _, c := range f.cfg.Contracts {
		for i := range c.Produces {
			p := &c.Produces[i]
			if p.TopicName() != r.Topic {
				continue
			}
			own, unknown := f.formOf(c, p) // judging says why it is not known
			id, payload, err := own.framing.Decode(headers(r), r.Value)
			if err != nil && unknown != nil {
				// It may be Protobuf, whose framing says more.
				own.framing.Protobuf = true
				id, payload, err = own.framing.Decode(headers(r), r.Value)
			}
			if f.recognized(p, own, id, r, payload) {
				out.Event, out.contract, out.produces, out.form = p.Event, c, p, own
				out.Schema, out.payload, out.unframed = id, payload, err
				out.written = f.writer(c, p, own, id)
				out.decode(envelope.Kind(p.EnvelopeName()))
				return out
			}
		}
	}
	// A retry or a dead letter still carries its headers, and maybe JSON.
	out.decode(envelope.CloudEventsBinary)
	return out
}

// writer is the schema that a record was written with.
func (f *Flow) writer(c *contracts.Contract, p *contracts.Produces, own form, id wire.ID) *schema.Schema {
	if !coded(own.schema) || own.framing.Kind == "" || id.IsZero() || f.cfg.Registry == nil {
		return own.schema
	}
	v, ok, err := f.versionWith(own.subject, id)
	if err != nil || !ok || v.Version == own.version {
		return own.schema
	}
	declared := contracts.Schema{Registry: &contracts.Registry{Subject: own.subject}, Encoding: c.SchemaOf(p.Schema).Encoding}
	s, err := f.loader.Current(c, at(&declared, v.Version), messageOf(p))
	if err != nil || !coded(s) {
		return own.schema
	}
	return s
}

func (r *Record) decode(kind envelope.Kind) {
	attributes, data, err := envelope.Decode(kind, r.payload, headers(r.Record))
	if err != nil {
		r.undecoded = err
		return
	}
	r.Attributes, r.data = attributes, data
	if coded(r.written) {
		if r.unframed == nil {
			r.Data, r.undecoded = r.written.Decode(data)
		}
		return
	}
	if v, err := jsonschema.Decode(data); err == nil {
		r.Data = v
	}
}

// recognized says whether a record of the topic is this event.
func (f *Flow) recognized(p *contracts.Produces, own form, id wire.ID, r *kgo.Record, payload []byte) bool {
	m, kind := p.Recognition(), envelope.Kind(p.EnvelopeName())
	match := envelope.Match{Header: m.Header}
	if m.Value != "" {
		at, err := place.Parse(m.Value)
		if err != nil {
			return false
		}
		match.Value = at
	}
	switch {
	case m.Name != "" && (!id.IsZero() || f.alone(r.Topic)):
		return f.named(own, id, r.Topic)
	case kind == envelope.None && m == (contracts.Match{}):
		return true
	case m.Value != "" && coded(own.schema):
		return f.valued(own, match.Value, p.Event, kind, r, payload)
	}
	name, ok := envelope.Type(kind, match, payload, headers(r))
	return ok && name == p.Event
}

// alone says whether a topic has one event.
func (f *Flow) alone(topic string) bool {
	events := 0
	for _, c := range f.cfg.Contracts {
		for i := range c.Produces {
			if c.Produces[i].TopicName() == topic {
				events++
			}
		}
	}
	return events == 1
}

// named says whether a record is of the message or the record of an event's
// schema, as its id tells; where the topic has no other event, each is.
func (f *Flow) named(own form, id wire.ID, topic string) bool {
	if f.alone(topic) {
		return true
	}
	if own.schema == nil {
		return false
	}
	if own.framing.Protobuf {
		_, path := own.schema.Message()
		if want, err := wire.NewPath(path...); err != nil || want != id.Message {
			return false
		}
	}
	_, ok, err := f.versionWith(own.subject, id)
	return ok && err == nil
}

// valued says whether data that is no JSON has an event's name at a place.
func (f *Flow) valued(own form, at place.Place, event string, kind envelope.Kind, r *kgo.Record, payload []byte) bool {
	_, data, err := envelope.Decode(kind, payload, headers(r))
	if err != nil {
		return false
	}
	v, err := own.schema.Decode(data)
	if err != nil {
		return false
	}
	name, ok := at.In(v)
	return ok && place.Text(name) == event
}

func headers(r *kgo.Record) []envelope.Header {
	out := make([]envelope.Header, len(r.Headers))
	for i, h := range r.Headers {
		out[i] = envelope.Header(h)
	}
	return out
}
