package live

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/loadgen/identity"
)

// Wrong are the forms of an event that are well-formed JSON, and that its schema
// refuses, and so does that of a consumer which has one of its own; see
// payload.Wrongs. Where there is none the error says why.
func (f *Flow) Wrong(by *contracts.Contract, c *contracts.Consumes) ([]Variant, error) {
	contract, p, err := f.Producer(c.Event)
	if err != nil {
		return nil, err
	}
	own, err := f.serdes.Of(contract, p, registry.Value)
	switch {
	case err != nil:
		return nil, err
	case own.Schema == nil:
		return nil, errors.New("the producer gives no schema, which would refuse anything")
	case serde.Coded(own.Schema):
		return nil, fmt.Errorf("in %s what is not of the schema cannot be decoded, which is sent for itself", own.Schema.Format())
	case p.Recognition().Value != "":
		return nil, fmt.Errorf("by %s in its data consumers know %s: without it they rightly leave a record alone", p.Recognition().Value, c.Event)
	}
	reader, err := f.reader(by, c)
	if err != nil {
		return nil, err
	}
	generate, err := own.Schema.GeneratorWith(1)
	if err != nil {
		return nil, err
	}
	as := payload.Reader{Needs: c.Needs}
	if reader != nil {
		as.Refuses = func(data []byte) bool { return refused(reader)(data) != nil }
	}
	wrong, err := payload.Wrongs(payload.Config{
		Produces: p, Seed: f.cfg.Seed, Sender: 1, Validate: refused(own.Schema), Readers: []payload.Reader{as}, LeadsBack: true,
		Generate: func(rng *rand.Rand) (any, error) { return generate(rng) },
	})
	if err != nil {
		return nil, err
	}
	var out []Variant
	for _, w := range wrong {
		out = append(out, Variant{w.What, func(d *draft) error {
			if w.Whole != nil {
				d.data = w.Whole
			}
			d.body = func(id identity.EventID) ([]byte, error) { return w.Data(id), nil }
			return nil
		}})
	}
	return out, nil
}

// reader is the schema of a consumer's own, in a file; nil for none.
func (f *Flow) reader(by *contracts.Contract, c *contracts.Consumes) (*schema.Schema, error) {
	if c.Schema == nil {
		return nil, nil
	}
	declared := by.SchemaOf(*c.Schema)
	if declared == nil || declared.File == "" {
		return nil, nil
	}
	return schema.DeclaredBy(by, declared, "").Load(f.cfg.Files)
}

// Readable says what a consumer's own schema has against an event's data; nil
// where it has none, or takes it. It is asked about JSON alone: in Avro and
// Protobuf it is the comparison of both schemas that tells.
func (f *Flow) Readable(by *contracts.Contract, c *contracts.Consumes, data any) error {
	reader, err := f.reader(by, c)
	if err != nil || reader == nil || serde.Coded(reader) {
		return err
	}
	if violations := reader.Validate(data); len(violations) > 0 {
		return errors.New(violations[0].Message)
	}
	return nil
}

// refused says what a schema has against a JSON text.
func refused(s *schema.Schema) func(text []byte) error {
	return func(text []byte) error {
		v, err := jsonschema.Decode(text)
		if err != nil {
			return err
		}
		if violations := s.Validate(v); len(violations) > 0 {
			return errors.New(violations[0].Message)
		}
		return nil
	}
}

// Without is a record as it is, without a header.
func (r *Record) Without(header string) *Record {
	out := r.Again()
	out.Headers = slices.DeleteFunc(out.Headers, func(h kgo.RecordHeader) bool { return h.Key == header })
	return out
}
