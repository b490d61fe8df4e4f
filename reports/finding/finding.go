// Package finding holds what a rule or an invariant has to say: one Finding
// type for static analysis and for verdicts over a run alike, so that every
// view (text, JSON, JUnit, HTML) renders both the same way.
//
// Findings are plain data. They carry a stable id, a place (a file position,
// a record in a topic, or both) and the evidence that lets a stranger check
// the claim. This package imports of the project only reports/secret and decides nothing.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Severity says whether a finding fails a run.
type Severity string

// The severities, most serious first. Error and Undecided are in the way:
// where a command found an error it exits with 1, and where all that it found
// is undecided with 4.
const (
	Error Severity = "error"
	// Undecided: nothing was shown to be wrong, and neither that nothing is.
	Undecided Severity = "undecided"
	Warning   Severity = "warning"
	Info      Severity = "info"
)

// Finding is one thing that a rule or an invariant found.
type Finding struct {
	// ID is the stable id of the rule or invariant, such as "no-loss" or
	// "contract/unknown-field".
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// Message is one sentence, without a trailing period's worth of advice.
	Message string `json:"message"`
	// Position is the place in a file, when there is one.
	Position *Position `json:"position,omitempty"`
	// Related are further places that explain the finding.
	Related []Related `json:"related,omitempty"`
	// Hint is the next step: the nearest valid name, or what to change.
	Hint string `json:"hint,omitempty"`
	// Counterexample is a document that shows an incompatibility, when there
	// is one.
	Counterexample *Counterexample `json:"counterexample,omitempty"`
	// Record is the offending record of a run, when there is one.
	Record *Record `json:"record,omitempty"`
}

// Position is a place in a file. Line and Column count from 1; Column counts
// bytes as compilers do. Zero means unknown.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Path is the place in the schema that the file holds: a JSON Pointer for
	// JSON Schema and Avro, a full name for Protobuf, "#" for the whole of it.
	// In a contract it is the place in events that is named there, such as
	// "$.total", "header:tenant" or "key". Other places have none.
	Path string `json:"path,omitempty"`
	// Source is the text of the line, for a snippet with a caret.
	Source string `json:"source,omitempty"`
}

// String renders file:line:col, leaving out what is unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Naming is the position of a contract's words for a place in events, with the
// place as its path; nil where the position is not known.
func (p *Position) Naming(place string) *Position {
	if p == nil {
		return nil
	}
	named := *p
	named.Path = place
	return &named
}

// Of is in words which place of a schema it is, for the message of a further
// place: "/properties/total of what orders promises". A position without a path
// is what alone.
func (p Position) Of(what string) string {
	switch p.Path {
	case "":
		return what
	case "#":
		return "the root of " + what
	}
	return p.Path + " of " + what
}

// Related is a second place of a finding, with what it contributes.
type Related struct {
	Position Position `json:"position"`
	Message  string   `json:"message"`
}

// Counterexample is a document that one version of a schema allows to be
// written and another one, which has to read it, does not understand.
type Counterexample struct {
	// Writer and Reader name the two versions.
	Writer string `json:"writer"`
	Reader string `json:"reader"`
	// Document is the document as JSON.
	Document string `json:"document"`
	// Bytes are the encoded document where the format is binary.
	Bytes []byte `json:"bytes,omitempty"`
	// Outcome says what the reader makes of it.
	Outcome string `json:"outcome"`
}

// Record identifies one record of a run and tells its story.
type Record struct {
	Topic     string `json:"topic,omitempty"`
	Partition int32  `json:"partition"`
	// Offset is -1 when the record was never seen at an offset.
	Offset int64  `json:"offset"`
	Key    string `json:"key,omitempty"`
	// Sender and Sequence are the record identity of the ledger.
	Sender   string `json:"sender,omitempty"`
	Sequence uint64 `json:"sequence"`
	// EventID is the event identity: the envelope's id of the first send.
	EventID string `json:"event_id,omitempty"`
	// Story is what happened to the record, in order of time.
	Story []Step `json:"story,omitempty"`
}

// Step is one moment in the story of a record.
type Step struct {
	// At is the time since the start of the run.
	At time.Duration `json:"at_ns"`
	// What happened: "due", "sent", "acked at order.events/3@812", ...
	What string `json:"what"`
}

// Sort orders findings by file, line, column, id and message, so that output
// is stable across runs.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		pa, pb := a.position(), b.position()
		return cmp.Or(
			cmp.Compare(pa.File, pb.File),
			cmp.Compare(pa.Line, pb.Line),
			cmp.Compare(pa.Column, pb.Column),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

func (f Finding) position() Position {
	if f.Position == nil {
		return Position{}
	}
	return *f.Position
}

// Errors counts the findings of severity Error.
func Errors(findings []Finding) int { return Count(findings, Error) }

// Count counts the findings of a severity.
func Count(findings []Finding, s Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// List joins names in a sentence: "a", "a and b", "a, b and c".
func List(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
