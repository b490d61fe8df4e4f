package infer

import (
	"encoding/json"
	"strings"
)

// What is kept of documents is bounded. Beyond, a schema says less: it stays
// open, and never refuses what was seen.
const (
	// maxDepth is the nesting below which any value is accepted.
	maxDepth = 32
	// maxNames is how many different names the members of one place may have
	// before they are taken for the keys of a map.
	maxNames = 200
	// maxPlaces is how many places one schema describes.
	maxPlaces = 5000
)

// shape is what was seen at one place of all documents.
type shape struct {
	values int // all of them

	nulls, booleans, integers, fractions, strings, objects, arrays int

	// formats are those that all strings have so far.
	formats formatSet
	// members are those of objects by their names; shared is, once names are
	// too many, what was seen at any of them.
	members map[string]*shape
	shared  *shape
	// elements is what was seen at any element of arrays.
	elements *shape
	// anything: values lay too deep to be looked at.
	anything bool
}

// learner makes one shape and counts its places.
type learner struct{ places int }

// learn adds a document to a shape.
func (l *learner) learn(s *shape, v any, depth int) {
	s.values++
	if depth > maxDepth {
		s.anything = true
		return
	}
	switch v := v.(type) {
	case nil:
		s.nulls++
	case bool:
		s.booleans++
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			s.fractions++ // 1.0 was written by somebody who means amounts
		} else {
			s.integers++
		}
	case string:
		if s.strings++; s.strings == 1 {
			s.formats = allFormats
		}
		s.formats &= formatsOf(v, s.formats)
	case map[string]any:
		s.objects++
		l.members(s, v, depth)
	case []any:
		s.arrays++
		for _, element := range v {
			if s.elements == nil {
				if s.elements = l.place(); s.elements == nil {
					return
				}
			}
			l.learn(s.elements, element, depth+1)
		}
	}
}

func (l *learner) members(s *shape, v map[string]any, depth int) {
	if s.members == nil && s.shared == nil {
		s.members = map[string]*shape{}
	}
	for _, name := range sortedNames(v) {
		if s.shared == nil && s.members[name] == nil {
			if len(s.members) == maxNames {
				s.pool()
			} else if member := l.place(); member != nil {
				s.members[name] = member
			}
		}
		at := s.shared
		if at == nil {
			at = s.members[name]
		}
		if at != nil {
			l.learn(at, v[name], depth+1)
		}
	}
}

// place is a new shape, nil where there are enough.
func (l *learner) place() *shape {
	if l.places >= maxPlaces {
		return nil
	}
	l.places++
	return &shape{}
}

// pool forgets the names of members.
func (s *shape) pool() {
	s.shared, s.members = s.pooled(), nil
}

// pooled is what was seen at all members together.
func (s *shape) pooled() *shape {
	all := &shape{}
	if s.shared != nil {
		all.merge(s.shared)
	}
	for _, name := range sortedNames(s.members) {
		all.merge(s.members[name])
	}
	return all
}

// merge adds what another shape has seen, and leaves that as it was.
func (s *shape) merge(o *shape) {
	switch {
	case s.strings == 0:
		s.formats = o.formats
	case o.strings > 0:
		s.formats &= o.formats
	}
	s.values += o.values
	s.nulls += o.nulls
	s.booleans += o.booleans
	s.integers += o.integers
	s.fractions += o.fractions
	s.strings += o.strings
	s.objects += o.objects
	s.arrays += o.arrays
	s.anything = s.anything || o.anything
	if o.elements != nil {
		if s.elements == nil {
			s.elements = &shape{}
		}
		s.elements.merge(o.elements)
	}
	if o.shared != nil && s.shared == nil {
		s.pool()
	}
	if s.shared != nil && (o.shared != nil || o.members != nil) {
		s.shared.merge(o.pooled())
		return
	}
	for _, name := range sortedNames(o.members) {
		if s.members == nil {
			s.members = map[string]*shape{}
		}
		if s.members[name] == nil {
			s.members[name] = &shape{}
		}
		s.members[name].merge(o.members[name])
	}
}
