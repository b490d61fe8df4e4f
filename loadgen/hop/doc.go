// Package hop measures how long the steps of a flow take, each for itself: from
// the first sight of an event in the topic that a consumer reads, to the first
// sight of the event that the consumer made of it, or of its dead letter.
//
// Both moments are those at which Weir received the records, on one clock. What
// that brings is jitter: each moment is late by the fetch that brought the
// record, so a hop is off by the difference of two fetches, and one that is
// shorter than it can come out negative. Timestamps of records would have the
// clocks of others in them, in milliseconds, and a producer's before its batch
// was sent.
//
// Guarantees. Every input ends in one count: as a sample of one of its
// consumer's outputs (in range, negative or out of range), as unfinished, or as
// one that was not followed. Outputs behind the first of an event are counted,
// and so are those without an input. A sample belongs to the phase in which the
// event at the beginning of the chain was due.
//
// Memory is bounded: 8 bytes for each event between input and output, in pages
// that are freed when they are empty. At most 16,777,216 events of a consumer
// are followed at a time; what comes on top is counted.
//
// Percentiles of hops cannot be added. What a chain takes as a whole is
// measured too, from due to its last event, and a uniform sample of the events
// is followed through all hops, so that single ones can be shown.
//
// A Flow is for one goroutine. It judges nothing, and reads no records: who
// calls it knows which event a record is of.
package hop
