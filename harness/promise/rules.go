package promise

import "github.com/flowweir/weir/reports/finding"

// Alive is the id of the finding that a service ended by itself while it was
// judged.
const Alive = "promise/alive"

// UnknownEvent is the id of the finding that a service publishes records into
// topics of its events which no contract knows.
const UnknownEvent = "promise/unknown-event"

// RuleID is the id of findings about promises of a kind: promise/header for
// header:tenant.
func (p Promise) RuleID() string { return "promise/" + p.Base() }

// Rules lists the ids of findings about promises.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: Alive, Summary: "The service goes on while it is judged."},
		{ID: UnknownEvent, Summary: "Each record in the topics of a service's events is an event of a contract."},
		{ID: "promise/emitted", Summary: "An event follows its trigger, in time."},
		{ID: "promise/once", Summary: "One event follows one trigger, and is published once."},
		{ID: "promise/schema", Summary: "The data of each event, and a key that has a schema, is valid under it."},
		{ID: "promise/framing", Summary: "Each event, or its key, carries the id of a schema, where and how the contract says."},
		{ID: "promise/subject", Summary: "The schema registry has the subject of the event, or of its key."},
		{ID: "promise/known-id", Summary: "The schema registry has a schema of the id that each event, or its key, carries."},
		{ID: "promise/schema-id", Summary: "The id that each event, or its key, carries is that of its subject, of the version that the contract names, and in Protobuf of its message."},
		{ID: "promise/auto-register", Summary: "The service registers no version of a subject, where the contract refuses that by registry.auto-register: false (by default true, as Confluent's auto.register.schemas)."},
		{ID: "promise/compatibility", Summary: "The version whose id an event, or its key, carries may follow those before it, under the contract's mode."},
		{ID: "promise/envelope", Summary: "The envelope of each event keeps what its standard demands, and its id is its own."},
		{ID: "promise/key", Summary: "The record key is what the contract says that it is made of."},
		{ID: "promise/header", Summary: "A header is there if it is required, and of its form."},
		{ID: "promise/causation", Summary: "The causation id is the id of the event that caused it."},
		{ID: "promise/order", Summary: "Events of one key, or their effects, are in one partition and in their order."},
		{ID: "promise/acks", Summary: "The producer waits for the acknowledgements that the contract names."},
		{ID: "promise/idempotent", Summary: "Events are sent by an idempotent producer."},
		{ID: "promise/transactional", Summary: "Events are sent in transactions."},
		{ID: "promise/effect", Summary: "The declared effect follows a good event, in time."},
		{ID: "promise/commit", Summary: "The group commits a good event, and does not dead-letter it."},
		{ID: "promise/at-least-once", Summary: "The group commits an event after its effect: a crash between the two loses nothing."},
		{ID: "promise/needs", Summary: "An event without the fields that are neither required nor needed is processed."},
		{ID: "promise/tolerance", Summary: "An event with a field more is processed."},
		{ID: "promise/boundary", Summary: "Events at the bounds of their schema are processed."},
		{ID: "promise/versions", Summary: "Events of each version of the schema that may still be on the topic are processed."},
		{ID: "promise/examples", Summary: "The producer's examples are processed."},
		{ID: "promise/late", Summary: "An event that comes late, as after an outage, is processed."},
		{ID: "promise/dedupe", Summary: "A duplicate has no second effect, also where it comes before the first is done."},
		{ID: "promise/distinct", Summary: "An event that differs from another in the key of idempotency alone is no duplicate."},
		{ID: "promise/isolation", Summary: "An event of an aborted transaction has no effect."},
		{ID: "promise/dead-letter", Summary: "What cannot be read is dead-lettered, with what the contract says that a dead letter keeps."},
		{ID: "promise/poison", Summary: "What cannot be read, is not of its schema, or lacks a header or a value, does not stop what comes after it, and has no effect."},
		{ID: "promise/retry", Summary: "What fails is retried as often, where and with the waits that the contract names."},
	}
}
