package jsonschema

import (
	"encoding/json"
	"slices"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/place"
)

// maxIndex bounds the index of an element that a reader is made for, which has a
// schema for each element before it.
const maxIndex = 100

// Lacking looks for a document that the schema accepts and that has nothing at
// a place in the data: Incompatible with one, Compatible where there is none, as
// Compare says of a reader that requires the place.
func (s *Schema) Lacking(p place.Place) (document string, result compat.Result) {
	path := p.Path()
	if shown, found := s.lackingSample(path); found && (s.size > wide || beyond(path)) {
		return text(shown), compat.Incompatible
	}
	if beyond(path) {
		return "", compat.Undecided
	}
	typed := s.way(path).typed
	return s.refusedBy(reader(path, true, func(i int) bool { return typed[i] }))
}

// Having looks for a document that the schema accepts and that has, at a place
// in the data, a value of a type; a number is one that is no integer.
func (s *Schema) Having(p place.Place, name string) (document string, result compat.Result) {
	types := typeBits[name]
	if types == numberType {
		types = fractionType
	}
	return s.refused(p.Path(), types)
}

func (s *Schema) accepts(path []place.Segment, types typeSet) compat.Result {
	if s.hasSample(path, types) {
		return compat.Incompatible
	}
	_, result := s.refused(path, types)
	return result
}

func (s *Schema) refused(path []place.Segment, types typeSet) (document string, result compat.Result) {
	if beyond(path) {
		return "", compat.Undecided
	}
	return s.refusedBy(having(path, types))
}

// beyond says that a step of a path is too far into an array to be asked about.
func beyond(path []place.Segment) bool {
	return slices.ContainsFunc(path, func(s place.Segment) bool { return s.IsIndex && s.Index > maxIndex })
}

// having is the reader that refuses documents with a value of the types at the
// end of a path.
func having(path []place.Segment, types typeSet) any {
	return map[string]any{"not": reader(path, types.schema(), func(int) bool { return true })}
}

// reader is the schema of who needs what is at the end of a path; typed says of
// which containers on the way it demands that they are containers.
func reader(path []place.Segment, last any, typed func(i int) bool) any {
	at := last
	for i := len(path) - 1; i >= 0; i-- {
		var container map[string]any
		if segment := path[i]; segment.IsIndex {
			items := make([]any, segment.Index, segment.Index+1)
			for j := range items {
				items[j] = true
			}
			container = map[string]any{"type": "array", "minItems": segment.Index + 1, "prefixItems": append(items, at)}
		} else {
			container = map[string]any{"type": "object", "required": []string{segment.Name}, "properties": map[string]any{segment.Name: at}}
		}
		if !typed(i) {
			delete(container, "type")
		}
		at = container
	}
	return at
}

// schema accepts the values of the types.
func (t typeSet) schema() any {
	switch {
	case t == anyType:
		return true
	case t&fractionType != 0 && t&wholeType == 0:
		return map[string]any{"type": (t | wholeType).names(), "not": map[string]any{"type": "integer"}}
	}
	return map[string]any{"type": t.names()}
}

// refusal is an answer of refusedBy.
type refusal struct {
	document string
	result   compat.Result
}

// refusedBy compares the schema with a reader that is made here, once.
func (s *Schema) refusedBy(reader any) (document string, result compat.Result) {
	text, err := json.Marshal(reader)
	if err != nil {
		return "", compat.Undecided
	}
	if known, ok := s.refusals.Load(string(text)); ok {
		r := known.(refusal)
		return r.document, r.result
	}
	document, result = s.compareWith(text)
	s.refusals.Store(string(text), refusal{document, result})
	return document, result
}

func (s *Schema) compareWith(text []byte) (document string, result compat.Result) {
	const file = "need.json"
	loaded, err := Load(fstest.MapFS{file: {Data: text}}, file)
	if err != nil {
		return "", compat.Undecided
	}
	c := Compare(s, loaded)
	for _, p := range c.Problems {
		if p.Witness != nil {
			return p.Witness.Document, compat.Incompatible
		}
	}
	return "", c.Result()
}
