package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Problem is a MUST of the envelope's specification that a record breaks.
type Problem struct {
	// Attribute is the attribute's name as the envelope writes it: "ce_id",
	// "id", "spec_version", "content-type"; empty if the record as a whole
	// is meant.
	Attribute string
	// Message says what is wrong with it.
	Message string
}

// String is "attribute: message".
func (p Problem) String() string {
	if p.Attribute == "" {
		return p.Message
	}
	return p.Attribute + ": " + p.Message
}

// Check lists what is wrong with the envelope of a record, sorted by
// attribute: for CloudEvents the MUSTs of version 1.0, of its JSON format and
// of its Kafka binding; for a standard envelope, that id, type, source,
// spec_version and time are there and well formed and that data is there. A
// record without an envelope has no problems. The data is not looked at.
func Check(kind Kind, value []byte, headers []Header) []Problem {
	var c checker
	switch kind {
	case CloudEventsBinary:
		c.binary(headers)
	case CloudEventsStructured:
		c.structured(value, headers)
	case Standard:
		c.standard(value)
	}
	slices.SortFunc(c.problems, func(a, b Problem) int {
		return strings.Compare(a.Attribute+"\x00"+a.Message, b.Attribute+"\x00"+b.Message)
	})
	return c.problems
}

type checker struct{ problems []Problem }

func (c *checker) add(attribute, format string, args ...any) {
	c.problems = append(c.problems, Problem{attribute, fmt.Sprintf(format, args...)})
}

func (c *checker) binary(headers []Header) {
	seen := map[string]bool{}
	for _, h := range headers {
		if h.Key == ContentType {
			if isStructured(string(h.Value)) {
				c.add(ContentType, "%q says structured content mode, but the envelope is binary", h.Value)
				return
			}
			c.attribute(ContentType, "datacontenttype", string(h.Value))
			continue
		}
		name, ok := strings.CutPrefix(h.Key, prefix)
		if !ok {
			continue
		}
		switch {
		case seen[name]:
			c.add(h.Key, "is there more than once")
			continue
		case name == "datacontenttype":
			c.add(h.Key, "the media type belongs in the header content-type")
			continue
		}
		seen[name] = true
		c.attribute(h.Key, name, string(h.Value))
	}
	for _, name := range requiredAttributes {
		if !seen[name] {
			c.add(prefix+name, "the header is missing")
		}
	}
}

func (c *checker) structured(value []byte, headers []Header) {
	contentType, ok := Find(headers, ContentType)
	switch {
	case !ok:
		c.add(ContentType, "the header is missing; a structured CloudEvent is known by %s", StructuredJSON)
	case !isStructured(string(contentType)):
		c.add(ContentType, "%q does not say structured content mode; want %s", contentType, StructuredJSON)
	}
	m, err := members(CloudEventsStructured, value)
	if err != nil {
		c.add("", "%v", err)
		return
	}
	for name, raw := range m {
		switch name {
		case "data":
		case "data_base64":
			if _, ok := stringValue(raw); !ok {
				c.add(name, "must be a string")
			} else if _, _, err := decodeStructured(value); err != nil {
				c.add(name, "must be base64")
			}
		default:
			c.jsonAttribute(name, raw)
		}
	}
	if m["data"] != nil && m["data_base64"] != nil {
		c.add("data_base64", "must not stand beside data")
	}
	for _, name := range requiredAttributes {
		if raw, ok := m[name]; !ok || string(raw) == "null" {
			c.add(name, "is missing")
		}
	}
}

// jsonAttribute checks the JSON type of an attribute, then its value.
func (c *checker) jsonAttribute(name string, raw json.RawMessage) {
	if string(raw) == "null" {
		return // JSON format, section 2.2: as if the attribute were absent
	}
	text, ok := scalar(raw)
	_, isString := stringValue(raw)
	switch {
	case !ok:
		c.add(name, "must be a string, an integer or a boolean")
	case slices.Contains(coreAttributes, name) && !isString:
		c.add(name, "must be a string")
	case !isString && strings.ContainsAny(text, ".eE") && text != "true" && text != "false":
		c.add(name, "must be an integer; CloudEvents has no other numbers")
	default:
		c.attribute(name, name, text)
	}
}

var (
	requiredAttributes = []string{"id", "source", "specversion", "type"}
	coreAttributes     = []string{"id", "source", "specversion", "type", "time", "subject", "dataschema", "datacontenttype"}
	standardAttributes = []string{"id", "type", "source", "spec_version", "time", "correlation_id", "causation_id"}
)

// attribute checks the value of a CloudEvents attribute; label is how the
// record spells its name.
func (c *checker) attribute(label, name, value string) {
	if !attributeName(name) {
		c.add(label, "an attribute's name must consist of a-z and 0-9")
	}
	if bad := badRune(value); bad != "" {
		c.add(label, "must not contain %s", bad)
		return
	}
	core := slices.Contains(coreAttributes, name)
	switch {
	case core && value == "":
		c.add(label, "must not be empty")
	case name == "specversion" && value != SpecVersion:
		c.add(label, "must be %q, is %q", SpecVersion, value)
	case name == "source" || name == "dataschema":
		u, err := url.Parse(value)
		if err != nil {
			c.add(label, "%q is not a URI", value)
		} else if name == "dataschema" && !u.IsAbs() {
			c.add(label, "%q must be an absolute URI", value)
		}
	case name == "time":
		c.time(label, value)
	case name == "datacontenttype":
		if mediaType, _, err := mime.ParseMediaType(value); err != nil || !strings.Contains(mediaType, "/") {
			c.add(label, "%q is not a media type", value)
		}
	}
}

func (c *checker) time(label, value string) {
	if _, err := time.Parse(time.RFC3339Nano, value); err != nil {
		c.add(label, "%q is not a time of RFC 3339", value)
	}
}

func (c *checker) standard(value []byte) {
	m, err := members(Standard, value)
	if err != nil {
		c.add("", "%v", err)
		return
	}
	for _, name := range standardAttributes {
		raw, ok := m[name]
		optional := name == "correlation_id" || name == "causation_id"
		if optional && (!ok || bytes.Equal(raw, []byte("null"))) {
			continue
		}
		text, isString := stringValue(raw)
		switch {
		case !ok:
			c.add(name, "is missing")
		case !isString:
			c.add(name, "must be a string")
		case text == "":
			c.add(name, "must not be empty")
		case name == "time":
			c.time(name, text)
		}
	}
	if _, ok := m["data"]; !ok {
		c.add("data", "is missing")
	}
}

func attributeName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}) < 0
}

// badRune names a character that the type String of CloudEvents excludes:
// controls, surrogates and noncharacters.
func badRune(s string) string {
	if !utf8.ValidString(s) {
		return "bytes that are not UTF-8"
	}
	for _, r := range s {
		if unicode.IsControl(r) || r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe {
			return fmt.Sprintf("the character %U", r)
		}
	}
	return ""
}
