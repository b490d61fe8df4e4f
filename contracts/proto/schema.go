// Package proto is what Weir knows of Protobuf: it compiles .proto files in
// process with the files that they import, decodes and encodes events, checks
// example documents, says what a schema promises about a field, makes random
// events, and compares two versions of a schema.
//
// Guarantees:
//   - Nothing is fetched. Imports lead to files of the same file system or to
//     the well-known types that are built in; anything else is an error.
//   - Every problem of a schema has a file, line and column, and all that the
//     compiler sees are reported together.
//   - A break that Compare reports was seen: its witness was encoded with the
//     writer's schema and read with the reader's. What could not be shown is
//     Open, never compatible.
//   - Compare reports all problems, in a fixed order.
//
// What a reader reads is what google.golang.org/protobuf reads, with one
// correction: that library takes all enums as open, and this package leaves
// undeclared values of a closed enum (proto2) in the unknown fields, as the
// specification, C++ and Java do.
//
// The content of google.protobuf.Any and services (rpc) are not compared.
// Generated code is not looked at: a renamed message breaks who compiles
// against it, not who reads its bytes.
package proto

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/reports/finding"
)

// Schema is a loaded schema: one message, with the files that it needs. It
// is safe for concurrent use.
type Schema struct {
	file    string
	main    protoreflect.FileDescriptor
	message protoreflect.MessageDescriptor
	named   bool // the message was chosen by name
	sources *sources
	types   *dynamicpb.Types
	// extensions are the known extensions of each message, by number.
	extensions map[protoreflect.FullName][]protoreflect.FieldDescriptor
}

// File is the file that the schema was loaded from.
func (s *Schema) File() string { return s.file }

// MessageName is the full name of the message that the schema describes.
func (s *Schema) MessageName() string { return string(s.message.FullName()) }

// Path is the way to the message within its file, by indexes from the outermost
// message inwards: [1 0] is the first message inside of the second one.
func (s *Schema) Path() []int {
	var path []int
	for d := protoreflect.Descriptor(s.message); d.Parent() != nil; d = d.Parent() {
		path = append(path, d.Index())
	}
	slices.Reverse(path)
	return path
}

// Position is where the message is declared.
func (s *Schema) Position() finding.Position { return s.position(s.message) }

// Error says what is wrong with a schema.
type Error struct {
	// Problems has at least one element, in the order of the files.
	Problems []Problem
}

// Problem is one thing that is wrong, with its place and the next step.
type Problem struct {
	Position finding.Position
	Message  string
	Hint     string
}

// Error is "file:line:col: message" for every problem, one a line.
func (e *Error) Error() string {
	var lines []string
	for _, p := range e.Problems {
		line := fmt.Sprintf("%s: %s", p.Position, p.Message)
		if p.Hint != "" {
			line += " (" + p.Hint + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
