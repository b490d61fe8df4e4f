package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// doubted are the schemas with a pattern that may be given up, where documents
// can be valid because a text does not match: it counts as that. In all other
// places it makes a document invalid, and the message says why.
func doubted(root *js.Schema) []*js.Schema {
	var patterns []*js.Schema
	refutes := false
	walk(root, func(s *js.Schema) {
		refutes = refutes || s.Not != nil || s.OneOf != nil || s.If != nil || s.MaxContains != nil
		if guesses(s) {
			patterns = append(patterns, s)
		}
	})
	if !refutes {
		return nil
	}
	return patterns
}

// doubt is the violation of a document that the validator takes for valid and
// that may not be: a text of it was not held against a pattern. The sets that
// Compare works with know which.
func (s *Schema) doubt(v any) []Violation {
	if len(s.doubted) == 0 {
		return nil
	}
	refs, blocked := newReferences(s)
	if blocked != nil {
		return nil
	}
	t := newTranslator(refs)
	t.space.Holds(t.set(s.root), v)
	why := t.space.GaveUp()
	if why == nil {
		return nil
	}
	at := s.doubted[0]
	if i := slices.IndexFunc(s.doubted, func(d *js.Schema) bool {
		return d.Pattern != nil && d.Pattern.String() == why.Pattern
	}); i >= 0 {
		at = s.doubted[i]
	}
	location := at.Location + "/pattern"
	return []Violation{{Message: "was not judged: " + why.Error(), Keyword: "pattern", Schema: s.source.keyPosition(location), location: location}}
}
