package jsonschema

import "github.com/flowweir/weir/reports/finding"

// The rules of comparing two schemas; each is a way in which a reader refuses
// what a writer may write.
const (
	ruleType        = "compat/json-type"
	ruleValue       = "compat/json-value"
	ruleRange       = "compat/json-range"
	ruleMultiple    = "compat/json-multiple"
	ruleLength      = "compat/json-length"
	rulePattern     = "compat/json-pattern"
	ruleFormat      = "compat/json-format"
	ruleArrayLength = "compat/json-array-length"
	ruleItem        = "compat/json-item"
	ruleContains    = "compat/json-contains"
	ruleUnique      = "compat/json-unique"
	ruleRequired    = "compat/json-required"
	ruleDependent   = "compat/json-dependent"
	ruleAdded       = "compat/json-property-added"
	ruleRemoved     = "compat/json-property-removed"
	ruleClosed      = "compat/json-closed"
	ruleCount       = "compat/json-property-count"
	ruleNames       = "compat/json-property-names"
	ruleAlternative = "compat/json-alternatives"
	ruleAmbiguous   = "compat/json-ambiguous"
	ruleNot         = "compat/json-not"
	ruleUnevaluated = "compat/json-unevaluated"
	ruleRefused     = "compat/json-refused"
	ruleUndecided   = "compat/json-undecided"
)

var compareRules = []finding.Rule{
	{ID: ruleType, Summary: "The writer may write a type of JSON value that the reader does not take."},
	{ID: ruleValue, Summary: "The writer may write a value that is not in the reader's enum or const."},
	{ID: ruleRange, Summary: "The writer may write a number beyond the reader's minimum or maximum."},
	{ID: ruleMultiple, Summary: "The writer may write a number that is no multiple of the reader's multipleOf."},
	{ID: ruleLength, Summary: "The writer may write a string that is too short or too long for the reader."},
	{ID: rulePattern, Summary: "The writer may write a string that the reader's pattern does not match."},
	{ID: ruleFormat, Summary: "The writer may write a string that is not of the format that the reader asserts."},
	{ID: ruleArrayLength, Summary: "The writer may write an array that is too short or too long for the reader."},
	{ID: ruleItem, Summary: "The writer may write more elements than the reader's closed tuple has."},
	{ID: ruleContains, Summary: "The writer may write an array with too few or too many elements of the kind that the reader counts."},
	{ID: ruleUnique, Summary: "The writer may write an array with equal elements, the reader wants them to differ."},
	{ID: ruleRequired, Summary: "The writer may leave out a property that the reader requires."},
	{ID: ruleDependent, Summary: "The writer may leave out a property that the reader requires beside another one."},
	{ID: ruleAdded, Summary: "The reader describes a property of which the writer's open object says nothing; forgiven by the lenient dialect."},
	{ID: ruleRemoved, Summary: "The writer may write a property that the reader's closed object no longer has; forgiven by the lenient dialect."},
	{ID: ruleClosed, Summary: "The writer may write properties that neither schema names, the reader's object is closed."},
	{ID: ruleCount, Summary: "The writer may write an object with too few or too many properties for the reader."},
	{ID: ruleNames, Summary: "The writer may write a property whose name the reader's propertyNames refuses."},
	{ID: ruleAlternative, Summary: "The writer may write a value that none of the reader's alternatives takes."},
	{ID: ruleAmbiguous, Summary: "The writer may write a value that more than one alternative of the reader's oneOf takes."},
	{ID: ruleNot, Summary: "The writer may write a value that the reader's not forbids."},
	{ID: ruleUnevaluated, Summary: "The writer may write properties or elements that the reader's unevaluatedProperties or unevaluatedItems refuses."},
	{ID: ruleRefused, Summary: "The writer may write a value where the reader takes none, or one that no single keyword explains."},
	{ID: ruleUndecided, Summary: "It could not be decided whether the reader takes all that the writer may write here."},
}

// Rules are the rules that Compare finds problems by.
func Rules() []finding.Rule { return append([]finding.Rule(nil), compareRules...) }

// hints are the next steps, where the message does not say it all.
var hints = map[string]string{
	ruleRequired: "make it optional for the reader, or require it of the writer",
	ruleAdded:    "close the writer's object (additionalProperties: false), or compare with the lenient dialect",
	ruleRemoved:  "keep the property in the reader's schema, or let it ignore properties that it does not know",
	ruleClosed:   "let the reader ignore properties that it does not know, or close the writer's object",
}
