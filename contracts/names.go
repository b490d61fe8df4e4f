package contracts

import (
	"slices"
	"strings"

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

	FormatsAnnotate = "annotate"
	FormatsAssert   = "assert"

	EncodingBinary = "binary"
	EncodingJSON   = "json" // Protobuf's JSON mapping

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

	KindDomain        = "domain"
	KindIntegration   = "integration"
	KindNotification  = "notification"
	KindStateTransfer = "state-transfer"
	KindCommand       = "command"
	KindReply         = "reply"
)

var (
	kinds         = []string{KindDomain, KindIntegration, KindNotification, KindStateTransfer, KindCommand, KindReply}
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

// The ids of what Load and LoadDir find beside those of package document.
const (
	BadVersion    = "contract/version"
	NoContract    = "contract/none-found"
	BadName       = "contract/name"
	BadPlace      = "contract/place"
	BadPattern    = "contract/pattern"
	BadTrigger    = "contract/trigger"
	BadEffect     = "contract/effect"
	BadDate       = "contract/date"
	Duplicate     = "contract/duplicate"
	UnknownSchema = "contract/unknown-schema"
)

// Rules are those ids, each with one line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: NoContract, Summary: "A directory holds no contract file."},
		{ID: BadVersion, Summary: "The field weir is not contract/v1."},
		{ID: BadName, Summary: "A name cannot exist: an illegal Kafka topic, an event with white space, an unknown placeholder."},
		{ID: BadPlace, Summary: "A place in an event does not parse, or cannot stand here; places are $.field, header:name, key and envelope:id."},
		{ID: BadPattern, Summary: "A pattern is no regular expression."},
		{ID: BadTrigger, Summary: "A trigger cannot be driven: its request, its expected answer or its id makes no sense."},
		{ID: BadEffect, Summary: "The effects of an event cannot be counted: the query or the request is of no form that asks for them."},
		{ID: BadDate, Summary: "The date of a waiver is not of the form YYYY-MM-DD."},
		{ID: Duplicate, Summary: "An interaction or a value is there twice."},
		{ID: UnknownSchema, Summary: "A schema is referred to that the contract does not define and that is no file."},
	}
}
