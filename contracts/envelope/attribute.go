package envelope

import (
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/field"
)

// Get is the value of an attribute by its name in CloudEvents, as text. It is
// false for one that is absent.
func (a *Attributes) Get(name string) (value string, ok bool) {
	switch name {
	case "id":
		value = a.ID
	case "type":
		value = a.Type
	case "source":
		value = a.Source
	case "specversion":
		value = a.SpecVersion
	case "time":
		if !a.Time.IsZero() {
			value = a.Time.UTC().Format(time.RFC3339Nano)
		}
	case "subject":
		value = a.Subject
	case "dataschema":
		value = a.DataSchema
	case "datacontenttype":
		value = a.DataContentType
	case "correlationid":
		value = a.CorrelationID
	case "causationid":
		value = a.CausationID
	default:
		value = a.Extensions[name]
	}
	return value, value != ""
}

// linking are the attributes that lead from one event to others. Decode finds
// them in plain headers, too.
var linking = []string{"correlationid", "causationid"}

// Linking says whether an attribute, by its name in CloudEvents, leads from
// one event to others.
func Linking(name string) bool { return slices.Contains(linking, name) }

// HeadersOf are the headers in which records of a kind may have an attribute.
func HeadersOf(kind Kind, name string) []string {
	var headers []string
	if kind == CloudEventsBinary {
		headers = append(headers, prefix+name)
	}
	switch name {
	case "correlationid":
		headers = append(headers, correlationHeader)
	case "causationid":
		headers = append(headers, causationHeader)
	}
	return headers
}

// Names are the attributes that a kind defines, by their names in CloudEvents.
// A CloudEvent may have further ones.
func Names(kind Kind) []string {
	switch kind {
	case CloudEventsBinary, CloudEventsStructured:
		return slices.Concat(coreAttributes, linking)
	case Standard:
		names := make([]string, len(standardAttributes))
		for i, name := range standardAttributes {
			names[i] = strings.ReplaceAll(name, "_", "")
		}
		return names
	}
	return nil
}

// Presence says whether events of a kind have an attribute, by its name in
// CloudEvents.
func Presence(kind Kind, name string) field.Presence {
	switch {
	case kind == Standard && slices.Contains(Names(kind), name):
		if Linking(name) {
			return field.Sometimes
		}
		return field.Always
	case kind != CloudEventsBinary && kind != CloudEventsStructured:
		return field.Never
	case slices.Contains(requiredAttributes, name):
		return field.Always
	case slices.Contains(Names(kind), name):
		return field.Sometimes
	}
	return field.Unstated
}
