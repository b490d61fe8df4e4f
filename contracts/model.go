package contracts

import (
	"github.com/flowweir/weir/contracts/document"
)

// Version is the value of the field "weir" of a contract file.
const Version = "contract/v1"

// Contract is one weir.yaml: what a service produces, what it consumes and
// what it promises about both.
type Contract struct {
	Weir       string            `yaml:"weir"`
	Service    Service           `yaml:"service"`
	AsyncAPI   string            `yaml:"asyncapi"`
	Topics     map[string]Topic  `yaml:"topics"`
	Schemas    map[string]Schema `yaml:"schemas"`
	Produces   []Produces        `yaml:"produces"`
	Consumes   []Consumes        `yaml:"consumes"`
	Objectives *Objectives       `yaml:"objectives"`
	Waive      []Waiver          `yaml:"waive"`

	// Doc gives the position of every field, for findings.
	Doc *document.Document `yaml:"-"`
}

// Service names the service and its owner.
type Service struct {
	Name    string `yaml:"name"`
	Owner   string `yaml:"owner"`
	Repo    string `yaml:"repo"`
	Version string `yaml:"version"`
}

// Topic states facts about a topic that rules need and scenarios start from.
type Topic struct {
	Partitions  int               `yaml:"partitions"`
	Replication int               `yaml:"replication"`
	Retention   document.Duration `yaml:"retention"`
	// Config are topic settings by Kafka's names.
	Config map[string]string `yaml:"config"`
}

// Schema says where a schema is. As a plain string it is a file.
type Schema struct {
	File     string    `yaml:"file"`
	Format   string    `yaml:"format"` // jsonschema | avro | protobuf; from the ending if empty
	History  string    `yaml:"history"`
	Registry *Registry `yaml:"registry"`
	Wire     string    `yaml:"wire"` // none | confluent | confluent-header
	// Formats says whether JSON Schema's keyword format asserts something.
	Formats string `yaml:"formats"` // annotate (the default) | assert
	// Encoding is the form in which Protobuf messages travel.
	Encoding string `yaml:"encoding"` // binary (the default) | json
	// References are further files: of Avro the named types, of JSON Schema
	// what it refers to by $id.
	References []string `yaml:"references"`
	// ImportPaths are the folders that the imports of Protobuf start from.
	ImportPaths []string `yaml:"import-paths"`
}

// Registry is a subject of a schema registry.
type Registry struct {
	Subject string `yaml:"subject"`
	Version string `yaml:"version"`
	// AutoRegister says whether the service may register versions itself, as
	// Confluent's auto.register.schemas lets it; default true.
	AutoRegister *bool `yaml:"auto-register"`
}

// Address says where an event travels. Exactly one transport is set; topic:
// in an interaction is short for kafka: {topic: ...}.
type Address struct {
	Kafka       *KafkaAddress       `yaml:"kafka"`
	RabbitMQ    *RabbitMQAddress    `yaml:"rabbitmq"`
	Redis       *RedisAddress       `yaml:"redis"`
	EventBridge *EventBridgeAddress `yaml:"eventbridge"`
}

// KafkaAddress is a topic.
type KafkaAddress struct {
	Topic string `yaml:"topic"`
}

// RabbitMQAddress is an exchange with a routing key, or a queue.
type RabbitMQAddress struct {
	Exchange   string `yaml:"exchange"`
	RoutingKey string `yaml:"routing-key"`
	Queue      string `yaml:"queue"`
}

// RedisAddress is a stream.
type RedisAddress struct {
	Stream string `yaml:"stream"`
}

// EventBridgeAddress is a bus and a detail type.
type EventBridgeAddress struct {
	Bus        string `yaml:"bus"`
	DetailType string `yaml:"detail-type"`
}

// Match says how a record is known to be this event. One field is set.
type Match struct {
	Header string `yaml:"header"` // the header's value is the event's name
	Value  string `yaml:"value"`  // a place in the data, $.type, whose value is the event's name
	Name   string `yaml:"name"`   // the Avro or Protobuf full name
}

// Key says what the record key is made of: a place, or a template of places.
type Key struct {
	Place    string `yaml:"place"`
	Template string `yaml:"template"`
	Format   string `yaml:"format"` // string | json | long | bytes; default string
	// Schema is that of keys which are documents themselves, encoded as it and
	// its wire say; it excludes Format.
	Schema *SchemaRef `yaml:"schema"`
}

// Produces is an interaction: an event that the service emits.
type Produces struct {
	// Operation is the id of the operation of the AsyncAPI document that the
	// interaction stands on.
	Operation     string `yaml:"operation"`
	Event         string `yaml:"event"`
	Kind          string `yaml:"kind"`
	Topic         string `yaml:"topic"`
	Address       `yaml:",inline"`
	Match         *Match            `yaml:"match"`
	Schema        SchemaRef         `yaml:"schema"`
	Envelope      string            `yaml:"envelope"`
	Key           *Key              `yaml:"key"`
	Ordering      string            `yaml:"ordering"` // none | per-key
	Delivery      Delivery          `yaml:"delivery"`
	Compatibility string            `yaml:"compatibility"`
	Headers       map[string]Header `yaml:"headers"`
	Trigger       *Trigger          `yaml:"trigger"`
	Examples      []string          `yaml:"examples"`
}

// SchemaRef is the name of an entry of schemas:, a file, or an inline
// {file: ...} or {registry: ...}.
type SchemaRef struct {
	Ref    string
	Inline *Schema
}

// Delivery is what the producer promises about delivery.
type Delivery struct {
	Acks          string `yaml:"acks"` // all | leader | none (Kafka: all, 1, 0 are accepted)
	Idempotent    *bool  `yaml:"idempotent"`
	Transactional bool   `yaml:"transactional"`
}

// Header is a header that records carry. As a plain string it is required or
// optional.
type Header struct {
	Required bool   `yaml:"required"`
	Pattern  string `yaml:"pattern"`
}

// Trigger says how a test makes the service emit the event. Exactly one of
// HTTP, Exec, Event and Go is set.
type Trigger struct {
	Given   []Step            `yaml:"given"`
	HTTP    string            `yaml:"http"` // "POST /orders"; a template
	Exec    []string          `yaml:"exec"` // argv, no shell
	Event   string            `yaml:"event"`
	Go      string            `yaml:"go"`   // the name of a Go function given in go test
	Body    string            `yaml:"body"` // a file; its content is a template
	Headers map[string]string `yaml:"headers"`
	Expect  int               `yaml:"expect"` // HTTP status or exit code; default 2xx, 0
	// ID is the place in the trigger that carries the identity:
	// body:$.order_id or header:Idempotency-Key.
	ID string `yaml:"id"`
}

// Step is a precondition of a trigger.
type Step struct {
	HTTP    string            `yaml:"http"`
	Exec    []string          `yaml:"exec"`
	Event   string            `yaml:"event"`
	Go      string            `yaml:"go"`
	Body    string            `yaml:"body"`
	Headers map[string]string `yaml:"headers"`
	Expect  int               `yaml:"expect"`
	Save    map[string]string `yaml:"save"` // variable name to a place in the reply
}

// Consumes is an interaction: an event that the service reacts to.
type Consumes struct {
	// Operation is the id of the operation of the AsyncAPI document that the
	// interaction stands on.
	Operation   string `yaml:"operation"`
	Event       string `yaml:"event"`
	Topic       string `yaml:"topic"`
	Address     `yaml:",inline"`
	Group       string       `yaml:"group"`
	Ordering    string       `yaml:"ordering"` // none | per-key: whether the order of one key's events matters here
	Needs       Needs        `yaml:"needs"`
	Schema      *SchemaRef   `yaml:"schema"` // the reader's own schema
	Idempotency *Idempotency `yaml:"idempotency"`
	Retry       *Retry       `yaml:"retry"`
	DLQ         *DLQ         `yaml:"dlq"`
	Isolation   string       `yaml:"isolation"` // read-uncommitted | read-committed
	Effect      *Effect      `yaml:"effect"`
	// Members is how many members the group runs with.
	Members int `yaml:"members"`
	// MaxPollInterval and SessionTimeout are Kafka's max.poll.interval.ms and
	// session.timeout.ms.
	MaxPollInterval document.Duration `yaml:"max-poll-interval"`
	SessionTimeout  document.Duration `yaml:"session-timeout"`
}

// Needs are the fields that a consumer reads, in the file's order. In the
// file: a list of places, or a map of places to JSON types ("" where a list
// gave no type).
type Needs []Need

// Need is one place in the event and the JSON type that the reader expects
// there; an empty type accepts any.
type Need struct {
	Place string
	Type  string
}

// Idempotency says by what key, and for how long, the consumer knows an
// event again.
type Idempotency struct {
	Key    string            `yaml:"key"` // default: the envelope's id
	Window document.Duration `yaml:"window"`
}

// Retry is the retry policy. Attempts include the first.
type Retry struct {
	Attempts int      `yaml:"attempts"`
	Backoff  Backoff  `yaml:"backoff"`
	Topics   []string `yaml:"topics"`
}

// Backoff is the wait between attempts.
type Backoff struct {
	Kind    string            `yaml:"kind"` // fixed | linear | exponential
	Initial document.Duration `yaml:"initial"`
	Max     document.Duration `yaml:"max"`
	Factor  float64           `yaml:"factor"` // exponential; default 2
}

// DLQ is the dead-letter topic and what it keeps of the original.
type DLQ struct {
	Topic    string   `yaml:"topic"`
	Preserve []string `yaml:"preserve"` // key, value, headers
	Delivery string   `yaml:"delivery"` // at-least-once (default) | exactly-once
}

// Effect says how the outside sees that an event was processed. Exactly one
// of Event, SQL and HTTP is set. Of the last two package probe has the forms.
type Effect struct {
	Event     string `yaml:"event"`
	Correlate string `yaml:"correlate"` // with event: the place in the effect that holds the cause's event id; default: its causation id
	SQL       string `yaml:"sql"`
	HTTP      string `yaml:"http"`
	Count     string `yaml:"count"` // with http: the place in the reply of the number, or of an array; default: the whole reply
}

// Objectives are the service level objectives of a contract.
type Objectives struct {
	Publish  map[string]document.Duration `yaml:"publish"` // p50, p99, p99.9 to a bound
	Send     map[string]document.Duration `yaml:"send"`
	EndToEnd map[string]document.Duration `yaml:"end-to-end"`
	Effect   map[string]document.Duration `yaml:"effect"`
	Lag      *LagObjective                `yaml:"lag"`
	Recovery document.Duration            `yaml:"recovery"`
	Achieved document.Share               `yaml:"achieved"`
	Errors   *document.Share              `yaml:"errors"`
}

// LagObjective bounds how far a consumer may be behind.
type LagObjective struct {
	Records document.Count    `yaml:"records"`
	Age     document.Duration `yaml:"age"`
}

// Waiver accepts the findings of a rule until a date.
type Waiver struct {
	Rule   string `yaml:"rule"`
	Reason string `yaml:"reason"`
	Until  string `yaml:"until"` // YYYY-MM-DD, inclusive
}
