// Package jsonschema is what Weir knows of JSON Schema: it loads schemas of
// drafts 4, 6, 7, 2019-09 and 2020-12, written as JSON or YAML, with the files
// that they refer to, validates events, says what a schema promises about a
// field, makes random events that are valid, and compares a writer's schema
// with a reader's.
//
// Guarantees:
//   - Nothing is fetched. References lead to files of the same file system
//     or to the drafts' own metaschemas; anything else is an error.
//   - Every problem of a schema has a file, line and column.
//   - Validate reports all violations, in a fixed order, whatever a document
//     holds.
//   - Compare never says "compatible" where it could not decide, and shows a
//     break only with a document that was validated on both sides.
//   - A generated document was validated before it is returned, and is the
//     same for the same state of the random source.
//
// A keyword asks for what it does in the schema's draft, and for nothing in
// drafts that do not have it; IdleKeywords tells those.
//
// Formats are annotations unless AssertFormat is given, as drafts since
// 2019-09 have it and for those before too: a contract should not be broken by
// a difference between two libraries' notions of an e-mail address. Regular
// expressions are those of ECMA-262 with the flag u, matched by Go's regexp
// where they are regular. Those with lookaround, back references or large
// repetitions are matched by a backtracker that gives up after a fixed number
// of steps; what it gave up counts as not matching, and the message says so, as
// it does of properties of characters that Go has no table of. Compare knows of
// them only which texts they match, and takes what was given up for no break.
//
// Validation is done by santhosh-tekuri/jsonschema, which also confirms every
// document that Compare shows. Documents are JSON; only schemas may be YAML.
// Applying a mode of compatibility to several versions is the job of package
// compat.
package jsonschema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/reports/finding"
)

// Schema is a loaded schema. It is safe for concurrent use.
type Schema struct {
	file   string
	root   *js.Schema
	source *loader
	// assertFormat: format is an assertion.
	assertFormat bool
	asked        asked
	doubted      []*js.Schema
}

// File is the file that the schema was loaded from.
func (s *Schema) File() string { return s.file }

// Position is where the schema's file begins.
func (s *Schema) Position() finding.Position { return s.position(s.root) }

// Error says what is wrong with a schema, or that a file is not JSON.
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

// position is where a subschema stands.
func (s *Schema) position(at *js.Schema) finding.Position {
	return s.source.keyPosition(at.Location)
}

// sortProblems puts problems in the order of their places.
func sortProblems(problems []Problem) {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
}
