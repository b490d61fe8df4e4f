package jsonschema

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

const (
	// maxDepth is the nesting from which on generated documents end as soon
	// as the schema lets them: optional fields are left out, arrays are as
	// short as may be, and of several alternatives the flattest is taken.
	maxDepth = 6
	// depthLimit stops schemas that do not let documents end.
	depthLimit = 64
	// documentTries and valueTries bound how often a document, or a value
	// under keywords that cannot be aimed at (not, oneOf, contains, ...), is
	// made anew; valueBudget bounds the values made in all these tries.
	documentTries = 20
	valueTries    = 20
	valueBudget   = 100_000
)

// Generator makes random documents that are valid under a schema. It is safe
// for concurrent use with different random sources.
//
// Documents follow const, enum, type, properties, required, dependentRequired,
// dependentSchemas, minProperties, items, prefixItems, minItems, maxItems,
// uniqueItems, contains, bounds, multipleOf, lengths, format, pattern, $ref
// and allOf by construction, take a random alternative of anyOf, oneOf and
// if, and hope for not and what is left. Each document is validated before it
// is returned. Fields that the schema does not name are not made up.
type Generator struct {
	schema   *Schema
	optional float64
	heights  map[*js.Schema]int
}

// GeneratorOption changes what a Generator makes.
type GeneratorOption interface{ applyGenerator(*Generator) }

type generatorOption func(*Generator)

func (f generatorOption) applyGenerator(g *Generator) { f(g) }

// OptionalFields sets the probability, from 0 to 1, that a field which is
// not required is there, overriding the default of 0.5.
func OptionalFields(probability float64) GeneratorOption {
	return generatorOption(func(g *Generator) { g.optional = probability })
}

// NewGenerator prepares a generator. It fails, with an *Unsatisfiable, for a
// schema that requires itself without end.
func NewGenerator(s *Schema, options ...GeneratorOption) (*Generator, error) {
	g := &Generator{schema: s, optional: 0.5, heights: heights(s.root)}
	for _, o := range options {
		o.applyGenerator(g)
	}
	if g.heights[s.root] >= endless {
		return nil, g.unsatisfiable(&failure{at: s.root, keyword: "$ref", detail: "the schema requires itself without end"})
	}
	return g, nil
}

// Unsatisfiable says that no valid document was found, and which keyword
// stood in the way. The schema may be contradictory, or ask for something
// that random choice does not meet.
type Unsatisfiable struct {
	Problem
	// Keyword is the keyword that could not be satisfied, such as "not".
	Keyword string
}

// Error is "file:line:col: message".
func (e *Unsatisfiable) Error() string {
	return fmt.Sprintf("%s: %s (%s)", e.Position, e.Message, e.Hint)
}

// Generate makes a document: map[string]any, []any, string, bool, nil, and
// json.Number for numbers. Its error is an *Unsatisfiable.
func (g *Generator) Generate(rng *rand.Rand) (any, error) { return g.document(rng, nil) }

func (g *Generator) document(rng *rand.Rand, c *corner) (any, error) {
	var last *failure
	m := maker{Generator: g, rng: rng, budget: valueBudget, corner: c}
	for range documentTries {
		v, err := m.value([]*js.Schema{g.schema.root}, 0)
		if err != nil {
			errors.As(err, &last)
			continue
		}
		violations := g.schema.ValidateValue(v)
		if len(violations) == 0 {
			return v, nil
		}
		first := violations[0]
		last = &failure{location: first.location, keyword: first.Keyword, detail: "the last try " + first.String()}
	}
	return nil, g.unsatisfiable(last)
}

func (g *Generator) unsatisfiable(f *failure) error {
	location := f.location
	if f.at != nil {
		location = f.at.Location
	}
	return &Unsatisfiable{
		Problem: Problem{
			Position: g.schema.source.keyPosition(location),
			Message:  fmt.Sprintf("no valid document found: cannot satisfy %s: %s", f.keyword, f.detail),
			Hint:     "check the schema for a contradiction, or give the contract examples and use these",
		},
		Keyword: f.keyword,
	}
}

// failure is why a value could not be made.
type failure struct {
	at       *js.Schema
	location string // instead of at
	keyword  string
	detail   string
}

func (f *failure) Error() string { return f.keyword + ": " + f.detail }

// maker makes one document.
type maker struct {
	*Generator
	rng    *rand.Rand
	budget int
	corner *corner
}

// value makes a value that satisfies all of the schemas.
func (m *maker) value(schemas []*js.Schema, depth int) (any, error) {
	var last error
	for range valueTries {
		if m.budget--; m.budget < 0 || depth > depthLimit {
			return nil, &failure{at: schemas[0], keyword: "$ref", detail: "the document grew too large"}
		}
		atoms, ok := m.choose(schemas, depth)
		if !ok {
			return nil, &failure{at: schemas[0], keyword: "false", detail: "no value is allowed here"}
		}
		v, err := m.attempt(atoms, depth)
		if err != nil {
			last = err
			if !slices.ContainsFunc(atoms, chancy) {
				return nil, err
			}
			continue
		}
		if !slices.ContainsFunc(atoms, chancy) {
			return v, nil
		}
		if last = violation(schemas, v); last == nil {
			return v, nil
		}
	}
	return nil, last
}

// chancy reports whether values are made without an eye on some keyword of
// the schema, so that trying again can help and checking early pays.
func chancy(s *js.Schema) bool {
	return s.Not != nil || s.If != nil || len(s.OneOf) > 0 || len(s.AnyOf) > 0 || s.Contains != nil ||
		s.PropertyNames != nil || s.MaxProperties != nil || s.MaxContains != nil ||
		s.UnevaluatedProperties != nil || s.UnevaluatedItems != nil
}

// violation is why v breaks one of the schemas, nil if it does not.
func violation(schemas []*js.Schema, v any) error {
	for _, s := range schemas {
		err := s.Validate(v)
		if invalid := (*js.ValidationError)(nil); errors.As(err, &invalid) {
			first := flatten(invalid)[0]
			return &failure{location: first.location, keyword: first.Keyword, detail: "the last try " + first.String()}
		}
	}
	return nil
}

// choose collects the schemas that hold together, with one alternative taken
// wherever there is a choice; false if there is none without a false schema.
func (m *maker) choose(schemas []*js.Schema, depth int) ([]*js.Schema, bool) {
	var atoms []*js.Schema
	for _, s := range schemas {
		var ok bool
		if atoms, ok = m.add(atoms, s, depth); !ok {
			return nil, false
		}
	}
	return atoms, true
}

func (m *maker) add(atoms []*js.Schema, s *js.Schema, depth int) ([]*js.Schema, bool) {
	if isFalse(s) {
		return atoms, false
	}
	if slices.Contains(atoms, s) {
		return atoms, true
	}
	atoms = append(atoms, s)
	var ok bool
	for _, sub := range conjuncts(s) {
		if atoms, ok = m.add(atoms, sub, depth); !ok {
			return atoms, false
		}
	}
	for _, choice := range choicesOf(s) {
		if atoms, ok = m.take(atoms, choice, depth); !ok {
			return atoms, false
		}
	}
	return atoms, true
}

// take adds one branch that does not rule out every type.
func (m *maker) take(atoms []*js.Schema, choice [][]*js.Schema, depth int) ([]*js.Schema, bool) {
	order := m.rng.Perm(len(choice))
	if depth >= maxDepth {
		slices.SortStableFunc(order, func(a, b int) int { return m.height(choice[a]) - m.height(choice[b]) })
	}
	for _, i := range order {
		with, ok := slices.Clip(atoms), true
		for _, sub := range choice[i] {
			if with, ok = m.add(with, sub, depth); !ok {
				break
			}
		}
		if ok && allowedTypes(with) != 0 {
			return with, true
		}
	}
	return atoms, false
}

// attempt makes a value for one choice of alternatives.
func (m *maker) attempt(atoms []*js.Schema, depth int) (any, error) {
	if values, ok := m.fixed(atoms); ok {
		if len(values) == 0 {
			return nil, &failure{at: atoms[0], keyword: "enum", detail: "no value of enum or const satisfies the rest of the schema"}
		}
		return clone(values[m.one(len(values))]), nil
	}
	types := allowedTypes(atoms)
	if types == 0 {
		return nil, &failure{at: atoms[0], keyword: "type", detail: "the types that are asked for exclude each other"}
	}
	switch m.chooseType(atoms, types, depth) {
	case docset.Null:
		return nil, nil
	case docset.Boolean:
		return m.one(2) == 1, nil
	case docset.Whole:
		return m.number(atoms, true)
	case docset.Fraction:
		return m.number(atoms, false)
	case docset.Array:
		return m.array(atoms, depth)
	case docset.Object:
		return m.object(atoms, depth)
	}
	text, keyword := m.text(atoms)
	if keyword != "" {
		return nil, &failure{at: withKeyword(atoms, keyword), keyword: keyword, detail: "no string was found that satisfies it"}
	}
	return text, nil
}

// fixed are the values of const and enum that satisfy all schemas; false
// where neither is given.
func (m *maker) fixed(atoms []*js.Schema) (values []any, ok bool) {
	for _, s := range atoms {
		switch {
		case s.Const != nil:
			values, ok = []any{*s.Const}, true
		case s.Enum != nil && !ok:
			values, ok = s.Enum.Values, true
		}
	}
	var valid []any
	for _, v := range values {
		if !slices.ContainsFunc(atoms, func(s *js.Schema) bool { return s.Validate(v) != nil }) {
			valid = append(valid, v)
		}
	}
	return valid, ok
}

// chooseType takes one of the allowed types. Without a type the keywords say
// what is meant; null and fractions are taken where nothing else is allowed,
// and now and then.
func (m *maker) chooseType(atoms []*js.Schema, types docset.Type, depth int) docset.Type {
	if types == docset.AnyType {
		types = meant(atoms)
	}
	if types&docset.Number == docset.Number {
		types &^= docset.Whole // fractional numbers include whole ones here
	}
	var choices []docset.Type
	for _, t := range byName {
		if types&t != 0 {
			choices = append(choices, t)
		}
	}
	if len(choices) == 1 {
		return choices[0]
	}
	if depth >= maxDepth {
		if flat := types &^ (docset.Array | docset.Object); flat != 0 && flat != types {
			return m.chooseType(atoms, flat, 0)
		}
	}
	if types&docset.Null != 0 && m.rng.IntN(8) != 0 {
		choices = slices.DeleteFunc(choices, func(t docset.Type) bool { return t == docset.Null })
	}
	return choices[m.rng.IntN(len(choices))]
}

// meant is the type that the author of a schema without type had in mind.
func meant(atoms []*js.Schema) docset.Type {
	for _, s := range atoms {
		switch {
		case len(s.Properties) > 0, len(s.Required) > 0, s.MinProperties != nil, len(s.PatternProperties) > 0:
			return docset.Object
		case s.Items != nil, s.Items2020 != nil, len(s.PrefixItems) > 0, s.MinItems != nil, s.Contains != nil:
			return docset.Array
		case s.Minimum != nil, s.Maximum != nil, s.ExclusiveMinimum != nil, s.ExclusiveMaximum != nil, s.MultipleOf != nil:
			return docset.Number
		}
	}
	return docset.String
}

func (m *maker) number(atoms []*js.Schema, whole bool) (any, error) {
	r := rangeOf(atoms)
	n, ok := r.pick(m.rng, whole, m.corner)
	if !ok {
		keyword := "minimum"
		if r.step != nil {
			keyword = "multipleOf"
		}
		return nil, &failure{at: withKeyword(atoms, keyword), keyword: keyword, detail: "no number lies between the bounds"}
	}
	return n, nil
}

// clone copies a value of the schema, because the caller may change what
// Generate returns.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, member := range v {
			c[name] = clone(member)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, element := range v {
			c[i] = clone(element)
		}
		return c
	}
	return v
}

// withKeyword is the first schema that has the keyword, for the position of
// a failure.
func withKeyword(atoms []*js.Schema, keyword string) *js.Schema {
	for _, s := range atoms {
		has := map[string]bool{
			"pattern":    s.Pattern != nil,
			"minLength":  s.MinLength != nil,
			"maxLength":  s.MaxLength != nil,
			"multipleOf": s.MultipleOf != nil,
			"minimum":    s.Minimum != nil || s.ExclusiveMinimum != nil || s.Maximum != nil || s.ExclusiveMaximum != nil,
		}
		if has[keyword] {
			return s
		}
	}
	return atoms[0]
}
