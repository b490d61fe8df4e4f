package proto

import (
	"slices"

	"github.com/flowweir/weir/reports/finding"
)

// The rules of Compare.
const (
	ruleFieldType       = "compat/proto-field-type"
	ruleNarrowed        = "compat/proto-narrowed"
	ruleBytesAsText     = "compat/proto-bytes-as-text"
	ruleBytesAsMessage  = "compat/proto-bytes-as-message"
	ruleMessageAsBytes  = "compat/proto-message-as-bytes"
	ruleMeaning         = "compat/proto-meaning"
	ruleDelimited       = "compat/proto-delimited"
	ruleCardinality     = "compat/proto-cardinality"
	ruleMap             = "compat/proto-map"
	ruleRequired        = "compat/proto-required"
	ruleDefault         = "compat/proto-default"
	rulePresence        = "compat/proto-presence"
	ruleFieldRenumbered = "compat/proto-field-renumbered"
	ruleFieldRenamed    = "compat/proto-field-renamed"
	ruleOneofJoined     = "compat/proto-oneof-joined"
	ruleOneofCase       = "compat/proto-oneof-case"
	ruleEnumClosed      = "compat/proto-enum-closed"
	ruleEnumValue       = "compat/proto-enum-value"
	ruleEnumRenumbered  = "compat/proto-enum-renumbered"
	ruleEnumRenamed     = "compat/proto-enum-renamed"
	ruleMessageRemoved  = "compat/proto-message-removed"
	ruleMessageRenamed  = "compat/proto-message-renamed"
	rulePackage         = "compat/proto-package"
	ruleJSONName        = "compat/proto-json-name"
	ruleJSONType        = "compat/proto-json-type"
	ruleJSONRange       = "compat/proto-json-range"
	ruleJSONEnum        = "compat/proto-json-enum"
)

// The rules of Unreserved.
const (
	ruleNumberFree     = "compat/proto-number-free"
	ruleNameFree       = "compat/proto-name-free"
	ruleReservedShrunk = "compat/proto-reserved-shrunk"
	ruleExtensionTaken = "compat/proto-extension-taken"
)

// The rules of Reused.
const (
	ruleNumberReused = "compat/proto-number-reused"
	ruleNameReused   = "compat/proto-name-reused"
)

var rules = []finding.Rule{
	{ID: ruleFieldType, Summary: "the reader's field of that number has a type with another encoding: it misreads, refuses or does not see the value"},
	{ID: ruleNarrowed, Summary: "the reader's field has the same encoding and a smaller range: it reads some numbers as others"},
	{ID: ruleBytesAsText, Summary: "the reader takes bytes or a message for a string: it refuses or garbles what is not UTF-8"},
	{ID: ruleBytesAsMessage, Summary: "the reader takes bytes or a string for a message: it refuses or misreads what is none"},
	{ID: ruleMessageAsBytes, Summary: "the reader takes a message for bytes; information, the bytes are the same, and the reader no longer knows what they hold"},
	{ID: ruleMeaning, Summary: "the writer's well-known type is another one to the reader (a Timestamp read as a Duration): the bytes fit and the value is another"},
	{ID: ruleDelimited, Summary: "one side encodes a message delimited (as a group), the other with its length: the reader does not see it"},
	{ID: ruleCardinality, Summary: "the writer's field is repeated, the reader's is not: elements are lost"},
	{ID: ruleMap, Summary: "the writer's repeated field is a map to the reader: of entries with one key all but one are lost"},
	{ID: ruleRequired, Summary: "the reader requires a field (proto2) that the writer does not always write: it refuses the message"},
	{ID: ruleDefault, Summary: "a field that is not written means another value to the reader, because the defaults differ"},
	{ID: rulePresence, Summary: "one side tells a missing field from its default value, the other does not; information, the value is the same"},
	{ID: ruleFieldRenumbered, Summary: "a field has another number in the reader, which does not find it there"},
	{ID: ruleFieldRenamed, Summary: "a number has another field name in the reader; information, bytes carry no names: make sure that it means the same"},
	{ID: ruleOneofJoined, Summary: "fields that the writer may set together exclude each other in the reader's oneof: only the last is read"},
	{ID: ruleOneofCase, Summary: "the writer may choose a case of a oneof that the reader lacks; information, the reader then sees no case"},
	{ID: ruleEnumClosed, Summary: "the reader's closed enum (proto2) lacks a value: the field is read as missing"},
	{ID: ruleEnumValue, Summary: "the reader's open enum lacks a value; information, the reader keeps a number without a name"},
	{ID: ruleEnumRenumbered, Summary: "a name of an enum has another number in the reader: the value is taken for another one, or for none"},
	{ID: ruleEnumRenamed, Summary: "a number of an enum has another name in the reader; information, bytes carry no names: make sure that it means the same"},
	{ID: ruleMessageRemoved, Summary: "the reader lacks a message of the writer's file; with AllMessages only"},
	{ID: ruleMessageRenamed, Summary: "the message has another name in the reader; information, bytes carry no name, but an Any and a match by name do"},
	{ID: rulePackage, Summary: "the message is of another package in the reader; information, bytes carry no name, but an Any and a match by name do"},
	{ID: ruleJSONName, Summary: "the writer's JSON names a field in a way that the reader does not know; where JSON is compared"},
	{ID: ruleJSONType, Summary: "the writer's JSON has a form that the reader's field refuses or misreads; where JSON is compared"},
	{ID: ruleJSONRange, Summary: "the writer's JSON may have a number that the reader's field refuses or rounds; where JSON is compared"},
	{ID: ruleJSONEnum, Summary: "the writer's JSON may have an enum name that the reader does not know; where JSON is compared"},
	{ID: ruleNumberFree, Summary: "a field or enum value was removed and its number not reserved: a later version may reuse it and misread old records"},
	{ID: ruleNameFree, Summary: "a field or enum value was removed and its name not reserved: a later version may reuse it and misread old JSON"},
	{ID: ruleReservedShrunk, Summary: "a reserved number or name is reserved no more"},
	{ID: ruleExtensionTaken, Summary: "a number that was open to extensions is a field of the message now, or no longer open"},
	{ID: ruleNumberReused, Summary: "a number that was reserved is a field or enum value again: retained records of before the reservation are misread"},
	{ID: ruleNameReused, Summary: "a name that was reserved is a field or enum value again: retained JSON of before the reservation is misread; where JSON is compared"},
}

// Rules are the rules of Compare, Unreserved and Reused, in the order of the docs.
func Rules() []finding.Rule { return slices.Clone(rules) }

// dependsOnValues: the encodings fit each other, and only some values break.
func dependsOnValues(rule string) bool {
	switch rule {
	case ruleNarrowed, ruleBytesAsText, ruleBytesAsMessage, ruleMap:
		return true
	}
	return false
}
