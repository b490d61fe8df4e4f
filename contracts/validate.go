package contracts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/setting"
	"github.com/flowweir/weir/reports/finding"
)

// validator checks a contract by itself, before short forms are spelled out,
// so that every finding is about what the file says.
type validator struct {
	*document.Checker
	c *Contract
}

// Check is what the loader checks, for a contract that was completed since it
// was loaded: what is wrong with the names, places and combinations that it
// has now.
func (c *Contract) Check() []finding.Finding {
	short := *c
	short.Produces, short.Consumes = slices.Clone(c.Produces), slices.Clone(c.Consumes)
	for i := range short.Produces {
		short.Produces[i].Topic = "" // spelled out, it is in the address too
	}
	for i := range short.Consumes {
		short.Consumes[i].Topic = ""
	}
	findings := short.validate()
	finding.Sort(findings)
	return findings
}

func (c *Contract) validate() []finding.Finding {
	v := &validator{document.NewChecker(c.Doc), c}
	if c.Weir == "" {
		v.Missing(nil, "weir", fmt.Sprintf("the first line of a contract is: weir: %s", Version))
	}
	v.service()
	for name, topic := range c.Topics {
		v.topicName(document.Path{"topics", name}, name, true)
		topic.Check(v.Checker, document.Path{"topics", name})
	}
	for name, schema := range c.Schemas {
		v.schema(document.Path{"schemas", name}, schema)
	}
	v.promisesSomething()
	produced := map[interaction]int{}
	for i, p := range c.Produces {
		v.produces(document.Path{"produces", i}, p)
		v.duplicate(i, "produces", interaction{p.Operation, p.Event, "", p.channel(p.Topic)}, produced)
	}
	consumed := map[interaction]int{}
	for i, consumes := range c.Consumes {
		v.consumes(document.Path{"consumes", i}, consumes)
		v.duplicate(i, "consumes", interaction{consumes.Operation, consumes.Event, consumes.Group, consumes.channel(consumes.Topic)}, consumed)
	}
	if c.Objectives != nil {
		c.Objectives.Check(v.Checker, document.Path{"objectives"})
	}
	for i, waiver := range c.Waive {
		v.waiver(document.Path{"waive", i}, waiver)
	}
	return v.Findings()
}

func (v *validator) promisesSomething() {
	if len(v.c.Produces)+len(v.c.Consumes) > 0 || v.c.AsyncAPI != "" {
		return
	}
	for _, list := range []string{"produces", "consumes"} {
		if v.c.Doc.Failed(list) || v.c.Doc.Misspelt(nil, list) {
			return
		}
	}
	v.Error(document.Required, nil, "the contract neither produces nor consumes an event", "add produces or consumes")
}

func (v *validator) service() {
	path := document.Path{"service"}
	name := v.c.Service.Name
	if name == "" {
		v.Missing(path, "name", "")
		return
	}
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`).MatchString(name) {
		v.Error(BadName, path.Add("name"), fmt.Sprintf("%q is no name of a service", name), "use letters, digits, '.', '_' and '-'")
	}
}

// interaction is what two interactions of one contract must differ in.
type interaction struct {
	operation, event, group string
	channel                 Channel
}

// duplicate reports the interaction i if an earlier one is the same.
func (v *validator) duplicate(i int, list string, same interaction, first map[interaction]int) {
	j, known := first[same]
	if !known {
		first[same] = i
		return
	}
	at := ""
	if p := v.c.Doc.Position(list, j); p != nil {
		at = fmt.Sprintf(", first in line %d", p.Line)
	}
	v.Error(Duplicate, document.Path{list, i}, fmt.Sprintf("%s has this interaction twice%s", list, at), "keep one of them")
}

// channel is the address before short forms are spelled out.
func (a Address) channel(topic string) Channel {
	a.complete(topic)
	return a.Channel()
}

// operation checks the id of an operation, which only a document can have.
func (v *validator) operation(path document.Path, id string) {
	switch {
	case id == "":
		if v.c.Doc.Has(path.Add("operation")...) {
			v.Error(document.Required, path.Add("operation"), "the operation has no id", "")
		}
	case v.c.AsyncAPI == "" && !v.c.Doc.Failed("asyncapi") && !v.c.Doc.Misspelt(nil, "asyncapi"):
		v.Error(document.Required, path.Add("operation"), "operation names one of an AsyncAPI document, and this contract stands on none",
			"name the document at the top: asyncapi: asyncapi.yaml")
	}
}

// event checks the name of an event, which an operation can give.
func (v *validator) event(path document.Path, name string) {
	if name == "" {
		if v.c.Doc.Has(path.Add("operation")...) || v.c.Doc.Misspelt(path, "operation") {
			return
		}
		v.Missing(path, "event", "name it as consumers know it, such as com.acme.order.OrderPlaced")
		return
	}
	if strings.ContainsFunc(name, unicode.IsSpace) {
		v.Error(BadName, path.Add("event"), fmt.Sprintf("the event %q has white space in its name", name), "")
	}
}

// address checks that exactly one transport is given, and that it is whole.
func (v *validator) address(path document.Path, topic string, a Address) {
	if topic == "" && a.Transport() == "" && v.c.AsyncAPI != "" {
		return // the address comes from there
	}
	if !v.ExactlyOne(path,
		document.Option{Field: "topic", Set: topic != ""},
		document.Option{Field: TransportKafka, Set: a.Kafka != nil},
		document.Option{Field: TransportRabbitMQ, Set: a.RabbitMQ != nil},
		document.Option{Field: TransportRedis, Set: a.Redis != nil},
		document.Option{Field: TransportEventBridge, Set: a.EventBridge != nil},
	) {
		return
	}
	switch a.Transport() {
	case "":
		v.topicName(path.Add("topic"), topic, false)
	case TransportKafka:
		if a.Kafka.Topic == "" {
			v.Missing(path.Add(TransportKafka), "topic", "")
			return
		}
		v.topicName(path.Add(TransportKafka, "topic"), a.Kafka.Topic, false)
	case TransportRabbitMQ:
		at := path.Add(TransportRabbitMQ)
		if a.RabbitMQ.RoutingKey != "" && a.RabbitMQ.Exchange == "" {
			v.Missing(at, "exchange", "a routing key says something to an exchange only")
		} else if a.RabbitMQ.Exchange == "" && a.RabbitMQ.Queue == "" {
			v.ExactlyOne(at, document.Option{Field: "exchange"}, document.Option{Field: "queue"})
		}
	case TransportRedis:
		if a.Redis.Stream == "" {
			v.Missing(path.Add(TransportRedis), "stream", "")
		}
	case TransportEventBridge:
		if a.EventBridge.Bus == "" {
			v.Missing(path.Add(TransportEventBridge), "bus", "")
		}
	}
}

var placeholder = regexp.MustCompile(`\{[^}]*\}?|\}`)

// topicName checks a Kafka topic by Kafka's own rule. {env} stands for the
// environment's name.
func (v *validator) topicName(path document.Path, name string, key bool) {
	report := v.Error
	if key {
		report = v.ErrorAtKey
	}
	for _, part := range placeholder.FindAllString(name, -1) {
		if part != "{env}" {
			report(BadName, path, fmt.Sprintf("%s in the topic %q is no placeholder", part, name), "the one placeholder is {env}")
			return
		}
	}
	plain := strings.ReplaceAll(name, "{env}", "env")
	if problem := TopicNameProblem(plain); problem != "" {
		report(BadName, path, fmt.Sprintf("the topic %q %s", name, problem), "Kafka takes 1 to 249 letters, digits, '.', '_' and '-'")
	}
}

// TopicNameProblem says why Kafka refuses a topic of this name; "" if it
// does not.
func TopicNameProblem(name string) string {
	const longest = 249
	switch {
	case name == "":
		return "has no name"
	case name == "." || name == "..":
		return "cannot be a topic"
	case len(name) > longest:
		return fmt.Sprintf("has %d characters", len(name))
	}
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r) {
			return fmt.Sprintf("has the character %q", r)
		}
	}
	return ""
}

// place checks a place that the file has as a value.
func (v *validator) place(path document.Path, text string, allowed ...place.Kind) {
	p, err := place.Parse(text)
	if err != nil {
		offset, message := placeProblem(err)
		v.ErrorInside(BadPlace, path, offset, fmt.Sprintf("%q is no place: %s", text, message), "")
		return
	}
	if len(allowed) > 0 && !slices.Contains(allowed, p.Kind()) {
		names := make([]string, len(allowed))
		for i, kind := range allowed {
			names[i] = map[place.Kind]string{place.Data: "$.field", place.Header: "header:name", place.Key: "key", place.Envelope: "envelope:id"}[kind]
		}
		v.Error(BadPlace, path, fmt.Sprintf("%q cannot stand here", text), "write "+strings.Join(names, " or "))
	}
}

func placeProblem(err error) (offset int, message string) {
	var syntax *place.SyntaxError
	if !errors.As(err, &syntax) {
		return 0, err.Error()
	}
	return syntax.Column - 1, strings.TrimPrefix(syntax.Message, "not a place; ")
}

func (v *validator) waiver(path document.Path, w Waiver) {
	for _, field := range []struct{ name, value, hint string }{
		{"rule", w.Rule, "the id that the finding shows"},
		{"reason", w.Reason, "say why it is accepted"},
		{"until", w.Until, "a waiver ends; give the date as YYYY-MM-DD"},
	} {
		if strings.TrimSpace(field.value) == "" {
			v.Missing(path, field.name, field.hint)
		}
	}
	if w.Until == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, w.Until); err != nil {
		v.Error(BadDate, path.Add("until"), fmt.Sprintf("%q is no date", w.Until), "write YYYY-MM-DD, such as 2027-03-31")
	}
}

// Check reports what is wrong with a topic's facts, for contracts and
// scenarios alike.
func (t Topic) Check(c *document.Checker, path document.Path) {
	// The replication factor is an int16 in Kafka's protocol.
	const mostPartitions, mostReplicas = 1_000_000, 1<<15 - 1
	c.Positive(path.Add("partitions"), t.Partitions > 0)
	c.Positive(path.Add("replication"), t.Replication > 0)
	c.Positive(path.Add("retention"), t.Retention > 0)
	if t.Partitions > mostPartitions {
		c.Error(document.OutOfRange, path.Add("partitions"), fmt.Sprintf("%d partitions are more than a cluster holds", t.Partitions), "")
	}
	if t.Replication > mostReplicas {
		c.Error(document.OutOfRange, path.Add("replication"), fmt.Sprintf("the replication %d is more than Kafka can count", t.Replication), "")
	}
	if _, both := t.Config["retention.ms"]; both && t.Retention != 0 {
		c.Conflict(path.Add("config", "retention.ms"), path.Add("retention"), "retention.ms excludes retention", "keep one of them")
	}
	CheckTopicConfig(c, path.Add("config"), t.Config)
}

// CheckTopicConfig reports settings of a topic, by Kafka's names, whose values
// brokers refuse. Of names that it does not know it says nothing.
func CheckTopicConfig(c *document.Checker, path document.Path, config map[string]string) {
	for name, value := range config {
		if err := setting.CheckTopic(name, value); err != nil {
			c.Error(document.UnknownValue, path.Add(name), fmt.Sprintf("the topic setting %s cannot be %q: %v", name, value, err), "")
		}
	}
}
