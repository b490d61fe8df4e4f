package envelope

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Decode takes the attributes and the data out of a record. It fails only
// where the value is not of the kind at all, so that nothing can be read; an
// attribute that is missing or malformed is left empty, and Check names it.
//
// Correlation and causation are also taken from the plain headers
// correlation_id and causation_id, whatever the kind, where the envelope
// itself has none: many services pass only these on.
//
// The data shares memory with the value for none and cloudevents-binary.
// Data of the JSON kinds is the member's JSON text, and for a structured
// CloudEvent of another media type the bytes that data_base64 or the JSON
// string holds. Data is nil where the envelope has none.
func Decode(kind Kind, value []byte, headers []Header) (Attributes, []byte, error) {
	var (
		a    Attributes
		data = value
		err  error
	)
	switch kind {
	case CloudEventsBinary:
		a = binaryAttributes(headers)
		if isStructured(a.DataContentType) {
			err = fmt.Errorf("not a binary CloudEvent: content-type %q says structured", a.DataContentType)
		}
	case CloudEventsStructured:
		a, data, err = decodeStructured(value)
	case Standard:
		a, data, err = decodeStandard(value)
	}
	if err != nil {
		return Attributes{}, nil, err
	}
	if v, ok := Find(headers, correlationHeader); ok && a.CorrelationID == "" {
		a.CorrelationID = string(v)
	}
	if v, ok := Find(headers, causationHeader); ok && a.CausationID == "" {
		a.CausationID = string(v)
	}
	return a, data, nil
}

// isStructured is the rule of the Kafka binding, section 3: a content type
// that begins so means structured mode, anything else binary.
func isStructured(contentType string) bool {
	return strings.HasPrefix(strings.ToLower(contentType), "application/cloudevents")
}

func binaryAttributes(headers []Header) Attributes {
	var a Attributes
	for _, h := range headers {
		name, ok := strings.CutPrefix(h.Key, prefix)
		switch {
		case h.Key == ContentType:
			a.DataContentType = string(h.Value)
		case ok && name != "" && name != "datacontenttype":
			a.set(name, string(h.Value))
		}
	}
	return a
}

// set stores a CloudEvents attribute by its name.
func (a *Attributes) set(name, value string) {
	switch name {
	case "id":
		a.ID = value
	case "type":
		a.Type = value
	case "source":
		a.Source = value
	case "specversion":
		a.SpecVersion = value
	case "time":
		a.Time = parseTime(value)
	case "subject":
		a.Subject = value
	case "dataschema":
		a.DataSchema = value
	case "datacontenttype":
		a.DataContentType = value
	case "correlationid":
		a.CorrelationID = value
	case "causationid":
		a.CausationID = value
	default:
		if a.Extensions == nil {
			a.Extensions = map[string]string{}
		}
		a.Extensions[name] = value
	}
}

// parseTime is zero for what is not RFC 3339.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// members reads the members of the one JSON object in value. It is a map,
// not a struct, because encoding/json matches the names of struct fields
// without regard to case, and these names are exact.
func members(kind Kind, value []byte) (map[string]json.RawMessage, error) {
	if trimmed := bytes.TrimLeft(value, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, fmt.Errorf("not a %s envelope: the value is not a JSON object", kind)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(value, &m); err != nil {
		return nil, fmt.Errorf("not a %s envelope: the value is not JSON: %w", kind, err)
	}
	return m, nil
}

func decodeStructured(value []byte) (Attributes, []byte, error) {
	m, err := members(CloudEventsStructured, value)
	if err != nil {
		return Attributes{}, nil, err
	}
	var a Attributes
	for name, raw := range m {
		if name == "data" || name == "data_base64" {
			continue
		}
		if text, ok := scalar(raw); ok {
			a.set(name, text)
		}
	}
	if encoded, ok := m["data_base64"]; ok {
		text, _ := scalar(encoded)
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return Attributes{}, nil, fmt.Errorf("not a %s envelope: data_base64: %w", CloudEventsStructured, err)
		}
		return a, data, nil
	}
	data := m["data"]
	if !isJSON(a.DataContentType) {
		// JSON format, section 3.1.1: data that is not JSON may be carried as
		// a JSON string that holds it.
		if text, ok := stringValue(data); ok {
			return a, []byte(text), nil
		}
	}
	return a, data, nil
}

func decodeStandard(value []byte) (Attributes, []byte, error) {
	m, err := members(Standard, value)
	if err != nil {
		return Attributes{}, nil, err
	}
	text := func(name string) string {
		s, _ := stringValue(m[name])
		return s
	}
	return Attributes{
		ID:            text("id"),
		Type:          text("type"),
		Source:        text("source"),
		SpecVersion:   text("spec_version"),
		Time:          parseTime(text("time")),
		CorrelationID: text("correlation_id"),
		CausationID:   text("causation_id"),
	}, m["data"], nil
}

func stringValue(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// scalar is the canonical string of an attribute: CloudEvents attributes
// are strings, integers and booleans; null counts as absent.
func scalar(raw json.RawMessage) (string, bool) {
	if s, ok := stringValue(raw); ok {
		return s, true
	}
	switch text := string(raw); {
	case text == "true" || text == "false":
		return text, true
	case text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9'):
		return text, true
	}
	return "", false
}
