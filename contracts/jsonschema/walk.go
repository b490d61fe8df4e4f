package jsonschema

import (
	"cmp"
	"maps"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// walk visits root and every schema that can be reached from it, once each.
func walk(root *js.Schema, visit func(*js.Schema)) {
	seen := map[*js.Schema]bool{}
	var step func(*js.Schema)
	step = func(s *js.Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		visit(s)
		for _, sub := range inPlace(s) {
			step(sub)
		}
		for _, sub := range nested(s) {
			step(sub)
		}
	}
	step(root)
}

// conjuncts are the subschemas that the same value must also satisfy.
func conjuncts(s *js.Schema) []*js.Schema {
	var all []*js.Schema
	if s.Ref != nil {
		all = append(all, s.Ref)
	}
	if s.RecursiveRef != nil {
		all = append(all, s.RecursiveRef)
	}
	if s.DynamicRef != nil && s.DynamicRef.Ref != nil {
		all = append(all, s.DynamicRef.Ref)
	}
	return append(all, s.AllOf...)
}

// inPlace are all subschemas that are applied to the same value.
func inPlace(s *js.Schema) []*js.Schema {
	all := conjuncts(s)
	all = append(all, s.AnyOf...)
	all = append(all, s.OneOf...)
	all = append(all, s.Not, s.If, s.Then, s.Else)
	for _, name := range sortedKeys(s.DependentSchemas) {
		all = append(all, s.DependentSchemas[name])
	}
	for _, name := range sortedKeys(s.Dependencies) {
		if sub, ok := s.Dependencies[name].(*js.Schema); ok {
			all = append(all, sub)
		}
	}
	return all
}

// nested are all subschemas that are applied to parts of the value.
func nested(s *js.Schema) []*js.Schema {
	all := []*js.Schema{s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema}
	for _, name := range sortedKeys(s.Properties) {
		all = append(all, s.Properties[name])
	}
	for _, p := range patternProperties(s) {
		all = append(all, p.schema)
	}
	for _, v := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items} {
		switch v := v.(type) {
		case *js.Schema:
			all = append(all, v)
		case []*js.Schema:
			all = append(all, v...)
		}
	}
	return append(all, s.PrefixItems...)
}

type patternProperty struct {
	pattern js.Regexp
	schema  *js.Schema
}

// patternProperties are sorted, because everything that is made from a
// schema must be the same each time.
func patternProperties(s *js.Schema) []patternProperty {
	var all []patternProperty
	for re, sub := range s.PatternProperties {
		all = append(all, patternProperty{re, sub})
	}
	slices.SortFunc(all, func(a, b patternProperty) int { return cmp.Compare(a.pattern.String(), b.pattern.String()) })
	return all
}

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// property is what one schema, by its own keywords, says about a member.
type property struct {
	schemas []*js.Schema // what the member must satisfy
	named   bool         // by properties or patternProperties
	closed  bool         // the member is forbidden
}

func propertyOf(s *js.Schema, name string) property {
	var p property
	if sub := s.Properties[name]; sub != nil {
		p.schemas = append(p.schemas, sub)
	}
	for _, pp := range patternProperties(s) {
		if pp.pattern.MatchString(name) {
			p.schemas = append(p.schemas, pp.schema)
		}
	}
	p.named = len(p.schemas) > 0
	if !p.named {
		switch additional := s.AdditionalProperties.(type) {
		case bool:
			p.closed = !additional
		case *js.Schema:
			p.schemas = append(p.schemas, additional)
		}
	}
	for _, sub := range p.schemas {
		p.closed = p.closed || sub.Bool != nil && !*sub.Bool
	}
	return p
}

// element is what one schema, by its own keywords, says about an element of
// an array; nil if nothing.
func elementOf(s *js.Schema, i int) *js.Schema {
	switch {
	case i < len(s.PrefixItems):
		return s.PrefixItems[i]
	case s.Items2020 != nil:
		return s.Items2020
	}
	switch items := s.Items.(type) {
	case *js.Schema:
		return items
	case []*js.Schema:
		if i < len(items) {
			return items[i]
		}
		additional, _ := s.AdditionalItems.(*js.Schema)
		return additional
	}
	return nil
}

func isFalse(s *js.Schema) bool { return s != nil && s.Bool != nil && !*s.Bool }
