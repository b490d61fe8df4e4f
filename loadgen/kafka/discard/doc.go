// Package discard is a Kafka broker in this process that acknowledges records
// and keeps none: what a generator can do where nothing holds it up.
//
// It takes produce requests of clients that write record batches (Kafka 0.11
// and later), idempotent or not, and answers what such a client asks before it
// sends: versions, metadata and a producer id. It is one node, and its topics
// have no records to read: fetches, groups, transactions and TLS are not
// there. A request that it does not know ends the connection.
//
// A rate that was measured on it is the generator's own; it says nothing of
// any broker.
package discard
