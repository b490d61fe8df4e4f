package schema

import (
	"math/rand/v2"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/proto"
)

// Generator makes random events of a schema, as decoded JSON. It is safe for
// concurrent use with different random sources.
type Generator func(*rand.Rand) (any, error)

// Generator prepares a generator. It fails, with an *Error, where no event is
// valid or where none can be found.
func (s *Schema) Generator() (Generator, error) {
	switch s := s.content.(type) {
	case *avro.Schema:
		g, err := avro.NewGenerator(s)
		if err != nil {
			return nil, err
		}
		return func(rng *rand.Rand) (any, error) { return g.Generate(rng), nil }, nil
	case *proto.Schema:
		g, err := proto.NewGenerator(s)
		if err != nil {
			return nil, err
		}
		return g.Generate, nil
	}
	g, err := jsonschema.NewGenerator(s.JSONSchema())
	if err != nil {
		return nil, err
	}
	return g.Generate, nil
}

// Encode writes an event, decoded JSON, as it stands on a topic without any
// framing around it: as JSON, or in the binary form of Avro or Protobuf. Its
// error says what of the event the schema has no place for; JSON is written as
// it is.
func (s *Schema) Encode(event any) ([]byte, error) {
	switch s := s.content.(type) {
	case *avro.Schema:
		return s.Encode(event)
	case *proto.Schema:
		return s.Encode(event)
	}
	return jsonschema.Encode(event)
}

// Decode reads what Encode writes.
func (s *Schema) Decode(data []byte) (any, error) {
	switch s := s.content.(type) {
	case *avro.Schema:
		return s.Decode(data)
	case *proto.Schema:
		return s.Decode(data)
	}
	return jsonschema.Decode(data)
}

// MediaType is the type of what Encode writes, for the attribute
// datacontenttype of CloudEvents.
func (s *Schema) MediaType() string {
	switch s.format {
	case contracts.FormatAvro:
		return "application/avro"
	case contracts.FormatProtobuf:
		return "application/protobuf"
	}
	return "application/json"
}
