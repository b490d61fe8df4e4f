package live

import (
	"bytes"
	"encoding/json"
	"errors"
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
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
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

	// KeyData is the decoded key, as Data, where the contract gives keys a
	// schema, or a format other than string; nil where it does not, and where
	// the key cannot be read.
	KeyData any

	// Schema is the id of its schema that the value carries; zero where the
	// contract has no framing.
	Schema wire.ID

	contract *contracts.Contract
	produces *contracts.Produces
	flow     *Flow
	// value and key are what stands there; data is the value's payload without
	// its envelope.
	value, key half
	data       []byte
	// untold says that the record was sent without its event's id.
	untold bool
}

// half is the value or the key of a record.
type half struct {
	// form is that of the event, and written the schema that it was written
	// with: the contract's, or that of the version whose id it carries.
	form    serde.Form
	written *schema.Schema
	id      wire.ID
	// payload is what is in its framing, and unframed why there is none;
	// undecoded is why it is not of its schema.
	payload             []byte
	unframed, undecoded error
}

// ID is the event's id; "" without an envelope. Of an event that was made here it
// is the one that was meant, also where Poison replaced what would carry it.
func (r *Record) ID() string { return r.Attributes.ID }

// At is what stands at a place ($.a.b, header:name, key, envelope:id), as text;
// of a key that has a schema what it says. It is false where nothing does, and
// for a place that does not parse.
func (r *Record) At(at string) (string, bool) {
	p, err := place.Parse(at)
	if err != nil {
		return "", false
	}
	switch p.Kind() {
	case place.Header:
		return r.Header(p.HeaderName())
	case place.Envelope:
		return r.Attributes.Get(p.Attribute())
	case place.Key:
		if r.KeyData != nil {
			return place.Text(r.KeyData), true
		}
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
		fmt.Fprintf(&b, " key %s", quoted(r.key.shown(r.Key, r.KeyData)))
	}
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "\n  %s: %s", h.Key, shown(h.Value))
	}
	fmt.Fprintf(&b, "\n  %s", r.value.shown(r.Value, r.Data))
	return b.String()
}

// Where says where the record stands, for findings.
func (r *Record) Where() finding.Record {
	key, _ := r.At("key")
	return finding.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: key, EventID: r.ID()}
}

// shown is a key or a value for people: of data that is no text, what it says,
// with the form that it has.
func (h *half) shown(raw []byte, data any) string {
	if !serde.Coded(h.written) || data == nil {
		return shown(raw)
	}
	text, err := json.Marshal(data)
	if err != nil {
		return shown(raw)
	}
	of := h.written.Format()
	if !h.id.IsZero() {
		of += ", " + h.id.String()
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

// Read makes a Record of one that was read, by the contracts.
func (f *Flow) Read(r *kgo.Record) *Record {
	out := &Record{Record: r, flow: f, value: half{payload: r.Value}}
	for _, c := range f.cfg.Contracts {
		for i := range c.Produces {
			p := &c.Produces[i]
			if p.TopicName() != r.Topic {
				continue
			}
			value := f.half(c, p, registry.Value, r)
			if f.recognized(p, value, r) {
				out.Event, out.contract, out.produces, out.Schema = p.Event, c, p, value.id
				out.value, out.key = value, f.half(c, p, registry.Key, r)
				out.value.written, out.key.written = f.serdes.Writer(c, value.form, value.id), f.serdes.Writer(c, out.key.form, out.key.id)
				out.decode(envelope.Kind(p.EnvelopeName()))
				out.decodeKey()
				return out
			}
		}
	}
	// A retry or a dead letter still carries its headers, and maybe JSON.
	out.decode(envelope.CloudEventsBinary)
	return out
}

// half takes the framing off the value or the key of a record.
func (f *Flow) half(c *contracts.Contract, p *contracts.Produces, part registry.Part, r *kgo.Record) half {
	raw := r.Value
	if part == registry.Key {
		raw = r.Key
	}
	own, unknown := f.serdes.Of(c, p, part) // judging says why it is not known
	id, payload, err := own.Framing.Decode(headers(r), raw)
	if err != nil && unknown != nil {
		// It may be Protobuf, whose framing says more.
		own.Framing.Protobuf = true
		id, payload, err = own.Framing.Decode(headers(r), raw)
	}
	return half{form: own, id: id, payload: payload, unframed: err}
}

func (r *Record) decode(kind envelope.Kind) {
	attributes, data, err := envelope.Decode(kind, r.value.payload, headers(r.Record))
	if err != nil {
		r.value.undecoded = err
		return
	}
	r.Attributes, r.data = attributes, data
	if serde.Coded(r.value.written) {
		if r.value.unframed == nil {
			r.Data, r.value.undecoded = r.value.written.Decode(data)
		}
		return
	}
	if v, err := jsonschema.Decode(data); err == nil {
		r.Data = v
	}
}

// decodeKey reads a key that has a schema, or a format other than text.
func (r *Record) decodeKey() {
	switch h, key := &r.key, r.produces.Key; {
	case key == nil || h.unframed != nil:
	case h.form.Schema == nil && (key.Schema != nil || key.SerializedAs() == payload.KeyString):
	case r.Key == nil:
		h.undecoded = errors.New("there is no key")
	default:
		r.KeyData, h.undecoded = payload.KeysOf(key, h.written).Decode(h.payload)
	}
}

// recognized says whether a record of the topic is this event.
func (f *Flow) recognized(p *contracts.Produces, value half, r *kgo.Record) bool {
	own, id, payload := value.form, value.id, value.payload
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
	case m.Value != "" && serde.Coded(own.Schema):
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
func (f *Flow) named(own serde.Form, id wire.ID, topic string) bool {
	if f.alone(topic) {
		return true
	}
	if own.Schema == nil {
		return false
	}
	if own.Framing.Protobuf {
		_, path := own.Schema.Message()
		if want, err := wire.NewPath(path...); err != nil || want != id.Message {
			return false
		}
	}
	_, ok, err := f.serdes.WithID(own.Subject, id)
	return ok && err == nil
}

// valued says whether data that is no JSON has an event's name at a place.
func (f *Flow) valued(own serde.Form, at place.Place, event string, kind envelope.Kind, r *kgo.Record, payload []byte) bool {
	_, data, err := envelope.Decode(kind, payload, headers(r))
	if err != nil {
		return false
	}
	v, err := own.Schema.Decode(data)
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
