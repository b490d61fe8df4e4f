package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// files reads what contracts name, each schema once.
type files struct {
	fsys    fs.FS
	loader  *versions.Loader
	schemas map[schema.Declared]*schemaFile
	// resolved remembers schemaOf for schemas that a contract names.
	resolved map[schemaName]resolvedSchema
}

type schemaName struct {
	contract     *contracts.Contract
	ref, message string
}

type resolvedSchema struct {
	file *schemaFile
	why  string
}

// schemaFile is a schema's file; schema is nil where it could not be loaded.
type schemaFile struct {
	schema *schema.Schema
	src    []byte
	err    error
	// told is whether what is wrong with it has been reported: once per file,
	// however many contracts use it.
	told bool
	// empty says why no event is valid; nil where one is.
	empty   *schema.Problem
	lookups map[string]field.Field
	// examined are the violations of examples by their files: interactions
	// share examples as they share schemas.
	examined map[string][]schema.Violation
	// events are samples, once sampled: most schemas need none.
	events  []any
	sampled bool
}

func (f *files) schema(key schema.Declared) *schemaFile {
	if known, ok := f.schemas[key]; ok {
		return known
	}
	s := f.open(key)
	f.schemas[key] = s
	return s
}

func (f *files) open(key schema.Declared) *schemaFile {
	s := newSchemaFile()
	if s.src, s.err = fs.ReadFile(f.fsys, key.File); s.err == nil {
		s.src = bytes.TrimPrefix(s.src, []byte("\ufeff"))
		s.schema, s.err = f.loader.File(key)
	}
	if s.schema != nil {
		if problem, empty := s.schema.Contradiction(); empty {
			s.empty = &problem
		}
	}
	return s
}

func newSchemaFile() *schemaFile {
	return &schemaFile{lookups: map[string]field.Field{}, examined: map[string][]schema.Violation{}}
}

// messageOf is the full name by which a Protobuf file knows the event.
func messageOf(p *contracts.Produces, s *contracts.Schema) string {
	if p.Match == nil || s.Format != contracts.FormatProtobuf {
		return ""
	}
	return p.Match.Name
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

// schemaOf is the schema of an event; why says why there is none that can be
// asked. It is "" where a finding says so already.
func (c *checker) schemaOf(p produced) (s *schemaFile, why string) {
	promise := p.promise()
	if promise.Schema.Inline != nil {
		return c.resolve(p)
	}
	name := schemaName{contract: p.contract, ref: promise.Schema.Ref}
	if promise.Match != nil {
		name.message = promise.Match.Name
	}
	known, ok := c.files.resolved[name]
	if !ok {
		known.file, known.why = c.resolve(p)
		c.files.resolved[name] = known
	}
	return known.file, known.why
}

func (c *checker) resolve(p produced) (s *schemaFile, why string) {
	promised := p.contract.SchemaOf(p.promise().Schema)
	switch {
	case promised == nil:
		return nil, "it has no schema"
	case promised.Registry != nil:
		return c.registered(p, promised)
	}
	s = c.files.schema(schema.DeclaredBy(p.contract, promised, messageOf(p.promise(), promised)))
	if s.schema == nil {
		return nil, ""
	}
	return s, ""
}

// registered is an event's schema in a registry, where one is given. That it
// cannot be read, the comparison of versions says.
func (c *checker) registered(p produced, promised *contracts.Schema) (s *schemaFile, why string) {
	message := ""
	if match := p.promise().Match; match != nil {
		message = match.Name
	}
	loaded, err := c.files.loader.Current(p.contract, promised, message)
	switch {
	case errors.Is(err, versions.ErrNoRegistry):
		return nil, fmt.Sprintf("its schema is the subject %s of a registry", promised.Registry.Subject)
	case err != nil:
		return nil, ""
	}
	s = newSchemaFile()
	s.schema = loaded
	if s.src, err = c.files.loader.Text(promised); err != nil {
		return nil, ""
	}
	return s, ""
}

// schemas reports what is wrong with the schemas of a contract, used or not.
func (c *checker) schemas(contract *contracts.Contract) {
	for u := range schemaUses(contract) {
		c.schemaFile(contract, u)
	}
}

func (c *checker) schemaFile(contract *contracts.Contract, u schemaUse) {
	loaded := c.files.schema(u.key)
	var invalid *schema.Error
	switch {
	case loaded.told:
	case loaded.err == nil:
		loaded.told = true
		for _, p := range loaded.schema.IdleKeywords() {
			c.report(contract, SchemaKeyword, &p.Position, p.Message, p.Hint, related(u.at(), "the contract uses the schema here")...)
		}
		if loaded.empty == nil {
			break
		}
		c.report(contract, SchemaEmpty, &loaded.empty.Position, loaded.empty.Message, loaded.empty.Hint, related(u.at(), "the contract uses the schema here")...)
	case errors.As(loaded.err, &invalid):
		loaded.told = true
		for _, p := range invalid.Problems {
			c.report(contract, SchemaInvalid, &p.Position, p.Message, p.Hint, related(u.at(), "the contract uses the schema here")...)
		}
	default:
		c.report(contract, SchemaMissing, u.at(), fmt.Sprintf("cannot read the schema %s: %v", u.key.File, reason(loaded.err)),
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
	s, _ := c.schemaOf(p)
	for i, name := range p.promise().Examples {
		if name == "" {
			continue
		}
		of := func() []finding.Related { return related(p.at("examples", i), "an example of %s", p.promise().Event) }
		file := p.contract.Resolve(name)
		if violations, known := s.examinedBefore(file); known {
			c.exampleInvalid(p.contract, violations, of())
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
			c.exampleInvalid(p.contract, s.examined[file], of())
		}
	}
}

func (s *schemaFile) examinedBefore(file string) (violations []schema.Violation, known bool) {
	if s == nil {
		return nil, false
	}
	violations, known = s.examined[file]
	return violations, known
}

// documented judges the examples of the document that a contract stands on,
// each once: those of payloads that the service sends have been judged as
// examples of its own.
func (c *checker) documented(contract *contracts.Contract) {
	from, ok := c.files.fsys.(schema.Exemplifier)
	if !ok {
		return
	}
	for _, e := range from.Examples(contract) {
		at := func() *finding.Position { return &e.Position }
		c.schemaFile(contract, schemaUse{e.Schema, at})
		s := c.files.schema(e.Schema)
		if _, known := s.examinedBefore(e.File); known || s.schema == nil {
			continue
		}
		src, err := fs.ReadFile(c.files.fsys, e.File)
		if err != nil {
			continue // it stands in a file that was read, and is there
		}
		s.examined[e.File] = s.schema.Examine(e.File, src)
		c.exampleInvalid(contract, s.examined[e.File], related(&e.Position, "%s", e.What))
	}
}

func (c *checker) exampleInvalid(contract *contracts.Contract, violations []schema.Violation, of []finding.Related) {
	for _, v := range violations {
		more := slices.Clone(of)
		if v.Schema.File != "" {
			more = append(related(&v.Schema, "the rule of the schema"), more...)
		}
		at := v.Position
		if l, ok := c.files.fsys.(schema.Locator); ok {
			at = l.Locate(at)
		}
		c.report(contract, ExampleInvalid, &at, v.Message, "", more...)
	}
}

// bodies looks for the files that a trigger sends, and checks them as the
// templates that they are.
func (c *checker) bodies(p produced) {
	trigger := p.promise().Trigger
	if trigger == nil {
		return
	}
	for i, step := range trigger.Given {
		c.body(p, i, step.Body, p.at("trigger", "given", i, "body"))
	}
	c.body(p, len(trigger.Given), trigger.Body, p.at("trigger", "body"))
}

func (c *checker) body(p produced, step int, name string, at *finding.Position) {
	if name == "" {
		return
	}
	file := p.contract.Resolve(name)
	src, err := fs.ReadFile(c.files.fsys, file)
	if err != nil {
		c.report(p.contract, BodyMissing, at, fmt.Sprintf("cannot read the body %s: %v", file, reason(err)), "paths are relative to the contract's file")
		return
	}
	for _, problem := range p.promise().Trigger.CheckBody(step, name, string(src)) {
		c.report(p.contract, BodyTemplate, problem.Position(file, string(src)), problem.Message, problem.Hint, related(at, "the trigger sends it")...)
	}
}
