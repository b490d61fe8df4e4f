// Package rules is the static analysis of contracts: what weir check reports
// in one contract and between those that are judged together, before any
// broker runs.
//
// Check takes contracts that package contracts loaded; what their files say
// wrong by themselves (unknown fields, malformed places, schemas that are not
// defined) the loader has reported already and is not said twice here.
//
// Guarantees: every finding has an id of Rules, a place in the file that must
// change, and where another file explains it that place too; the order of
// findings depends on the files alone; nothing is fetched and nothing is
// written. What cannot be judged (a schema in Avro or Protobuf, a subject of
// a registry) is a finding of severity info, never silence.
//
// Versions of a schema are not compared here, and rules about settings of
// brokers and clients are not part of this package.
package rules

import (
	"slices"

	"github.com/flowweir/weir/reports/finding"
)

// Rule is a rule's id with one line on why it is there, and the severity of
// its findings where they are not waived.
type Rule struct {
	finding.Rule
	Severity finding.Severity `json:"severity"`
}

// The ids of what Check finds.
const (
	SchemaMissing      = "check/schema-missing"
	SchemaInvalid      = "check/schema-invalid"
	ExampleMissing     = "check/example-missing"
	ExampleInvalid     = "check/example-invalid"
	BodyMissing        = "check/body-missing"
	KeyAbsent          = "check/key-absent"
	KeyOptional        = "check/key-optional"
	EventUnproduced    = "check/event-unproduced"
	TopicMismatch      = "check/topic-mismatch"
	NeedMissing        = "check/need-missing"
	NeedOptional       = "check/need-optional"
	NeedType           = "check/need-type"
	NeedUnchecked      = "check/need-unchecked"
	TopicLoop          = "check/topic-loop"
	ServiceDuplicate   = "check/service-duplicate"
	ProducersDisagree  = "check/producers-disagree"
	EffectUnproduced   = "check/effect-unproduced"
	EffectUncorrelated = "check/effect-uncorrelated"
	TopicConflict      = "check/topic-conflict"
	AsyncAPIUnchecked  = "check/asyncapi-unchecked"
	WaiverExpired      = "check/waiver-expired"
	WaiverUnused       = "check/waiver-unused"
)

var table = []Rule{
	rule(SchemaMissing, finding.Error, "A schema's file cannot be read, so nothing about the event can be checked."),
	rule(SchemaInvalid, finding.Error, "A schema's file is no valid JSON Schema, or refers to what is not there."),
	rule(ExampleMissing, finding.Error, "An example's file cannot be read."),
	rule(ExampleInvalid, finding.Error, "An example does not validate against the event's schema: one of the two misleads its readers."),
	rule(BodyMissing, finding.Error, "The file that a trigger sends cannot be read."),
	rule(KeyAbsent, finding.Error, "The record key is made of a field that the schema does not allow, so no record can have it."),
	rule(KeyOptional, finding.Warning, "The record key is made of a field that events may leave out; those would have no key and no order."),
	rule(EventUnproduced, finding.Error, "A service waits for an event that no contract of the set produces."),
	rule(TopicMismatch, finding.Error, "A consumer listens where the event's producer does not send."),
	rule(NeedMissing, finding.Error, "A consumer needs a field that the producer does not promise."),
	rule(NeedOptional, finding.Error, "A consumer needs a field that the producer may leave out."),
	rule(NeedType, finding.Error, "A consumer needs a field in another type than the producer may send."),
	rule(NeedUnchecked, finding.Info, "A consumer's need could not be compared with the producer's schema."),
	rule(TopicLoop, finding.Error, "Failed records return to a topic that they are read from again, without end."),
	rule(ServiceDuplicate, finding.Error, "Two contracts speak for one service."),
	rule(ProducersDisagree, finding.Error, "Two services produce one event with different schemas, so consumers cannot rely on either."),
	rule(EffectUnproduced, finding.Error, "The effect of an event is one that the service does not say it produces."),
	rule(EffectUncorrelated, finding.Error, "The effect does not promise the place that leads back to its cause, so effects cannot be counted."),
	rule(TopicConflict, finding.Error, "Two contracts state different facts about one topic."),
	rule(AsyncAPIUnchecked, finding.Warning, "AsyncAPI documents are not read, so what this contract takes from one is not checked."),
	rule(WaiverExpired, finding.Error, "A waiver's date has passed."),
	rule(WaiverUnused, finding.Warning, "A waiver matches no finding of its contract and can go."),
}

func rule(id string, severity finding.Severity, why string) Rule {
	return Rule{finding.Rule{ID: id, Summary: why}, severity}
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
