package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// files reads what contracts name, each schema once.
type files struct {
	fsys    fs.FS
	schemas map[string]*schemaFile
	// resolved remembers schemaOf for schemas that a contract names.
	resolved map[schemaName]resolvedSchema
}

type schemaName struct {
	contract *contracts.Contract
	ref      string
}

type resolvedSchema struct {
	file *schemaFile
	why  string
}

// schemaFile is a schema's file; schema is nil where its format has no opener
// or it could not be loaded.
type schemaFile struct {
	schema schema
	src    []byte
	err    error
	// told is whether err has been reported: once per file, however many
	// contracts use it.
	told    bool
	lookups map[string]field.Field
	// examined remembers Examine by the example's file: interactions share
	// examples as they share schemas.
	examined map[string][]problem
}

func (f *files) schema(file, format string) *schemaFile {
	if known, ok := f.schemas[file]; ok {
		return known
	}
	s := openSchema(f.fsys, file, format)
	f.schemas[file] = s
	return s
}

func openSchema(fsys fs.FS, file, format string) *schemaFile {
	s := &schemaFile{lookups: map[string]field.Field{}, examined: map[string][]problem{}}
	if s.src, s.err = fs.ReadFile(fsys, file); s.err != nil {
		return s
	}
	if open := openers[format]; open != nil {
		s.schema, s.err = open(fsys, file, s.src)
	}
	return s
}

// lookup is the schema's Lookup, remembered: many consumers need one field.
func (s *schemaFile) lookup(at place.Place) field.Field {
	text := at.String()
	f, known := s.lookups[text]
	if !known {
		f = s.schema.Lookup(at)
		s.lookups[text] = f
	}
	return f
}

// schemaOf is the schema behind ref; why says why there is none that can be
// asked. It is "" where a finding says so already.
func (c *checker) schemaOf(contract *contracts.Contract, ref contracts.SchemaRef) (s *schemaFile, why string) {
	if ref.Inline != nil {
		return c.resolve(contract, ref)
	}
	name := schemaName{contract, ref.Ref}
	known, ok := c.files.resolved[name]
	if !ok {
		known.file, known.why = c.resolve(contract, ref)
		c.files.resolved[name] = known
	}
	return known.file, known.why
}

func (c *checker) resolve(contract *contracts.Contract, ref contracts.SchemaRef) (s *schemaFile, why string) {
	promised := contract.SchemaOf(ref)
	switch {
	case promised == nil:
		return nil, "it has no schema"
	case promised.Registry != nil:
		return nil, fmt.Sprintf("its schema is the subject %s of a registry", promised.Registry.Subject)
	case openers[promised.Format] == nil:
		return nil, fmt.Sprintf("its schema is written in %s", promised.Format)
	}
	s = c.files.schema(contract.Resolve(promised.File), promised.Format)
	if s.schema == nil {
		return nil, ""
	}
	return s, ""
}

// schemas loads all schemas of a contract, used or not.
func (c *checker) schemas(contract *contracts.Contract) {
	for _, name := range slices.Sorted(maps.Keys(contract.Schemas)) {
		ref := contracts.SchemaRef{Ref: name}
		c.schemaFile(contract, ref, contract.Doc.Position("schemas", name, "file"))
	}
	for i, p := range contract.Produces {
		c.schemaRef(contract, p.Schema, "produces", i)
	}
	for i, consumes := range contract.Consumes {
		if consumes.Schema != nil {
			c.schemaRef(contract, *consumes.Schema, "consumes", i)
		}
	}
}

// schemaRef loads a schema that an interaction names by its file.
func (c *checker) schemaRef(contract *contracts.Contract, ref contracts.SchemaRef, list string, i int) {
	if _, named := contract.Schemas[ref.Ref]; !named {
		c.schemaFile(contract, ref, contract.Doc.Position(list, i, "schema", "file"))
	}
}

func (c *checker) schemaFile(contract *contracts.Contract, ref contracts.SchemaRef, at *finding.Position) {
	s := contract.SchemaOf(ref)
	if s == nil || s.File == "" || s.Format == "" {
		return // the loader has said so
	}
	file := contract.Resolve(s.File)
	loaded := c.files.schema(file, s.Format)
	var invalid *invalidError
	switch {
	case loaded.err == nil:
	case errors.As(loaded.err, &invalid):
		if loaded.told {
			return
		}
		loaded.told = true
		for _, p := range invalid.problems {
			c.report(contract, SchemaInvalid, &p.Position, p.Message, p.Hint, related(at, "the contract uses the schema here")...)
		}
	default:
		c.report(contract, SchemaMissing, at, fmt.Sprintf("cannot read the schema %s: %v", file, reason(loaded.err)),
			"paths are relative to the contract's file")
	}
}

// reason is an error of the file system without the path, which the message
// has.
func reason(err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

// examples reads and validates the examples of an interaction.
func (c *checker) examples(p produced) {
	if len(p.promise().Examples) == 0 {
		return
	}
	s, _ := c.schemaOf(p.contract, p.promise().Schema)
	for i, name := range p.promise().Examples {
		if name == "" {
			continue
		}
		file := p.contract.Resolve(name)
		if problems, known := s.examinedBefore(file); known {
			c.exampleProblems(p, i, problems)
			continue
		}
		src, err := fs.ReadFile(c.files.fsys, file)
		if err != nil {
			c.report(p.contract, ExampleMissing, p.at("examples", i), fmt.Sprintf("cannot read the example %s: %v", file, reason(err)),
				"paths are relative to the contract's file")
			continue
		}
		if s != nil {
			s.examined[file] = s.schema.Examine(file, src)
			c.exampleProblems(p, i, s.examined[file])
		}
	}
}

func (s *schemaFile) examinedBefore(file string) (problems []problem, known bool) {
	if s == nil {
		return nil, false
	}
	problems, known = s.examined[file]
	return problems, known
}

func (c *checker) exampleProblems(p produced, i int, problems []problem) {
	for _, problem := range problems {
		more := slices.Concat(problem.Related, related(p.at("examples", i), "an example of %s", p.promise().Event))
		c.report(p.contract, ExampleInvalid, &problem.Position, problem.Message, problem.Hint, more...)
	}
}

// bodies looks for the files that a trigger sends.
func (c *checker) bodies(p produced) {
	trigger := p.promise().Trigger
	if trigger == nil {
		return
	}
	for i, step := range trigger.Given {
		c.body(p, step.Body, p.at("trigger", "given", i, "body"))
	}
	c.body(p, trigger.Body, p.at("trigger", "body"))
}

func (c *checker) body(p produced, name string, at *finding.Position) {
	if name == "" {
		return
	}
	file := p.contract.Resolve(name)
	if _, err := fs.ReadFile(c.files.fsys, file); err != nil {
		c.report(p.contract, BodyMissing, at, fmt.Sprintf("cannot read the body %s: %v", file, reason(err)), "paths are relative to the contract's file")
	}
}

// sameContent reports whether two schemas' files say the same: the same JSON
// value, or the same bytes for other formats.
func sameContent(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
