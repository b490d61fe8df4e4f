package live

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/loadgen/identity"
)

// Override changes an event that Produce makes.
type Override func(*draft) error

// draft is an event that is being made.
type draft struct {
	data    any
	key     *string
	headers map[string]string
	poison  []byte
	invalid bool // poison was asked for
	old     bool // the data is of an earlier version
	version int  // of the subject that the data is of; 0 for the contract's
	at      time.Time
}

// Set puts a value at a place: $.a.b of the data, header:name, or key. Values
// of the data may be anything that encodes to JSON; the others are texts.
// Where the key is made of data it follows the data.
func Set(at string, value any) Override {
	return func(d *draft) error {
		p, err := place.Parse(at)
		if err != nil {
			return err
		}
		if p.Kind() == place.Data {
			v, err := plain(value)
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			return p.Set(d.data, v)
		}
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("%s: %v is a %T, and only a string can stand there", at, value, value)
		}
		if p.Kind() == place.Key {
			d.key = &text
		} else {
			d.headers[p.HeaderName()] = text
		}
		return nil
	}
}

// Data replaces the data of an event as a whole, by what Record.Data of
// another event is.
func Data(data any) Override {
	return func(d *draft) error {
		var err error
		d.data, err = plain(data)
		return err
	}
}

// Poison replaces the record's value, envelope included, by bytes that need
// not obey the contract: what a consumer must send to its dead letters. Key
// and headers are those of a good event.
func Poison(value []byte) Override {
	return func(d *draft) error {
		d.poison, d.invalid = value, true
		return nil
	}
}

// Produce makes an event and sends it; see Make and Send.
func (f *Flow) Produce(ctx context.Context, event string, overrides ...Override) (*Record, error) {
	r, err := f.Make(event, overrides...)
	if err != nil {
		return nil, err
	}
	return r, f.Send(ctx, r)
}

// Make makes an event from its producer's contract. Its data is generated,
// optional fields included, from the schema, or else the contract's first
// example, and then overridden; data that is not valid any more is an error,
// unless it is Poison.
func (f *Flow) Make(event string, overrides ...Override) (*Record, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	if p.TopicName() == "" {
		return nil, fmt.Errorf("events over %s are not built; Kafka is", p.Transport())
	}
	schema, err := f.schemaOf(contract, p)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := &draft{headers: map[string]string{}}
	if d.data, err = data(contract, p, schema, 1, f.rng); err != nil {
		return nil, err
	}
	for _, o := range overrides {
		if err := o(d); err != nil {
			return nil, err
		}
	}
	if err := d.check(schema, f.cfg.Files); err != nil {
		return nil, err
	}
	r, err := f.record(contract, p, d)
	if err != nil {
		return nil, err
	}
	return f.Read(r), nil
}

// Required generates data for an event with the fields that its schema
// requires and no other. Without a schema there is no telling, which is an
// error.
func (f *Flow) Required(event string) (any, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	schema, err := f.schemaOf(contract, p)
	if err != nil {
		return nil, err
	}
	if schema == nil {
		return nil, fmt.Errorf("%s has no schema that says which fields are required", event)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return data(contract, p, schema, 0, f.rng)
}

// data is an event's data, before overrides, with a share of optional fields.
func data(c *contracts.Contract, p *contracts.Produces, schema *jsonschema.Schema, optional float64, rng *rand.Rand) (any, error) {
	if schema != nil {
		g, err := jsonschema.NewGenerator(schema, jsonschema.OptionalFields(optional))
		if err != nil {
			return nil, err
		}
		return g.Generate(rng)
	}
	if len(p.Examples) == 0 {
		return nil, fmt.Errorf("%s has neither a schema nor examples to make data from", p.Event)
	}
	return example(c, p.Examples[0])
}

// check refuses data that its overrides made invalid by mistake.
func (d *draft) check(schema *jsonschema.Schema, files *asyncapi.Files) error {
	if schema == nil || d.invalid || d.old {
		return nil
	}
	violations := schema.ValidateValue(d.data)
	if len(violations) == 0 {
		return nil
	}
	var b strings.Builder
	for _, v := range violations {
		fmt.Fprintf(&b, "\n  %s (%s)", v, files.Locate(v.Schema))
	}
	return fmt.Errorf("with its overrides it is not valid any more (harness.Poison sends what is not):%s", b.String())
}

// record wraps the data as the contract says.
func (f *Flow) record(c *contracts.Contract, p *contracts.Produces, d *draft) (*kgo.Record, error) {
	r := &kgo.Record{Topic: p.TopicName(), Timestamp: d.at} // the time of sending, if there is none
	now := d.at
	if now.IsZero() {
		now = time.Now()
	}
	id := f.NewID()
	body, err := json.Marshal(d.data)
	if err != nil {
		return nil, err
	}
	kind := envelope.Kind(p.EnvelopeName())
	attributes := &envelope.Attributes{ID: id.String(), Type: p.Event, Source: "/" + c.Service.Name, Time: now}
	if kind == envelope.Standard {
		attributes.CorrelationID = attributes.ID
	}
	value, written := envelope.Encode(kind, attributes, body, nil)
	schemaID, err := f.idOf(c, p, d.version)
	if err != nil {
		return nil, err
	}
	framing, _ := framingOf(c, p)
	value, more, err := framing.Encode(schemaID, value)
	if err != nil {
		return nil, err
	}
	written = append(written, more...)
	if m := p.Recognition(); m.Header != "" && !slices.ContainsFunc(written, func(h envelope.Header) bool { return h.Key == m.Header }) {
		written = append(written, envelope.Header{Key: m.Header, Value: []byte(p.Event)})
	}
	mark := identity.Record{Run: id.Run, Sequence: id.Sequence, Due: now}.AppendHeader(nil)
	written = append(written, envelope.Header{Key: identity.Header, Value: mark})
	// What an override sets replaces what is written here; the others stand
	// beside it.
	others := maps.Clone(d.headers)
	for _, h := range written {
		if v, ok := others[h.Key]; ok {
			h.Value = []byte(v)
			delete(others, h.Key)
		}
		r.Headers = append(r.Headers, kgo.RecordHeader(h))
	}
	required, err := payload.RequiredHeaders(payload.Config{Produces: p, Headers: others, Seed: id.Run, Pattern: jsonschema.Match})
	if err != nil {
		return nil, err
	}
	r.Headers = append(r.Headers, required...)
	if r.Value = value; d.invalid {
		r.Value = d.poison
	}
	if d.key != nil {
		r.Key = []byte(*d.key)
		return r, nil
	}
	r.Key, err = payload.KeyOf(p.Key, d.data)
	return r, err
}

// matches says whether a header's value matches its pattern, which the
// contract's loader has compiled before.
func matches(pattern, value string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(value)
}
