package docset

import (
	"encoding/binary"
	"math/big"
)

// intern gives equal nodes one number.
func (s *Space) intern(n node) Set {
	key := n.key()
	if set, ok := s.interned[string(key)]; ok {
		return set
	}
	set := Set(len(s.nodes) << 1)
	s.nodes = append(s.nodes, n)
	s.interned[string(key)] = set
	return set
}

func (n *node) key() []byte {
	key := []byte{byte(n.kind), byte(n.types)}
	key = binary.AppendVarint(key, int64(n.n))
	for _, set := range n.sets {
		key = binary.AppendVarint(key, int64(set))
	}
	text := func(t string) {
		key = binary.AppendVarint(key, int64(len(t)))
		key = append(key, t...)
	}
	text(n.name)
	if n.rat != nil {
		text(n.rat.RatString())
	}
	for _, v := range n.values {
		text(v.key)
	}
	if n.names != nil {
		text(n.names.Pattern)
		for _, t := range n.names.Except {
			text(t)
		}
		text("")
		for _, t := range n.names.ExceptPatterns {
			text(t)
		}
	}
	if n.opaque != nil {
		text(n.opaque.Key)
	}
	return key
}

// Minimum holds all but numbers less than the bound.
func (s *Space) Minimum(bound *big.Rat) Set { return s.intern(node{kind: minimum, rat: bound}) }

// ExclusiveMinimum holds all but numbers up to the bound.
func (s *Space) ExclusiveMinimum(bound *big.Rat) Set {
	return s.intern(node{kind: exclusiveMinimum, rat: bound})
}

// Maximum holds all but numbers greater than the bound.
func (s *Space) Maximum(bound *big.Rat) Set { return s.intern(node{kind: maximum, rat: bound}) }

// ExclusiveMaximum holds all but numbers from the bound on.
func (s *Space) ExclusiveMaximum(bound *big.Rat) Set {
	return s.intern(node{kind: exclusiveMaximum, rat: bound})
}

// MultipleOf holds all but numbers that are no multiple of the step.
func (s *Space) MultipleOf(step *big.Rat) Set { return s.intern(node{kind: multiple, rat: step}) }

// MinLength holds all but strings with fewer than n characters.
func (s *Space) MinLength(n int) Set { return s.atLeast(minLength, n) }

// MaxLength holds all but strings with more than n characters.
func (s *Space) MaxLength(n int) Set { return s.intern(node{kind: maxLength, n: n}) }

// Pattern holds all but strings in which the expression, as package regex
// reads it, matches nowhere.
func (s *Space) Pattern(expression string) Set {
	return s.intern(node{kind: pattern, name: expression})
}

// MinItems holds all but arrays with fewer than n elements.
func (s *Space) MinItems(n int) Set { return s.atLeast(minItems, n) }

// MaxItems holds all but arrays with more than n elements.
func (s *Space) MaxItems(n int) Set { return s.intern(node{kind: maxItems, n: n}) }

func (s *Space) atLeast(k kind, n int) Set {
	if n <= 0 {
		return All
	}
	return s.intern(node{kind: k, n: n})
}

// ItemAt holds all but arrays whose element i exists and is not in the set.
func (s *Space) ItemAt(i int, set Set) Set { return s.parts(node{kind: itemAt, n: i}, set) }

// ItemsFrom holds all but arrays that have an element outside of the set, at
// index i or later.
func (s *Space) ItemsFrom(i int, set Set) Set { return s.parts(node{kind: itemsFrom, n: i}, set) }

func (s *Space) parts(n node, set Set) Set {
	if set == All {
		return All
	}
	n.sets = []Set{set}
	return s.intern(n)
}

// Contains holds all but arrays that have fewer than n elements in the set.
func (s *Space) Contains(n int, set Set) Set {
	if n <= 0 {
		return All
	}
	return s.intern(node{kind: contains, n: n, sets: []Set{set}})
}

// Unique holds all but arrays with equal elements.
func (s *Space) Unique() Set { return s.intern(node{kind: unique}) }

// Has holds all but objects without the property.
func (s *Space) Has(name string) Set { return s.intern(node{kind: has, name: name}) }

// MinProperties holds all but objects with fewer than n properties.
func (s *Space) MinProperties(n int) Set { return s.atLeast(minProperties, n) }

// MaxProperties holds all but objects with more than n properties.
func (s *Space) MaxProperties(n int) Set { return s.intern(node{kind: maxProperties, n: n}) }

// Property holds all but objects that have the property with a value outside
// of the set.
func (s *Space) Property(name string, set Set) Set {
	return s.parts(node{kind: property, name: name}, set)
}

// Properties holds all but objects that have a property of the names with a
// value outside of the set.
func (s *Space) Properties(names Names, set Set) Set {
	if len(names.Except) > shortList {
		names.except = make(map[string]bool, len(names.Except))
		for _, name := range names.Except {
			names.except[name] = true
		}
	}
	return s.parts(node{kind: properties, names: &names}, set)
}

// PropertyNames holds all but objects with a property whose name is not in
// the set.
func (s *Space) PropertyNames(set Set) Set { return s.parts(node{kind: nameOf}, set) }

// Opaque holds all but documents of the types of o that fail its test.
func (s *Space) Opaque(o Opaque) Set {
	return s.intern(node{kind: opaque, opaque: &o})
}
