package docset

import (
	"slices"
	"strings"
)

// Alternatives are often told apart by one property: each requires it, with
// values that the others do not have. What follows sees that without asking
// for a document, so that of n alternatives on both sides only those with the
// same value are held against each other.

// outline is what a set plainly asks of objects.
type outline struct {
	required []string
	// few are the values of properties that have one of a few values, sorted
	// by key.
	few map[string][]value
}

const outlineDepth = 6

// outline of a set, made once.
func (s *Space) outline(set Set) *outline {
	if o, ok := s.outlines[set]; ok {
		return o
	}
	o := &outline{few: map[string][]value{}}
	s.draw(o, set, outlineDepth)
	s.outlines[set] = o
	return o
}

func (s *Space) draw(o *outline, set Set, depth int) {
	if set.negated() || depth == 0 {
		return
	}
	switch n := s.nodes[set>>1]; n.kind {
	case and:
		for _, sub := range n.sets {
			s.draw(o, sub, depth)
		}
	case named:
		s.draw(o, s.expand(set), depth-1)
	case has:
		o.required = append(o.required, n.name)
	case property:
		if values := s.fewValues(n.sets[0], outlineDepth); values != nil {
			o.few[n.name] = values
		}
	}
}

// fewValues are values among which the members of a set are; nil where that
// is not plain.
func (s *Space) fewValues(set Set, depth int) []value {
	if set.negated() || depth == 0 {
		return nil
	}
	switch n := s.nodes[set>>1]; n.kind {
	case oneOfValues:
		return n.values
	case named:
		return s.fewValues(s.expand(set), depth-1)
	case and:
		for _, sub := range n.sets {
			if values := s.fewValues(sub, depth); values != nil {
				return values
			}
		}
	}
	return nil
}

func disjoint(a, b []value) bool {
	return !slices.ContainsFunc(a, func(v value) bool {
		_, shared := slices.BinarySearchFunc(b, v.key, func(w value, key string) int {
			return strings.Compare(w.key, key)
		})
		return shared
	})
}

// isFact says whether a property must be there, or must not.
func (b *branch) isFact(set Set) bool { return b.facts.has(set) }

// apart says whether the facts and a set want different values of a property
// that must be there.
func (b *branch) apart(set Set) bool {
	if b.typ != Object {
		return false
	}
	o := b.outline(set)
	if len(o.few) == 0 {
		return false
	}
	for _, fact := range b.telling {
		n := &b.nodes[fact>>1]
		name := n.name
		if o.few[name] == nil {
			continue
		}
		if values := b.fewValues(n.sets[0], outlineDepth); disjoint(values, o.few[name]) && (slices.Contains(o.required, name) || b.isFact(b.Has(name))) {
			return true
		}
	}
	return false
}

// Apart says whether it is plain that two sets have no member in common: both
// are of objects, and want different values of a property that one of them
// wants to be there.
func (s *Space) Apart(set, other Set) bool {
	if s.typesOf(set, outlineDepth)&s.typesOf(other, outlineDepth)&^Object != 0 {
		return false
	}
	return s.outline(set).excludes(s.outline(other), func(string) bool { return false })
}

// exclusive says whether two sets want different values of a property that one
// of them, or a fact, wants to be there.
func (b *branch) exclusive(set, other Set) bool {
	if b.typ != Object {
		return false
	}
	return b.outline(set).excludes(b.outline(other), func(name string) bool { return b.isFact(b.Has(name)) })
}

// excludes says whether two outlines want different values of a property that
// one of them, or what is known besides, wants to be there.
func (o *outline) excludes(other *outline, there func(name string) bool) bool {
	for name, values := range o.few {
		if others := other.few[name]; others == nil || !disjoint(values, others) {
			continue
		}
		if slices.Contains(o.required, name) || slices.Contains(other.required, name) || there(name) {
			return true
		}
	}
	return false
}

// discriminated is the first choice whose ways are told apart by the values of
// one property; nil without one. It is the one to split: each way decides the
// other choices of its kind.
func (b *branch) discriminated(choices [][][]Set) [][]Set {
	if b.typ != Object {
		return nil
	}
	for _, ways := range choices {
		if b.tellsApart(ways) {
			return ways
		}
	}
	return nil
}

func (b *branch) tellsApart(ways [][]Set) bool {
	outlines := make([]*outline, len(ways))
	for i, way := range ways {
		for _, set := range way {
			if o := b.outline(set); len(o.few) > 0 {
				outlines[i] = o
				break
			}
		}
		if outlines[i] == nil {
			return false
		}
	}
	for name := range outlines[0].few {
		if eachItsOwn(outlines, name) {
			return true
		}
	}
	return false
}

// eachItsOwn says whether no two outlines share a value of the property.
func eachItsOwn(outlines []*outline, name string) bool {
	seen := map[string]bool{}
	for _, o := range outlines {
		values := o.few[name]
		if values == nil {
			return false
		}
		for _, v := range values {
			if seen[v.key] {
				return false
			}
			seen[v.key] = true
		}
	}
	return true
}
