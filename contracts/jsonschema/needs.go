package jsonschema

import (
	"slices"
	"sync"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
	"github.com/flowweir/weir/contracts/place"
)

// Lacking looks for a document that the schema accepts and that has nothing at
// a place in the data: Incompatible with one, Compatible where there is none. A
// container on the way of which the schema states no type is taken for one.
func (s *Schema) Lacking(p place.Place) (document string, result compat.Result) {
	path := p.Path()
	typed := s.way(path).typed
	return s.shows(func(t *translator) docset.Set {
		there := docset.All
		for i, segment := range slices.Backward(path) {
			container, has := t.within(segment, there)
			if there = has; typed[i] {
				there = t.space.And(container, has)
			}
		}
		return there.Not()
	})
}

// Having looks for a document that the schema accepts and that has, at a place
// in the data, a value of a type; a number is one that is no integer.
func (s *Schema) Having(p place.Place, name string) (document string, result compat.Result) {
	types := typesNamed[name]
	if types == docset.Number {
		types = docset.Fraction
	}
	return s.has(p.Path(), types)
}

func (s *Schema) has(path []place.Segment, types docset.Type) (document string, result compat.Result) {
	return s.shows(func(t *translator) docset.Set { return t.having(path, t.space.Types(types)) })
}

// Excludes says that no valid document has a text at a place in the data. It
// says so only where that is certain.
func (s *Schema) Excludes(p place.Place, text string) bool {
	if p.Kind() != place.Data {
		return false
	}
	_, result := s.shows(func(t *translator) docset.Set { return t.having(p.Path(), t.space.Values(text)) })
	return result == compat.Compatible
}

// having is the set of documents that have one of the values at the end of a
// path.
func (t *translator) having(path []place.Segment, values docset.Set) docset.Set {
	for _, segment := range slices.Backward(path) {
		container, has := t.within(segment, values)
		values = t.space.And(container, has)
	}
	return values
}

// within are the containers that a step leads into, and the documents that are
// none or have one of the values behind it.
func (t *translator) within(segment place.Segment, values docset.Set) (container, has docset.Set) {
	if i := segment.Index; segment.IsIndex {
		return t.space.Types(docset.Array), t.space.And(t.space.MinItems(i+1), t.space.ItemAt(i, values))
	}
	return t.space.Types(docset.Object), t.space.And(t.space.Has(segment.Name), t.space.Property(segment.Name, values))
}

// asked is what questions about places have been found out with so far: many
// consumers need places of one schema, and the work on all of them is bounded
// together.
type asked struct {
	sync.Mutex
	sets *translator
	// found are documents that the schema accepts, which may answer the next
	// question; answers are those that found none.
	found   []any
	answers map[docset.Set]compat.Result
}

// maxFound bounds the documents that are kept.
const maxFound = 64

// shows looks for a document that the schema accepts and that is in a set:
// Incompatible with one, Compatible where there is none, by the sets that
// Compare works with.
func (s *Schema) shows(set func(*translator) docset.Set) (document string, result compat.Result) {
	a := &s.asked
	a.Lock()
	defer a.Unlock()
	if a.sets == nil {
		refs, blocked := newReferences(s)
		if blocked != nil {
			return "", compat.Undecided
		}
		a.sets, a.answers = newTranslator(refs), map[docset.Set]compat.Result{}
	}
	space, wanted := a.sets.space, set(a.sets)
	for _, document := range a.found {
		if space.Sure(wanted, document) && space.Holds(wanted, document) {
			return text(document), compat.Incompatible
		}
	}
	if result, known := a.answers[wanted]; known {
		return "", result
	}
	accepted := a.sets.set(s.root)
	found, result := space.Find(accepted, wanted), compat.Undecided
	switch gaveUp := space.GaveUp() != nil; {
	case found.Answer == docset.Found && s.root.Validate(found.Doc) == nil && space.Sure(accepted, found.Doc) && space.Holds(wanted, found.Doc):
		if len(a.found) < maxFound {
			a.found = append(a.found, found.Doc)
		}
		return text(found.Doc), compat.Incompatible
	case gaveUp:
		a.sets = nil // what it says of texts may be wrong from here on
	case found.Answer == docset.Empty:
		result = compat.Compatible
	}
	a.answers[wanted] = result
	return "", result
}
