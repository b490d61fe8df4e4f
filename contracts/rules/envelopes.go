package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
)

// isCloudEvents says whether records carry CloudEvents attributes in headers.
func isCloudEvents(p *contracts.Produces) bool {
	return p.EnvelopeName() == contracts.EnvelopeCloudEventsBinary
}

// envelope checks the promised headers and the schema against the envelope:
// as far as a contract shows them, the MUSTs of CloudEvents 1.0 and of its
// Kafka protocol binding.
func (c *checker) envelope(p produced) {
	promise := p.promise()
	kind := promise.EnvelopeName()
	for _, name := range slices.Sorted(maps.Keys(promise.Headers)) {
		switch kind {
		case contracts.EnvelopeCloudEventsBinary:
			c.attributeName(p, name)
			c.attributeValue(p, name)
			c.attributeForm(p, name)
			c.contentType(p, name)
		case contracts.EnvelopeCloudEventsStructured:
			c.contentType(p, name)
		}
	}
	if kind == contracts.EnvelopeNone || kind == contracts.EnvelopeStandard {
		c.undeclaredHeaders(p)
	}
	c.enveloped(p, kind)
}

// attributeOf is the attribute that a header was meant to be; exact says
// whether it has the prefix of the Kafka binding.
func attributeOf(header string) (name string, exact, meant bool) {
	if name, ok := strings.CutPrefix(header, "ce_"); ok {
		return name, true, true
	}
	for _, prefix := range []string{"ce-", "ce_", "cloudevents:", "cloudevents_"} {
		if name, ok := strings.CutPrefix(strings.ToLower(header), prefix); ok {
			return name, false, true
		}
	}
	return "", false, false
}

var (
	attributeSyntax = regexp.MustCompile(`^[a-z0-9]+$`)
	noAttribute     = regexp.MustCompile(`[^a-z0-9]`)
)

// attributeName holds a header's name against section 3.2.3.1 of the Kafka
// binding, the prefix, and section 3.1 of CloudEvents, the name's letters.
func (c *checker) attributeName(p produced, header string) {
	name, exact, meant := attributeOf(header)
	problem, hint := "", ""
	switch {
	case !meant || name == "datacontenttype":
		return
	case !exact:
		problem, hint = "has not the prefix of the Kafka binding, ce_", fmt.Sprintf("name it ce_%s", name)
	case name == "data":
		problem, hint = "would be an attribute named data, which CloudEvents reserves", "choose another name"
	case !attributeSyntax.MatchString(name):
		problem, hint = "is no attribute of CloudEvents: names have lower-case letters and digits only", "leave the prefix ce_ out"
		if plain := noAttribute.ReplaceAllString(strings.ToLower(name), ""); plain != "" {
			hint = fmt.Sprintf("name it ce_%s, or leave the prefix ce_ out", plain)
		}
	default:
		return
	}
	c.report(p.contract, CloudEventsHeader, p.contract.Doc.KeyPosition("produces", p.i, "headers", header),
		fmt.Sprintf("the header %s %s", header, problem), hint)
}

// attributeValue checks what is promised of a required attribute.
func (c *checker) attributeValue(p produced, header string) {
	if !slices.Contains(envelope.RequiredHeaders, header) {
		return
	}
	promised := p.promise().Headers[header]
	at := p.contract.Doc.KeyPosition("produces", p.i, "headers", header)
	if !promised.Required {
		c.report(p.contract, CloudEventsAttribute, at,
			fmt.Sprintf("%s is optional here, but every CloudEvent has it", header), fmt.Sprintf("remove it, the envelope promises it, or write %s: required", header))
	}
	if re, err := regexp.Compile(promised.Pattern); header == "ce_specversion" && err == nil && !re.MatchString(envelope.SpecVersion) {
		c.report(p.contract, CloudEventsAttribute, at,
			fmt.Sprintf("the pattern %s refuses %q, the value of ce_specversion", promised.Pattern, envelope.SpecVersion), "remove the pattern")
	}
}

// contentType holds what is promised of the media type against the content
// mode, which it decides (section 3 of the Kafka binding).
func (c *checker) contentType(p produced, header string) {
	structured := p.promise().EnvelopeName() == contracts.EnvelopeCloudEventsStructured
	promised := p.promise().Headers[header]
	re, err := regexp.Compile(promised.Pattern)
	if err != nil {
		return // the loader has said so
	}
	problem, hint := "", ""
	switch {
	case header == "ce_datacontenttype" && !structured:
		problem, hint = "ce_datacontenttype is no header: the media type of the data is in content-type", "name it content-type"
	case header != envelope.ContentType && strings.EqualFold(header, envelope.ContentType):
		problem, hint = fmt.Sprintf("the header %s is not content-type: names of Kafka's headers differ in case", header), "name it content-type"
	case header != envelope.ContentType:
		return
	case structured && !promised.Required:
		problem, hint = "content-type is optional here, but only by it a structured CloudEvent is known", "write content-type: required"
	case structured && !re.MatchString(envelope.StructuredJSON):
		problem, hint = fmt.Sprintf("the pattern %s refuses %s, by which a structured CloudEvent is known", promised.Pattern, envelope.StructuredJSON), "remove the pattern"
	case !structured && promised.Pattern != "" && re.MatchString(envelope.StructuredJSON) && !re.MatchString(envelope.JSON):
		problem, hint = fmt.Sprintf("the pattern %s asks for structured content mode, but the envelope is binary", promised.Pattern), "state the media type of the data, or envelope: cloudevents-structured"
	default:
		return
	}
	c.report(p.contract, CloudEventsContentType, p.contract.Doc.KeyPosition("produces", p.i, "headers", header), problem, hint)
}

// undeclaredHeaders reports headers of CloudEvents where the envelope is
// another one.
func (c *checker) undeclaredHeaders(p produced) {
	promise := p.promise()
	for _, name := range slices.Sorted(maps.Keys(promise.Headers)) {
		if strings.HasPrefix(name, "ce_") {
			c.report(p.contract, CloudEventsUndeclared, p.contract.Doc.KeyPosition("produces", p.i, "headers", name),
				fmt.Sprintf("%s promises the header %s of a CloudEvent, but its envelope is %s", promise.Event, name, promise.EnvelopeName()),
				"write envelope: cloudevents-binary, or name the header otherwise")
			return
		}
	}
}

// standardMembers are the attributes of the standard envelope.
var standardMembers = []string{"id", "type", "source", "spec_version", "time", "correlation_id", "causation_id"}

// cloudEventsMembers are the required attributes of a structured CloudEvent.
var cloudEventsMembers = []string{"id", "source", "specversion", "type"}

// enveloped looks for an envelope in the schema, which describes the data
// alone: one that is declared is not found there, and one that is found there
// ought to be declared.
func (c *checker) enveloped(p produced, kind string) {
	s, _ := c.schemaOf(p)
	if s == nil || s.empty != nil {
		return // of no event at all, anything is true
	}
	member := func(name string) field.Presence { return s.lookup(place.Field(place.Name(name))).Presence }
	for _, version := range []string{"spec_version", "specversion"} {
		if member(version) < field.Sometimes || member("type") < field.Sometimes {
			continue
		}
		there := s.lookup(place.Field(place.Name(version)))
		if kind != contracts.EnvelopeNone {
			if member(version) == field.Always && member("data") == field.Always {
				c.report(p.contract, EnvelopeInSchema, p.at("schema"),
					fmt.Sprintf("the schema of %s requires %s and data, which the envelope %s has around the data: no event is valid", p.promise().Event, version, kind),
					"let the schema describe what stands in data", relatedField(there, "the envelope in the schema")...)
			}
			return
		}
		c.undeclaredEnvelope(p, version, member, there)
		return
	}
}

func (c *checker) undeclaredEnvelope(p produced, version string, member func(string) field.Presence, there field.Field) {
	name, attributes := contracts.EnvelopeStandard, standardMembers
	if version == "specversion" {
		name, attributes = contracts.EnvelopeCloudEventsStructured, cloudEventsMembers
	}
	var missing []string
	for _, attribute := range attributes {
		if member(attribute) != field.Always {
			missing = append(missing, attribute)
		}
	}
	says := ""
	if len(missing) > 0 {
		says = ", and does not require its " + strings.Join(missing, ", ")
	}
	c.report(p.contract, EnvelopeUndeclared, p.at("schema"),
		fmt.Sprintf("the schema of %s describes the envelope %s%s", p.promise().Event, name, says),
		fmt.Sprintf("write envelope: %s, and let the schema describe what stands in data", name), relatedField(there, "the envelope in the schema")...)
}
