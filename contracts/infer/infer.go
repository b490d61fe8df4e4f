// Package infer writes a first contract from what is there already: example
// files or records of a topic, a subject of a schema registry, or an AsyncAPI
// document.
//
// Of documents it takes the shape: names and types of fields, which of them
// every document has, formats that all values agree on. [FromRecords] also
// finds the envelope, the events by the names that records carry, the place
// that record keys are made of, headers, and the framing of a registry.
//
// Guarantees:
//   - Every document that a schema was inferred from is valid under it.
//   - No value that was observed is in what is written, unless asked for:
//     neither enum nor const nor pattern nor bounds are inferred, examples are
//     generated, and names of members that look like data (the keys of a map)
//     are not listed. What is taken for a name does appear: events, fields
//     and headers.
//   - The contract loads, and package rules finds no error in it; what could
//     not be known is a YAML comment that says what to fill in. What was
//     guessed is marked and listed.
//   - Nothing that exists is written over unasked. The same input and seed
//     give the same files.
//   - Nothing panics on any input, and depth and size of what is kept of
//     documents are bounded.
//
// It reads no broker: records come from the caller. It is no judge of the
// contract that it writes; that a shape was seen a thousand times does not
// make it a promise.
package infer

import (
	"fmt"

	"github.com/flowweir/weir/contracts/internal/bundle"
)

// ContractFile is where a draft has its contract.
const ContractFile = "weir.yaml"

// Draft is a first contract with the files that it names.
type Draft struct {
	files bundle.Bundle
	// given are the files that the contract names and that exist already.
	given bundle.Bundle
	// Guesses are what was concluded and should be confirmed, and Notes what
	// was seen and is not in the contract, each one sentence.
	Guesses, Notes []string
	// ExampleSeed is what examples were generated from; nil if none was.
	ExampleSeed *uint64
}

func newDraft() *Draft { return &Draft{files: bundle.Bundle{}, given: bundle.Bundle{}} }

// File is a file of a draft.
type File struct {
	// Name is its slash-separated path, relative to where the contract goes.
	Name    string
	Content []byte
}

// Files are the contract and then the others, sorted by name.
func (d *Draft) Files() []File {
	files := []File{{ContractFile, d.files[ContractFile]}}
	for _, f := range d.files.Files() {
		if f.Name != ContractFile {
			files = append(files, File{f.Name, d.files[f.Name]})
		}
	}
	return files
}

func (d *Draft) guess(format string, args ...any) {
	d.Guesses = append(d.Guesses, fmt.Sprintf(format, args...))
}

func (d *Draft) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

// InputError says why no contract can be written from what was given.
type InputError struct {
	Err error
	// Hint is the next step.
	Hint string
}

// Error is the message of Err.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap is Err.
func (e *InputError) Unwrap() error { return e.Err }

func inputError(hint, format string, args ...any) error {
	return &InputError{Err: fmt.Errorf(format, args...), Hint: hint}
}
