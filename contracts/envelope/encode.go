package envelope

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Encode wraps data. It returns the record's value and appends the
// envelope's headers to headers, in a fixed order.
//
// For none and cloudevents-binary the value is data itself, not a copy. The
// JSON kinds put data into the value as it is and do not check it, so it
// must be JSON; nil data leaves the member out. Structured CloudEvents
// carry data of another media type as data_base64.
//
// It costs one allocation for the value of a JSON kind or for all header
// values of the binary kind, besides growing headers.
func Encode(kind Kind, a *Attributes, data []byte, headers []Header) (value []byte, out []Header) {
	switch kind {
	case CloudEventsBinary:
		return data, appendBinary(a, headers)
	case CloudEventsStructured:
		return structured(a, data), append(headers, Header{ContentType, structuredContentType})
	case Standard:
		return standard(a, data), append(headers, Header{ContentType, jsonContentType})
	}
	return data, headers
}

// Header values that every record shares; nobody may change them.
var (
	specVersion           = []byte(SpecVersion)
	jsonContentType       = []byte(JSON)
	structuredContentType = []byte(StructuredJSON)
)

// attributeOverhead bounds what an attribute needs beside its value, and
// what the time needs, so that one allocation is nearly always enough.
const attributeOverhead = 24

func (a *Attributes) size() int {
	n := len(a.ID) + len(a.Type) + len(a.Source) + len(a.SpecVersion) + len(a.CorrelationID) +
		len(a.CausationID) + len(a.Subject) + len(a.DataSchema) + len(a.DataContentType) +
		len(time.RFC3339Nano) + 12*attributeOverhead
	for name, value := range a.Extensions {
		n += len(name) + len(value) + attributeOverhead
	}
	return n
}

// extensionNames are sorted, so that equal events have equal bytes. Most
// events have none, and pay nothing.
func (a *Attributes) extensionNames() []string {
	if len(a.Extensions) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(a.Extensions))
}

// appendBinary writes all values into one buffer and cuts it up: at a
// million records a second, ten small allocations each would be what is
// measured.
func appendBinary(a *Attributes, headers []Header) []Header {
	buf := make([]byte, 0, a.size())
	add := func(key, value string) {
		if value == "" {
			return
		}
		start := len(buf)
		buf = append(buf, value...)
		headers = append(headers, Header{key, buf[start:len(buf):len(buf)]})
	}
	if a.SpecVersion == "" {
		headers = append(headers, Header{"ce_specversion", specVersion})
	} else {
		add("ce_specversion", a.SpecVersion)
	}
	add("ce_id", a.ID)
	add("ce_type", a.Type)
	add("ce_source", a.Source)
	if !a.Time.IsZero() {
		start := len(buf)
		buf = a.Time.UTC().AppendFormat(buf, time.RFC3339Nano)
		headers = append(headers, Header{"ce_time", buf[start:len(buf):len(buf)]})
	}
	add("ce_subject", a.Subject)
	add("ce_dataschema", a.DataSchema)
	add("ce_correlationid", a.CorrelationID)
	add("ce_causationid", a.CausationID)
	for _, name := range a.extensionNames() {
		add(prefix+name, a.Extensions[name])
	}
	if a.DataContentType == "" {
		return append(headers, Header{ContentType, jsonContentType})
	}
	add(ContentType, a.DataContentType)
	return headers
}

func structured(a *Attributes, data []byte) []byte {
	o := object{buf: make([]byte, 0, a.size()+len(data)*4/3+4)}
	o.text("specversion", cmp.Or(a.SpecVersion, SpecVersion))
	o.text("id", a.ID)
	o.text("type", a.Type)
	o.text("source", a.Source)
	o.time("time", a.Time)
	o.text("subject", a.Subject)
	o.text("dataschema", a.DataSchema)
	o.text("correlationid", a.CorrelationID)
	o.text("causationid", a.CausationID)
	for _, name := range a.extensionNames() {
		o.text(name, a.Extensions[name])
	}
	o.text("datacontenttype", cmp.Or(a.DataContentType, JSON))
	switch {
	case data == nil:
	case isJSON(a.DataContentType):
		o.raw("data", data)
	default:
		o.member("data_base64")
		o.buf = append(o.buf, '"')
		o.buf = base64.StdEncoding.AppendEncode(o.buf, data)
		o.buf = append(o.buf, '"')
	}
	return o.close()
}

func standard(a *Attributes, data []byte) []byte {
	o := object{buf: make([]byte, 0, a.size()+len(data))}
	o.text("id", a.ID)
	o.text("type", a.Type)
	o.text("source", a.Source)
	o.text("spec_version", cmp.Or(a.SpecVersion, SpecVersion))
	o.time("time", a.Time)
	o.text("correlation_id", a.CorrelationID)
	o.text("causation_id", a.CausationID)
	if data != nil {
		o.raw("data", data)
	}
	return o.close()
}

// object writes a JSON object member by member.
type object struct{ buf []byte }

func (o *object) member(name string) {
	if len(o.buf) == 0 {
		o.buf = append(o.buf, '{')
	} else {
		o.buf = append(o.buf, ',')
	}
	o.buf = appendString(o.buf, name)
	o.buf = append(o.buf, ':')
}

func (o *object) text(name, value string) {
	if value == "" {
		return
	}
	o.member(name)
	o.buf = appendString(o.buf, value)
}

func (o *object) raw(name string, value []byte) {
	o.member(name)
	o.buf = append(o.buf, value...)
}

func (o *object) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	o.member(name)
	o.buf = append(o.buf, '"')
	o.buf = t.UTC().AppendFormat(o.buf, time.RFC3339Nano)
	o.buf = append(o.buf, '"')
}

func (o *object) close() []byte {
	if len(o.buf) == 0 {
		o.buf = append(o.buf, '{')
	}
	return append(o.buf, '}')
}

// appendString appends a JSON string, without allocating for the ids, types
// and URIs that envelopes are made of.
func appendString(buf []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(buf, quoted...)
		}
	}
	buf = append(buf, '"')
	buf = append(buf, s...)
	return append(buf, '"')
}
