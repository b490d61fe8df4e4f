package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
	"github.com/flowweir/weir/contracts/place"
)

// Lookup says what the schema promises about a place in the data, by the sets
// that Compare works with: the place is Always there if no document is accepted
// that lacks it, and its types are those that accepted documents have there.
// Only a required member of a plain type, which most places are, is answered by
// its keywords; types are these alone where the place is Open. A schema that
// gives no type but has properties is taken to describe objects, as its author
// meant.
//
// Record headers and keys are not part of a schema: such a place is Unstated.
func (s *Schema) Lookup(p place.Place) field.Field {
	if p.Kind() != place.Data {
		return field.Field{Position: s.place(s.root, "").InFile()}
	}
	w := s.way(p.Path())
	f := field.Field{Presence: field.Always, Position: s.place(w.deepest, "").InFile()}
	if !w.plain {
		f.Presence, f.Open = s.presence(p, w)
	}
	types := w.types
	if stated(f.Presence) && !f.Open && (!w.plain || types&(types-1) != 0) {
		types = s.typesAt(p.Path(), types)
	}
	if f.Types = namesOfTypes(types); types == 0 {
		f.Types = []string{}
	}
	return f
}

func stated(p field.Presence) bool { return p == field.Always || p == field.Sometimes }

// presence asks for documents without the place, and for documents with it.
func (s *Schema) presence(p place.Place, w way) (presence field.Presence, open bool) {
	if len(p.Path()) == 0 {
		return field.Always, false
	}
	_, result := s.Lacking(p)
	switch {
	case result == compat.Compatible:
		return field.Always, false
	case result != compat.Undecided && s.never(p.Path(), docset.AnyType):
		return field.Never, false
	case w.stated:
		presence = field.Sometimes
	}
	return presence, result == compat.Undecided
}

// never says that no document has a value of the types at the end of a path.
func (s *Schema) never(path []place.Segment, types docset.Type) bool {
	_, result := s.has(path, types)
	return result == compat.Compatible
}

// typesAt are those of the types that documents can have at the end of a path.
func (s *Schema) typesAt(path []place.Segment, types docset.Type) docset.Type {
	for _, t := range byName {
		if types&t != 0 && s.never(path, t) {
			types &^= t
		}
	}
	return types
}

// way is what the keywords of a schema say about the way to a place.
type way struct {
	// plain: each step is required and in a container, by keywords that hold for
	// every document.
	plain bool
	// stated: some keyword names the place.
	stated bool
	// listed: values that have the rest of the way in them are listed.
	listed bool
	// typed are the steps whose container's type the schema states.
	typed []bool
	// types are those that keywords which hold for every document leave.
	types docset.Type
	// deepest is the schema of the longest part of the way that is declared.
	deepest *js.Schema
}

// way follows a path through the keywords.
func (s *Schema) way(path []place.Segment) way {
	w := way{plain: true, stated: true, deepest: s.root}
	here := appliedWith([]part{{s.root, true}})
	for _, segment := range path {
		w.step(here, segment)
		here = appliedWith(children(here, segment))
		if len(here) > 0 {
			w.deepest = here[0].schema
		}
	}
	w.types = allowedTypes(certain(here))
	w.plain = w.plain && w.types != 0
	return w
}

func (w *way) step(here []part, segment place.Segment) {
	container := docset.Object
	if segment.IsIndex {
		container = docset.Array
	}
	typed := typesStated(schemas(here))
	w.typed = append(w.typed, typed)
	sure := certain(here)
	types := allowedTypes(sure)
	w.plain = w.plain && (types == container || types == docset.AnyType && !typed) && slices.ContainsFunc(sure, func(s *js.Schema) bool { return requires(s, segment) })
	w.listed = w.listed || slices.ContainsFunc(here, func(p part) bool { return p.schema.Const != nil || p.schema.Enum != nil })
	w.stated = w.listed || w.stated && slices.ContainsFunc(here, func(p part) bool { return names(p.schema, segment) })
}

// part is a schema that is applied to a value, and whether it is to that of
// every document, or only in some alternative.
type part struct {
	schema *js.Schema
	sure   bool
}

// appliedWith are schemas with all that they apply to the same value: first those
// that hold for every document. What is negated says nothing of what is there.
func appliedWith(to []part) []part {
	var all []part
	seen := map[*js.Schema]bool{}
	add := func(s *js.Schema, sure bool) {
		if s != nil && !seen[s] {
			seen[s] = true
			all = append(all, part{s, sure})
		}
	}
	for _, p := range to {
		if p.sure {
			add(p.schema, true)
		}
	}
	for i := 0; i < len(all); i++ {
		for _, sub := range conjuncts(all[i].schema) {
			add(sub, true)
		}
	}
	for _, p := range to {
		add(p.schema, false)
	}
	for i := 0; i < len(all); i++ {
		for _, sub := range inPlace(all[i].schema) {
			if sub != all[i].schema.Not {
				add(sub, false)
			}
		}
	}
	return all
}

// children are what schemas say about a member or an element.
func children(of []part, segment place.Segment) []part {
	var all []part
	for _, p := range of {
		subs := propertyOf(p.schema, segment.Name).schemas
		if segment.IsIndex {
			subs = []*js.Schema{elementOf(p.schema, segment.Index)}
		}
		for _, sub := range subs {
			if sub != nil {
				all = append(all, part{sub, p.sure})
			}
		}
	}
	return all
}

// names says whether a schema speaks of a member or an element.
func names(s *js.Schema, segment place.Segment) bool {
	if len(children([]part{{schema: s}}, segment)) > 0 || requires(s, segment) {
		return true
	}
	if segment.IsIndex {
		return s.Contains != nil
	}
	for _, needed := range s.DependentRequired {
		if slices.Contains(needed, segment.Name) {
			return true
		}
	}
	for _, needed := range s.Dependencies {
		if list, ok := needed.([]string); ok && slices.Contains(list, segment.Name) {
			return true
		}
	}
	return false
}

func requires(s *js.Schema, segment place.Segment) bool {
	if segment.IsIndex {
		return s.MinItems != nil && *s.MinItems > segment.Index
	}
	return slices.Contains(s.Required, segment.Name)
}

func certain(parts []part) []*js.Schema {
	return schemas(slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return !p.sure }))
}

func schemas(parts []part) []*js.Schema {
	var all []*js.Schema
	for _, p := range parts {
		all = append(all, p.schema)
	}
	return all
}
