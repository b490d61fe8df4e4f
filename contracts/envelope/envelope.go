// Package envelope wraps an event's data for the wire and takes it out again:
// the id, type, source, time and causation of an event are attributes of the
// envelope, everything else is data.
//
// Four kinds exist: none; CloudEvents 1.0 in the two modes of its Kafka
// protocol binding, binary (attributes in ce_ headers, the value is the data)
// and structured (one JSON object, the CloudEvents JSON format); and
// standard, a plain JSON object with snake-case names that many teams write
// by hand.
//
// Guarantees: what Encode writes, Decode reads back, and Check finds nothing
// wrong with it. Decode is lenient, because a consumer must get at an event
// whose envelope has faults; Check is where each MUST of the specification
// is held against a record. Neither panics on any input.
//
// The package imports no broker client: Header is its own type. It does not
// look into the data; that is the job of the schema. CloudEvents batches are
// not supported: the Kafka binding has none.
package envelope

import (
	"fmt"
	"strings"
	"time"
)

// Kind is how the attributes of an event travel with its data.
type Kind string

// The kinds, by their names in contract files.
const (
	// None has no attributes: the value is the data.
	None Kind = "none"
	// CloudEventsBinary is CloudEvents 1.0, Kafka binding, binary content
	// mode: ce_ headers, content-type header, the value is the data.
	CloudEventsBinary Kind = "cloudevents-binary"
	// CloudEventsStructured is CloudEvents 1.0, Kafka binding, structured
	// content mode in the JSON event format.
	CloudEventsStructured Kind = "cloudevents-structured"
	// Standard is a JSON object with the members id, type, source,
	// spec_version, time, correlation_id, causation_id and data.
	Standard Kind = "standard"
)

// Kinds are all kinds, for messages.
var Kinds = []Kind{None, CloudEventsBinary, CloudEventsStructured, Standard}

// Around says whether an envelope stands around the data in the value, and not
// in headers.
func Around(kind Kind) bool { return kind == CloudEventsStructured || kind == Standard }

// ParseKind reads a kind by its name in contract files; empty is None.
func ParseKind(name string) (Kind, error) {
	if name == "" {
		return None, nil
	}
	for _, k := range Kinds {
		if name == string(k) {
			return k, nil
		}
	}
	return "", fmt.Errorf("unknown envelope %q; known are none, cloudevents-binary, cloudevents-structured and standard", name)
}

// Names that the specifications fix.
const (
	// SpecVersion is the CloudEvents version that Encode writes, and the
	// spec_version of a standard envelope.
	SpecVersion = "1.0"
	// ContentType is the header for the media type of the value.
	ContentType = "content-type"
	// JSON is the media type of data unless Attributes says otherwise.
	JSON = "application/json"
	// StructuredJSON is the media type of a structured CloudEvent.
	StructuredJSON = "application/cloudevents+json"

	// prefix is Kafka's binding of attribute names to headers. It is "ce_",
	// unlike HTTP's "ce-".
	prefix = "ce_"

	// The plain headers of the ids that lead from one event to others.
	correlationHeader = "correlation_id"
	causationHeader   = "causation_id"
)

// RequiredHeaders are the headers that every binary CloudEvent has.
var RequiredHeaders = []string{"ce_id", "ce_source", "ce_specversion", "ce_type"}

// Header is a record header. Kafka allows the same key several times; where
// one value is asked for the last one counts, as in Kafka's own
// Headers.lastHeader.
type Header struct {
	Key   string
	Value []byte
}

// Find returns the value of the last header of that exact name.
func Find(headers []Header, key string) (value []byte, ok bool) {
	for i := len(headers) - 1; i >= 0; i-- {
		if headers[i].Key == key {
			return headers[i].Value, true
		}
	}
	return nil, false
}

// Attributes are what an envelope says about an event. An empty field is
// absent; Check says which must not be.
type Attributes struct {
	ID     string
	Type   string
	Source string
	// SpecVersion is the envelope's version; Encode writes "1.0" for "".
	SpecVersion string
	// Time is when the event happened; zero is absent. It is written in
	// UTC (RFC 3339, nanoseconds).
	Time time.Time
	// CorrelationID names the process that the event belongs to,
	// CausationID the event that caused it. CloudEvents carries both as
	// the extension attributes correlationid and causationid.
	CorrelationID string
	CausationID   string
	// Subject, DataSchema and DataContentType are CloudEvents' optional
	// attributes. Encode writes application/json for an empty
	// DataContentType. A standard envelope has none of them.
	Subject         string
	DataSchema      string
	DataContentType string
	// Extensions are CloudEvents' other attributes by lower-case name. A
	// standard envelope has none.
	Extensions map[string]string
}

// isJSON reports whether data of the media type is JSON: application/json,
// text/json or a +json suffix, and the default where none is given.
func isJSON(mediaType string) bool {
	t, _, _ := strings.Cut(mediaType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	return t == "" || t == JSON || t == "text/json" || strings.HasSuffix(t, "+json")
}
