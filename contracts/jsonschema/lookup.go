package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
)

// Lookup says what the schema promises about a place in the data. It follows
// references and allOf, and takes the union over anyOf, oneOf, and then and
// else; not, dependentSchemas and the condition of an if without branches are
// left out, so that a promise may be weaker than the schema but is never
// stronger. A schema that gives no type but has properties is taken to
// describe objects, as its author meant.
//
// Record headers and keys are not part of a schema: such a place is Unstated.
func (s *Schema) Lookup(p place.Place) field.Field {
	if p.Kind() != place.Data {
		return field.Field{Position: s.place(s.root, "").InFile()}
	}
	var l lookup
	r := l.walk([]*js.Schema{s.root}, p.Path())
	if l.alternatives > maxAlternatives {
		r.presence, r.types = field.Unstated, anyType
	}
	at := s.root
	if l.deepest != nil {
		at = l.deepest
	}
	return field.Field{Presence: r.presence, Types: r.types.names(), Position: s.place(at, "").InFile()}
}

// maxAlternatives bounds the combinations of anyOf and oneOf that are looked
// at. A schema beyond it is answered with Unstated, which promises nothing.
const maxAlternatives = 4096

type lookup struct {
	alternatives int
	// deepest is the schema of the longest part of the way that is declared;
	// left is how many segments follow it.
	deepest *js.Schema
	left    int
}

type result struct {
	presence field.Presence
	types    typeSet
}

// walk looks the path up in documents that satisfy all of the schemas.
func (l *lookup) walk(schemas []*js.Schema, path []place.Segment) result {
	if l.alternatives > maxAlternatives {
		return result{}
	}
	var (
		all    result
		filled bool
	)
	for _, atoms := range l.expand(schemas) {
		types := allowedTypes(atoms)
		if types == 0 {
			continue // no document takes this alternative
		}
		r := result{field.Always, types}
		if len(path) > 0 {
			r = l.step(atoms, types, path)
		}
		if !filled {
			all, filled = r, true
			continue
		}
		all = union(all, r)
	}
	if !filled {
		return result{field.Never, 0}
	}
	return all
}

// step looks up the first segment in one alternative.
func (l *lookup) step(atoms []*js.Schema, types typeSet, path []place.Segment) result {
	segment := path[0]
	container := objectType
	if segment.IsIndex {
		container = arrayType
	}
	if types&container == 0 {
		return result{field.Never, 0}
	}
	children, required, closed := childrenOf(atoms, segment)
	if closed {
		return result{field.Never, 0}
	}
	if len(children) > 0 {
		l.declared(children[0], len(path)-1)
	}
	r := result{field.Unstated, anyType}
	switch {
	case len(children) > 0:
		r = l.walk(children, path[1:])
	case required && len(path) == 1:
		r.presence = field.Always
	}
	if r.presence == field.Always && (!required || types != container && typesStated(atoms)) {
		r.presence = field.Sometimes
	}
	return r
}

// declared remembers the first schema that leaves the fewest segments of the
// path open.
func (l *lookup) declared(s *js.Schema, left int) {
	if l.deepest == nil || left < l.left {
		l.deepest, l.left = s, left
	}
}

// childrenOf collects what the schemas say about a member or an element.
func childrenOf(atoms []*js.Schema, segment place.Segment) (children []*js.Schema, required, closed bool) {
	named, sealed := false, false
	for _, s := range atoms {
		if segment.IsIndex {
			if closedAt(s, segment.Index) {
				return nil, false, true
			}
			if sub := elementOf(s, segment.Index); sub != nil {
				children, named = append(children, sub), true
			}
			required = required || s.MinItems != nil && *s.MinItems > segment.Index
			sealed = sealed || isFalse(s.UnevaluatedItems)
			continue
		}
		p := propertyOf(s, segment.Name)
		if p.closed {
			return nil, false, true
		}
		children = append(children, p.schemas...)
		named = named || len(p.schemas) > 0
		required = required || slices.Contains(s.Required, segment.Name)
		sealed = sealed || isFalse(s.UnevaluatedProperties)
	}
	return children, required, sealed && !named
}

func isFalse(s *js.Schema) bool { return s != nil && s.Bool != nil && !*s.Bool }

func union(a, b result) result {
	r := result{presence: a.presence}
	if a.presence != b.presence {
		r.presence = field.Sometimes
		if (a.presence == field.Never || b.presence == field.Never) && (a.presence == field.Unstated || b.presence == field.Unstated) {
			r.presence = field.Unstated
		}
	}
	r.types = a.types | b.types
	return r
}

// expand writes the conjunction of schemas as alternatives, each a list of
// schemas whose own keywords hold together.
func (l *lookup) expand(schemas []*js.Schema) [][]*js.Schema {
	result := [][]*js.Schema{nil}
	for _, s := range schemas {
		result = l.cross(result, l.alternativesOf(s, nil))
	}
	l.alternatives += len(result)
	return result
}

// cross combines each left alternative with each right one.
func (l *lookup) cross(left, right [][]*js.Schema) [][]*js.Schema {
	if len(left)*len(right) > maxAlternatives {
		l.alternatives = maxAlternatives + 1
		return left
	}
	var all [][]*js.Schema
	for _, a := range left {
		for _, b := range right {
			all = append(all, append(slices.Clip(a), b...))
		}
	}
	return all
}

// alternativesOf expands one schema; inside are the schemas that are being
// expanded around it, which a reference in a circle adds nothing to.
func (l *lookup) alternativesOf(s *js.Schema, inside []*js.Schema) [][]*js.Schema {
	switch {
	case s.Bool != nil && !*s.Bool:
		return nil
	case slices.Contains(inside, s):
		return [][]*js.Schema{nil}
	}
	inside = append(slices.Clip(inside), s)
	result := [][]*js.Schema{{s}}
	for _, sub := range conjuncts(s) {
		result = l.cross(result, l.alternativesOf(sub, inside))
	}
	for _, choice := range choicesOf(s) {
		var branches [][]*js.Schema
		for _, branch := range choice {
			ways := [][]*js.Schema{nil}
			for _, sub := range branch {
				ways = l.cross(ways, l.alternativesOf(sub, inside))
			}
			branches = append(branches, ways...)
		}
		result = l.cross(result, branches)
	}
	return result
}

// choicesOf are the disjunctions of a schema: of each, one branch holds,
// which is a list of schemas.
func choicesOf(s *js.Schema) [][][]*js.Schema {
	var choices [][][]*js.Schema
	for _, of := range [...][]*js.Schema{s.AnyOf, s.OneOf} {
		var choice [][]*js.Schema
		for _, sub := range of {
			choice = append(choice, []*js.Schema{sub})
		}
		if choice != nil {
			choices = append(choices, choice)
		}
	}
	if s.If != nil && (s.Then != nil || s.Else != nil) {
		then := []*js.Schema{s.If}
		if s.Then != nil {
			then = append(then, s.Then)
		}
		var otherwise []*js.Schema
		if s.Else != nil {
			otherwise = append(otherwise, s.Else)
		}
		choices = append(choices, [][]*js.Schema{then, otherwise})
	}
	return choices
}
