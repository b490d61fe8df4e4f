package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

func (w *scribe) objects(s *js.Schema) docset.Set {
	var all []docset.Set
	if s.MinProperties != nil {
		all = append(all, w.space.MinProperties(*s.MinProperties))
	}
	if s.MaxProperties != nil {
		all = append(all, w.space.MaxProperties(*s.MaxProperties))
	}
	for _, name := range s.Required {
		all = append(all, w.space.Has(name))
	}
	for _, name := range sortedKeys(s.Properties) {
		if !w.pardoned(s, name) {
			all = append(all, w.space.Property(name, w.set(s.Properties[name])))
		}
	}
	for _, p := range patternProperties(s) {
		all = append(all, w.space.Properties(docset.Names{Pattern: p.pattern.String()}, w.set(p.schema)))
	}
	if set, ok := w.additional(s); ok {
		all = append(all, w.space.Properties(w.additionalNames(s), set))
	}
	if s.PropertyNames != nil {
		all = append(all, w.space.PropertyNames(w.set(s.PropertyNames)))
	}
	for _, d := range dependencies(s) {
		all = append(all, w.dependency(d))
	}
	return w.space.And(all...)
}

// additional is what additionalProperties demands; false without it.
func (w *scribe) additional(s *js.Schema) (docset.Set, bool) {
	switch additional := s.AdditionalProperties.(type) {
	case bool:
		if !additional {
			return docset.None, true
		}
	case *js.Schema:
		return w.set(additional), true
	}
	return docset.All, false
}

// additionalNames are the names that a schema itself does not name.
func (w *scribe) additionalNames(s *js.Schema) docset.Names {
	names := docset.Names{Except: sortedKeys(s.Properties)}
	for _, p := range patternProperties(s) {
		names.ExceptPatterns = append(names.ExceptPatterns, p.pattern.String())
	}
	return w.withPardoned(s, names)
}

// dependency is one entry of dependentRequired, dependentSchemas or
// dependencies.
type dependency struct {
	keyword, name string
	required      []string
	schema        *js.Schema
}

func dependencies(s *js.Schema) []dependency {
	var all []dependency
	for _, name := range sortedKeys(s.DependentRequired) {
		all = append(all, dependency{"dependentRequired", name, s.DependentRequired[name], nil})
	}
	for _, name := range sortedKeys(s.DependentSchemas) {
		all = append(all, dependency{"dependentSchemas", name, nil, s.DependentSchemas[name]})
	}
	for _, name := range sortedKeys(s.Dependencies) {
		d := dependency{keyword: "dependencies", name: name}
		switch dependency := s.Dependencies[name].(type) {
		case []string:
			d.required = dependency
		case *js.Schema:
			d.schema = dependency
		}
		all = append(all, d)
	}
	return all
}

// present holds the objects that have the property.
func (t *translator) present(name string) docset.Set {
	return t.space.And(t.space.Types(docset.Object), t.space.Has(name))
}

func (w *scribe) dependency(d dependency) docset.Set {
	var then []docset.Set
	for _, name := range d.required {
		then = append(then, w.space.Has(name))
	}
	if d.schema != nil {
		then = append(then, w.set(d.schema))
	}
	return w.space.Or(w.present(d.name).Not(), w.space.And(then...))
}

// pardon is something that the lenient dialect overlooks in a reader: what a
// class of schemas says about one property.
type pardon struct {
	class int
	name  string
}

// forgive makes relaxed overlook what a schema says about a property.
func (t *translator) forgive(s *js.Schema, name string) {
	t.pardons[pardon{t.class(s), name}] = true
}

// relaxed is the set of a reader that overlooks what was forgiven. It is made
// once, when all is known that is forgiven.
func (t *translator) relaxed(reader *js.Schema) docset.Set {
	t.relaxes = map[int]bool{}
	for p := range t.pardons {
		t.relaxes[p.class] = true
	}
	for before := -1; before != len(t.relaxes); {
		before = len(t.relaxes)
		for class, s := range t.first {
			if !t.relaxes[class] && slices.ContainsFunc(t.parts(s), func(sub *js.Schema) bool { return t.relaxes[t.class(sub)] }) {
				t.relaxes[class] = true
			}
		}
	}
	return (&scribe{translator: t, relaxed: true}).set(reader)
}

func (w *scribe) pardoned(s *js.Schema, name string) bool {
	return w.relaxed && w.pardons[pardon{w.class(s), name}]
}

// withPardoned takes forgiven names out of those that are restricted.
func (w *scribe) withPardoned(s *js.Schema, names docset.Names) docset.Names {
	if !w.relaxed {
		return names
	}
	class := w.class(s)
	for p := range w.pardons {
		if p.class == class {
			names.Except = append(names.Except, p.name)
		}
	}
	names.Except = sortedSet(names.Except)
	return names
}
