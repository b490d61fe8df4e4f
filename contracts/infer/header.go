package infer

import (
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/wire"
)

// maxHeaders is how many headers are listed.
const maxHeaders = 64

// promisedHeaders are the headers of an event's records, true for those that
// all have. What an envelope or a framing promises anyway is left out, and so
// are the headers that Weir's own load adds.
func (e *event) promisedHeaders() map[string]bool {
	counts := map[string]int{}
	for _, r := range e.records {
		names := map[string]bool{}
		for _, h := range r.Headers {
			names[h.Key] = true
		}
		for name := range names {
			counts[name]++
		}
	}
	headers := map[string]bool{}
	for _, name := range sortedNames(counts) {
		if isName(name) && e.promises(name) && len(headers) < maxHeaders {
			headers[name] = counts[name] == len(e.records)
		}
	}
	if e.envelope == envelope.CloudEventsStructured && counts[envelope.ContentType] < len(e.records) {
		delete(headers, envelope.ContentType) // optional, it would tell nothing apart
	}
	return headers
}

// promises says whether a header is one that a contract of the event states.
func (e *event) promises(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case name == wire.KeyHeader, name == wire.ValueHeader, strings.HasPrefix(name, "weir-"):
		return false
	case lower == envelope.ContentType:
		return name == envelope.ContentType
	case !slices.ContainsFunc(attributePrefixes, func(prefix string) bool { return strings.HasPrefix(lower, prefix) }):
		return true
	}
	attribute, exact := strings.CutPrefix(name, "ce_")
	return e.envelope == envelope.CloudEventsBinary && exact && isAttribute(attribute) && !slices.Contains(envelope.RequiredHeaders, name)
}

// attributePrefixes are what headers of CloudEvents begin with, the right one
// and those of other bindings.
var attributePrefixes = []string{"ce_", "ce-", "cloudevents:", "cloudevents_"}

// isAttribute says whether CloudEvents allows an attribute of this name.
func isAttribute(name string) bool {
	return name != "" && name != "data" && name != "datacontenttype" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// requiredHeaders are the headers that every record has, those that an
// envelope promises included, sorted.
func (e *event) requiredHeaders() []string {
	var names []string
	for name, required := range e.promisedHeaders() {
		if required {
			names = append(names, name)
		}
	}
	if e.envelope == envelope.CloudEventsBinary {
		names = append(names, envelope.RequiredHeaders...)
	}
	return slices.Sorted(slices.Values(names))
}
