package asyncapi

import "github.com/flowweir/weir/reports/finding"

// The ids of what this package finds, beside those of package document for
// files that are no YAML.
const (
	BadVersion       = "asyncapi/version"
	BadStructure     = "asyncapi/structure"
	BadReference     = "asyncapi/reference"
	ForeignMessage   = "asyncapi/message-of-another-channel"
	BadExtension     = "asyncapi/extension"
	UnknownOperation = "asyncapi/unknown-operation"
	Contradiction    = "asyncapi/contradiction"
	NoAddress        = "asyncapi/no-address"
	NoGroup          = "asyncapi/no-group"
	UnknownFormat    = "asyncapi/schema-format"
	NotCarried       = "asyncapi/not-carried"
	NothingToImport  = "asyncapi/nothing-to-import"
)

// Rules are those ids, each with one line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: BadVersion, Summary: "The document is of a version of AsyncAPI other than 3.0.0 and 3.1.0."},
		{ID: BadStructure, Summary: "The document breaks the JSON Schema that AsyncAPI publishes for its version."},
		{ID: BadReference, Summary: "A $ref leads to nothing, in a circle, to the network, or to something of another kind."},
		{ID: ForeignMessage, Summary: "An operation names a message that its channel does not have."},
		{ID: BadExtension, Summary: "An extension that Weir reads (x-weir, x-retry, x-deadLetter) says something that cannot be read."},
		{ID: UnknownOperation, Summary: "A contract names an operation, or an event without an address, that its AsyncAPI document does not have."},
		{ID: Contradiction, Summary: "A contract and its AsyncAPI document say different things of one interaction."},
		{ID: NoAddress, Summary: "A channel's address is one that a contract cannot have: unknown, with parameters, or of another transport."},
		{ID: NoGroup, Summary: "A receive operation on Kafka names no consumer group."},
		{ID: UnknownFormat, Summary: "A schema is written in a format that Weir does not read."},
		{ID: NotCarried, Summary: "Something of the document has no place in a contract and is left behind."},
		{ID: NothingToImport, Summary: "The document has no operation that a contract could state."},
	}
}
