// Package series counts what happens in a run by interval and finds where it
// stood still.
//
// Counters are plain atomic counts with a difference per interval: the
// intervals of a run add up to its totals exactly. They count events as they
// happen; what became of which record is the ledger's.
//
// Stalls measures how long a stream of acks (or of receipts, or of effects)
// stood still, by this definition, which is that of the arithmetic that tests
// of honesty use: a stall begins when the first record whose ack was delayed
// was due, and ends with the first ack after it. See Stalls.
//
// The package has no latencies (package histogram has) and judges nothing.
package series
