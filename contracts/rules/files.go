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
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// files reads what contracts name, each file once.
type files struct {
	fsys    fs.FS
	schemas map[string]*schemaFile
}

// schemaFile is a schema's file; schema is nil where it is no JSON Schema or
// could not be loaded.
type schemaFile struct {
	schema *jsonschema.Schema
	src    []byte
	err    error
}

func (f *files) schema(file, format string) *schemaFile {
	if known, ok := f.schemas[file]; ok {
		return known
	}
	s := &schemaFile{}
	f.schemas[file] = s
	if s.src, s.err = fs.ReadFile(f.fsys, file); s.err == nil && format == contracts.FormatJSONSchema {
		s.schema, s.err = jsonschema.Load(f.fsys, file)
	}
	return s
}

// jsonSchema is the JSON Schema behind ref; why says why there is none that
// can be asked. It is "" where a finding says so already.
func (c *checker) jsonSchema(contract *contracts.Contract, ref contracts.SchemaRef) (schema *jsonschema.Schema, why string) {
	s := contract.SchemaOf(ref)
	switch {
	case s == nil:
		return nil, "it has no schema"
	case s.Registry != nil:
		return nil, fmt.Sprintf("its schema is the subject %s of a registry", s.Registry.Subject)
	case s.Format != contracts.FormatJSONSchema:
		return nil, fmt.Sprintf("its schema is written in %s", s.Format)
	}
	return c.files.schema(contract.Resolve(s.File), s.Format).schema, ""
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
	_, known := c.files.schemas[file]
	loaded := c.files.schema(file, s.Format)
	var invalid *jsonschema.Error
	switch {
	case loaded.err == nil:
	case errors.As(loaded.err, &invalid):
		if known {
			return // once per file, however many contracts use it
		}
		for _, p := range invalid.Problems {
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
	schema, _ := c.jsonSchema(p.contract, p.promise().Schema)
	for i, name := range p.promise().Examples {
		if name == "" {
			continue
		}
		file := p.contract.Resolve(name)
		src, err := fs.ReadFile(c.files.fsys, file)
		if err != nil {
			c.report(p.contract, ExampleMissing, p.at("examples", i), fmt.Sprintf("cannot read the example %s: %v", file, reason(err)),
				"paths are relative to the contract's file")
			continue
		}
		if schema != nil {
			c.example(p, i, schema, file, src)
		}
	}
}

func (c *checker) example(p produced, i int, schema *jsonschema.Schema, file string, src []byte) {
	used := related(p.at("examples", i), "an example of %s", p.promise().Event)
	doc, err := jsonschema.ParseDocument(file, src)
	var invalid *jsonschema.Error
	if errors.As(err, &invalid) {
		for _, problem := range invalid.Problems {
			c.report(p.contract, ExampleInvalid, &problem.Position, problem.Message, problem.Hint, used...)
		}
		return
	}
	for _, v := range schema.ValidateValue(doc.Value()) {
		at := doc.KeyPosition(v.Place)
		c.report(p.contract, ExampleInvalid, &at, v.String(), "",
			append([]finding.Related{{Position: v.Schema, Message: "the rule of the schema"}}, used...)...)
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
