// Package avro is what Weir knows of Avro 1.12: it loads schemas with the
// files that they refer to, says what a schema promises about a field, checks,
// encodes and decodes events, makes random ones, and compares a writer's
// schema with a reader's.
//
// Guarantees:
//   - Nothing is fetched. Named types of other files come from the references
//     that the caller gives, as in a schema registry.
//   - Every problem of a schema has a file, line and column, and all problems
//     are reported, not only the first.
//   - Compare reports every break, each with a value that shows it. It never
//     needs to guess: only schemas nested beyond reason are undecided.
//   - What Generate makes depends on the random source alone, and Encode
//     accepts it.
//
// Values are those of JSON: map[string]any for records and maps, []any,
// string, bool, nil, and json.Number. Bytes and fixed are strings in which
// each character, from U+0000 to U+00FF, is one byte, as in Avro's JSON.
// A logical type is an annotation: a date is its number of days.
//
// The binary form is read and written by twmb/avro. Resolving a record of one
// schema into the shape of another is not the job of this package, nor are
// object container files, protocols, and Avro IDL.
package avro

import (
	"slices"
	"strings"

	codec "github.com/twmb/avro"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// Schema is a loaded schema. It is safe for concurrent use.
type Schema struct {
	file  string
	root  use
	codec func() (*codec.Schema, error)
}

// File is the file that the schema was loaded from.
func (s *Schema) File() string { return s.file }

// Position is where the schema's file begins.
func (s *Schema) Position() finding.Position { return s.root.position("") }

// Error says what is wrong with a schema, or that a file is not JSON.
type Error = jsonschema.Error

// Problem is one thing that is wrong, with its place and the next step.
type Problem = jsonschema.Problem

// kind is the name of a primitive or complex type.
type kind string

const (
	nullKind    kind = "null"
	booleanKind kind = "boolean"
	intKind     kind = "int"
	longKind    kind = "long"
	floatKind   kind = "float"
	doubleKind  kind = "double"
	bytesKind   kind = "bytes"
	stringKind  kind = "string"
	recordKind  kind = "record"
	enumKind    kind = "enum"
	arrayKind   kind = "array"
	mapKind     kind = "map"
	unionKind   kind = "union"
	fixedKind   kind = "fixed"
)

var primitives = []kind{nullKind, booleanKind, intKind, longKind, floatKind, doubleKind, bytesKind, stringKind}

// node is a type: one per definition, however often a name refers to it.
type node struct {
	kind kind
	site site

	// Of named types.
	name    string // the full name
	aliases []string

	fields   []recordField // record
	element  use           // items of an array, values of a map
	branches []use         // union
	symbols  []string      // enum
	fallback string        // the default symbol of an enum, "" without one
	length   int           // bytes of a fixed

	logical logical

	// smallest is how many parts the smallest value has, endless if no value
	// ends; flattest is the branch of a union that has it.
	smallest, flattest int
}

type recordField struct {
	name    string
	aliases []string
	typ     use
	site    site
	// defaulted: the field has a default, fallback, which fits its type.
	defaulted bool
	fallback  any
}

// use is a place of a schema that says which type is meant: the definition
// itself or a reference to it.
type use struct {
	*node
	at site
}

// position is that of a part of what stands at the place.
func (u use) position(part string) finding.Position { return u.at.position(part) }

// site is a place in a file.
type site struct {
	doc     *jsonschema.Document
	pointer string
}

func (s site) under(part string) site { return site{s.doc, s.pointer + part} }

func (s site) position(part string) finding.Position {
	if s.doc == nil {
		return finding.Position{}
	}
	return s.doc.Position(s.pointer + part)
}

// named reports whether values of the type are matched by name.
func (n *node) named() bool {
	return n.kind == recordKind || n.kind == enumKind || n.kind == fixedKind
}

// namespace is that of the full name, "" without one.
func (n *node) namespace() string {
	return strings.TrimSuffix(strings.TrimSuffix(n.name, unqualified(n.name)), ".")
}

// tag is what Avro's JSON calls a branch of a union.
func (n *node) tag() string {
	if n.named() {
		return n.name
	}
	return string(n.kind)
}

// String is the type in a sentence: "int", "record a.Order".
func (n *node) String() string {
	if n.named() {
		return string(n.kind) + " " + n.name
	}
	return string(n.kind)
}

// branch is the index of the branch that satisfies the condition, -1 without.
func (n *node) branch(is func(*node) bool) int {
	return slices.IndexFunc(n.branches, func(b use) bool { return is(b.node) })
}

func (n *node) field(name string) int {
	return slices.IndexFunc(n.fields, func(f recordField) bool { return f.name == name })
}
