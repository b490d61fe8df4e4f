package infer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/wire"
)

// Record is a document to learn from: an example file, or a record of a topic.
type Record struct {
	// File is the file of an example, relative to where the contract goes;
	// empty for a record of a topic.
	File string
	// Key is nil where the record has none, and Value where it is a
	// tombstone.
	Key, Value []byte
	Headers    []envelope.Header
}

// seen is what is known of a record.
type seen struct {
	*Record
	envelope envelope.Kind
	// name is the event's, "" where the record does not say; in is what says
	// it beside the envelope.
	name    string
	in      contracts.Match
	framing wire.Kind
	schema  wire.ID
	subject string // of the schema, where it was found
	// data is the event's, decoded; json says whether there is any. raw is
	// the same as text.
	data any
	raw  []byte
	json bool
}

// see takes a record apart.
func see(r *Record) *seen {
	s := &seen{Record: r, framing: wire.None}
	s.unframe()
	value := s.raw
	s.envelope = envelopeOf(value, r.Headers)
	if s.envelope != envelope.None {
		if name, ok := envelope.Type(s.envelope, envelope.Match{}, value, r.Headers); ok && isName(name) && !strings.Contains(name, " ") {
			s.name = name
		}
		_, data, err := envelope.Decode(s.envelope, value, r.Headers)
		if err != nil || data == nil {
			data = nil
		}
		s.raw = data
	}
	s.data, s.json = decodeJSON(s.raw)
	return s
}

// unframe takes the id of a schema off the value. Without one the value is
// as it was.
func (s *seen) unframe() {
	s.raw = s.Value
	for _, kind := range []wire.Kind{wire.ConfluentHeader, wire.Confluent} {
		if kind == wire.Confluent && (len(s.Value) < 5 || s.Value[0] != 0) {
			continue
		}
		id, payload, err := wire.Framing{Kind: kind}.Decode(s.Headers, s.Value)
		if err == nil && !id.IsZero() {
			s.framing, s.schema, s.raw = kind, id, payload
			return
		}
	}
}

// envelopeOf is the envelope that a record shows.
func envelopeOf(value []byte, headers []envelope.Header) envelope.Kind {
	has := func(name string) bool { _, ok := envelope.Find(headers, name); return ok }
	if has("ce_specversion") && has("ce_type") || has("ce_id") && has("ce_source") {
		return envelope.CloudEventsBinary
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil || members == nil {
		return envelope.None
	}
	texts := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			return !bytes.HasPrefix(members[name], []byte(`"`))
		})
	}
	switch {
	case texts("specversion", "id", "source", "type"):
		return envelope.CloudEventsStructured
	case texts("id", "type", "source", "spec_version") && members["data"] != nil:
		return envelope.Standard
	}
	return envelope.None
}

// decodeJSON reads one JSON value, with numbers as they are written.
func decodeJSON(text []byte) (v any, ok bool) {
	if len(text) == 0 {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, errors.Is(err, io.EOF)
}

// header is the text of a header; false where it is none.
func (s *seen) header(name string) (string, bool) {
	v, ok := envelope.Find(s.Headers, name)
	return string(v), ok
}
