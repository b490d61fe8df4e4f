package avro

import (
	"slices"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// Lookup says what the schema promises about a place in the data, whose names
// are those of fields and of keys of maps; the branches of unions have no
// part in it. A field of a record is always there, a key of a map or an
// element of an array sometimes; so is a field within one branch of a union.
//
// Record headers and keys are not part of a schema: such a place is Unstated.
func (s *Schema) Lookup(p place.Place) field.Field {
	if p.Kind() != place.Data {
		return field.Field{Position: s.root.at.inFile()}
	}
	at := s.walk(p.Path())
	if at.presence == field.Never {
		return field.Field{Presence: field.Never, Types: []string{}, Position: at.declared.inFile()}
	}
	all := &node{kind: unionKind, branches: at.types}
	return field.Field{Presence: at.presence, Types: jsonTypes(all), Position: at.declared.inFile()}
}

// Excludes says that no valid document has a text at a place in the data, for
// an enum has only its symbols.
func (s *Schema) Excludes(p place.Place, text string) bool {
	if p.Kind() != place.Data {
		return false
	}
	return !slices.ContainsFunc(alternatives(s.walk(p.Path()).types), func(t use) bool {
		switch t.kind {
		case stringKind, bytesKind, fixedKind:
			return true
		}
		return slices.Contains(t.symbols, text)
	})
}

// Names are the full names of the types that a document can be of: those of a
// union are its branches'.
func (s *Schema) Names() []string {
	var names []string
	for _, t := range alternatives([]use{s.root}) {
		if t.name != "" {
			names = append(names, t.name)
		}
	}
	return names
}

// walk is what can stand at the end of a path.
func (s *Schema) walk(path []place.Segment) spot {
	at := spot{presence: field.Always, types: []use{s.root}, declared: s.root.at}
	for _, segment := range path {
		if at = at.step(segment); at.presence == field.Never {
			break
		}
	}
	return at
}

// spot is a place on the way: what can stand there.
type spot struct {
	presence field.Presence
	types    []use
	declared site
}

// inFile is the position of the place, with its path.
func (s site) inFile() finding.Position {
	return compat.Place{Path: s.pointer, Position: s.position("")}.InFile()
}

// step goes on to a member or an element of what stands at the spot.
func (s spot) step(segment place.Segment) spot {
	next := spot{presence: s.presence, declared: s.declared}
	for _, t := range alternatives(s.types) {
		inner, presence, at := child(t, segment)
		if presence == field.Never {
			next.presence = field.Sometimes
			continue
		}
		if len(next.types) == 0 {
			next.declared = at
		}
		if presence == field.Sometimes {
			next.presence = field.Sometimes
		}
		if !slices.ContainsFunc(next.types, func(u use) bool { return u.node == inner.node }) {
			next.types = append(next.types, inner)
		}
	}
	if len(next.types) == 0 {
		next.presence = field.Never
	}
	return next
}

// alternatives are the types with unions replaced by their branches.
func alternatives(types []use) []use {
	var all []use
	for _, t := range types {
		if t.kind == unionKind {
			all = append(all, t.branches...)
			continue
		}
		all = append(all, t)
	}
	return all
}

func child(t use, segment place.Segment) (inner use, p field.Presence, declared site) {
	switch {
	case segment.IsIndex && t.kind == arrayKind, !segment.IsIndex && t.kind == mapKind:
		return t.element, field.Sometimes, t.element.at
	case !segment.IsIndex && t.kind == recordKind:
		if i := t.field(segment.Name); i >= 0 {
			return t.fields[i].typ, field.Always, t.fields[i].site
		}
	}
	return use{}, field.Never, site{}
}
