package rules

import (
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// promised is what a producer says about a place in its records: the schema
// about the data, headers and envelope about headers. why is set where that
// cannot be judged; it is "" for a schema that a finding is about already.
func (c *checker) promised(p produced, at place.Place) (f field.Field, why string, known bool) {
	switch at.Kind() {
	case place.Key:
		return keyPromise(p), "", true
	case place.Header:
		return headerPromise(p, at.HeaderName()), "", true
	case place.Envelope:
		return attributePromise(p, at.Attribute()), "", true
	}
	s, why := c.schemaOf(p)
	if s == nil {
		return field.Field{}, why, false
	}
	return s.lookup(at), "", true
}

func keyPromise(p produced) field.Field {
	key := p.promise().Key
	if key == nil {
		return field.Field{Presence: field.Unstated, Position: position(p.at("event"))}
	}
	f := field.Field{Presence: field.Always, Position: position(p.at("key"))}
	switch key.SerializedAs() {
	case "string":
		f.Types = []string{"string"}
	case "long":
		f.Types = []string{"integer"}
	}
	return f
}

// headerPromise reads headers of the contract, and knows those of a binary
// CloudEvent: the required attributes are always there.
func headerPromise(p produced, name string) field.Field {
	f := field.Field{Types: []string{"string"}, Position: position(p.at("headers"))}
	if h, ok := p.promise().Headers[name]; ok {
		f.Position = position(p.contract.Doc.KeyPosition("produces", p.i, "headers", name))
		f.Presence = field.Sometimes
		if h.Required {
			f.Presence = field.Always
		}
		return f
	}
	match := p.promise().Match
	binary := p.promise().EnvelopeName() == contracts.EnvelopeCloudEventsBinary
	switch {
	case match != nil && match.Header == name:
		f.Presence, f.Position = field.Always, position(p.at("match"))
	case binary && slices.Contains(envelope.RequiredHeaders, name):
		f.Presence, f.Position = field.Always, position(p.at("envelope"))
	}
	return f
}

// attributePromise knows the attributes that the envelope defines, those that
// the contract promises as headers of a binary CloudEvent, and ids that lead
// from one event to others in headers of their own.
func attributePromise(p produced, name string) field.Field {
	kind := envelope.Kind(p.promise().EnvelopeName())
	f := field.Field{Presence: envelope.Presence(kind, name), Types: []string{"string"}, Position: position(p.at("envelope"))}
	if kind == envelope.None {
		f.Position = position(p.at("event"))
	}
	for _, header := range envelope.HeadersOf(kind, name) {
		if h := headerPromise(p, header); h.Presence > f.Presence {
			f = h
		}
	}
	return f
}

// position is the zero Position for models that were built in Go.
func position(p *finding.Position) finding.Position {
	if p == nil {
		return finding.Position{}
	}
	return *p
}
