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
	"github.com/flowweir/weir/contracts/place"
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
	// it is no JSON.
	Data any

	// Schema is the id of its schema that the value carries; zero where the
	// contract has no framing.
	Schema wire.ID

	contract *contracts.Contract
	produces *contracts.Produces
	flow     *Flow
	// payload is the value without its framing, and unframed why there is
	// none.
	payload  []byte
	unframed error
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
	fmt.Fprintf(&b, "\n  %s", shown(r.Value))
	return b.String()
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
			framing, _ := framingOf(c, p)
			id, payload, err := framing.Decode(headers(r), r.Value)
			if recognized(p, r, payload) {
				out.Event, out.contract, out.produces = p.Event, c, p
				out.Schema, out.payload, out.unframed = id, payload, err
				out.decode(envelope.Kind(p.EnvelopeName()))
				return out
			}
		}
	}
	// A retry or a dead letter still carries its headers, and maybe JSON.
	out.decode(envelope.CloudEventsBinary)
	return out
}

func (r *Record) decode(kind envelope.Kind) {
	attributes, data, err := envelope.Decode(kind, r.payload, headers(r.Record))
	if err != nil {
		return
	}
	r.Attributes = attributes
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&r.Data) != nil {
		r.Data = nil
	}
}

// recognized says whether a record of the topic is this event.
func recognized(p *contracts.Produces, r *kgo.Record, payload []byte) bool {
	m, kind := p.Recognition(), envelope.Kind(p.EnvelopeName())
	match := envelope.Match{Header: m.Header}
	if m.Value != "" {
		at, err := place.Parse(m.Value)
		if err != nil {
			return false
		}
		match.Value = at
	}
	if kind == envelope.None && m == (contracts.Match{}) {
		return true
	}
	name, ok := envelope.Type(kind, match, payload, headers(r))
	return ok && name == p.Event
}

func headers(r *kgo.Record) []envelope.Header {
	out := make([]envelope.Header, len(r.Headers))
	for i, h := range r.Headers {
		out[i] = envelope.Header(h)
	}
	return out
}
