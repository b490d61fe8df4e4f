package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// documents makes an event's data, from its schema or from its examples.
type documents struct {
	schema   *jsonschema.Schema
	generate func(*rand.Rand) (any, error)
}

func newDocuments(f *Flow) (*documents, error) {
	c, p, fromExamples := f.Producer, f.Produces, f.Load.Examples
	d := &documents{}
	schema := c.SchemaOf(p.Schema)
	switch {
	case schema == nil && len(p.Examples) == 0:
		return nil, fmt.Errorf("%s has neither a schema nor examples to make data from", p.Event)
	case schema == nil:
		fromExamples = true
	case schema.Format != contracts.FormatJSONSchema:
		return nil, fmt.Errorf("making data from a schema in %s is not built; JSON Schema is", schema.Format)
	case schema.File == "":
		return nil, fmt.Errorf("making data from a schema of a registry is not built; a file is")
	case schema.Wire != contracts.WireNone:
		return nil, fmt.Errorf("making data in the framing %s is not built", schema.Wire)
	default:
		var err error
		if d.schema, err = f.files.JSONSchema(c, schema); err != nil {
			return nil, err
		}
	}
	if !fromExamples {
		g, err := jsonschema.NewGenerator(d.schema)
		if err != nil {
			return nil, err
		}
		d.generate = g.Generate
		return d, nil
	}
	if len(p.Examples) == 0 {
		return nil, fmt.Errorf("%s has no examples", p.Event)
	}
	examples := make([][]byte, len(p.Examples))
	for i, name := range p.Examples {
		var err error
		if examples[i], err = fs.ReadFile(f.files, c.Resolve(name)); err != nil {
			return nil, err
		}
		if err := d.validate(examples[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Resolve(name), err)
		}
	}
	d.generate = func(rng *rand.Rand) (any, error) { return decode(examples[rng.IntN(len(examples))]) }
	return d, nil
}

// decode reads JSON with its numbers as they are written.
func decode(doc []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	var v any
	err := decoder.Decode(&v)
	return v, err
}

// validate judges a document; without a schema every document is valid.
func (d *documents) validate(doc []byte) error {
	if d.schema == nil {
		return nil
	}
	if v := d.schema.Validate(doc); len(v) > 0 {
		return errors.New(v[0].String())
	}
	return nil
}

// pattern makes a text that matches a regular expression.
func (d *documents) pattern(expr string, rng *rand.Rand) (string, error) {
	return jsonschema.Match(expr, rng)
}
