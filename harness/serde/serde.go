// Package serde finds how the values and the keys of a contract's events stand
// in records: by which schema they are written, how they carry its id, and
// which id that is. Load, tests and verification all ask it, so that an event
// is written in one way by all of them.
//
// What it guarantees: what "latest" means for an event's schema when it is
// first asked for, it means to the end; data of a schema in a file carries the id
// of the version that the file is, or is refused; data that carries the id of
// another version of its subject is read with that version. Nothing is
// registered.
//
// It neither encodes nor sends: package schema and package wire write the bytes.
package serde

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"sync"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/wire"
)

// ErrNoRegistry is the lack of a registry that a contract speaks of.
var ErrNoRegistry = errors.New("no schema registry is given: set WEIR_REGISTRY_URL")

// RegistryError says that a registry could not be asked: that it has not what
// was asked for is none.
type RegistryError struct{ Err error }

func (e *RegistryError) Error() string { return e.Err.Error() }
func (e *RegistryError) Unwrap() error { return e.Err }

// asked is the error of a question to a registry.
func asked(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &RegistryError{err}
}

// Form is how the values of an event stand in records, or its keys.
type Form struct {
	Part registry.Part
	// Declared is what the contract says; nil where it gives no schema, and
	// Message the name of the message or record in it, "" for the first.
	Declared *contracts.Schema
	Message  string
	// Schema is the contract's, nil where it gives none.
	Schema *schema.Schema
	// Version is that of the schema in the registry; 0 for a file.
	Version int
	// Framing is how they carry the id of the schema, and Subject what has that
	// in the registry; both are empty without.
	Framing wire.Framing
	Subject string
}

// Coded says that the data is no JSON of a JSON Schema.
func Coded(s *schema.Schema) bool { return s != nil && s.JSONSchema() == nil }

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

// Resolver finds forms. Its methods may be called at the same time.
type Resolver struct {
	//nolint:containedctx // as in the loader, whose methods take none
	ctx      context.Context
	loader   *versions.Loader
	registry *registry.Registry
	// forms are those of events and their keys, by a half.
	forms    sync.Map
	subjects subjects
	// files are the versions that schemas of files are, by a filed.
	files sync.Map
}

// New makes a Resolver of schemas that a loader reads. The registry, which the
// loader reads too, may be nil; ctx bounds all questions to it.
func New(ctx context.Context, loader *versions.Loader, r *registry.Registry) *Resolver {
	return &Resolver{ctx: ctx, loader: loader, registry: r, subjects: subjects{versions: map[string][]registry.Schema{}, foreign: map[foreignID]bool{}}}
}

// half names the values of an event, or its keys.
type half struct {
	produces *contracts.Produces
	part     registry.Part
}

// Of is the form of an event's values or keys. Where their schema cannot be
// had the error says why, and Framing and Subject are those of a schema that is
// not Protobuf.
func (r *Resolver) Of(c *contracts.Contract, p *contracts.Produces, part registry.Part) (Form, error) {
	key := half{p, part}
	if known, ok := r.forms.Load(key); ok {
		return known.(Form), nil
	}
	out := Form{Part: part, Declared: Declared(c, p, part)}
	declared := out.Declared
	if declared == nil {
		return out, nil
	}
	if part == registry.Value && p.Match != nil {
		out.Message = p.Match.Name
	}
	if declared.Wire != contracts.WireNone {
		out.Framing = wire.Framing{Kind: wire.Kind(declared.Wire), Key: part == registry.Key}
		out.Subject = Subject(declared, p.TopicName(), part)
	}
	if declared.Registry != nil {
		// What latest means now it means to the end.
		registered, err := r.meant(declared)
		if err != nil {
			return out, err
		}
		out.Version = registered.Version
		declared = at(declared, out.Version)
	}
	var err error
	if out.Schema, err = r.loader.Current(c, declared, out.Message); err != nil {
		if declared.Registry != nil && !errors.As(err, new(*schema.Error)) {
			err = asked(err) // as for what it refers to
		}
		return out, err
	}
	out.Framing.Protobuf = out.Framing.Kind != "" && out.Schema.Format() == contracts.FormatProtobuf
	r.forms.Store(key, out)
	return out, nil
}

// at is a schema of a registry in another version.
func at(declared *contracts.Schema, version int) *contracts.Schema {
	out, there := *declared, *declared.Registry
	there.Version = strconv.Itoa(version)
	out.Registry = &there
	return &out
}

// meant is the version of its subject that a contract names.
func (r *Resolver) meant(declared *contracts.Schema) (registry.Schema, error) {
	version, err := registry.ParseVersion(declared.Registry.Version)
	if err != nil {
		return registry.Schema{}, err
	}
	return r.registered(declared.Registry.Subject, version)
}

// registered is a version of a subject, or the latest.
func (r *Resolver) registered(subject string, version int) (registry.Schema, error) {
	if r.registry == nil {
		return registry.Schema{}, ErrNoRegistry
	}
	s, err := r.registry.Schema(r.ctx, subject, version)
	return s, asked(err)
}

// Load reads the schema of a version of a form's subject.
func (r *Resolver) Load(c *contracts.Contract, own Form, version int) (*schema.Schema, error) {
	of := &contracts.Schema{Registry: &contracts.Registry{Subject: own.Subject}, Encoding: own.Declared.Encoding}
	return r.loader.Current(c, at(of, version), own.Message)
}

// ID is the id that data carries which was written with a schema: that of a
// version of its subject, or where that is 0, for the schema of a file, of the
// one that the schema is.
func (r *Resolver) ID(c *contracts.Contract, own Form, written *schema.Schema, version int) (wire.ID, error) {
	if own.Framing.Kind == "" {
		return wire.ID{}, nil
	}
	var s registry.Schema
	var err error
	if version == 0 {
		s, err = r.filed(c, own, written)
	} else {
		s, err = r.registered(own.Subject, version)
	}
	if err != nil {
		return wire.ID{}, err
	}
	id := wire.ID{Number: s.ID}
	if own.Framing.Kind == wire.ConfluentHeader {
		id.GUID = s.GUID
	}
	if own.Framing.Protobuf {
		_, path := written.Message()
		id.Message, err = wire.NewPath(path...)
	}
	return id, err
}

// Writer is the schema that data was written with: that of the version of its
// subject whose id it carries, and where there is no telling the form's own.
func (r *Resolver) Writer(c *contracts.Contract, own Form, id wire.ID) *schema.Schema {
	if !Coded(own.Schema) || own.Framing.Kind == "" || id.IsZero() || r.registry == nil {
		return own.Schema
	}
	v, ok, err := r.WithID(own.Subject, id)
	if err != nil || !ok || v.Version == own.Version {
		return own.Schema
	}
	s, err := r.Load(c, own, v.Version)
	if err != nil || !Coded(s) {
		return own.Schema
	}
	return s
}
