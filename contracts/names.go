package contracts

import (
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// The values of fields that have a fixed set of them.
const (
	EnvelopeNone                  = "none"
	EnvelopeCloudEventsBinary     = "cloudevents-binary"
	EnvelopeCloudEventsStructured = "cloudevents-structured"
	// EnvelopeStandard has id, type, source, spec_version, time,
	// correlation_id and causation_id beside the data.
	EnvelopeStandard = "standard"

	OrderingNone   = "none"
	OrderingPerKey = "per-key"

	AcksAll    = "all"
	AcksLeader = "leader"
	AcksNone   = "none"

	FormatJSONSchema = "jsonschema"
	FormatAvro       = "avro"
	FormatProtobuf   = "protobuf"

	WireNone = "none"
	// WireConfluent is the magic byte and the schema's id before the value.
	WireConfluent = "confluent"
	// WireConfluentHeader has the schema's GUID in a header.
	WireConfluentHeader = "confluent-header"

	IsolationReadUncommitted = "read-uncommitted"
	IsolationReadCommitted   = "read-committed"

	BackoffFixed       = "fixed"
	BackoffLinear      = "linear"
	BackoffExponential = "exponential"

	DeliveryAtLeastOnce = "at-least-once"
	DeliveryExactlyOnce = "exactly-once"
)

var (
	kinds         = []string{"domain", "integration", "notification", "state-transfer", "command", "reply"}
	envelopes     = []string{EnvelopeNone, EnvelopeCloudEventsBinary, EnvelopeCloudEventsStructured, EnvelopeStandard}
	keyFormats    = []string{"string", "json", "long", "bytes"}
	compatibility = []string{
		"none", "backward", "backward-transitive", "forward", "forward-transitive", "full", "full-transitive",
	}
	needTypes = []string{"string", "number", "integer", "boolean", "object", "array", "null"}
	preserved = []string{"key", "value", "headers"}
	quantiles = []string{"p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"}
	// acksNames are Kafka's own values of acks.
	acksNames = map[string]string{"-1": AcksAll, "1": AcksLeader, "0": AcksNone}
)

// Quantiles are the names that a latency objective can have. The largest is
// the maximum.
func Quantiles() []string { return slices.Clone(quantiles) }

func canonical(name string, names map[string]string) string {
	if weirs, ok := names[name]; ok {
		return weirs
	}
	return name
}

// compatibilityMode turns Confluent's BACKWARD_TRANSITIVE into
// backward-transitive and leaves everything else as it is.
func compatibilityMode(name string) string {
	mode := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	if strings.ToUpper(name) == name && slices.Contains(compatibility, mode) {
		return mode
	}
	return name
}

// The rules of contract files besides those of package document; ids are
// contract/rule.
const (
	ruleVersion       = "version"
	ruleNone          = "none-found"
	ruleName          = "name"
	rulePlace         = "place"
	rulePattern       = "pattern"
	ruleTrigger       = "trigger"
	ruleDate          = "date"
	ruleDuplicate     = "duplicate"
	ruleUnknownSchema = "unknown-schema"
)

// kind is the first part of the ids of this package.
const kind = "contract"

// Rules are the ids of what Load and LoadDir find, beside those of
// document.Rules, each with one line on what it finds.
func Rules() []finding.Rule {
	rules := []struct{ name, summary string }{
		{ruleNone, "A directory holds no contract file."},
		{ruleVersion, "The field weir is not contract/v1."},
		{document.Required, "A field is missing or empty without which an interaction says nothing."},
		{document.UnknownValue, "A value is none of those that the field can have."},
		{document.Conflicting, "Two fields exclude each other: two transports, two triggers, idempotent without acks: all."},
		{document.OutOfRange, "A number or duration lies outside of what makes sense, or a limit is below its start."},
		{ruleName, "A name cannot exist: an illegal Kafka topic, an event with white space, an unknown placeholder."},
		{rulePlace, "A place in an event does not parse; places are $.field, header:name and key."},
		{rulePattern, "A pattern is no regular expression."},
		{ruleTrigger, "A trigger cannot be driven: its request, its expected answer or its id makes no sense."},
		{ruleDate, "The date of a waiver is not of the form YYYY-MM-DD."},
		{ruleDuplicate, "An interaction or a value is there twice."},
		{ruleUnknownSchema, "A schema is referred to that the contract does not define and that is no file."},
	}
	out := make([]finding.Rule, len(rules))
	for i, rule := range rules {
		out[i] = finding.Rule{ID: kind + "/" + rule.name, Summary: rule.summary}
	}
	return out
}
