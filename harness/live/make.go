package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/loadgen/identity"
)

// Override changes an event that Produce makes.
type Override func(*draft) error

// draft is an event that is being made.
type draft struct {
	data    any
	key     *any // nil follows the data
	headers map[string]string
	poison  []byte
	invalid bool // poison was asked for
	id      identity.EventID
	form    serde.Form
	keyForm serde.Form
	// old is the schema of an earlier version, if the data is of that, and
	// version its number in the registry.
	old     *schema.Schema
	version int
	extra   []byte // follows the encoded data
	// body stands in place of the data, from which the key is made.
	body func(identity.EventID) ([]byte, error)
	at   time.Time
}

// Set puts a value at a place: $.a.b of the data, header:name, or key. Values
// of the data, and of a key that has a schema, may be anything that encodes to
// JSON; the others are texts. Where the key is made of data it follows the data.
func Set(at string, value any) Override {
	return func(d *draft) error {
		p, err := place.Parse(at)
		if err != nil {
			return err
		}
		switch p.Kind() {
		case place.Data:
			v, err := plain(value)
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			return p.Set(d.data, v)
		case place.Envelope:
			return fmt.Errorf("%s: the envelope is written as the contract says; $.field, header:name and key can be set", at)
		}
		if p.Kind() == place.Key && d.keyForm.Declared != nil {
			v, err := plain(value)
			d.key = &v
			return err
		}
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("%s: %v is a %T, and only a string can stand there", at, value, value)
		}
		if p.Kind() == place.Key {
			d.key = &value
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

// Stranger adds a field to an event that its schema does not have: a member of
// JSON, or in Protobuf a field of a number that no schema uses. Avro has no
// room for one.
func Stranger() Override {
	return func(d *draft) error {
		if !serde.Coded(d.form.Schema) {
			return Set("$.weir_unknown_field", "of a later version")(d)
		}
		if d.form.Schema.Format() != contracts.FormatProtobuf || d.form.Schema.MediaType() == envelope.JSON {
			return errors.New("its form has no room for a field that is not in the schema")
		}
		d.extra = protowire.AppendVarint(protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.VarintType), 1)
		return nil
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
	d, err := f.draft(contract, p, overrides)
	if err != nil {
		return nil, err
	}
	r, err := f.record(contract, p, d)
	if err != nil {
		return nil, err
	}
	return f.made(r, p, d), nil
}

// made is an event that was made here, whose name and id are known also where
// what is sent does not carry them.
func (f *Flow) made(r *kgo.Record, p *contracts.Produces, d *draft) *Record {
	out := f.Read(r)
	out.Event = cmp.Or(out.Event, p.Event)
	if out.untold = out.ID() == ""; out.untold && envelope.Kind(p.EnvelopeName()) != envelope.None {
		out.Attributes.ID = d.id.String()
	}
	return out
}

// Try says what is wrong with overrides of an event, for which no cluster is
// needed.
func Try(ctx context.Context, cfg Config, event string, overrides ...Override) error {
	f := unconnected(ctx, cfg)
	contract, p, err := f.Producer(event)
	if err != nil {
		return err
	}
	_, err = f.draft(contract, p, overrides)
	return err
}

// draft makes what an event is made of.
func (f *Flow) draft(c *contracts.Contract, p *contracts.Produces, overrides []Override) (*draft, error) {
	own, err := f.serdes.Of(c, p, registry.Value)
	if err != nil {
		return nil, err
	}
	key, err := f.serdes.Of(c, p, registry.Key)
	if err != nil {
		return nil, fmt.Errorf("the key: %w", err)
	}
	d := &draft{headers: map[string]string{}, form: own, keyForm: key}
	f.mu.Lock()
	d.data, err = f.data(c, p, own.Schema, 1)
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	for _, o := range overrides {
		if err := o(d); err != nil {
			return nil, err
		}
	}
	return d, d.check(f.cfg.Advice)
}

// Required generates data for an event with the fields that its schema
// requires and no other. Without a schema there is no telling, which is an
// error.
func (f *Flow) Required(event string) (any, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	own, err := f.serdes.Of(contract, p, registry.Value)
	if err != nil {
		return nil, err
	}
	if own.Schema == nil {
		return nil, fmt.Errorf("%s has no schema that says which fields are required", event)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.data(contract, p, own.Schema, 0)
}

// data is an event's data, before overrides, with a share of optional fields.
func (f *Flow) data(c *contracts.Contract, p *contracts.Produces, s *schema.Schema, optional float64) (any, error) {
	if s != nil {
		generate, err := s.GeneratorWith(optional)
		if err != nil {
			return nil, err
		}
		return generate(f.rng)
	}
	if len(p.Examples) == 0 {
		return nil, fmt.Errorf("%s has neither a schema nor examples to make data from", p.Event)
	}
	return f.example(c, p.Examples[0])
}

// check refuses data that its overrides made invalid by mistake.
func (d *draft) check(advice Advice) error {
	if d.form.Schema == nil || d.invalid || d.old != nil {
		return nil
	}
	violations := d.form.Schema.Validate(d.data)
	if len(violations) == 0 {
		return nil
	}
	var b strings.Builder
	for _, v := range violations {
		fmt.Fprintf(&b, "\n  %s (%s)", v.Message, v.Schema)
	}
	return fmt.Errorf("with these values it is not valid any more (%s):%s", advice.invalid(), b.String())
}

// encoded is the data as it stands in a record, and its schema. What Poison
// replaces need not be encoded.
func (d *draft) encoded() ([]byte, *schema.Schema, error) {
	written := d.form.Schema
	if d.old != nil {
		written = d.old
	}
	body, read, err := encode(written, d.data)
	switch {
	case err != nil && d.invalid:
		return nil, written, nil
	case err != nil:
		return nil, nil, err
	}
	d.data = read
	return append(body, d.extra...), written, nil
}

// record wraps the data as the contract says.
func (f *Flow) record(c *contracts.Contract, p *contracts.Produces, d *draft) (*kgo.Record, error) {
	r := &kgo.Record{Topic: p.TopicName(), Timestamp: d.at} // the time of sending, if there is none
	now := d.at
	if now.IsZero() {
		now = time.Now()
	}
	id := f.NewID()
	d.id = id
	body, written, err := d.encoded()
	if err != nil {
		return nil, err
	}
	if d.body != nil {
		if body, err = d.body(id); err != nil {
			return nil, err
		}
	}
	kind := envelope.Kind(p.EnvelopeName())
	attributes := &envelope.Attributes{ID: id.String(), Type: p.Event, Source: "/" + c.Service.Name, Time: now}
	if serde.Coded(written) {
		attributes.DataContentType = written.MediaType()
	}
	if kind == envelope.Standard && attributes.DataContentType != "" && attributes.DataContentType != envelope.JSON {
		return nil, fmt.Errorf("the envelope %s holds JSON, and the data is %s: use cloudevents-binary or none", kind, attributes.DataContentType)
	}
	if kind == envelope.Standard {
		attributes.CorrelationID = attributes.ID
	}
	value, around := envelope.Encode(kind, attributes, body, nil)
	schemaID, err := f.serdes.ID(c, d.form, written, cmp.Or(d.version, d.form.Version))
	if err != nil {
		return nil, err
	}
	value, more, err := d.form.Framing.Encode(schemaID, value)
	if err != nil {
		return nil, err
	}
	key, keyID, err := f.key(c, p, d)
	if err != nil {
		return nil, err
	}
	around = append(append(around, more...), keyID...)
	r.Key = key
	if m := p.Recognition(); m.Header != "" && !slices.ContainsFunc(around, func(h envelope.Header) bool { return h.Key == m.Header }) {
		around = append(around, envelope.Header{Key: m.Header, Value: []byte(p.Event)})
	}
	mark := identity.Record{Run: id.Run, Sequence: id.Sequence, Due: now}.AppendHeader(nil)
	around = append(around, envelope.Header{Key: identity.Header, Value: mark})
	// What an override sets replaces what is written here; the others stand
	// beside it.
	others := maps.Clone(d.headers)
	for _, h := range around {
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
	return r, nil
}

// key is the key of an event, and the header that carries the id of its schema.
func (f *Flow) key(c *contracts.Contract, p *contracts.Produces, d *draft) ([]byte, []envelope.Header, error) {
	var value any
	var err error
	if d.key != nil {
		value = *d.key
	} else if value, err = payload.KeyValue(p.Key, d.data); err != nil {
		return nil, nil, err
	}
	if value == nil && p.Key == nil {
		return nil, nil, nil
	}
	s := d.keyForm.Schema
	codec := payload.KeysOf(p.Key, s)
	if err := codec.Check(value); err != nil && !d.invalid {
		return nil, nil, err
	}
	body, err := codec.Encode(value)
	if err != nil {
		return nil, nil, err
	}
	id, err := f.serdes.ID(c, d.keyForm, s, d.keyForm.Version)
	if err != nil {
		return nil, nil, fmt.Errorf("the key: %w", err)
	}
	return d.keyForm.Framing.Encode(id, body)
}

// matches says whether a header's value matches its pattern, which the
// contract's loader has compiled before.
func matches(pattern, value string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(value)
}
