package rules

import (
	"slices"

	"github.com/flowweir/weir/reports/finding"
)

// Rule is a rule's id with one line on why it is there, the severity of its
// findings where they are not waived, and the group that lists show it in.
type Rule struct {
	finding.Rule
	Severity finding.Severity `json:"severity"`
	Group    string           `json:"group"`
}

// The ids of what Check finds.
const (
	SchemaMissing   = "check/schema-missing"
	SchemaInvalid   = "check/schema-invalid"
	SchemaKeyword   = "check/schema-keyword"
	SchemaEmpty     = "check/schema-empty"
	ExampleMissing  = "check/example-missing"
	ExampleInvalid  = "check/example-invalid"
	ExamplesMissing = "check/examples-missing"
	BodyMissing     = "check/body-missing"
	BodyTemplate    = "check/body-template"

	EventUnproduced   = "check/event-unproduced"
	EventUnread       = "check/event-unread"
	TopicMismatch     = "check/topic-mismatch"
	GroupShared       = "check/group-shared"
	NeedMissing       = "check/need-missing"
	NeedOptional      = "check/need-optional"
	NeedType          = "check/need-type"
	NeedUnchecked     = "check/need-unchecked"
	ServiceDuplicate  = "check/service-duplicate"
	ProducersDisagree = "check/producers-disagree"

	KeyAbsent              = "check/key-absent"
	KeyOptional            = "check/key-optional"
	KeyDisagree            = "check/key-disagree"
	KeyType                = "check/key-type"
	KeyUnordered           = "check/key-unordered"
	PartitionKey           = "check/partition-key"
	OrderWithoutKey        = "check/order-without-key"
	OrderUnsafeSend        = "check/order-unsafe-send"
	OrderUnpromised        = "check/order-unpromised"
	OrderLostInRetry       = "check/order-lost-in-retry"
	OrderUnstated          = "check/order-unstated"
	PartitionsUnstated     = "check/partitions-unstated"
	PartitionsBelowMembers = "check/partitions-below-members"

	IdempotencyMissing    = "check/idempotency-missing"
	IdempotencyUnpromised = "check/idempotency-unpromised"
	IdempotencyWindow     = "check/idempotency-window"
	IdempotencyRetention  = "check/idempotency-retention"
	IdempotencySource     = "check/idempotency-source"
	DLQMissing            = "check/dlq-missing"
	DLQUnowned            = "check/dlq-unowned"
	DLQTooSmall           = "check/dlq-too-small"
	DLQCompacted          = "check/dlq-compacted"
	DLQIncomplete         = "check/dlq-incomplete"
	DLQRetention          = "check/dlq-retention"
	DLQLive               = "check/dlq-live"
	RetryShared           = "check/retry-shared"
	FailureTopicUnstated  = "check/failure-topic-unstated"
	TopicLoop             = "check/topic-loop"
	RetryExpires          = "check/retry-expires"
	RetryBlocksPoll       = "check/retry-blocks-poll"
	EffectUnproduced      = "check/effect-unproduced"
	EffectUncorrelated    = "check/effect-uncorrelated"
	EffectMissing         = "check/effect-missing"

	AcksOneReplica       = "check/acks-one-replica"
	AcksIgnoreISR        = "check/acks-ignore-isr"
	ISRStopsWrites       = "check/isr-stops-writes"
	ISRImpossible        = "check/isr-impossible"
	ReplicationSingle    = "check/replication-single"
	IsolationUncommitted = "check/isolation-uncommitted"

	EventAmbiguous         = "check/event-ambiguous"
	MatchUnpromised        = "check/match-unpromised"
	MatchImpossible        = "check/match-impossible"
	CloudEventsHeader      = "check/cloudevents-header"
	CloudEventsAttribute   = "check/cloudevents-attribute"
	CloudEventsContentType = "check/cloudevents-content-type"
	CloudEventsUndeclared  = "check/cloudevents-undeclared"
	EnvelopeInSchema       = "check/envelope-in-schema"
	EnvelopeUndeclared     = "check/envelope-undeclared"

	EventNameForm         = "check/event-name-form"
	EventNameInconsistent = "check/event-name-inconsistent"
	EventNameTense        = "check/event-name-tense"
	EventNameTechnical    = "check/event-name-technical"

	TopicConflict        = "check/topic-conflict"
	TopicSettingUnknown  = "check/topic-setting-unknown"
	TopicUnused          = "check/topic-unused"
	TopicMixedKeys       = "check/topic-mixed-keys"
	TopicMixedEnvelopes  = "check/topic-mixed-envelopes"
	CompactionWithoutKey = "check/compaction-without-key"

	DomainConsumed           = "check/domain-consumed"
	IntegrationExposesDomain = "check/integration-exposes-domain"
	NotificationWithState    = "check/notification-with-state"
	StateTransferUnkept      = "check/state-transfer-unkept"

	OwnerMissing        = "check/owner-missing"
	TraceparentMissing  = "check/traceparent-missing"
	ObjectiveImpossible = "check/objective-impossible"
	WaiverExpired       = "check/waiver-expired"
	WaiverUnused        = "check/waiver-unused"
)

// The groups of rules.
const (
	groupFiles        = "Files"
	groupInteractions = "Producers and consumers"
	groupKeys         = "Keys and order"
	groupFailures     = "Failures"
	groupDurability   = "Durability"
	groupRecords      = "Records and envelopes"
	groupNames        = "Names"
	groupTopics       = "Topics"
	groupKinds        = "Kinds of events"
	groupContract     = "The contract itself"
)

var table = []Rule{
	rule(SchemaMissing, groupFiles, finding.Error, "A schema's file cannot be read, so nothing about the event can be checked."),
	rule(SchemaInvalid, groupFiles, finding.Error, "A schema's file is no valid schema, or refers to what is not there."),
	rule(SchemaKeyword, groupFiles, finding.Warning, "A name in a JSON Schema is nearly a keyword, or is one of another draft; as it is, it asks for nothing."),
	rule(SchemaEmpty, groupFiles, finding.Error, "A schema asks for what cannot be, so no event at all is valid."),
	rule(ExampleMissing, groupFiles, finding.Error, "An example's file cannot be read."),
	rule(ExampleInvalid, groupFiles, finding.Error, "An example does not validate against the event's schema: one of the two misleads its readers."),
	rule(ExamplesMissing, groupFiles, finding.Info, "Events have no example, so readers of the contract and generated loads see no real shape."),
	rule(BodyMissing, groupFiles, finding.Error, "The file that a trigger sends cannot be read."),
	rule(BodyTemplate, groupFiles, finding.Error, "The file that a trigger sends cannot be filled in, or becomes no JSON though it is sent as JSON."),

	rule(EventUnproduced, groupInteractions, finding.Error, "A service waits for an event that no contract of the set produces."),
	rule(EventUnread, groupInteractions, finding.Warning, "A service produces an event that no contract consumes, in a workspace whose services are all under contract."),
	rule(TopicMismatch, groupInteractions, finding.Error, "A consumer listens where the event's producer does not send."),
	rule(GroupShared, groupInteractions, finding.Error, "Two services read one topic in one group, so each gets only a part of the records."),
	rule(NeedMissing, groupInteractions, finding.Error, "A consumer needs a field that the producer does not promise."),
	rule(NeedOptional, groupInteractions, finding.Error, "A consumer needs a field that the producer may leave out."),
	rule(NeedType, groupInteractions, finding.Error, "A consumer needs a field in another type than the producer may send."),
	rule(NeedUnchecked, groupInteractions, finding.Info, "A consumer's need could not be compared with the producer's schema."),
	rule(ServiceDuplicate, groupInteractions, finding.Error, "Two contracts speak for one service."),
	rule(ProducersDisagree, groupInteractions, finding.Error, "Two services produce one event with different schemas or framings, so consumers cannot rely on either."),

	rule(KeyAbsent, groupKeys, finding.Error, "The record key is made of a field that the schema does not allow, so no record can have it."),
	rule(KeyOptional, groupKeys, finding.Warning, "The record key is made of a field that events may leave out; those would have no key and no order."),
	rule(KeyDisagree, groupKeys, finding.Error, "Two services key one event differently, so one entity's events land in different partitions."),
	rule(KeyType, groupKeys, finding.Error, "The format or the schema of the record key does not take each value that the key is made of."),
	rule(KeyUnordered, groupKeys, finding.Error, "The record key has a map or an object, which is written in any order, so one entity has several keys."),
	rule(PartitionKey, groupKeys, finding.Warning, "CloudEvents' partitionkey is promised, but the record key cannot be equal to it."),
	rule(OrderWithoutKey, groupKeys, finding.Error, "Order per key is promised of records that have no key."),
	rule(OrderUnsafeSend, groupKeys, finding.Warning, "Order per key is promised by a producer that is not idempotent, whose retries reorder."),
	rule(OrderUnpromised, groupKeys, finding.Error, "A consumer relies on the order of a key, which the producer does not promise."),
	rule(OrderLostInRetry, groupKeys, finding.Error, "A consumer relies on the order of a key and breaks it with its own retry topics."),
	rule(OrderUnstated, groupKeys, finding.Warning, "Retry topics overtake an order that the producer promises, and the consumer does not say whether it minds."),
	rule(PartitionsUnstated, groupKeys, finding.Info, "Order per key is promised on a topic whose number of partitions no contract states."),
	rule(PartitionsBelowMembers, groupKeys, finding.Warning, "A group has more members than the topic has partitions; the rest stand idle."),

	rule(IdempotencyMissing, groupFailures, finding.Warning, "A consumer under at-least-once delivery does not say how it knows an event again."),
	rule(IdempotencyUnpromised, groupFailures, finding.Error, "A consumer knows events again by a place that the producer does not promise."),
	rule(IdempotencyWindow, groupFailures, finding.Error, "A consumer forgets an event before its own retries of it end."),
	rule(IdempotencyRetention, groupFailures, finding.Info, "A consumer forgets events that the topic still holds and can deliver again."),
	rule(IdempotencySource, groupFailures, finding.Warning, "A consumer knows CloudEvents of two services again by their id alone, which is unique within a source only."),
	rule(DLQMissing, groupFailures, finding.Warning, "Retries end, and the contract does not say where the record goes then."),
	rule(DLQUnowned, groupFailures, finding.Warning, "Dead letters have no one owner who looks after them."),
	rule(DLQTooSmall, groupFailures, finding.Error, "A topic of retries or dead letters refuses records that its input accepts."),
	rule(DLQCompacted, groupFailures, finding.Error, "A topic of retries or dead letters is compacted, which deletes all but the last record of a key."),
	rule(DLQIncomplete, groupFailures, finding.Warning, "Dead letters do not keep key, value and headers of the original, so they cannot be sent again as they were."),
	rule(DLQRetention, groupFailures, finding.Warning, "Dead letters are deleted before the records that they are of."),
	rule(DLQLive, groupFailures, finding.Error, "Dead letters go to a topic to which other events are sent, so that readers of those get them, too."),
	rule(RetryShared, groupFailures, finding.Error, "Another service uses a topic of retries, too, and takes what waits there."),
	rule(FailureTopicUnstated, groupFailures, finding.Warning, "No contract states the facts of a topic of retries or dead letters, so nobody provisions it."),
	rule(TopicLoop, groupFailures, finding.Error, "Failed records return to a topic that they are read from again, without end."),
	rule(RetryExpires, groupFailures, finding.Error, "A retry waits longer than the topic keeps the record."),
	rule(RetryBlocksPoll, groupFailures, finding.Error, "Retries in place take longer than the group waits for a poll, so the member is thrown out and the record comes again."),
	rule(EffectUnproduced, groupFailures, finding.Error, "The effect of an event is one that the service does not say it produces."),
	rule(EffectUncorrelated, groupFailures, finding.Error, "The effect does not promise the place that leads back to its cause, so effects cannot be counted."),
	rule(EffectMissing, groupFailures, finding.Info, "Nothing outside shows that a service processed an event, so neither loss nor doubles can be proved."),

	rule(AcksOneReplica, groupDurability, finding.Warning, "acks: all waits for one replica only, because min.insync.replicas is 1."),
	rule(AcksIgnoreISR, groupDurability, finding.Warning, "min.insync.replicas protects nothing, because the producer does not wait for all in-sync replicas."),
	rule(ISRStopsWrites, groupDurability, finding.Warning, "min.insync.replicas is the number of replicas, so one lost broker stops all writes."),
	rule(ISRImpossible, groupDurability, finding.Error, "min.insync.replicas is more than there are replicas, so no write with acks: all ever succeeds."),
	rule(ReplicationSingle, groupDurability, finding.Warning, "A topic has one replica; the loss of one disk is the loss of its records."),
	rule(IsolationUncommitted, groupDurability, finding.Error, "A consumer reads uncommitted records of a transactional producer, aborted ones included."),

	rule(EventAmbiguous, groupRecords, finding.Error, "Two events travel on one topic, and nothing tells their records apart."),
	rule(MatchUnpromised, groupRecords, finding.Warning, "Records are told apart by a header or field that they may lack."),
	rule(MatchImpossible, groupRecords, finding.Error, "Records are told apart by a value that no valid record has."),
	rule(CloudEventsHeader, groupRecords, finding.Error, "A header of a CloudEvent breaks the naming rules of CloudEvents or of its Kafka binding."),
	rule(CloudEventsAttribute, groupRecords, finding.Error, "A required attribute of CloudEvents is declared optional or with a value that it cannot have."),
	rule(CloudEventsContentType, groupRecords, finding.Error, "The header content-type contradicts the content mode of the CloudEvent."),
	rule(CloudEventsUndeclared, groupRecords, finding.Warning, "Headers of CloudEvents are promised without the envelope that they belong to."),
	rule(EnvelopeInSchema, groupRecords, finding.Error, "The schema describes the envelope, but it is held against the data inside."),
	rule(EnvelopeUndeclared, groupRecords, finding.Warning, "The schema describes an envelope that the contract does not declare."),

	rule(EventNameForm, groupNames, finding.Info, "An event's name is not a reverse domain name that ends with a word in PascalCase."),
	rule(EventNameInconsistent, groupNames, finding.Warning, "Two events have names that differ in case or separators alone."),
	rule(EventNameTense, groupNames, finding.Warning, "An event is not named in the past tense, or a command is."),
	rule(EventNameTechnical, groupNames, finding.Info, "An event is named after what happened to a row, not after what happened in the business."),

	rule(TopicConflict, groupTopics, finding.Error, "Two contracts state different facts about one topic."),
	rule(TopicSettingUnknown, groupTopics, finding.Warning, "A topic is given a setting that Kafka does not have, so that it says nothing."),
	rule(TopicUnused, groupTopics, finding.Warning, "Facts are stated about a topic that no interaction uses."),
	rule(TopicMixedKeys, groupTopics, finding.Warning, "Events on one topic are keyed in ways that cannot agree, so they have no common order."),
	rule(TopicMixedEnvelopes, groupTopics, finding.Warning, "Events on one topic travel in different envelopes, so a reader must guess before it can parse."),
	rule(CompactionWithoutKey, groupTopics, finding.Error, "A compacted topic gets records without a key, which Kafka refuses."),

	rule(DomainConsumed, groupKinds, finding.Warning, "A service consumes another service's domain event, which may change without notice."),
	rule(IntegrationExposesDomain, groupKinds, finding.Warning, "An integration event shares schema or topic with a domain event, and so exposes what is internal."),
	rule(NotificationWithState, groupKinds, finding.Warning, "A notification carries state, on which consumers come to rely."),
	rule(StateTransferUnkept, groupKinds, finding.Warning, "A state transfer has no key or no compacted topic, so the latest state of an entity is not kept."),

	rule(OwnerMissing, groupContract, finding.Info, "A contract names nobody who answers for the service."),
	rule(TraceparentMissing, groupContract, finding.Info, "Events promise no header traceparent, so a trace ends at the broker."),
	rule(ObjectiveImpossible, groupContract, finding.Warning, "An objective cannot be met under what the same contract says."),
	rule(WaiverExpired, groupContract, finding.Error, "A waiver's date has passed."),
	rule(WaiverUnused, groupContract, finding.Warning, "A waiver matches no finding of its contract and can go."),
}

func rule(id, group string, severity finding.Severity, why string) Rule {
	return Rule{finding.Rule{ID: id, Summary: why}, severity, group}
}

// Rules are all rules of this package, in the order in which explanations
// list them.
func Rules() []Rule { return slices.Clone(table) }

var severities = func() map[string]finding.Severity {
	m := map[string]finding.Severity{}
	for _, r := range table {
		m[r.ID] = r.Severity
	}
	return m
}()
