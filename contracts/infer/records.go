package infer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
)

// Request is what FromRecords learns from.
type Request struct {
	Service string
	// Event is the name of the event of records that do not say it, and
	// chooses one event of those that do; may be empty.
	Event string
	Topic string
	// Facts are those of the topic; nil where they are not known.
	Facts *contracts.Topic
	// Records are documents of example files, or records of the topic.
	Records []Record
	// KeepValues writes examples as they were observed.
	KeepValues bool
	// Seed is what examples are generated from.
	Seed uint64
	// Registry has the schemas of records that name one by an id; may be nil.
	Registry *registry.Registry
}

// drafting is a draft in the making.
type drafting struct {
	*Draft
	Request
	context  context.Context
	examples bool // the records are example files
	out      lines
	taken    map[string]bool // files, without their folders and endings
}

// FromRecords writes a contract that produces what the records show. It is an
// *InputError where they show nothing.
func FromRecords(ctx context.Context, r Request) (*Draft, error) {
	d := &drafting{Draft: newDraft(), Request: r, context: ctx, taken: map[string]bool{}}
	d.examples = len(r.Records) > 0 && r.Records[0].File != ""
	if problem := contracts.TopicNameProblem(r.Topic); problem != "" {
		return nil, inputError("name it with --topic", "the topic %q %s", r.Topic, problem)
	}
	if err := errors.Join(checkService(r.Service), checkEvent(r.Event)); err != nil {
		return nil, err
	}
	all, err := d.look()
	if err != nil {
		return nil, err
	}
	events, err := d.choose(eventsOf(all))
	if err != nil {
		return nil, err
	}
	if err := d.write(events); err != nil {
		return nil, err
	}
	return d.Draft, d.verify()
}

// look takes the records apart and names their events.
func (d *drafting) look() ([]*seen, error) {
	var all []*seen
	tombstones := 0
	for i := range d.Records {
		if d.Records[i].Value == nil {
			tombstones++
			continue
		}
		s := see(&d.Records[i])
		if d.examples && !s.json {
			return nil, inputError("an example is one JSON document; an envelope has it in data", "%s has no JSON document in it", s.File)
		}
		all = append(all, s)
	}
	if tombstones > 0 {
		d.note("%s without a value, a tombstone: a contract does not state it", records(tombstones))
	}
	if len(all) == 0 {
		return nil, inputError("publish some, or give example files", "%s has no record to learn from", d.Topic)
	}
	nameIn(all)
	if d.Registry != nil {
		return all, d.registered(all)
	}
	return all, nil
}

// choose takes the event that was asked for, and gives a name to one that has
// none.
func (d *drafting) choose(events []*event) ([]*event, error) {
	var found []string
	var nameless *event
	var named []*event
	for _, e := range events {
		if e.name == "" {
			nameless = e
			continue
		}
		found = append(found, e.name)
		if e.name == d.Event {
			named = []*event{e}
			break
		}
		named = append(named, e)
	}
	switch {
	case d.Event != "" && len(named) > 0 && named[0].name == d.Event:
		return named[:1], nil
	case d.Event != "" && nameless == nil:
		return nil, inputError("leave --event out, or name one of these", "nothing here is the event %s; there are %s", d.Event, strings.Join(found, ", "))
	case d.Event == "" && len(named) > 0:
		if len(named) > maxEvents {
			return nil, inputError("choose one with --event", "there are %d names of events in %s", len(named), d.Topic)
		}
		if nameless != nil {
			d.note("%s without the name of an event left out", records(len(nameless.records)))
		}
		return named, nil
	case d.Event == "" && d.examples:
		return nil, inputError("--event com.acme.order.OrderPlaced", "the documents do not say which event they are")
	}
	nameless.name = d.Event
	if d.Event == "" {
		nameless.name = d.Topic
		d.guess("event %s: nothing in the records names it, so it has the topic's name", d.Topic)
	}
	return []*event{nameless}, nil
}

// write writes the contract and its files.
func (d *drafting) write(events []*event) error {
	d.out.head(d.source(), d.Service)
	key := make([]key, len(events))
	keyed := true
	for i, e := range events {
		if d.examples {
			key[i] = e.guessKey()
		} else {
			key[i] = e.findKey()
		}
		keyed = keyed && key[i].place != ""
	}
	d.out.facts(d.Topic, d.Facts, keyed)
	d.out.line(0, "produces:", "")
	for i, e := range events {
		if err := d.event(e, key[i], i == 0); err != nil {
			return err
		}
	}
	d.files[ContractFile] = []byte(d.out.b.String())
	return nil
}

func (d *drafting) source() string {
	if d.examples {
		return plural(len(d.Records), "example")
	}
	return fmt.Sprintf("%s of the topic %s", records(len(d.Records)), d.Topic)
}

// event writes one entry of produces. What is left to fill in is said at the
// first one.
func (d *drafting) event(e *event, k key, first bool) error {
	l := &d.out
	l.line(1, "- event: "+scalar(e.name), d.eventComment(e))
	if first {
		l.kind()
	}
	l.field(2, "topic", d.Topic, "")
	if e.match != (contracts.Match{}) {
		what, value := "header", e.match.Header
		if e.match.Value != "" {
			what, value = "value", e.match.Value
		}
		l.line(2, "match:", "the name of the event stands there")
		l.field(3, what, value, "")
	}
	example, err := d.schema(e)
	if err != nil {
		return err
	}
	if e.envelope != envelope.None {
		l.field(2, "envelope", string(e.envelope), "")
	}
	d.key(e, k)
	d.headers(e)
	d.exampleFiles(example)
	if first {
		l.rest("")
	}
	return nil
}

func (d *drafting) eventComment(e *event) string {
	if e.name == d.Topic && d.Event == "" {
		return "no record names its event: put its name, such as com.acme.order.OrderPlaced"
	}
	return ""
}

func (d *drafting) key(e *event, k key) {
	if k.place == "" {
		d.out.comment(2, k.open)
		return
	}
	if strings.HasPrefix(k.why, "a guess") {
		d.guess("key %s of %s: %s", k.place, e.name, strings.TrimPrefix(k.why, "a guess: "))
	}
	if k.format == "" {
		d.out.field(2, "key", k.place, k.why)
		return
	}
	d.out.line(2, "key:", k.why)
	d.out.field(3, "place", k.place, "")
	d.out.field(3, "format", k.format, "")
}

func (d *drafting) headers(e *event) {
	headers := e.promisedHeaders()
	if e.match.Header != "" {
		headers[e.match.Header] = true
	}
	if len(headers) == 0 {
		return
	}
	d.out.line(2, "headers:", "required: every record has it")
	for _, name := range sortedNames(headers) {
		d.out.field(3, name, map[bool]string{true: "required", false: "optional"}[headers[name]], "")
	}
}

func (d *drafting) exampleFiles(names []string) {
	if len(names) == 0 {
		d.out.comment(2, "examples: files with the event's data, without an envelope")
		return
	}
	d.out.line(2, "examples:", "")
	for _, name := range names {
		d.out.line(3, "- "+scalar(name), "")
	}
}

// schema writes the schema: line of an event and returns its examples.
func (d *drafting) schema(e *event) (examples []string, err error) {
	l := &d.out
	if subject := mostOften(e.records, func(r *seen) string { return r.subject }); subject != "" {
		l.line(2, "schema:", "")
		l.subject(3, subject, string(e.framing), "")
		return nil, nil
	}
	if len(e.documents) == 0 {
		if e.framing != wire.None {
			l.comment(2, "schema: {registry: {subject: "+d.Topic+"-value}, wire: "+string(e.framing)+"}, if that is the subject of the schema that the records name")
		} else {
			l.comment(2, "schema: the values are no JSON; name the schema's file, such as schemas/"+d.file(e.name)+".avsc")
		}
		return nil, nil
	}
	base := d.file(e.name)
	file := "schemas/" + base + ".json"
	k := e.shape.schema()
	if e.envelope != envelope.None {
		loosen(k)
	}
	d.files[file] = k.text(shortName(e.name))
	if e.framing == wire.None {
		l.field(2, "schema", file, "")
	} else {
		l.line(2, "schema:", "the records name a schema of a registry: set WEIR_REGISTRY_URL to have it here")
		l.field(3, "file", file, "")
		l.field(3, "wire", string(e.framing), "")
	}
	if rest := len(e.records) - len(e.documents); rest > 0 {
		d.note("%s of %s whose value is no JSON left out", records(rest), e.name)
	}
	return d.examplesOf(e, base, file)
}

// loosen keeps a schema of data from being taken for one of an envelope,
// where the data has the members of an envelope itself.
func loosen(k *keywords) {
	if k.Properties["specversion"] == nil && k.Properties["spec_version"] == nil {
		return
	}
	var rest []string
	for _, name := range k.Required {
		if name != "data" {
			rest = append(rest, name)
		}
	}
	k.Required = rest
}
