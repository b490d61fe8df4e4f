package asyncapi

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Load reads a document, by its slash-separated path in fsys, and the files
// that it refers to. The Document is never nil; it is complete only without
// errors among the findings, which are sorted by place.
func Load(fsys fs.FS, name string) (*Document, []finding.Finding) {
	name = path.Clean(name)
	r := newReader(fsys, name)
	d := &Document{File: name, reader: r, virtual: map[string]*virtualFile{}}
	f, err := r.open(name)
	if err != nil {
		r.report(finding.Error, document.Unreadable, &finding.Position{File: name}, fmt.Sprintf("cannot read the file: %v", err), "")
		return d, r.findings
	}
	if f.root == nil || !d.known(f.root) {
		return d, r.sorted()
	}
	d.root = f.root
	r.check(f.root, "")
	d.read()
	return d, r.sorted()
}

// sorted are the findings, each problem once: several operations can lead to
// it.
func (r *reader) sorted() []finding.Finding {
	finding.Sort(r.findings)
	return slices.CompactFunc(slices.Clip(r.findings), func(a, b finding.Finding) bool {
		return a.ID == b.ID && a.Message == b.Message && a.Position != nil && b.Position != nil && *a.Position == *b.Position
	})
}

// known says whether the document's version is one that is read.
func (d *Document) known(root *document.Node) bool {
	r := d.reader
	if root.Kind != document.Mapping {
		r.report(finding.Error, BadVersion, r.at(root), "the file is no AsyncAPI document", "it begins with asyncapi: 3.1.0")
		return false
	}
	field := get(root, "asyncapi")
	if field == nil {
		hint := "it begins with asyncapi: 3.1.0"
		if get(root, "weir") != nil {
			hint = "this is a file of Weir's own"
		}
		r.report(finding.Error, BadVersion, r.at(root), "the file has no field asyncapi", hint)
		return false
	}
	d.Version = field.Text
	if r.structure = structures[d.Version]; r.structure != nil {
		return true
	}
	hint := "write one of " + strings.Join(Versions(), ", ")
	if strings.HasPrefix(d.Version, "2.") || strings.HasPrefix(d.Version, "1.") {
		hint = fmt.Sprintf("convert it: asyncapi convert %s --output %s --target-version 3.0.0", path.Base(d.File), path.Base(d.File))
	}
	r.report(finding.Error, BadVersion, r.at(field), fmt.Sprintf("AsyncAPI %s is not read", d.Version), hint)
	return false
}

// read makes the model of the nodes.
func (d *Document) read() {
	info := get(d.root, "info")
	d.Title, d.APIVersion = text(info, "title"), text(info, "version")
	for _, entry := range entries(get(d.root, "servers")) {
		if n := d.reader.resolve(entry.Value, "server"); n != nil {
			d.Servers = append(d.Servers, &Server{
				ID: entry.Key.Text, Host: text(n, "host"), Protocol: text(n, "protocol"), Position: *d.reader.at(entry.Key),
			})
		}
	}
	for _, entry := range entries(get(d.root, "channels")) {
		if n := d.reader.resolve(entry.Value, "channel"); n != nil {
			d.Channels = append(d.Channels, d.channel(entry, n))
		}
	}
	for _, entry := range entries(get(d.root, "operations")) {
		if n := d.reader.resolve(entry.Value, "operation"); n != nil {
			d.operation(entry, d.reader.withTraits(n, "operationTrait"))
		}
	}
}

// entries are those of a map; none for anything else.
func entries(n *document.Node) []document.Entry {
	if n == nil {
		return nil
	}
	return n.Entries
}

// items are those of a list; none for anything else.
func items(n *document.Node) []*document.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func (d *Document) channel(entry document.Entry, n *document.Node) *Channel {
	r := d.reader
	c := &Channel{ID: entry.Key.Text, Position: *r.at(entry.Key), node: n}
	if address := get(n, "address"); address != nil && address.Kind == document.Scalar {
		c.Address = address.Text
	}
	for _, parameter := range entries(get(n, "parameters")) {
		c.Parameters = append(c.Parameters, parameter.Key.Text)
	}
	bindings := r.resolveAny(get(n, "bindings"))
	d.protocols(c, n, bindings)
	if kafka := get(bindings, "kafka"); kafka != nil {
		c.Kafka = &KafkaChannel{
			Topic: text(kafka, "topic"), Partitions: whole(kafka, "partitions"), Replicas: whole(kafka, "replicas"),
			Config: topicConfig(get(kafka, "topicConfiguration")),
		}
	}
	if amqp := get(bindings, "amqp"); amqp != nil {
		c.AMQP = &AMQPChannel{Exchange: text(get(amqp, "exchange"), "name"), Queue: text(get(amqp, "queue"), "name")}
	}
	for _, message := range entries(get(n, "messages")) {
		if resolved := r.resolve(message.Value, "messageObject"); resolved != nil {
			c.Messages = append(c.Messages, d.message(message, resolved))
		}
	}
	return c
}

// resolveAny is resolve for a value that may be absent.
func (r *reader) resolveAny(n *document.Node) *document.Node {
	if n == nil {
		return nil
	}
	return r.resolve(n, "")
}

// protocols says how a channel is reached: by its bindings, or by its
// servers, which are all of the document's where it names none.
func (d *Document) protocols(c *Channel, n, bindings *document.Node) {
	for _, binding := range entries(bindings) {
		if !strings.HasPrefix(binding.Key.Text, "x-") {
			c.Protocols = append(c.Protocols, binding.Key.Text)
		}
	}
	if len(c.Protocols) > 0 {
		return
	}
	named := map[*document.Node]bool{}
	for _, item := range items(get(n, "servers")) {
		if server := d.reader.resolve(item, "server"); server != nil {
			named[server] = true
		}
	}
	for _, entry := range entries(get(d.root, "servers")) {
		server := d.reader.resolve(entry.Value, "server")
		protocol := text(server, "protocol")
		if server != nil && (len(named) == 0 || named[server]) && protocol != "" && !slices.Contains(c.Protocols, protocol) {
			c.Protocols = append(c.Protocols, protocol)
		}
	}
}

// topicConfig is a topicConfiguration in Kafka's own text form.
func topicConfig(n *document.Node) map[string]string {
	config := map[string]string{}
	for _, entry := range entries(n) {
		switch v := entry.Value; v.Kind {
		case document.Scalar:
			config[entry.Key.Text] = v.Text
		case document.Sequence:
			var parts []string
			for _, item := range v.Items {
				parts = append(parts, item.Text)
			}
			config[entry.Key.Text] = strings.Join(parts, ",")
		}
	}
	if len(config) == 0 {
		return nil
	}
	return config
}

func (d *Document) message(entry document.Entry, n *document.Node) *Message {
	r := d.reader
	n = r.withTraits(n, "messageTrait")
	m := &Message{
		ID: entry.Key.Text, Name: text(n, "name"), Title: text(n, "title"), ContentType: text(n, "contentType"),
		Position: *r.at(entry.Key), node: n, raw: entry.Value,
	}
	if m.ContentType == "" {
		m.ContentType = text(d.root, "defaultContentType")
	}
	if payload := get(n, "payload"); payload != nil {
		m.Payload = d.schema(payload)
	}
	if headers := get(n, "headers"); headers != nil {
		if m.Headers = d.schema(headers); m.Headers != nil {
			m.Fields = d.headers(m.Headers.node)
		}
	}
	m.CorrelationID = text(r.resolveAny(get(n, "correlationId")), "location")
	kafka := get(r.resolveAny(get(n, "bindings")), "kafka")
	if key := get(kafka, "key"); key != nil {
		m.Kafka.Key = d.schema(key)
	}
	m.Kafka.SchemaIDLocation = text(kafka, "schemaIdLocation")
	m.Kafka.SchemaIDEncoding = text(kafka, "schemaIdPayloadEncoding")
	m.Kafka.SchemaLookupStrategy = text(kafka, "schemaLookupStrategy")
	m.Examples = d.examples(get(n, "examples"))
	m.Kafka.Compatibility = either(kafka, "compatibility")
	d.proposed(kafka, "compatibility", &m.Kafka.Compatibility, modes...)
	return m
}

// either is the text of a proposed field, as an extension or, after its
// acceptance, as a field.
func either(n *document.Node, name string) string {
	if v := text(n, "x-"+name); v != "" {
		return v
	}
	return text(n, name)
}

// eitherNode is either for a value.
func eitherNode(n *document.Node, name string) *document.Node {
	if v := get(n, "x-"+name); v != nil {
		return v
	}
	return get(n, name)
}

// modes are Confluent's names for modes of compatibility.
var modes = []string{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}

// proposed checks the values of proposed fields, which AsyncAPI's schema does
// not know; a value that is none is forgotten.
func (d *Document) proposed(n *document.Node, name string, field *string, valid ...string) {
	if *field == "" || slices.Contains(valid, *field) {
		return
	}
	d.badExtension(eitherNode(n, name), fmt.Sprintf("%s cannot be %q", name, *field), document.Suggest(*field, valid))
	*field = ""
}

var isolations = []string{
	strings.ReplaceAll(contracts.IsolationReadCommitted, "-", "_"), strings.ReplaceAll(contracts.IsolationReadUncommitted, "-", "_"),
}
