// Package compat holds what comparing two versions of a schema says, in every
// format of schema the same: whether a reader understands all that a writer
// writes, what breaks it, and a document that shows it.
//
// The comparison itself is the job of the packages of the formats, each of
// which has a function that compares one writer with one reader. This package
// applies the modes of compatibility to it, over one or several old versions,
// and turns problems into findings.
//
// Guarantees: "compatible" is never said where something could not be
// decided; all problems are kept, in the order in which they were found.
package compat

import (
	"github.com/flowweir/weir/reports/finding"
)

// Result is the answer to one question of compatibility.
type Result string

// The results. Only Compatible is green.
const (
	Compatible   Result = "compatible"
	Incompatible Result = "incompatible"
	// Undecided: no problem was shown, and its absence was not shown either.
	Undecided Result = "undecided"
)

// Verdict says what one problem means for the result.
type Verdict uint8

// The verdicts on a problem.
const (
	// Breaks: data of the writer exists that the reader refuses or misreads.
	Breaks Verdict = iota + 1
	// Open: it could not be decided whether the reader understands all.
	Open
	// Forgiven: it breaks, and the dialect, or the format's own rules, pass
	// over it.
	Forgiven
)

// Problem is one thing that the comparison of a writer with a reader found.
type Problem struct {
	// Rule is the stable id, such as "compat/json-type".
	Rule    string
	Verdict Verdict
	// Message is one sentence for a developer of the service that reads: what
	// the writer may write that the reader does not understand.
	Message string
	// Hint is the next step; "" where the message says it all.
	Hint string
	// Writer and Reader are the places of the break in the two schemas.
	Writer, Reader Place
	// Witness shows the problem; nil where it is Open, and where what is
	// Forgiven breaks nothing yet.
	Witness *Witness
}

// Place is a place in a schema: the path within it (a JSON Pointer for JSON
// Schema and Avro, a full name for Protobuf) and the position in its file.
type Place struct {
	Path     string
	Position finding.Position
}

// Witness is a document of the writer that the reader does not understand.
type Witness struct {
	// Document is the document as JSON.
	Document string
	// Bytes are the encoded document, for binary formats; nil for JSON.
	Bytes []byte
	// Earlier says that the document is of a version before the writer's, which
	// the writer's stands for.
	Earlier bool
	// Outcome says what the reader makes of it: how it refuses the document,
	// or what it reads instead.
	Outcome string
}

// Comparison is what comparing one writer with one reader says.
type Comparison struct {
	Problems []Problem
}

// Result is Incompatible if a problem breaks, else Undecided if one is open.
func (c Comparison) Result() Result {
	result := Compatible
	for _, p := range c.Problems {
		switch p.Verdict {
		case Breaks:
			return Incompatible
		case Open:
			result = Undecided
		case Forgiven:
		}
	}
	return result
}
