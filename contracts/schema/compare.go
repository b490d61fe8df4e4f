package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/reports/finding"
)

// FormatChanged is the id of the one problem that no format's own comparison
// finds.
const FormatChanged = "compat/format"

// Rules are the ids of all that Compare reports, whatever the format.
func Rules() []finding.Rule {
	own := []finding.Rule{{ID: FormatChanged, Summary: "Writer and reader use different formats, so the reader cannot even decode what is written."}}
	return slices.Concat(own, jsonschema.Rules(), avro.Rules(), proto.Rules())
}

// The forms of Protobuf messages that are compared.
const (
	EncodingBinary = contracts.EncodingBinary
	EncodingJSON   = contracts.EncodingJSON // Protobuf's JSON mapping alone
	EncodingBoth   = "both"
)

// Dialect says how strictly schemas are compared. The zero value is strict.
type Dialect struct {
	// Lenient forgives some breaks; see docs/compatibility-json.md,
	// docs/compatibility-avro.md and docs/compatibility-protobuf.md.
	Lenient bool
	// Encoding is the form in which Protobuf messages are compared; "" is the one
	// that the schemas were loaded with.
	Encoding string
	// AllMessages compares every message at the top of a Protobuf file, not
	// the schema's own alone.
	AllMessages bool
}

// Compare says whether reader understands all that writer writes.
func Compare(writer, reader *Schema, d Dialect) compat.Comparison {
	return located(compare(writer, reader, d), writer, reader)
}

// located puts all positions of a comparison where they really stand.
func located(c compat.Comparison, writer, reader *Schema) compat.Comparison {
	for i := range c.Problems {
		p := &c.Problems[i]
		p.Writer.Position, p.Reader.Position = writer.at(p.Writer.Position), reader.at(p.Reader.Position)
	}
	return c
}

func compare(writer, reader *Schema, d Dialect) compat.Comparison {
	if writer.format != reader.format || d.Encoding == "" && writer.encoding != reader.encoding {
		return formatChanged(writer, reader)
	}
	switch w := writer.content.(type) {
	case *jsonschema.Schema:
		return jsonschema.Compare(w, reader.content.(*jsonschema.Schema), d.json()...)
	case *avro.Schema:
		var options []avro.CompareOption
		if d.Lenient {
			options = append(options, avro.Lenient())
		}
		return avro.Compare(w, reader.content.(*avro.Schema), options...)
	case *proto.Schema:
		return proto.Compare(w, reader.content.(*proto.Schema), d.proto(writer)...)
	}
	panic("schema: a format without a comparison")
}

// json are the options of comparisons of JSON Schema.
func (d Dialect) json() []jsonschema.CompareOption {
	if d.Lenient {
		return []jsonschema.CompareOption{jsonschema.Lenient()}
	}
	return nil
}

// proto are the options of comparisons of Protobuf, in the forms of one of the
// two schemas.
func (d Dialect) proto(of *Schema) []proto.CompareOption {
	var options []proto.CompareOption
	if d.Lenient {
		options = append(options, proto.Lenient())
	}
	if d.AllMessages {
		options = append(options, proto.AllMessages())
	}
	switch cmp.Or(d.Encoding, of.encoding) {
	case EncodingJSON:
		options = append(options, proto.JSON())
	case EncodingBoth:
		options = append(options, proto.Both())
	}
	return options
}

// Check compares the new version of a schema with old ones, the oldest first,
// under a mode, as compat.Check does. Under every mode but none it breaks, for
// Protobuf, to take again what an old version reserves: that version does not
// write it, but others before it did.
func Check(mode compat.Mode, olds []compat.Version[*Schema], latest compat.Version[*Schema], d Dialect) compat.Outcome {
	out := compat.Check(mode, olds, latest, func(writer, reader *Schema) compat.Comparison { return Compare(writer, reader, d) })
	if mode == (compat.Mode{}) {
		return out
	}
	for _, old := range compat.Against(mode, olds) {
		out.Add(between(proto.Reused, old.Schema, latest.Schema, d), compat.Direction{WriterName: old.Name, ReaderName: latest.Name, NewReads: true})
	}
	return out
}

// Unreserved says, for Protobuf, which numbers and names the new version gave
// up without reserving them; numbers are nothing to JSON. All is forgiven: it
// breaks only once a later version uses them for something else.
func Unreserved(old, latest *Schema, d Dialect) compat.Comparison {
	return between(proto.Unreserved, old, latest, d)
}

// between is what package proto says of two versions; nothing in other formats.
func between(say func(old, latest *proto.Schema, options ...proto.CompareOption) compat.Comparison, old, latest *Schema, d Dialect) compat.Comparison {
	before, ok := old.content.(*proto.Schema)
	after, also := latest.content.(*proto.Schema)
	if !ok || !also {
		return compat.Comparison{}
	}
	return located(say(before, after, d.proto(latest)...), old, latest)
}

// Same reports whether two schemas are one, however they are written: data of
// the one is data of the other, and means the same. See the formats' own.
func Same(a, b *Schema) bool {
	if a.format != b.format {
		return false
	}
	switch own := a.content.(type) {
	case *jsonschema.Schema:
		return jsonschema.Same(own, b.content.(*jsonschema.Schema))
	case *avro.Schema:
		return avro.Same(own, b.content.(*avro.Schema))
	case *proto.Schema:
		return proto.Same(own, b.content.(*proto.Schema))
	}
	panic("schema: a format without a comparison")
}

// Recoded says where one and the same value has other bytes in the latest
// schema than in the old one: what keys may not have. It is known of Avro
// alone, of which the schema says how each value is written.
func Recoded(old, latest *Schema) []avro.Recoding {
	before, ok := old.content.(*avro.Schema)
	after, also := latest.content.(*avro.Schema)
	if !ok || !also {
		return nil
	}
	all := avro.Recoded(before, after)
	for i := range all {
		all[i].Old, all[i].Latest = old.at(all[i].Old), latest.at(all[i].Latest)
	}
	return all
}

// Unordered is a map within the binary form of the schema's values, which can
// be written in any order: one value has several forms. It answers where the
// map is in the data and in the schema; false without one.
func (s *Schema) Unordered() (data string, position finding.Position, found bool) {
	switch c := s.content.(type) {
	case *avro.Schema:
		data, position, found = c.Unordered()
	case *proto.Schema:
		data, position, found = c.Unordered()
	}
	return data, s.at(position), found
}

func formatChanged(writer, reader *Schema) compat.Comparison {
	problem := compat.Problem{
		Rule: FormatChanged, Verdict: compat.Breaks,
		Message: fmt.Sprintf("events are written in %s and read in %s", writer.travelsAs(), reader.travelsAs()),
		Hint:    "publish the events in the new format on a topic of their own, until all readers have moved",
		Writer:  compat.Place{Position: writer.content.Position()},
		Reader:  compat.Place{Position: reader.content.Position()},
	}
	document, encoded, err := writer.sample()
	if err != nil {
		problem.Verdict = compat.Open
		problem.Message += "; no event of the writer was found that shows it"
	} else {
		problem.Witness = &compat.Witness{Document: document, Bytes: encoded, Outcome: fmt.Sprintf("refused: this is %s, and the reader decodes %s", writer.travelsAs(), reader.travelsAs())}
	}
	return compat.Comparison{Problems: []compat.Problem{problem}}
}

// travelsAs is the format of events, with the encoding where it is not the
// format's first.
func (s *Schema) travelsAs() string {
	if s.encoding == "" {
		return s.format
	}
	return s.format + " as " + s.encoding
}

// sample is some event of the schema, always the same one, as JSON and for
// binary formats encoded.
func (s *Schema) sample() (document string, encoded []byte, err error) {
	rng := rand.New(rand.NewPCG(1, 1))
	var value any
	switch c := s.content.(type) {
	case *jsonschema.Schema:
		g, failed := jsonschema.NewGenerator(c)
		if failed != nil {
			return "", nil, failed
		}
		value, err = g.Generate(rng)
	case *avro.Schema:
		g, failed := avro.NewGenerator(c)
		if failed != nil {
			return "", nil, failed
		}
		value = g.Generate(rng)
		encoded, err = c.Encode(value)
	case *proto.Schema:
		g, failed := proto.NewGenerator(c)
		if failed != nil {
			return "", nil, failed
		}
		if value, err = g.Generate(rng); err == nil && s.encoding == "" {
			encoded, err = c.Encode(value)
		}
	}
	if err != nil {
		return "", nil, err
	}
	text, err := json.Marshal(value)
	return string(text), encoded, err
}
