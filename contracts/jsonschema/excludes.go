package jsonschema

import (
	"slices"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
	"github.com/flowweir/weir/contracts/place"
)

// Excludes says that no valid document has a text at a place in the data, by
// the sets that Compare works with. It says so only where that is certain.
func (s *Schema) Excludes(p place.Place, text string) bool {
	refs, blocked := newReferences(s)
	if p.Kind() != place.Data || blocked != nil {
		return false
	}
	sets := newTranslator(refs)
	found := sets.space.Find(sets.set(s.root), sets.having(p.Path(), sets.space.Values(text)))
	return found.Answer == docset.Empty && sets.space.GaveUp() == nil
}

// having is the set of documents that have one of the values at the end of a
// path.
func (t *translator) having(path []place.Segment, values docset.Set) docset.Set {
	set := values
	for _, segment := range slices.Backward(path) {
		if i := segment.Index; segment.IsIndex {
			set = t.space.And(t.space.Types(docset.Array), t.space.MinItems(i+1), t.space.ItemAt(i, set))
			continue
		}
		set = t.space.And(t.space.Types(docset.Object), t.space.Has(segment.Name), t.space.Property(segment.Name, set))
	}
	return set
}
