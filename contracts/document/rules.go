package document

import "github.com/flowweir/weir/reports/finding"

// The ids of what Decode finds, the same for every kind of file.
const (
	Syntax           = "file/syntax"
	Encoding         = "file/encoding"
	Empty            = "file/empty"
	TooLarge         = "file/too-large"
	SeveralDocuments = "file/several-documents"
	NotSupported     = "file/unsupported-yaml"
	UnknownField     = "file/unknown-field"
	WrongType        = "file/wrong-type"
	DuplicateKey     = "file/duplicate-key"
	BadValue         = "file/bad-value"
	UnknownAlias     = "file/unknown-alias"
	Unreadable       = "file/unreadable"
)

// The ids of what a Checker finds by itself, the same for every kind of file.
const (
	Required     = "file/required"
	Conflicting  = "file/conflict"
	UnknownValue = "file/unknown-value"
	OutOfRange   = "file/out-of-range"
)

// Rules are the ids of this package, each with one line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: Unreadable, Summary: "The file cannot be read: it does not exist, or may not be opened."},
		{ID: Encoding, Summary: "The file is not UTF-8 text, or holds a control character."},
		{ID: Empty, Summary: "The file holds nothing but comments and white space."},
		{ID: TooLarge, Summary: "The file exceeds a limit of size, nesting or expansion of aliases."},
		{ID: Syntax, Summary: "The file is no valid YAML."},
		{ID: SeveralDocuments, Summary: "The file holds several YAML documents; Weir reads one per file."},
		{ID: NotSupported, Summary: "The file uses a part of YAML that Weir refuses: a tag, or a key that is no plain text."},
		{ID: DuplicateKey, Summary: "A map says the same key twice."},
		{ID: UnknownAlias, Summary: "An alias names an anchor that is not defined before it."},
		{ID: UnknownField, Summary: "A field that the file's kind does not have, often a misspelt one."},
		{ID: WrongType, Summary: "A value of the wrong type, such as a list where a number belongs, or none at all."},
		{ID: BadValue, Summary: "A value of the right type that cannot be read, such as a duration without a unit."},
		{ID: Required, Summary: "A field is missing or empty without which its surroundings say nothing."},
		{ID: UnknownValue, Summary: "A value is none of those that the field can have."},
		{ID: Conflicting, Summary: "Two fields exclude each other: two transports, two actions of a fault, idempotent without acks: all."},
		{ID: OutOfRange, Summary: "A number or duration lies outside of what makes sense, or a limit is below its start."},
	}
}
