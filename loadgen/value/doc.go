// Package value makes the records of a load that has no contract: values of a
// size and a compressibility, of a corpus or of a template, with headers and
// tombstones.
//
// Every part of a record is a pure function of (seed, sender, sequence): it is
// never stored, and the same seed makes the same bytes. A [Source] appends to
// the room that it is given and allocates nothing.
//
// The package knows neither events nor schemas (package harness/payload does),
// and sends nothing.
package value

// Source makes the values of records. Implementations are immutable and safe
// for concurrent use.
type Source interface {
	// Append appends the value of a record. Calls that share a Record take
	// turns.
	Append(b []byte, r *Record) []byte
	// Mean is about the mean size of a value in bytes, Max the largest.
	Mean() float64
	Max() int
	// String describes the values for a report.
	String() string
}
