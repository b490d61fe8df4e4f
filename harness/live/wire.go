package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
)

// registryTimeout bounds one question to the schema registry.
const registryTimeout = 10 * time.Second

// ErrNoRegistry is the lack of a registry that a contract speaks of.
var ErrNoRegistry = errors.New("no schema registry is given: set WEIR_REGISTRY_URL")

// form is how the values of an event stand in records, or its keys.
type form struct {
	part registry.Part
	// declared is what the contract says; nil where it gives no schema, and
	// message the name of the message or record in it, "" for the first.
	declared *contracts.Schema
	message  string
	// schema is the contract's, nil where it gives none.
	schema *schema.Schema
	// version is that of the schema in the registry; 0 for a file.
	version int
	// framing is how they carry the id of the schema, and subject what has that
	// in the registry; both are empty without.
	framing wire.Framing
	subject string
}

// coded says that the data is no JSON of a JSON Schema.
func coded(s *schema.Schema) bool { return s != nil && s.JSONSchema() == nil }

// Declared is what a contract says of the schema of an event's values or keys;
// nil where it says nothing.
func Declared(c *contracts.Contract, p *contracts.Produces, part registry.Part) *contracts.Schema {
	switch {
	case part == registry.Value:
		return c.SchemaOf(p.Schema)
	case p.Key != nil && p.Key.Schema != nil:
		return c.SchemaOf(*p.Key.Schema)
	}
	return nil
}

// Subject is what has a schema of a topic's values or keys in the registry: the
// one that a contract names, or else that of Confluent's TopicNameStrategy.
func Subject(declared *contracts.Schema, topic string, part registry.Part) string {
	if declared.Registry != nil {
		return declared.Registry.Subject
	}
	return registry.TopicName(topic, part)
}

// halfOf names the values of an event, or its keys.
type halfOf struct {
	produces *contracts.Produces
	part     registry.Part
}

// formOf is the form of an event's values or keys. Where their schema cannot be
// had the error says why, and framing and subject are those of a schema that is
// not Protobuf.
func (f *Flow) formOf(c *contracts.Contract, p *contracts.Produces, part registry.Part) (form, error) {
	key := halfOf{p, part}
	if known, ok := f.forms.Load(key); ok {
		return known.(form), nil
	}
	out := form{part: part, declared: Declared(c, p, part)}
	declared := out.declared
	if declared == nil {
		return out, nil
	}
	if part == registry.Value && p.Match != nil {
		out.message = p.Match.Name
	}
	if declared.Wire != contracts.WireNone {
		out.framing = wire.Framing{Kind: wire.Kind(declared.Wire), Key: part == registry.Key}
		out.subject = Subject(declared, p.TopicName(), part)
	}
	if declared.Registry != nil {
		// What latest means now it means to the end.
		registered, err := f.meant(declared)
		if err != nil {
			return out, err
		}
		out.version = registered.Version
		declared = at(declared, out.version)
	}
	var err error
	if out.schema, err = f.loader.Current(c, declared, out.message); err != nil {
		return out, err
	}
	out.framing.Protobuf = out.framing.Kind != "" && out.schema.Format() == contracts.FormatProtobuf
	f.forms.Store(key, out)
	return out, nil
}

// registered is the schema of a version of the subject.
func (own form) registered(version int) *contracts.Schema {
	return at(&contracts.Schema{Registry: &contracts.Registry{Subject: own.subject}, Encoding: own.declared.Encoding}, version)
}

// at is a schema of a registry in another version.
func at(declared *contracts.Schema, version int) *contracts.Schema {
	out, there := *declared, *declared.Registry
	there.Version = strconv.Itoa(version)
	out.Registry = &there
	return &out
}

// meant is the version of its subject that a contract names.
func (f *Flow) meant(declared *contracts.Schema) (registry.Schema, error) {
	version, err := registry.ParseVersion(declared.Registry.Version)
	if err != nil {
		return registry.Schema{}, err
	}
	return f.registered(declared.Registry.Subject, version)
}

// registered is a version of a subject, or the latest.
func (f *Flow) registered(subject string, version int) (registry.Schema, error) {
	if f.cfg.Registry == nil {
		return registry.Schema{}, ErrNoRegistry
	}
	ctx, cancel := context.WithTimeout(context.Background(), registryTimeout)
	defer cancel()
	return f.cfg.Registry.Schema(ctx, subject, version)
}

// idOf is the id that an event carries which was written with a schema: that
// of a version of its subject, or where that is 0 of the latest.
func (f *Flow) idOf(own form, written *schema.Schema, version int) (wire.ID, error) {
	if own.framing.Kind == "" {
		return wire.ID{}, nil
	}
	if version == 0 {
		version = registry.Latest
	}
	s, err := f.registered(own.subject, version)
	if err != nil {
		return wire.ID{}, err
	}
	id := wire.ID{Number: s.ID}
	if own.framing.Kind == wire.ConfluentHeader {
		id.GUID = s.GUID
	}
	if own.framing.Protobuf {
		_, path := written.Message()
		id.Message, err = wire.NewPath(path...)
	}
	return id, err
}

// encode writes data as it stands in a record, and answers it as a reader has
// it: without the names of branches and with the names of the schema's file.
func encode(s *schema.Schema, data any) (body []byte, read any, err error) {
	if !coded(s) {
		body, err = jsonschema.Encode(data)
		return body, data, err
	}
	if body, err = s.Encode(data); err != nil {
		return nil, nil, err
	}
	read, err = s.Decode(body)
	return body, read, err
}

// Format is that of an event's schema, as contracts name it; "" without one.
func (f *Flow) Format(event string) (string, error) {
	c, p, err := f.Producer(event)
	if err != nil {
		return "", err
	}
	own, err := f.formOf(c, p, registry.Value)
	if err != nil || own.schema == nil {
		return "", err
	}
	return own.schema.Format(), nil
}

// Undecodable is a value that no reader of an event can read, in place of a
// record's: JSON that breaks off, or numbers without an end, with which a
// binary form begins. It carries the event's id, so that a dead letter that
// lost its headers still leads back. A schema that reads any bytes is an error.
func (f *Flow) Undecodable(r *Record) ([]byte, error) {
	if !coded(r.value.written) {
		return fmt.Appendf(nil, `{"poison":%q,"cut":`, r.ID()), nil
	}
	value := make([]byte, 64, 64+len(r.ID()))
	for i := range value {
		value[i] = 0xff
	}
	value = append(value, r.ID()...)
	if _, err := r.value.written.Decode(value); err == nil {
		return nil, fmt.Errorf("the schema of %s reads any bytes as an event, so that nothing poisons it", r.Event)
	}
	return value, nil
}
