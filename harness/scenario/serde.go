package scenario

import (
	"context"
	"errors"
	"io/fs"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
)

// written is how the values of a flow stand in its records, or its keys.
type written struct {
	serde.Form
	frame payload.Frame
}

// newSerdes finds the schemas of contracts in their files and in a registry,
// which may be nil; ctx bounds all that it is asked.
func newSerdes(ctx context.Context, files fs.FS, r *registry.Registry) *serde.Resolver {
	var schemas versions.Registry
	if r != nil {
		schemas = versions.FromRegistry(ctx, r)
	}
	return serde.New(ctx, versions.New(files, schemas), r)
}

// resolve finds how a flow's values and keys are written, and which ids they
// carry to the end of the run.
func (f *Flow) resolve(of *serde.Resolver) (err error) {
	if f.value, err = f.written(of, registry.Value); err != nil {
		return f.schemaError(f.Producer, f.Produces, registry.Value, "the schema of "+f.Name(), err)
	}
	if f.key, err = f.written(of, registry.Key); err != nil {
		return f.schemaError(f.Producer, f.Produces, registry.Key, "the schema of the keys of "+f.Name(), err)
	}
	return nil
}

// fromFiles is the flow with what files tell of its schemas, where no run has
// asked for them; the error is of what they do not tell.
func (f *Flow) fromFiles() (*Flow, error) {
	own := *f
	if own.value.Declared != nil {
		return &own, nil
	}
	err := own.resolve(newSerdes(context.Background(), f.files, nil))
	return &own, err
}

func (f *Flow) written(of *serde.Resolver, part registry.Part) (w written, err error) {
	if w.Form, err = of.Of(f.Producer, f.Produces, part); err != nil {
		return w, err
	}
	id, err := of.ID(f.Producer, w.Form, w.Schema, w.Version)
	if err == nil {
		w.frame, err = payload.NewFrame(w.Framing, id)
	}
	return w, err
}

// serdes finds how all flows are written and how what they cause is read, and
// refuses what no schema can be had for; it answers the others. A registry that
// cannot be asked is no fault of the files.
func (p *preflight) serdes() (resolved map[*Flow]bool, err error) {
	resolved = map[*Flow]bool{}
	for _, f := range p.x.plan.Flows {
		switch err := p.x.resolve(f); {
		case err == nil:
			resolved[f] = true
		case errors.Is(err, context.Canceled):
			return nil, ErrInterrupted
		case errors.As(err, new(*serde.RegistryError)):
			return nil, p.unanswered(f, err)
		default:
			p.add(p.x.refusal(err, "load", f.Index, "event"))
		}
	}
	return resolved, nil
}

// unanswered is the error of a flow whose registry cannot be asked.
func (p *preflight) unanswered(f *Flow, err error) error {
	what := "the load of " + f.Name()
	if at := p.x.plan.Scenario.Doc.Position("load", f.Index, "event"); at != nil {
		what = at.String() + ": " + what
	}
	return &InfrastructureError{what, err}
}

// resolve finds how a flow is written, if it is, and that its effects can be
// read.
func (x *execution) resolve(f *Flow) error {
	if f.raw() {
		return nil
	}
	if f.Load.Via != ViaTrigger {
		if err := f.resolve(x.serdes); err != nil {
			return err
		}
	}
	for i := range f.Reactions {
		r := &f.Reactions[i]
		if r.Produces == nil {
			continue
		}
		correlate, err := r.Consumes.Effect.CorrelatePlace()
		if err != nil {
			continue // said where it is watched
		}
		if _, err := x.decoder(correlate, r); err != nil {
			part := registry.Value
			if correlate.Kind() == place.Key {
				part = registry.Key
			}
			return f.schemaError(r.Producer, r.Produces, part, "the schema of the effect "+r.Produces.Event, err)
		}
	}
	return nil
}

// decoder reads what leads back from the effects of a reaction: an attribute
// of their envelope, their data or their keys, which carry the id of the schema
// that they were written with. It is nil where data is plain JSON and keys are
// text, and for a header.
func (x *execution) decoder(correlate place.Place, r *Reaction) (func(*kgo.Record) (any, error), error) {
	switch correlate.Kind() {
	case place.Data:
		return x.dataDecoder(r.Producer, r.Produces)
	case place.Key:
		return x.keyDecoder(r.Producer, r.Produces)
	case place.Envelope:
		return x.attributeDecoder(r, correlate.Attribute()), nil
	}
	return nil, nil
}

// attributeDecoder reads an attribute of the envelope of what a reaction makes,
// which is no data and needs no schema; it is empty where there is none.
func (x *execution) attributeDecoder(of *Reaction, name string) func(*kgo.Record) (any, error) {
	kind := envelope.Kind(of.Produces.EnvelopeName())
	own, _ := x.serdes.Of(of.Producer, of.Produces, registry.Value) // the framing is known in any case
	return func(r *kgo.Record) (any, error) {
		headers, payload := allHeaders(r), r.Value
		if envelope.Around(kind) {
			var err error
			if _, payload, err = own.Framing.Decode(headers, r.Value); err != nil {
				return nil, err
			}
		}
		a, _, err := envelope.Decode(kind, payload, headers)
		if err != nil {
			return nil, err
		}
		v, _ := a.Get(name)
		return v, nil
	}
}

func (x *execution) dataDecoder(c *contracts.Contract, p *contracts.Produces) (func(*kgo.Record) (any, error), error) {
	if declared := c.SchemaOf(p.Schema); declared == nil || declared.Format == contracts.FormatJSONSchema && declared.Wire == contracts.WireNone {
		return nil, nil
	}
	own, err := x.serdes.Of(c, p, registry.Value)
	if err != nil {
		return nil, err
	}
	plain := !serde.Coded(own.Schema) || own.Declared.Encoding == contracts.EncodingJSON
	if plain && own.Framing.Kind == "" {
		return nil, nil
	}
	kind := envelope.Kind(p.EnvelopeName())
	return func(r *kgo.Record) (any, error) {
		id, payload, err := own.Framing.Decode(headersOf(r, own.Framing), r.Value)
		if err != nil {
			return nil, err
		}
		_, data, err := envelope.Decode(kind, payload, nil)
		switch {
		case err != nil:
			return nil, err
		case plain:
			return jsonschema.Decode(data)
		}
		return x.serdes.Writer(c, own, id).Decode(data)
	}, nil
}

func (x *execution) keyDecoder(c *contracts.Contract, p *contracts.Produces) (func(*kgo.Record) (any, error), error) {
	own, err := x.serdes.Of(c, p, registry.Key)
	if err != nil || own.Schema == nil {
		return nil, err
	}
	return func(r *kgo.Record) (any, error) {
		id, payload, err := own.Framing.Decode(headersOf(r, own.Framing), r.Key)
		if err != nil {
			return nil, err
		}
		return x.serdes.Writer(c, own, id).Decode(payload)
	}, nil
}

// headersOf are the headers of a record as far as a framing reads them.
func headersOf(r *kgo.Record, f wire.Framing) []envelope.Header {
	if f.Kind != wire.ConfluentHeader {
		return nil
	}
	return allHeaders(r)
}

func allHeaders(r *kgo.Record) []envelope.Header {
	out := make([]envelope.Header, len(r.Headers))
	for i, h := range r.Headers {
		out[i] = envelope.Header(h)
	}
	return out
}
