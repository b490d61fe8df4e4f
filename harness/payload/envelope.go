package payload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/loadgen/identity"
)

// enveloper wraps data as the contract's envelope says. It writes the few
// fields by hand: this is the hot path of a load.
type enveloper struct {
	kind string
	// event and source are as they stand in headers, names as they stand in
	// a document: its members type and source.
	event, source, names []byte
	// contentType is the type of the data.
	contentType []byte
	// match is the header that names the event where no envelope does.
	match string
	// prefix stands before a document with its data in it.
	prefix []byte
}

func newEnveloper(cfg Config) (enveloper, error) {
	p, c := cfg.Produces, cfg.Codec
	e := enveloper{
		kind: p.EnvelopeName(), event: []byte(p.Event), source: []byte("/" + cfg.Service),
		contentType: []byte("application/json"), match: matchHeader(p), prefix: cfg.Frame.prefix,
	}
	if c != nil {
		e.contentType = []byte(c.MediaType())
	}
	if err := textual(p, c); err != nil {
		return e, err
	}
	event, err := jsonschema.Encode(p.Event)
	if err != nil {
		return e, err
	}
	source, err := jsonschema.Encode(string(e.source))
	if err != nil {
		return e, err
	}
	e.names = fmt.Appendf(nil, `"type":%s,"source":%s`, event, source)
	switch e.kind {
	case contracts.EnvelopeNone, contracts.EnvelopeCloudEventsBinary, contracts.EnvelopeCloudEventsStructured, contracts.EnvelopeStandard:
		return e, nil
	}
	return e, fmt.Errorf("%s: load in the envelope %q is not built", p.Event, e.kind)
}

// matchHeader is the header by which consumers know the event, where it is
// none that the envelope writes.
func matchHeader(p *contracts.Produces) string {
	if p.Match == nil || slices.Contains(envelopeHeaders(p.EnvelopeName()), p.Match.Header) {
		return ""
	}
	return p.Match.Header
}

// envelopeHeaders are the headers that an envelope writes.
func envelopeHeaders(kind string) []string {
	switch kind {
	case contracts.EnvelopeCloudEventsBinary:
		return []string{"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type"}
	case contracts.EnvelopeCloudEventsStructured:
		return []string{"content-type"}
	}
	return nil
}

// instant is the layout of event times: RFC 3339 with microseconds, UTC.
const instant = "2006-01-02T15:04:05.000000Z"

// wrap puts data and its attributes into a record.
func (e *enveloper) wrap(r *kgo.Record, id identity.EventID, at time.Time, data []byte) {
	switch e.kind {
	case contracts.EnvelopeCloudEventsBinary:
		e.binary(r, id, at)
		r.Value = data
	case contracts.EnvelopeCloudEventsStructured:
		r.Value = e.structured(id, at, data)
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: "content-type", Value: structuredType})
	case contracts.EnvelopeStandard:
		r.Value = e.standard(id, at, data)
	default:
		r.Value = data
	}
	if e.match != "" {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: e.match, Value: e.event})
	}
}

// binary adds the headers of CloudEvents 1.0 in Kafka's binary mode.
func (e *enveloper) binary(r *kgo.Record, id identity.EventID, at time.Time) {
	buf := make([]byte, 0, identity.EventIDSize+len(instant))
	buf = id.AppendText(buf)
	buf = at.UTC().AppendFormat(buf, instant)
	text := buf[:identity.EventIDSize:identity.EventIDSize]
	r.Headers = append(r.Headers,
		kgo.RecordHeader{Key: "ce_specversion", Value: specVersion},
		kgo.RecordHeader{Key: "ce_id", Value: text},
		kgo.RecordHeader{Key: "ce_type", Value: e.event},
		kgo.RecordHeader{Key: "ce_source", Value: e.source},
		kgo.RecordHeader{Key: "ce_time", Value: buf[identity.EventIDSize:]},
		kgo.RecordHeader{Key: "content-type", Value: e.contentType},
	)
}

var (
	specVersion    = []byte("1.0")
	structuredType = []byte("application/cloudevents+json")
)

func (e *enveloper) structured(id identity.EventID, at time.Time, data []byte) []byte {
	b := make([]byte, 0, len(e.prefix)+256+len(data))
	b = append(b, e.prefix...)
	b = append(b, `{"specversion":"1.0","id":"`...)
	b = id.AppendText(b)
	b = append(b, `",`...)
	b = append(b, e.names...)
	b = append(b, `,"time":"`...)
	b = at.UTC().AppendFormat(b, instant)
	b = append(b, `","datacontenttype":"application/json","data":`...)
	return append(append(b, data...), '}')
}

// standard is the plain envelope of design: attributes beside the data.
func (e *enveloper) standard(id identity.EventID, at time.Time, data []byte) []byte {
	b := make([]byte, 0, len(e.prefix)+320+len(data))
	b = append(b, e.prefix...)
	b = append(b, `{"id":"`...)
	b = id.AppendText(b)
	b = append(b, `",`...)
	b = append(b, e.names...)
	b = append(b, `,"spec_version":"1.0","time":"`...)
	b = at.UTC().AppendFormat(b, instant)
	b = append(b, `","correlation_id":"`...)
	b = id.AppendText(b)
	b = append(b, `","data":`...)
	return append(append(b, data...), '}')
}

// writtenHeaders are the headers of a load that are written apart from the
// constant ones.
func writtenHeaders(cfg Config) []string {
	written := append(envelopeHeaders(cfg.Produces.EnvelopeName()), matchHeader(cfg.Produces), identity.Header)
	for _, h := range slices.Concat(cfg.Frame.headers, cfg.KeyFrame.headers) {
		written = append(written, h.Key)
	}
	return written
}

// reserved refuses headers that would stand beside what a load writes itself.
func reserved(cfg Config) error {
	written := writtenHeaders(cfg)
	for _, name := range sortedNames(cfg.Headers) {
		if slices.Contains(written, name) {
			return fmt.Errorf("header %s: a load writes it itself; remove it from headers", name)
		}
	}
	return nil
}

// constantHeaders are the headers that every record of the load carries: the
// scenario's, and the required ones of the contract that the envelope does
// not write.
func constantHeaders(cfg Config) ([]kgo.RecordHeader, error) {
	written := writtenHeaders(cfg)
	var headers []kgo.RecordHeader
	add := func(name, value string) {
		headers = append(headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	rng := rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.Sender)))
	for _, name := range sortedNames(cfg.Produces.Headers) {
		h := cfg.Produces.Headers[name]
		if _, given := cfg.Headers[name]; given || !h.Required || slices.Contains(written, name) {
			continue
		}
		value := "weir"
		switch {
		case h.Pattern != "":
			v, err := cfg.Pattern(h.Pattern, rng)
			if err != nil {
				return nil, fmt.Errorf("header %s: %w", name, err)
			}
			value = v
		case name == "traceparent":
			value = fmt.Sprintf("00-%016x%016x-%016x-01", rng.Uint64(), rng.Uint64(), rng.Uint64()|1)
		case name == "correlation_id" || name == "causation_id":
			value = fmt.Sprintf("%016x", rng.Uint64())
		}
		add(name, value)
	}
	for _, name := range sortedNames(cfg.Headers) {
		add(name, cfg.Headers[name])
	}
	return slices.Concat(headers, cfg.Frame.headers, cfg.KeyFrame.headers), nil
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
