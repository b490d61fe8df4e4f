package asyncapi

import (
	"io/fs"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Document is an AsyncAPI document as it was read: references are resolved,
// traits are merged, and everything is in the order of the file.
type Document struct {
	// File is the name that the document was loaded under.
	File string
	// Version is that of AsyncAPI, 3.0.0 or 3.1.0.
	Version string
	// Title and APIVersion are info.title and info.version.
	Title, APIVersion string
	Servers           []*Server
	Channels          []*Channel
	Operations        []*Operation

	reader  *reader
	root    *document.Node
	virtual map[string]*virtualFile
}

// Server is a broker of the document.
type Server struct {
	ID, Host, Protocol string
	Position           finding.Position
}

// Channel is where messages travel.
type Channel struct {
	ID string
	// Address is the address as written, parameters in braces; "" is unknown.
	Address string
	// Parameters are the names of the address's parameters.
	Parameters []string
	// Protocols are those of the channel's servers, or the one that its
	// bindings are for; none where the document says neither.
	Protocols []string
	Messages  []*Message
	// Kafka is the channel's Kafka binding, nil without one.
	Kafka *KafkaChannel
	// AMQP is the channel's AMQP binding, nil without one.
	AMQP     *AMQPChannel
	Position finding.Position

	node *document.Node
}

// KafkaChannel is the Kafka binding of a channel.
type KafkaChannel struct {
	Topic      string
	Partitions int
	Replicas   int
	// Config is topicConfiguration by Kafka's names; lists are joined by
	// commas, as Kafka writes them.
	Config map[string]string
}

// AMQPChannel is the AMQP binding of a channel: a queue, or an exchange with
// the channel's address as routing key.
type AMQPChannel struct {
	Exchange, Queue string
}

// The actions of an Operation.
const (
	Send    = "send"
	Receive = "receive"
)

// Operation is something that the application does.
type Operation struct {
	ID string
	// Action is Send or Receive.
	Action   string
	Channel  *Channel
	Messages []*Message
	Reply    *Reply
	// Kafka is the Kafka binding; its zero value says nothing.
	Kafka KafkaOperation
	// Retry and DeadLetter are what happens when processing fails, by the
	// extensions x-retry and x-deadLetter or the binding's errorTopics.
	Retry      *Retry
	DeadLetter *Channel
	Position   finding.Position

	node *document.Node
}

// KafkaOperation is the Kafka binding of an operation.
type KafkaOperation struct {
	Group         string
	Client        string
	Transactional bool
	// Isolation is read_committed, read_uncommitted or "".
	Isolation string
}

// Retry is a retry policy as the proposal for AsyncAPI has it.
type Retry struct {
	// Channels are where the retries travel; none without topics of their own.
	Channels []*Channel
	// MaxAttempts counts retries: the first attempt is not among them. 0 is
	// unknown.
	MaxAttempts int
	// Strategy is fixed, linear, exponential or "".
	Strategy string
	// Delay is the wait before the first retry, Increment what a linear
	// strategy adds, Max the longest wait.
	Delay, Increment, Max document.Duration
	Multiplier            float64
}

// Reply is the answer to an operation.
type Reply struct {
	// Channel is nil where the address is known only at run time.
	Channel  *Channel
	Messages []*Message
	// Address is the runtime expression that holds the reply's address.
	Address string
}

// Message is a message of one channel.
type Message struct {
	// ID is the message's key in its channel.
	ID                       string
	Name, Title, ContentType string
	Payload, Headers         *Schema
	// Fields are the headers that the header schema names, in its order.
	Fields []Header
	// CorrelationID is the runtime expression of its place.
	CorrelationID string
	Kafka         KafkaMessage
	Examples      []Example
	Position      finding.Position

	node, raw *document.Node
}

// Example is one of a message's examples.
type Example struct {
	Name, Summary string
	// Payload and Headers are files in Document.FS with the JSON of each; ""
	// where the example does not show them.
	Payload, Headers string
	Position         finding.Position
}

// Header is one header of a message.
type Header struct {
	Name     string
	Required bool
	Pattern  string
}

// KafkaMessage is the Kafka binding of a message.
type KafkaMessage struct {
	Key *Schema
	// SchemaIDLocation is header, payload or "".
	SchemaIDLocation     string
	SchemaIDEncoding     string
	SchemaLookupStrategy string
	// Compatibility is a mode by Confluent's name, or "".
	Compatibility string
}

// Schema is a schema of the document.
type Schema struct {
	// Format is one of package contracts, jsonschema, avro or protobuf; ""
	// for one that Weir does not read.
	Format string
	// MediaType is schemaFormat as written; "" for AsyncAPI's own.
	MediaType string
	// File is the schema's file in Document.FS: a file of its own where the
	// document refers to one, DOCUMENT#/pointer where the schema stands in it,
	// and DOCUMENT#/FILE#/pointer where it stands in another file of it.
	File     string
	Position finding.Position

	node *document.Node
}

// FS is the file system that the document was loaded from, and in it the
// schemas that stand inside the document.
func (d *Document) FS() fs.FS { return overlay{d} }
