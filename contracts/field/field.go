// Package field holds what a schema says about one place in its documents: in
// every format of schema the same few words, so that rules about needs and
// keys need not know JSON Schema, Avro and Protobuf apart.
//
// It is data only; the packages of the formats fill it in.
package field

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
)

// Presence is what a schema says about whether valid documents have a field.
type Presence uint8

// What a schema can say about a field.
const (
	// Unstated: documents may have the field with any value; the schema does
	// not mention it, and the object is open.
	Unstated Presence = iota
	// Never: no valid document has the field.
	Never
	// Sometimes: documents may have the field; some valid ones do not, or
	// only some alternatives of the schema have it.
	Sometimes
	// Always: every valid document has the field.
	Always
)

// String is "unstated", "never", "sometimes" or "always".
func (p Presence) String() string {
	switch p {
	case Unstated:
		return "unstated"
	case Never:
		return "never"
	case Sometimes:
		return "sometimes"
	case Always:
		return "always"
	}
	return fmt.Sprintf("Presence(%d)", uint8(p))
}

// Field is what a schema says about a place in its documents.
type Field struct {
	Presence Presence
	// Open: whether every valid document has the field could not be decided;
	// Presence is then less than Always.
	Open bool
	// Types are the JSON types that the field's value can have, in
	// alphabetical order; nil means any. "integer" stands alone where only
	// whole numbers are valid; "number" includes them.
	Types []string
	// Position is where the schema declares the field, or else the innermost
	// object of the way to it that the schema does declare, with its path there.
	Position finding.Position
}

// Unexpected names the types that the field can have beside the one that a
// reader needs, as in "null or string"; "" if there is none, or the need is of
// any type. An integer is a number.
func (f Field) Unexpected(need string) string {
	if need != "" && f.Types == nil {
		return "any type"
	}
	return strings.Join(f.Beside(need), " or ")
}

// Beside are the types that Unexpected names, one by one.
func (f Field) Beside(need string) []string {
	types := f.Types
	switch {
	case need == "":
		return nil
	case types == nil:
		types = []string{"array", "boolean", "null", "number", "object", "string"}
	}
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool {
		return t == need || need == "number" && t == "integer"
	})
}
