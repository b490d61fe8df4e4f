package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/loadgen/value"
)

// documents makes an event's data: from its schema, its examples, a corpus or a
// template.
type documents struct {
	schema   *schema.Schema // nil: there is none
	generate func(*rand.Rand) (any, error)
}

func newDocuments(f *Flow) (*documents, error) {
	c, p, fromExamples := f.Producer, f.Produces, f.Load.Examples
	d := &documents{schema: f.value.Schema}
	declared := f.value.Declared
	switch {
	case declared == nil && (f.Corpus != nil || f.Load.Payload.Template != ""):
	case declared == nil && len(p.Examples) == 0:
		return nil, fmt.Errorf("%s has neither a schema nor examples to make data from", p.Event)
	case declared == nil:
		fromExamples = true
	case d.schema == nil:
		return nil, fmt.Errorf("the schema of %s is not known", p.Event)
	}
	switch {
	case f.Load.Payload.Template != "":
		return d, d.fromTemplate(f.Load.Payload.Template)
	case f.Corpus != nil:
		return d, d.from(f.Corpus, func(i int) string { return fmt.Sprintf("value %d of %s", i+1, f.Load.Payload.Corpus) })
	case !fromExamples:
		g, err := d.schema.Generator()
		d.generate = g
		return d, err
	case len(p.Examples) == 0:
		return nil, fmt.Errorf("%s has no examples", p.Event)
	}
	examples := make([][]byte, len(p.Examples))
	for i, name := range p.Examples {
		var err error
		if examples[i], err = fs.ReadFile(f.files, c.Resolve(name)); err != nil {
			if file, why, is := unreadable(err); is {
				return nil, inContract(c, interaction(c, p).Add("examples", i), fmt.Sprintf("cannot read the example %s: %s", file, why), relativeToContract)
			}
			return nil, err
		}
	}
	return d, d.from(examples, func(i int) string { return c.Resolve(p.Examples[i]) })
}

// from draws from texts, each of which must be valid.
func (d *documents) from(texts [][]byte, name func(i int) string) error {
	for i, text := range texts {
		if _, err := jsonschema.Decode(text); err != nil {
			return fmt.Errorf("%s is no JSON: %w", name(i), err)
		}
		if err := d.validate(text); err != nil {
			return fmt.Errorf("%s: %w", name(i), err)
		}
	}
	d.generate = func(rng *rand.Rand) (any, error) { return jsonschema.Decode(texts[rng.IntN(len(texts))]) }
	return nil
}

// fromTemplate fills in a template for each document, which must be valid.
func (d *documents) fromTemplate(text string) error {
	// The numbers of its places come from the generator's, one by one.
	t, err := value.Values(0, 0, text)
	if err != nil {
		return fmt.Errorf("the template: %w", err)
	}
	d.generate = func(rng *rand.Rand) (any, error) {
		b := t.Append(nil, &value.Record{Sequence: rng.Uint64() >> 24, Due: time.Unix(int64(rng.Uint32()), 0)})
		doc, err := jsonschema.Decode(b)
		if err == nil {
			err = d.validate(b)
		}
		if err != nil {
			return nil, fmt.Errorf("the template makes %s: %w", b, err)
		}
		return doc, nil
	}
	_, err = d.generate(rand.New(rand.NewPCG(0, 0)))
	return err
}

// validate judges a document; without a schema every document is valid.
func (d *documents) validate(doc []byte) error {
	if d.schema == nil {
		return nil
	}
	if own := d.schema.JSONSchema(); own != nil {
		if v := own.Validate(doc); len(v) > 0 {
			return errors.New(v[0].String())
		}
		return nil
	}
	if v := d.schema.Examine("", doc); len(v) > 0 {
		return errors.New(v[0].Message)
	}
	return nil
}

// refuses says whether a reader by the schema refuses data, as it stands on a
// topic.
func (d *documents) refuses(data []byte) bool {
	if c := d.codec(); c != nil {
		_, err := c.Decode(data)
		return err != nil
	}
	return d.validate(data) != nil
}

// codec is the form in which documents stand on a topic; nil is JSON, which
// Protobuf's messages are too where the contract says so.
func (d *documents) codec() payload.Codec {
	if !serde.Coded(d.schema) || d.schema.MediaType() == envelope.JSON {
		return nil
	}
	return d.schema
}

// encode writes a document as it stands on a topic.
func (d *documents) encode(doc any) ([]byte, error) {
	if c := d.codec(); c != nil {
		return c.Encode(doc)
	}
	return jsonschema.Encode(doc)
}

// pattern makes a text that matches a regular expression.
func (d *documents) pattern(expr string, rng *rand.Rand) (string, error) {
	return jsonschema.Match(expr, rng)
}
