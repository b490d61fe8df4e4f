// Package kafka sends a load to Kafka and reads back what arrived.
//
// A [Producer] sends the records of one sender when they are due (open loop)
// and reports each record's outcome to the ledger, its latencies to the meter
// and its story to the journal. A [Reader] reads partitions directly, without
// a group, and hands every record on once. A [Group] is a consumer group of
// Weir's own. The functions that take a *kadm.Client read facts: offsets, lag,
// leaders.
//
// Guarantees. Latency starts when a record was due, whatever held it up; the
// part that the client's full buffer held it up by is measured apart
// (blocked) from the part that the pacer was late by (wake). An outcome is
// acked only on the broker's word, failed only where the record provably is
// in no log, and unknown in all other cases: a timeout, a lost connection, a
// cancelled request, acks=0. A reader reports a truncated log and never hands
// on a record twice because the client read it twice.
//
// The package judges nothing, creates no topics, and knows nothing of
// contracts: what a record holds is up to a [Maker]. It is concrete; the
// packages schedule, ledger and histogram do not import it.
package kafka
