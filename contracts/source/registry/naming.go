package registry

// Part is the part of a record that a schema is of.
type Part string

// The parts, as subjects end with them.
const (
	Key   Part = "key"
	Value Part = "value"
)

// TopicName is the subject under TopicNameStrategy, the default of
// Confluent's serializers: one schema for each topic and part.
func TopicName(topic string, part Part) string { return topic + "-" + string(part) }

// RecordName is the subject under RecordNameStrategy: one schema for each type
// of record, whatever the topic, the same for keys and values. The record's
// name is the full name of the Avro record or Protobuf message, or the title
// of the JSON Schema.
func RecordName(record string) string { return record }

// TopicRecordName is the subject under TopicRecordNameStrategy: several types
// of records on one topic, each with a schema of its own there.
func TopicRecordName(topic, record string) string { return topic + "-" + record }
