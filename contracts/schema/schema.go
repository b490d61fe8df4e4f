// Package schema is a schema in any of the formats that contracts know: JSON
// Schema, Avro and Protobuf behind one type, for all that need not tell them
// apart.
//
// It adds nothing to what the packages of the formats do, and nothing about
// where schemas come from. Who needs more of one format uses its package.
package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/reports/finding"
)

// Schema is a loaded schema. It is safe for concurrent use.
type Schema struct {
	content
	format   string
	encoding string                                  // of Protobuf; "" is binary
	locate   func(finding.Position) finding.Position // nil: positions are as they are
}

// Locator is a file system in which some schemas stand inside other files,
// such as those of an AsyncAPI document. All positions that a Schema of it
// shows are those that Locate answers.
type Locator interface {
	// Locate is where a position really stands.
	Locate(p finding.Position) finding.Position
}

// Exemplifier is a file system that has, for contracts that stand on an
// AsyncAPI document, the examples that the document gives.
type Exemplifier interface {
	Examples(c *contracts.Contract) []Exemplar
}

// Keyed is a file system that knows, of contracts that stand on an AsyncAPI
// document, which records have a key there.
type Keyed interface {
	// Key is where the document gives the records of an event a key, without
	// saying what of; nil where it does not.
	Key(c *contracts.Contract, p *contracts.Produces) *finding.Position
}

// Exemplar is a file in JSON that a schema must accept.
type Exemplar struct {
	File   string
	Schema Declared
	// What is what the example is one of, for people.
	What     string
	Position finding.Position
}

// at is where a position really stands; the path within the schema stays.
func (s *Schema) at(p finding.Position) finding.Position {
	if s.locate == nil {
		return p
	}
	located := s.locate(p)
	located.Path = p.Path
	return located
}

// Position is where the schema begins.
func (s *Schema) Position() finding.Position { return s.at(s.content.Position()) }

// Lookup is what the schema says about a place in its documents.
func (s *Schema) Lookup(at place.Place) field.Field {
	f := s.content.Lookup(at)
	f.Position = s.at(f.Position)
	return f
}

// content is what all formats have.
type content interface {
	File() string
	Position() finding.Position
	Lookup(at place.Place) field.Field
	// Excludes says that no valid document has a text at a place in the data.
	Excludes(at place.Place, text string) bool
}

// Format is jsonschema, avro or protobuf, as in contracts.
func (s *Schema) Format() string { return s.format }

// JSONSchema is the schema by itself; nil for one of another format.
func (s *Schema) JSONSchema() *jsonschema.Schema {
	own, _ := s.content.(*jsonschema.Schema)
	return own
}

// Options say how a schema's file is read. The zero value is the default.
type Options struct {
	// References are further files: with named types for Avro, and for JSON
	// Schema those that are referred to by their $id.
	References []string
	// ImportPaths are the folders that imports start from, for Protobuf; by
	// default the schema's own and those above it.
	ImportPaths []string
	// Message is the full name of the message, for Protobuf; by default the
	// file's first. Of several, parted by commas, which it has in several
	// versions, the first that a file knows counts.
	Message string
	// Encoding is the form in which messages travel, for Protobuf: binary, which
	// is the default, or json.
	Encoding string
	// AssertFormat makes the keyword format an assertion, for JSON Schema; by
	// default it is an annotation.
	AssertFormat bool
}

// Error says what is wrong with a schema; it has at least one problem, with
// its position.
type Error = jsonschema.Error

// Problem is one thing that is wrong with a schema.
type Problem = jsonschema.Problem

// Load reads a schema of a format from a file. Its error is an *Error, or one
// of fsys where the file cannot be read.
func Load(fsys fs.FS, file, format string, o Options) (*Schema, error) {
	var s content
	var err error
	loaded := &Schema{format: format}
	if o.Encoding != contracts.EncodingBinary {
		loaded.encoding = o.Encoding
	}
	if l, ok := fsys.(Locator); ok {
		loaded.locate = l.Locate
	}
	if err := readable(fsys, file, o.References); err != nil {
		return nil, err
	}
	switch format {
	case contracts.FormatJSONSchema:
		var options []jsonschema.Option
		if o.AssertFormat {
			options = append(options, jsonschema.AssertFormat())
		}
		s, err = jsonschema.Load(fsys, file, append(options, jsonschema.References(o.References...))...)
	case contracts.FormatAvro:
		s, err = avro.Load(fsys, file, o.References...)
	case contracts.FormatProtobuf:
		s, err = loadProto(fsys, file, o)
	default:
		return nil, fmt.Errorf("%s: the format of the schema is not known; there are jsonschema, avro and protobuf", file)
	}
	if err != nil {
		if invalid := (*Error)(nil); errors.As(err, &invalid) {
			for i := range invalid.Problems {
				invalid.Problems[i].Position = loaded.at(invalid.Problems[i].Position)
			}
		}
		return nil, err
	}
	loaded.content = s
	return loaded, nil
}

// readable says which of the references cannot be read: the error of a language
// would not tell them from the schema itself.
func readable(fsys fs.FS, file string, references []string) error {
	e := &Error{}
	for _, reference := range references {
		if _, err := fs.Stat(fsys, reference); err != nil {
			if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
				err = inner.Err
			}
			e.Problems = append(e.Problems, Problem{
				Position: finding.Position{File: file, Line: 1, Column: 1},
				Message:  fmt.Sprintf("cannot read the reference %s: %v", reference, err),
			})
		}
	}
	if len(e.Problems) > 0 {
		return e
	}
	return nil
}

func loadProto(fsys fs.FS, file string, o Options) (*proto.Schema, error) {
	var options []proto.Option
	if len(o.ImportPaths) > 0 {
		options = append(options, proto.ImportPaths(o.ImportPaths...))
	}
	if o.Message != "" {
		options = append(options, proto.Message(strings.Split(o.Message, ",")...))
	}
	s, err := proto.Load(fsys, file, options...)
	var invalid *proto.Error
	if errors.As(err, &invalid) {
		same := &Error{}
		for _, p := range invalid.Problems {
			same.Problems = append(same.Problems, Problem(p))
		}
		return nil, same
	}
	return s, err
}

// IdleKeywords are the names in a JSON Schema that are nearly keywords, or are
// keywords of other drafts, and ask for nothing.
func (s *Schema) IdleKeywords() []Problem {
	c, ok := s.content.(*jsonschema.Schema)
	if !ok {
		return nil
	}
	all := c.IdleKeywords()
	for i := range all {
		all[i].Position = s.at(all[i].Position)
	}
	return all
}

// Contradiction says that no event at all is valid, and where the schema asks
// for what cannot be; false where one is, and where that could not be decided.
func (s *Schema) Contradiction() (Problem, bool) {
	var found Problem
	var none bool
	switch c := s.content.(type) {
	case *jsonschema.Schema:
		found, none = c.Contradiction()
	case *avro.Schema:
		_, err := avro.NewGenerator(c)
		found, none = problemOf(err)
	case *proto.Schema:
		_, err := proto.NewGenerator(c)
		found, none = problemOf(err)
	}
	found.Position = s.at(found.Position)
	return found, none
}

// problemOf is the first problem of an error about a schema.
func problemOf(err error) (Problem, bool) {
	if invalid := (*Error)(nil); errors.As(err, &invalid) {
		return invalid.Problems[0], true
	}
	if invalid := (*proto.Error)(nil); errors.As(err, &invalid) {
		return Problem(invalid.Problems[0]), true
	}
	return Problem{}, false
}

// Violation is one way in which a document breaks its schema.
type Violation struct {
	// Position is where in the document's file the value stands, and Schema
	// where the schema declares what it should be.
	Position, Schema finding.Position
	// Message is one sentence.
	Message string
}

// Examine holds a document in JSON against the schema; for Avro and Protobuf
// in their JSON forms. file names the document in positions.
func (s *Schema) Examine(file string, src []byte) []Violation {
	doc, err := jsonschema.ParseDocument(file, src)
	if err != nil {
		var invalid *Error
		if !errors.As(err, &invalid) {
			return []Violation{{Position: finding.Position{File: file}, Message: err.Error()}}
		}
		var all []Violation
		for _, p := range invalid.Problems {
			all = append(all, Violation{Position: p.Position, Message: p.Message})
		}
		return all
	}
	var all []Violation
	s.each(doc.Value(), src, func(at, message string, rule finding.Position) {
		all = append(all, Violation{doc.KeyPosition(at), rule, message})
	})
	return all
}

// each tells what is wrong with an event, which is given both as decoded JSON
// and as its text.
func (s *Schema) each(event any, text []byte, tell func(at, message string, rule finding.Position)) {
	switch c := s.content.(type) {
	case *jsonschema.Schema:
		for _, v := range c.ValidateValue(event) {
			tell(v.Place, v.String(), s.at(v.Schema))
		}
	case *avro.Schema:
		for _, v := range c.ValidateJSON(text) {
			tell(v.Place, v.String(), s.at(v.Schema))
		}
	case *proto.Schema:
		for _, v := range c.ValidateJSON(text) {
			tell(v.Place, v.String(), s.at(v.Schema))
		}
	}
}
