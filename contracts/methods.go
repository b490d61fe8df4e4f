package contracts

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/place"
)

// The transports of an Address. Static rules take all of them; Kafka is the
// one that live runs use.
const (
	TransportKafka       = "kafka"
	TransportRabbitMQ    = "rabbitmq"
	TransportRedis       = "redis"
	TransportEventBridge = "eventbridge"
)

// Transport is the transport that is set; "" without an address.
func (a Address) Transport() string {
	switch {
	case a.Kafka != nil:
		return TransportKafka
	case a.RabbitMQ != nil:
		return TransportRabbitMQ
	case a.Redis != nil:
		return TransportRedis
	case a.EventBridge != nil:
		return TransportEventBridge
	}
	return ""
}

// Channel is an address as a comparable value: interactions meet where their
// channels are equal. The zero Channel is no address.
type Channel struct {
	Transport string
	// Name is the topic, exchange, stream or bus; Key the routing key or
	// detail type; Queue is RabbitMQ's.
	Name, Key, Queue string
}

// Channel is the address as a comparable value.
func (a Address) Channel() Channel {
	switch c := (Channel{Transport: a.Transport()}); c.Transport {
	case TransportKafka:
		c.Name = a.Kafka.Topic
		return c
	case TransportRabbitMQ:
		c.Name, c.Key, c.Queue = a.RabbitMQ.Exchange, a.RabbitMQ.RoutingKey, a.RabbitMQ.Queue
		return c
	case TransportRedis:
		c.Name = a.Redis.Stream
		return c
	case TransportEventBridge:
		c.Name, c.Key = a.EventBridge.Bus, a.EventBridge.DetailType
		return c
	}
	return Channel{}
}

// Reaches reports whether what is sent to a channel may come to one that is
// listened to: the same one, and for RabbitMQ any queue of an exchange that the
// other side does not name, since what binds it stands in no contract.
func (c Channel) Reaches(listens Channel) bool {
	unbound := c.Transport == TransportRabbitMQ && listens.Transport == TransportRabbitMQ && (c.Name == "" || listens.Name == "")
	return c == listens || unbound
}

// String is the channel in words; "" for none.
func (c Channel) String() string {
	switch c.Transport {
	case TransportKafka:
		return "topic " + c.Name
	case TransportRabbitMQ:
		return fmt.Sprintf("rabbitmq exchange %q, routing key %q, queue %q", c.Name, c.Key, c.Queue)
	case TransportRedis:
		return "redis stream " + c.Name
	case TransportEventBridge:
		return fmt.Sprintf("eventbridge bus %q, detail-type %q", c.Name, c.Key)
	}
	return ""
}

// TopicName is the Kafka topic; "" where the transport is another one.
func (a Address) TopicName() string {
	if a.Kafka == nil {
		return ""
	}
	return a.Kafka.Topic
}

// Producer is the first interaction that produces event, nil without one.
func (c *Contract) Producer(event string) *Produces {
	for i := range c.Produces {
		if c.Produces[i].Event == event {
			return &c.Produces[i]
		}
	}
	return nil
}

// Consumer is the first interaction that consumes event, nil without one.
func (c *Contract) Consumer(event string) *Consumes {
	for i := range c.Consumes {
		if c.Consumes[i].Event == event {
			return &c.Consumes[i]
		}
	}
	return nil
}

// SchemaOf is the schema that ref names: an entry of schemas, a file, or the
// one that is written inline. It is nil for an empty ref. Format and Wire are
// filled in.
func (c *Contract) SchemaOf(ref SchemaRef) *Schema {
	var s Schema
	switch {
	case ref.Inline != nil:
		s = *ref.Inline
	case ref.Ref == "":
		return nil
	default:
		var ok bool
		if s, ok = c.Schemas[ref.Ref]; !ok {
			s = Schema{File: ref.Ref}
		}
	}
	s.Format, s.Wire = s.format(), s.wire()
	return &s
}

// RequiredAcks is what acks asks for, as all (the default), leader or none.
// Kafka calls these all or -1, 1, and 0.
func (d Delivery) RequiredAcks() string {
	if d.Acks == "" {
		return AcksAll
	}
	return d.Acks
}

// IsIdempotent is enable.idempotence. As in Kafka it is on by default where
// acks is all, and off where acks is less.
func (d Delivery) IsIdempotent() bool {
	if d.Idempotent == nil {
		return d.RequiredAcks() == AcksAll
	}
	return *d.Idempotent
}

// EnvelopeName is the envelope: none where the contract gives none, so that
// the record's value is the event's data.
func (p Produces) EnvelopeName() string {
	if p.Envelope == "" {
		return EnvelopeNone
	}
	return p.Envelope
}

// CompatibilityMode is the mode that versions of the schema keep: backward
// where the contract gives none, which is also the default of registries.
func (p Produces) CompatibilityMode() string {
	if p.Compatibility == "" {
		return "backward"
	}
	return p.Compatibility
}

// OrderedPerKey says whether records of one key keep their order.
func (p Produces) OrderedPerKey() bool { return p.Ordering == OrderingPerKey }

// Recognition is how a record is known to be this event, as far as its
// headers and data tell: match, or the header ce_type for CloudEvents in
// binary mode. The zero Match leaves it to the envelope's own field type
// (structured CloudEvents, standard), which no place can name; without an
// envelope every record of the topic is taken for the event.
func (p Produces) Recognition() Match {
	switch {
	case p.Match != nil:
		return *p.Match
	case p.Envelope == EnvelopeCloudEventsBinary:
		return Match{Header: "ce_type"}
	}
	return Match{}
}

// CorrelatePlace is where the effect has the id of its cause: correlate, or
// the causation id, as an envelope or the header causation_id has it.
func (e Effect) CorrelatePlace() (place.Place, error) {
	return placeOr(e.Correlate, "causationid")
}

// KeyPlace is by what an event is known again: key, or the envelope's id.
func (i Idempotency) KeyPlace() (place.Place, error) { return placeOr(i.Key, "id") }

// placeOr is a place, or an attribute of the envelope where none is given.
func placeOr(text, attribute string) (place.Place, error) {
	if text == "" {
		return place.Attribute(attribute), nil
	}
	return place.Parse(text)
}

// KeyOfSchema is what a key with a schema of its own is serialized as.
const KeyOfSchema = "a document of its schema"

// SerializedAs is the format of the key, [KeyOfSchema] for one that has a
// schema, string where the contract gives neither.
func (k Key) SerializedAs() string {
	switch {
	case k.Schema != nil:
		return KeyOfSchema
	case k.Format == "":
		return "string"
	}
	return k.Format
}

// ReadCommitted says whether isolation is read-committed; Kafka's default,
// and this one, is read-uncommitted.
func (c Consumes) ReadCommitted() bool { return c.Isolation == IsolationReadCommitted }

// PollInterval is the longest time between two polls before the group takes
// the member for dead: Kafka's default of 5 minutes where the contract gives
// none.
func (c Consumes) PollInterval() time.Duration {
	if c.MaxPollInterval == 0 {
		return 5 * time.Minute
	}
	return time.Duration(c.MaxPollInterval)
}

// Horizon is the time from the first attempt to the last: the sum of all
// waits, without what the attempts themselves take.
func (r Retry) Horizon() time.Duration {
	var sum time.Duration
	for attempt := 2; attempt <= r.Attempts; attempt++ {
		if sum += r.Backoff.Delay(attempt); sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// LongestWait is the longest wait between two attempts.
func (r Retry) LongestWait() time.Duration { return r.Backoff.Delay(r.Attempts) }

// Delay is the wait before the given attempt. Attempts count from 1, the
// first one waits for nothing; the second waits for initial. A fixed backoff
// stays there, a linear one grows by initial with each attempt, an
// exponential one by the factor. None exceeds max, if that is set. Without a
// kind the backoff is exponential where a factor or max is given, else fixed.
func (b Backoff) Delay(attempt int) time.Duration {
	if attempt <= 1 {
		return 0
	}
	steps := float64(attempt - 2)
	delay := float64(b.Initial)
	switch b.kind() {
	case BackoffLinear:
		delay *= steps + 1
	case BackoffExponential:
		delay *= math.Pow(b.GrowthFactor(), steps)
	}
	limit := time.Duration(math.MaxInt64)
	if b.Max > 0 {
		limit = time.Duration(b.Max)
	}
	if delay >= float64(limit) {
		return limit
	}
	return time.Duration(delay)
}

func (b Backoff) kind() string {
	switch {
	case b.Kind != "":
		return b.Kind
	case b.Factor > 0 || b.Max > 0:
		return BackoffExponential
	}
	return BackoffFixed
}

// GrowthFactor is the factor of an exponential backoff; default 2.
func (b Backoff) GrowthFactor() float64 {
	if b.Factor == 0 {
		return 2
	}
	return b.Factor
}

// Guarantee is the delivery of dead letters: at-least-once by default.
func (d DLQ) Guarantee() string {
	if d.Delivery == "" {
		return DeliveryAtLeastOnce
	}
	return d.Delivery
}

// Preserves says whether part (key, value or headers) of the original record
// must be in the dead letter. Where the contract does not give preserve all
// three must; an empty list keeps nothing.
func (d DLQ) Preserves(part string) bool {
	return d.Preserve == nil || slices.Contains(d.Preserve, part)
}

// HasExpired says whether the waiver no longer holds at now; it holds to the
// end, in now's time zone, of the day until. A waiver without a date expires
// at once.
func (w Waiver) HasExpired(now time.Time) bool {
	until, err := time.ParseInLocation(time.DateOnly, w.Until, now.Location())
	return err != nil || !now.Before(until.AddDate(0, 0, 1))
}

// format is the schema's format, from the ending of the file where the
// contract does not say it. A schema of a registry is known only there.
func (s Schema) format() string {
	switch {
	case s.Format != "":
		return s.Format
	case strings.HasSuffix(s.File, ".json"), strings.HasSuffix(s.File, ".yaml"), strings.HasSuffix(s.File, ".yml"):
		return FormatJSONSchema
	case strings.HasSuffix(s.File, ".avsc"):
		return FormatAvro
	case strings.HasSuffix(s.File, ".proto"):
		return FormatProtobuf
	}
	return ""
}

// wire is the framing of the value: none for a file, confluent for a schema
// of a registry, where the contract does not say it.
func (s Schema) wire() string {
	switch {
	case s.Wire != "":
		return s.Wire
	case s.Registry != nil:
		return WireConfluent
	}
	return WireNone
}

// normalize spells short forms out: topic becomes a Kafka address and the
// other way round, Kafka's and Confluent's names become Weir's.
func (c *Contract) normalize() {
	for i := range c.Produces {
		p := &c.Produces[i]
		p.Topic = p.complete(p.Topic)
		p.Delivery.Acks = canonical(p.Delivery.Acks, acksNames)
		p.Compatibility = compatibilityMode(p.Compatibility)
	}
	for i := range c.Consumes {
		c.Consumes[i].Topic = c.Consumes[i].complete(c.Consumes[i].Topic)
	}
}

// complete makes the address of a topic, and answers the topic's name.
func (a *Address) complete(topic string) string {
	if a.Kafka == nil && topic != "" {
		a.Kafka = &KafkaAddress{Topic: topic}
	}
	return a.TopicName()
}
