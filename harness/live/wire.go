package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/reports/finding"
)

// registryTimeout bounds one question to the schema registry.
const registryTimeout = 10 * time.Second

// errNoRegistry is the lack of a registry that a contract speaks of.
var errNoRegistry = errors.New("no schema registry is given: set WEIR_REGISTRY_URL")

// schemaOf is the JSON Schema of an event; nil where the contract gives none.
func (f *Flow) schemaOf(c *contracts.Contract, p *contracts.Produces) (*jsonschema.Schema, error) {
	declared := c.SchemaOf(p.Schema)
	switch {
	case declared == nil:
		return nil, nil
	case declared.Registry == nil && declared.Format != contracts.FormatJSONSchema:
		return nil, fmt.Errorf("events with a schema in %s are not built; JSON Schema is", declared.Format)
	case declared.Registry == nil:
		return f.cfg.Files.JSONSchema(c, declared)
	case f.cfg.Registry == nil:
		return nil, errNoRegistry
	}
	current, err := f.loader.Current(c, declared, "")
	if err != nil {
		return nil, err
	}
	return ownSchema(current)
}

// ownSchema is the JSON Schema of a registry.
func ownSchema(s *schema.Schema) (*jsonschema.Schema, error) {
	if own := s.JSONSchema(); own != nil {
		return own, nil
	}
	return nil, fmt.Errorf("events with a schema in %s are not built; JSON Schema is", s.Format())
}

// framingOf is how an event's value carries the id of its schema, and the
// subject that has it.
func framingOf(c *contracts.Contract, p *contracts.Produces) (framing wire.Framing, subject string) {
	declared := c.SchemaOf(p.Schema)
	if declared == nil || declared.Wire == contracts.WireNone {
		return wire.Framing{}, ""
	}
	subject = registry.TopicName(p.TopicName(), registry.Value)
	if declared.Registry != nil {
		subject = declared.Registry.Subject
	}
	return wire.Framing{Kind: wire.Kind(declared.Wire)}, subject
}

// versionOf is the version of its subject that a contract names.
func versionOf(s *contracts.Schema) (int, error) {
	if s.Registry == nil {
		return registry.Latest, nil
	}
	return registry.ParseVersion(s.Registry.Version)
}

// idOf is the id of the schema that an event is to carry: of a version of its
// subject, or where that is 0 of the one that the contract names.
func (f *Flow) idOf(c *contracts.Contract, p *contracts.Produces, version int) (wire.ID, error) {
	framing, subject := framingOf(c, p)
	if framing.Kind == "" {
		return wire.ID{}, nil
	}
	if f.cfg.Registry == nil {
		return wire.ID{}, errNoRegistry
	}
	if version == 0 {
		var err error
		if version, err = versionOf(c.SchemaOf(p.Schema)); err != nil {
			return wire.ID{}, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), registryTimeout)
	defer cancel()
	s, err := f.cfg.Registry.Schema(ctx, subject, version)
	if err != nil {
		return wire.ID{}, err
	}
	if framing.Kind == wire.ConfluentHeader {
		return wire.ID{Number: s.ID, GUID: s.GUID}, nil
	}
	return wire.ID{Number: s.ID}, nil
}

// registered are the schemas of a subject.
func (f *Flow) registered(subject string) ([]registry.Schema, error) {
	ctx, cancel := context.WithTimeout(context.Background(), registryTimeout)
	defer cancel()
	numbers, err := f.cfg.Registry.Versions(ctx, subject)
	if err != nil {
		return nil, err
	}
	var out []registry.Schema
	for _, n := range numbers {
		s, err := f.cfg.Registry.Schema(ctx, subject, n)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// judgeFraming judges that a record carries the id of a schema of its subject,
// as far as a registry is there to ask.
func judgeFraming(r *Record) []finding.Finding {
	framing, subject := framingOf(r.contract, r.produces)
	at := r.contract.Doc.Position("produces", r.index(), "schema")
	switch {
	case framing.Kind == "":
		return nil
	case r.unframed != nil:
		return []finding.Finding{broken(r, BrokenFraming, at, "the value is not framed as %s: %v", framing.Kind, r.unframed)}
	case r.flow.cfg.Registry == nil:
		return nil
	}
	known, err := r.flow.registered(subject)
	if err != nil {
		return []finding.Finding{broken(r, Unjudged, at, "%v", err)}
	}
	var ids []string
	for _, s := range known {
		if r.Schema.Number == s.ID && s.ID != 0 || r.Schema.GUID == s.GUID && !(wire.ID{GUID: s.GUID}).IsZero() {
			return nil
		}
		ids = append(ids, fmt.Sprintf("%d (version %d)", s.ID, s.Version))
	}
	slices.Sort(ids)
	return []finding.Finding{broken(r, BrokenFraming, at, "it carries %s, which is none of the subject %s: %s", r.Schema, subject, strings.Join(ids, ", "))}
}
