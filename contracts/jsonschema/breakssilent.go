package jsonschema

import (
	"encoding/json"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// silent reports whether the writer says nothing of a property of the objects
// at a spot: neither what it holds nor whether it is there. It is plain where
// no schema of the writer speaks of a property of that name. Otherwise the
// documents decide: those that the writer may write must have the property
// with values of all kinds, and must be able to lack it.
func (c *comparer) silent(at spot, name string) bool {
	if c.speaks(at.writer, name) || c.besides(name) {
		return false
	}
	spoken, probes := c.spokenOf(name)
	if !spoken {
		return true
	}
	if !c.voices().alike(name) {
		return c.anythingGoes(at, name, probes)
	}
	spotted := at.lift(c.sets.space.Has(""))
	silent, known := c.silence[spotted]
	if !known {
		silent = c.anythingGoes(at, name, probes)
		c.silence[spotted] = silent
	}
	return silent
}

// anythingGoes reports whether the writer may write a property of that name
// with values of all kinds, and may leave it out.
func (c *comparer) anythingGoes(at spot, name string, probes []docset.Set) bool {
	s := c.sets.space
	for _, doc := range anything {
		probes = append(probes, s.Values(doc))
	}
	for _, probe := range probes {
		if c.ask(at, s.Property(name, probe.Not())).Answer != docset.Found {
			return false
		}
	}
	return c.ask(at, s.Has(name)).Answer == docset.Found
}

// anything are values that no schema has in mind: one that lets all of them in
// restricts nothing by a type, a range, a length, a pattern or a list.
var anything = []any{
	nil, true, json.Number("-987654321"), json.Number("987654.321"), "#a text of no schema\n",
	[]any{"#a text of no schema\n"}, map[string]any{"#a text of no schema\n": nil},
}

// speaks reports whether schemas that hold for the same objects speak of a
// property, also with what they exclude or ask for on a condition.
func (c *comparer) speaks(schemas []*js.Schema, name string) bool {
	var aside []*js.Schema
	for _, s := range schemas {
		if saysOf(s, name) {
			return true
		}
		aside = append(aside, asideOf(s)...)
	}
	return slices.ContainsFunc(c.closure(aside, inPlace), func(s *js.Schema) bool { return saysOf(s, name) || restrictsAll(s) })
}

// besides reports whether the writer names a property in what only some of its
// values must be: an element that an array must contain, or, at any depth, what
// goes with another property. What holds at one spot does not tell of these.
func (c *comparer) besides(name string) bool {
	return slices.ContainsFunc(c.voices().partial, func(s *js.Schema) bool { return saysOf(s, name) })
}

// asideOf are the subschemas that a value need not satisfy where the schema
// holds, and that yet decide what it may be.
func asideOf(s *js.Schema) []*js.Schema {
	var all []*js.Schema
	for _, sub := range []*js.Schema{s.Not, s.If} {
		if sub != nil {
			all = append(all, sub)
		}
	}
	for _, d := range dependencies(s) {
		if d.schema != nil {
			all = append(all, d.schema)
		}
	}
	return all
}

// saysOf reports whether a keyword of the schema itself is about the property.
func saysOf(s *js.Schema, name string) bool {
	if p := propertyOf(s, name); p.named || slices.Contains(s.Required, name) {
		return true
	}
	for _, d := range dependencies(s) {
		if d.name == name || slices.Contains(d.required, name) {
			return true
		}
	}
	return slices.ContainsFunc(valuesOf(s), func(v any) bool {
		_, isObject := v.(map[string]any)
		return isObject
	})
}

// restrictsAll reports whether a keyword is about properties of any name.
func restrictsAll(s *js.Schema) bool {
	return s.AdditionalProperties != nil && s.AdditionalProperties != true || s.UnevaluatedProperties != nil || s.PropertyNames != nil
}

func valuesOf(s *js.Schema) []any {
	var all []any
	if s.Const != nil {
		all = append(all, *s.Const)
	}
	if s.Enum != nil {
		all = append(all, s.Enum.Values...)
	}
	return all
}

// spokenOf reports whether any schema of the writer speaks of a property of
// that name, wherever; values are the sets that schemas which need not hold
// tell apart there, and their complements.
func (c *comparer) spokenOf(name string) (spoken bool, values []docset.Set) {
	for _, s := range c.voices().aside {
		for _, sub := range propertyOf(s, name).schemas {
			for _, set := range []docset.Set{c.sets.set(sub), c.sets.set(sub).Not()} {
				if c.sets.space.Find(set).Answer != docset.Empty {
					values = append(values, set)
				}
			}
		}
		spoken = spoken || restrictsAll(s)
	}
	v := c.voices()
	slices.Sort(values)
	return spoken || len(values) > 0 || v.counted || v.patterned || v.names[name], slices.Compact(values)
}
