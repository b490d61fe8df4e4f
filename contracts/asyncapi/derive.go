package asyncapi

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// stated is what a document says of one interaction: an operation, or the
// reply to one, with one of its messages. Either produces or consumes is set.
type stated struct {
	operation *Operation
	channel   *Channel
	message   *Message
	reply     bool
	produces  *contracts.Produces
	consumes  *contracts.Consumes
	// problem says why the channel is no address of a contract; "" if it is.
	problem, hint string
}

// event is the name of the interaction's event.
func (s stated) event() string {
	if s.produces != nil {
		return s.produces.Event
	}
	return s.consumes.Event
}

// list is the contract's list that the interaction belongs to.
func (s stated) list() string {
	if s.produces != nil {
		return "produces"
	}
	return "consumes"
}

// address is where the interaction's event travels.
func (s stated) address() contracts.Address {
	if s.produces != nil {
		return s.produces.Address
	}
	return s.consumes.Address
}

// stated lists all interactions, in the order of the operations. Schemas are
// named relative to the directory dir.
func (d *Document) stated(dir string) []stated {
	var out []stated
	for _, o := range d.Operations {
		for _, m := range o.Messages {
			out = append(out, d.interaction(stated{operation: o, channel: o.Channel, message: m}, dir))
		}
		if o.Reply == nil || o.Reply.Channel == nil {
			continue
		}
		for _, m := range o.Reply.Messages {
			out = append(out, d.interaction(stated{operation: o, channel: o.Reply.Channel, message: m, reply: true}, dir))
		}
	}
	return out
}

func (d *Document) interaction(s stated, dir string) stated {
	address, problem, hint := s.channel.address()
	s.problem, s.hint = problem, hint
	if (s.operation.Action == Send) != s.reply {
		p := d.produces(s, dir)
		p.Address, p.Topic = address, address.TopicName()
		s.produces = &p
	} else {
		c := d.consumes(s, dir)
		c.Address, c.Topic = address, address.TopicName()
		s.consumes = &c
	}
	d.ownWords(&s)
	if s.consumes != nil && len(s.consumes.Needs) > 0 {
		s.consumes.Schema = nil // needs say what is read
	}
	return s
}

// eventName is what a contract calls a message: its name, or its key in the
// channel where the name is none for an event.
func eventName(m *Message) string {
	if m.Name != "" && !strings.ContainsFunc(m.Name, unicode.IsSpace) {
		return m.Name
	}
	return strings.Join(strings.Fields(m.ID), "-")
}

func (d *Document) produces(s stated, dir string) contracts.Produces {
	m := s.message
	p := contracts.Produces{Event: eventName(m), Schema: d.schemaRef(m, dir), Envelope: d.envelope(m)}
	if s.reply {
		p.Kind = "reply"
	}
	p.Compatibility = strings.ToLower(strings.ReplaceAll(m.Kafka.Compatibility, "_", "-"))
	if !s.reply {
		p.Delivery.Transactional = s.operation.Kafka.Transactional
	}
	if len(m.Fields) > 0 {
		p.Headers = map[string]contracts.Header{}
	}
	for _, h := range m.Fields {
		p.Headers[h.Name] = contracts.Header{Required: h.Required, Pattern: h.Pattern}
	}
	for _, e := range m.Examples {
		if e.Payload != "" {
			p.Examples = append(p.Examples, relative(dir, d.fileOf(e)))
		}
	}
	return p
}

func (d *Document) consumes(s stated, dir string) contracts.Consumes {
	o := s.operation
	c := contracts.Consumes{Event: eventName(s.message), Group: o.Kafka.Group}
	if ref := d.schemaRef(s.message, dir); ref != (contracts.SchemaRef{}) {
		c.Schema = &ref
	}
	if s.reply {
		return c
	}
	c.Isolation = strings.ReplaceAll(o.Kafka.Isolation, "_", "-")
	if o.Retry != nil {
		c.Retry = o.Retry.policy()
	}
	if o.DeadLetter != nil {
		c.DLQ = &contracts.DLQ{Topic: o.DeadLetter.topic()}
	}
	if o.Reply != nil && len(o.Reply.Messages) == 1 {
		reply := o.Reply.Messages[0]
		if at := placeOf(reply.CorrelationID); at != "" {
			c.Effect = &contracts.Effect{Event: eventName(reply), Correlate: at}
		}
	}
	return c
}

// policy is a retry as a contract has it: its attempts include the first, and
// 2 is the factor that needs no saying.
func (r *Retry) policy() *contracts.Retry {
	out := &contracts.Retry{Attempts: r.MaxAttempts + 1}
	out.Backoff = contracts.Backoff{Kind: r.Strategy, Initial: r.Delay, Max: r.Max}
	if r.Multiplier != 2 {
		out.Backoff.Factor = r.Multiplier
	}
	for _, c := range r.Channels {
		out.Topics = append(out.Topics, c.topic())
	}
	return out
}

// placeOf is a runtime expression, $message.header#/id, as a place; "" if it
// is none that a contract can name.
func placeOf(expression string) string {
	pointer, header := strings.CutPrefix(expression, "$message.header#/")
	if header {
		if strings.Contains(pointer, "/") {
			return "" // a header has no parts
		}
		if p, err := place.Parse("header:" + unescape(pointer)); err == nil {
			return p.String()
		}
		return ""
	}
	pointer, payload := strings.CutPrefix(expression, "$message.payload#/")
	if !payload {
		return ""
	}
	query := "$"
	for token := range strings.SplitSeq(pointer, "/") {
		query += "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(unescape(token)) + "']"
	}
	if p, err := place.Parse(query); err == nil {
		return p.String()
	}
	return ""
}

// envelope is guessed from a foreign document: from the content type, or from
// the headers that CloudEvents requires in binary mode.
func (d *Document) envelope(m *Message) string {
	if d.IsExport() {
		return ""
	}
	if strings.HasPrefix(m.ContentType, "application/cloudevents+") {
		return contracts.EnvelopeCloudEventsStructured
	}
	for _, name := range []string{"ce_id", "ce_source", "ce_specversion", "ce_type"} {
		if !slices.ContainsFunc(m.Fields, func(h Header) bool { return h.Name == name && h.Required }) {
			return ""
		}
	}
	return contracts.EnvelopeCloudEventsBinary
}

// schemaRef is the payload's schema for a contract in dir.
func (d *Document) schemaRef(m *Message, dir string) contracts.SchemaRef {
	s := m.Payload
	if s == nil || s.Format == "" {
		return contracts.SchemaRef{}
	}
	file := relative(dir, s.File)
	wire := ""
	switch {
	case m.Kafka.SchemaIDLocation == "header":
		wire = contracts.WireConfluentHeader
	case m.Kafka.SchemaIDLocation == "payload" && !strings.Contains(m.Kafka.SchemaIDEncoding, "apicurio"):
		wire = contracts.WireConfluent
	}
	if wire == "" && d.virtual[s.File] == nil {
		return contracts.SchemaRef{Ref: file}
	}
	out := contracts.Schema{File: file, Wire: wire}
	if d.virtual[s.File] != nil {
		out.Format = s.Format
	}
	return contracts.SchemaRef{Inline: &out}
}

// relative is target as seen from the directory dir; both are slash-separated
// paths of one file system.
func relative(dir, target string) string {
	dir = path.Clean(dir)
	if dir == "." || path.IsAbs(target) != path.IsAbs(dir) {
		return target
	}
	from, to := strings.Split(dir, "/"), strings.Split(target, "/")
	for len(from) > 0 && len(to) > 1 && from[0] == to[0] && from[0] != ".." {
		from, to = from[1:], to[1:]
	}
	return strings.Repeat("../", len(from)) + strings.Join(to, "/")
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// address is a channel as a contract names it, or why it cannot.
func (c *Channel) address() (address contracts.Address, problem, hint string) {
	transport := contracts.TransportKafka // where the document says nothing
	if len(c.Protocols) > 0 {
		transport = ""
	}
	for _, protocol := range c.Protocols {
		if known := transports[protocol]; transport == "" {
			transport = known
		}
	}
	switch transport {
	case contracts.TransportKafka:
		topic := c.topic()
		if problem, hint = topicProblem(topic); problem == "" {
			address.Kafka = &contracts.KafkaAddress{Topic: topic}
		}
	case contracts.TransportRabbitMQ:
		address.RabbitMQ, problem, hint = c.rabbitMQ()
	case contracts.TransportRedis:
		if c.Address == "" {
			return address, "its address is not known before run time", "a contract needs the name of a stream"
		}
		address.Redis = &contracts.RedisAddress{Stream: c.Address}
	default:
		problem = fmt.Sprintf("its protocol is %s, which a contract has no address for", strings.Join(c.Protocols, ", "))
	}
	return address, problem, hint
}

var transports = map[string]string{
	"kafka": contracts.TransportKafka, "kafka-secure": contracts.TransportKafka,
	"amqp": contracts.TransportRabbitMQ, "amqps": contracts.TransportRabbitMQ,
	"redis": contracts.TransportRedis, "rediss": contracts.TransportRedis,
}

func topicProblem(topic string) (problem, hint string) {
	const binding = "name the topic in the channel's binding: {kafka: {topic: ...}}"
	if topic == "" {
		return "its address is not known before run time", binding
	}
	for _, name := range parameter.FindAllString(topic, -1) {
		if name != "{env}" {
			return fmt.Sprintf("its address has the parameter %s; a contract's can only have {env}", name), binding
		}
	}
	if why := contracts.TopicNameProblem(strings.ReplaceAll(topic, "{env}", "env")); why != "" {
		return fmt.Sprintf("its address %q %s, which Kafka refuses", topic, why), binding
	}
	return "", ""
}

func (c *Channel) rabbitMQ() (address *contracts.RabbitMQAddress, problem, hint string) {
	address = &contracts.RabbitMQAddress{}
	if c.AMQP != nil {
		address.Exchange, address.Queue = c.AMQP.Exchange, c.AMQP.Queue
	}
	switch {
	case address.Queue != "":
	case c.Address == "":
		return nil, "its address is not known before run time", "name the queue in the channel's binding: {amqp: {is: queue, queue: {name: ...}}}"
	case address.Exchange != "":
		address.RoutingKey = c.Address
	default:
		address.Queue = c.Address
	}
	return address, "", ""
}

// topics are the facts that the Kafka bindings state of topics, those of
// retries and dead letters included.
func (d *Document) topics() map[string]contracts.Topic {
	topics := map[string]contracts.Topic{}
	for _, c := range d.factual() {
		topics[c.topic()] = c.Kafka.facts()
	}
	if len(topics) == 0 {
		return nil
	}
	return topics
}

// factual are the channels that state facts of a topic.
func (d *Document) factual() []*Channel {
	all := slices.Clone(d.Channels)
	for _, o := range d.Operations {
		if o.Retry != nil {
			all = append(all, o.Retry.Channels...)
		}
		if o.DeadLetter != nil {
			all = append(all, o.DeadLetter)
		}
	}
	return slices.DeleteFunc(all, func(c *Channel) bool {
		if c.Kafka == nil || c.Kafka.Partitions == 0 && c.Kafka.Replicas == 0 && c.Kafka.Config == nil {
			return true
		}
		problem, _ := topicProblem(c.topic())
		return problem != ""
	})
}

func (k *KafkaChannel) facts() contracts.Topic {
	t := contracts.Topic{Partitions: k.Partitions, Replication: k.Replicas}
	for name, v := range k.Config {
		if ms, err := strconv.ParseInt(v, 10, 64); name == "retention.ms" && err == nil && ms > 0 && ms <= math.MaxInt64/int64(time.Millisecond) {
			t.Retention = document.Duration(ms * int64(time.Millisecond))
			continue
		}
		if t.Config == nil {
			t.Config = map[string]string{}
		}
		t.Config[name] = v
	}
	return t
}

// unaddressed reports an interaction whose channel a contract cannot name.
func (d *Document) unaddressed(s stated, severity finding.Severity) {
	d.reader.report(severity, NoAddress, d.reader.at(s.channel.node),
		fmt.Sprintf("the channel %s is no address of a contract: %s", s.channel.ID, s.problem), s.hint,
		finding.Related{Position: s.operation.Position, Message: "the operation"})
}
