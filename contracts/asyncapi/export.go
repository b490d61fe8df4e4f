package asyncapi

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Export writes a contract as an AsyncAPI document in YAML, to lie beside the
// contract: it refers to the contract's schema files, which fsys must have,
// and does not copy them. version is one of Versions; "" is the preferred
// one. The contract must be free of errors.
//
// Import of the result is the same contract: Export reads what it wrote, and
// what AsyncAPI's fields do not give back stands in x-weir.
//
// A contract that stands on a document and was completed with it is written
// over this document, to lie beside it: every field, its order and the comments
// stay, and x- fields are added for what the contract promises beyond it. A
// contract that stands on the result without a word of its own has the same
// interactions. version is then "" or the document's.
func Export(c *contracts.Contract, fsys fs.FS, version string) ([]byte, error) {
	if c.AsyncAPI != "" {
		return exportOver(c, NewFiles(fsys), version)
	}
	if version == "" {
		version = Versions()[len(Versions())-1]
	}
	if !slices.Contains(Versions(), version) {
		return nil, fmt.Errorf("AsyncAPI %q is not written; write one of %s", version, strings.Join(Versions(), ", "))
	}
	e := &exporter{contract: complete(c), fsys: fsys, dir: path.Dir(c.Doc.File()), version: version}
	first, err := e.document()
	if err != nil {
		return nil, err
	}
	if err := e.compare(first); err != nil {
		return nil, err
	}
	return e.document()
}

// complete is the contract with every topic as an address, as the loader
// leaves it.
func complete(c *contracts.Contract) *contracts.Contract {
	out := *c
	out.Doc, out.Weir = nil, contracts.Version
	out.Produces, out.Consumes = slices.Clone(c.Produces), slices.Clone(c.Consumes)
	for i := range out.Produces {
		p := &out.Produces[i]
		p.Address, p.Topic = withTopic(p.Address, p.Topic)
	}
	for i := range out.Consumes {
		p := &out.Consumes[i]
		p.Address, p.Topic = withTopic(p.Address, p.Topic)
	}
	return &out
}

func withTopic(a contracts.Address, topic string) (address contracts.Address, completed string) {
	if a.Kafka == nil && topic != "" {
		a.Kafka = &contracts.KafkaAddress{Topic: topic}
	}
	return a, a.TopicName()
}

type exporter struct {
	contract *contracts.Contract
	fsys     fs.FS
	dir      string
	version  string
	// words are the x-weir of the root and of each operation, once known.
	words      object
	operations []object

	channels []*outChannel
	ids      map[string]bool // of operations
}

// outChannel is a channel that is written.
type outChannel struct {
	id       string
	channel  contracts.Channel
	messages []outMessage
}

type outMessage struct {
	id      string
	content object
}

// document writes everything that is known so far.
func (e *exporter) document() ([]byte, error) {
	e.channels, e.ids = nil, map[string]bool{}
	operations := object{}
	for i, p := range e.contract.Produces {
		message, err := e.produced(p)
		if err != nil {
			return nil, fmt.Errorf("produces[%d]: %w", i, err)
		}
		o := e.operation(Send, p.Address, p.Event, message)
		if p.Delivery.Transactional {
			o.set("bindings", object{{"kafka", object{{"x-transactional", true}, bindingVersion}}})
		}
		operations.set(e.operationID(Send, p.Event), e.withWords(o, i))
	}
	for i, c := range e.contract.Consumes {
		message, err := e.consumed(c)
		if err != nil {
			return nil, fmt.Errorf("consumes[%d]: %w", i, err)
		}
		o := e.operation(Receive, c.Address, c.Event, message)
		e.failures(&o, c, message)
		operations.set(e.operationID(Receive, c.Event), e.withWords(o, len(e.contract.Produces)+i))
	}
	for _, topic := range sortedKeys(e.contract.Topics) {
		if contracts.TopicNameProblem(strings.ReplaceAll(topic, "{env}", "env")) == "" {
			e.channel(contracts.Channel{Transport: contracts.TransportKafka, Name: topic})
		}
	}
	service := e.contract.Service
	info := object{{"title", service.Name}, {"version", or(service.Version, "0.0.0")}}
	if service.Owner != "" {
		info.set("contact", object{{"name", service.Owner}})
	}
	out := object{{"asyncapi", e.version}, {"info", info}}
	if channels := e.writeChannels(); len(channels) > 0 {
		out.set("channels", channels)
	}
	if len(operations) > 0 {
		out.set("operations", operations)
	}
	out.set(ownField, append(object{{"contract", contracts.Version}}, e.words...))
	return toYAML(out), nil
}

var bindingVersion = pair{"bindingVersion", "0.5.0"}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

func (e *exporter) withWords(o object, i int) object {
	if i < len(e.operations) && len(e.operations[i]) > 0 {
		o.set(ownField, e.operations[i])
	}
	return o
}

// free is the first of id, id-2, id-3 that is not taken.
func free(id string, taken func(string) bool) string {
	for name, n := id, 2; ; n++ {
		if !taken(name) {
			return name
		}
		name = fmt.Sprintf("%s-%d", id, n)
	}
}

func (e *exporter) operationID(action, event string) string {
	id := free(action+"-"+identifier(event), func(s string) bool { return e.ids[s] })
	e.ids[id] = true
	return id
}

// identifier keeps of a name what AsyncAPI takes for a key everywhere.
func identifier(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, or(s, "unnamed"))
}

// channel is the channel of an address, made on first use.
func (e *exporter) channel(c contracts.Channel) *outChannel {
	for _, known := range e.channels {
		if known.channel == c {
			return known
		}
	}
	id := or(or(c.Name, c.Queue), or(c.Key, "unknown"))
	out := &outChannel{channel: c, id: free(identifier(id), func(s string) bool {
		return slices.ContainsFunc(e.channels, func(o *outChannel) bool { return o.id == s })
	})}
	e.channels = append(e.channels, out)
	return out
}

// message adds a message to a channel and answers the reference to it. Equal
// ones are one.
func (c *outChannel) message(event string, content object) object {
	id := ""
	for _, known := range c.messages {
		if reflect.DeepEqual(known.content, content) {
			id = known.id
		}
	}
	if id == "" {
		id = free(identifier(event), func(s string) bool {
			return slices.ContainsFunc(c.messages, func(m outMessage) bool { return m.id == s })
		})
		c.messages = append(c.messages, outMessage{id, content})
	}
	return ref("#/channels/" + c.id + "/messages/" + id)
}

func ref(target string) object { return object{{"$ref", target}} }

func (e *exporter) operation(action string, a contracts.Address, event string, message object) object {
	c := e.channel(a.Channel())
	return object{{"action", action}, {"channel", ref("#/channels/" + c.id)}, {"messages", []any{c.message(event, message)}}}
}

// compare reads what was written, and keeps what did not come back.
func (e *exporter) compare(written []byte) error {
	name := path.Join(e.dir, "asyncapi.yaml")
	d, findings := Load(single{e.fsys, name, written}, name)
	var back *contracts.Contract
	findings = append(findings, d.collect(func() { back = d.contract(e.dir) })...)
	for _, f := range findings {
		if f.Severity == finding.Error {
			return fmt.Errorf("%s: %s", f.Position, f.Message)
		}
	}
	want := e.contract
	if len(back.Produces) != len(want.Produces) || len(back.Consumes) != len(want.Consumes) {
		return errors.New("the document does not give back every interaction")
	}
	for i := range want.Produces {
		e.operations = append(e.operations, remainder(reflect.ValueOf(want.Produces[i]), reflect.ValueOf(back.Produces[i])))
	}
	for i := range want.Consumes {
		e.operations = append(e.operations, remainder(reflect.ValueOf(want.Consumes[i]), reflect.ValueOf(back.Consumes[i])))
	}
	e.words = rootWords(want, back)
	return nil
}

// rootWords are what x-weir has to say of a contract beside its interactions,
// where a document gives back another one.
func rootWords(want, back *contracts.Contract) object {
	var words object
	if service := remainder(reflect.ValueOf(want.Service), reflect.ValueOf(back.Service)); len(service) > 0 {
		words.set("service", service)
	}
	if topics := differing(want.Topics, back.Topics); len(topics) > 0 {
		words.set("topics", topics)
	}
	w, b := *want, *back
	for _, c := range []*contracts.Contract{&w, &b} {
		c.Weir, c.Service, c.AsyncAPI, c.Topics, c.Produces, c.Consumes, c.Doc = "", contracts.Service{}, "", nil, nil, nil, nil
	}
	return append(words, remainder(reflect.ValueOf(w), reflect.ValueOf(b))...)
}
