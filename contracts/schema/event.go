package schema

import (
	"math/rand/v2"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/reports/finding"
)

// Generator makes random events of a schema, as decoded JSON. It is safe for
// concurrent use with different random sources.
type Generator func(*rand.Rand) (any, error)

// DefaultOptional is the probability that what an event may lack is there.
const DefaultOptional = 0.5

// Generator prepares a generator. It fails, with an *Error, where no event is
// valid or where none can be found.
func (s *Schema) Generator() (Generator, error) { return s.GeneratorWith(DefaultOptional) }

// GeneratorWith is Generator with another probability, from 0 to 1, that what
// an event may lack is there: fields that are not required, and in Avro values
// that may be null.
func (s *Schema) GeneratorWith(optional float64) (Generator, error) {
	switch s := s.content.(type) {
	case *avro.Schema:
		g, err := avro.NewGenerator(s, avro.OptionalFields(optional))
		if err != nil {
			return nil, err
		}
		return func(rng *rand.Rand) (any, error) { return g.Generate(rng), nil }, nil
	case *proto.Schema:
		g, err := proto.NewGenerator(s, proto.OptionalFields(optional))
		if err != nil {
			return nil, err
		}
		return g.Generate, nil
	}
	g, err := jsonschema.NewGenerator(s.JSONSchema(), jsonschema.OptionalFields(optional))
	if err != nil {
		return nil, err
	}
	return g.Generate, nil
}

// Corners makes events at the bounds of a schema, with all optional fields:
// the bounds that JSON Schema states, or those of the types of Avro and
// Protobuf; see the Corners of their generators. Each is valid.
func (s *Schema) Corners(rng *rand.Rand) ([]any, error) {
	switch s := s.content.(type) {
	case *avro.Schema:
		g, err := avro.NewGenerator(s, avro.OptionalFields(1))
		if err != nil {
			return nil, err
		}
		return g.Corners(rng), nil
	case *proto.Schema:
		g, err := proto.NewGenerator(s, proto.OptionalFields(1))
		if err != nil {
			return nil, err
		}
		return g.Corners(rng)
	}
	g, err := jsonschema.NewGenerator(s.JSONSchema(), jsonschema.OptionalFields(1))
	if err != nil {
		return nil, err
	}
	return g.Corners(rng)
}

// Validate holds an event, decoded JSON, against the schema. What it finds has
// no Position, for the event stands in no file.
func (s *Schema) Validate(event any) []Violation {
	var text []byte
	if s.JSONSchema() == nil {
		var err error
		if text, err = jsonschema.Encode(event); err != nil {
			return []Violation{{Message: "the document is not JSON: " + err.Error(), Schema: s.Position()}}
		}
	}
	var all []Violation
	s.each(event, text, func(_, message string, rule finding.Position) {
		all = append(all, Violation{Message: message, Schema: rule})
	})
	return all
}

// Encode writes an event, decoded JSON, as it stands on a topic without any
// framing around it: as JSON, or in the binary form of Avro or Protobuf, the
// latter as JSON where the contract says so. Its error says what of the event
// the schema has no place for; JSON is written as it is.
func (s *Schema) Encode(event any) ([]byte, error) {
	switch own := s.content.(type) {
	case *avro.Schema:
		return own.Encode(event)
	case *proto.Schema:
		data, err := own.Encode(event)
		if err != nil || s.encoding != contracts.EncodingJSON {
			return data, err
		}
	}
	return jsonschema.Encode(event)
}

// Decode reads what Encode writes. Protobuf reads more: fields that the schema
// does not have are left out; see Strangers.
func (s *Schema) Decode(data []byte) (any, error) {
	switch own := s.content.(type) {
	case *avro.Schema:
		return own.Decode(data)
	case *proto.Schema:
		if s.encoding != contracts.EncodingJSON {
			return own.Decode(data)
		}
		// Protobuf's JSON has several names for a field and forms for a number.
		v, err := jsonschema.Decode(data)
		if err == nil {
			data, err = own.Encode(v)
		}
		if err != nil {
			return nil, err
		}
		return own.Decode(data)
	}
	return jsonschema.Decode(data)
}

// MediaType is the type of what Encode writes, for the attribute
// datacontenttype of CloudEvents.
func (s *Schema) MediaType() string {
	switch {
	case s.format == contracts.FormatAvro:
		return "application/avro"
	case s.format == contracts.FormatProtobuf && s.encoding != contracts.EncodingJSON:
		return "application/protobuf"
	}
	return "application/json"
}

// Strangers names what an encoded event has and the schema has no place for:
// of Protobuf the fields that a reader passes over, of other formats nothing.
func (s *Schema) Strangers(data []byte) []string {
	if own, ok := s.content.(*proto.Schema); ok && s.encoding != contracts.EncodingJSON {
		return own.Unknown(data)
	}
	return nil
}

// Message is the full name of the message that a Protobuf schema describes,
// and the way to it within its file by indexes; both are empty for another
// format.
func (s *Schema) Message() (name string, path []int) {
	if s, ok := s.content.(*proto.Schema); ok {
		return s.MessageName(), s.Path()
	}
	return "", nil
}

// Names are the full names of the types that an event can be of: of an Avro
// union those of its branches. JSON has none.
func (s *Schema) Names() []string {
	switch own := s.content.(type) {
	case *avro.Schema:
		return own.Names()
	case *proto.Schema:
		return []string{own.MessageName()}
	}
	return nil
}
