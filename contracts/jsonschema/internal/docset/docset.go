// Package docset decides whether sets of JSON documents have a document in
// common, and gives one that they have.
//
// A [Set] is described as JSON Schema does it, by what documents of one type
// must satisfy, and by And, Or, Not, If and OneOf over other sets; named sets
// may contain themselves. [Space.Find] looks for a member of an intersection:
// it takes the types one by one, splits what is a choice, and hands the
// conjunctions that are left to a procedure for numbers, strings, arrays or
// objects, which come back with questions about sets of parts.
//
// Guarantees:
//   - Found comes with a document that was tested to be a member, and Empty is
//     certain: every choice was refuted. What is neither is Unknown.
//   - Documents are finite. A set that contains itself has the members that
//     can be built in finitely many steps (a least fixed point).
//   - Every question ends: the work is counted, and beyond the budget the
//     answer is Unknown.
//   - The same sets, made in the same order, get the same answer.
//
// Documents are found small and plain, not minimal. The package knows neither
// files nor the words of JSON Schema's drafts.
package docset

import (
	"math/big"
	"slices"
)

// Set is a set of documents of a Space.
type Set int32

// The sets that every Space has.
const (
	All  Set = 0
	None Set = 1
)

// Not is the complement.
func (s Set) Not() Set { return s ^ 1 }

func (s Set) negated() bool { return s&1 == 1 }

// positive is the set, or its complement, that is not negated.
func (s Set) positive() Set { return s &^ 1 }

// Type is a set of JSON types. Numbers are two types, whole and fractional.
type Type uint8

// The types.
const (
	Null Type = 1 << iota
	Boolean
	Whole
	Fraction
	String
	Array
	Object

	Number  = Whole | Fraction
	AnyType = 1<<7 - 1
)

// Space holds sets. It is not safe for concurrent use.
type Space struct {
	nodes    []node
	interned map[string]Set
	define   func(name int) Set
	gaveUp   *UnmatchedError // see GaveUp
	solver
}

// NewSpace makes an empty space. define gives the sets behind the names of
// [Space.Named]; it is called once for each, when it is first needed.
func NewSpace(define func(name int) Set) *Space {
	s := &Space{interned: map[string]Set{}, define: define, solver: newSolver()}
	s.nodes = append(s.nodes, node{kind: everything})
	return s
}

type kind uint8

const (
	everything kind = iota
	and             // of sets
	oneOf           // of sets: in exactly one
	condition       // sets[0] ? sets[1] : sets[2]
	named           // n
	ofTypes
	oneOfValues

	// What follows restricts documents of one type and contains all others.
	minimum
	exclusiveMinimum
	maximum
	exclusiveMaximum
	multiple
	minLength
	maxLength
	pattern
	minItems
	maxItems
	itemAt    // n: set
	itemsFrom // n: set
	contains  // at least n of set
	unique
	has // name
	minProperties
	maxProperties
	property   // name: set
	properties // names: set
	nameOf     // every name: set
	opaque
)

// domains are the types that kinds restrict.
var domains = [...]Type{
	minimum: Number, exclusiveMinimum: Number, maximum: Number, exclusiveMaximum: Number, multiple: Number,
	minLength: String, maxLength: String, pattern: String,
	minItems: Array, maxItems: Array, itemAt: Array, itemsFrom: Array, contains: Array, unique: Array,
	has: Object, minProperties: Object, maxProperties: Object, property: Object, properties: Object, nameOf: Object,
	opaque: 0,
}

type node struct {
	kind     kind
	sets     []Set
	n        int
	types    Type
	name     string
	rat      *big.Rat
	values   []value
	names    *Names
	opaque   *Opaque
	expanded bool // of a named node: sets[0] is what it means
}

// domain are the types whose documents the node restricts.
func (n *node) domain() Type {
	if n.kind == opaque {
		return n.opaque.Types
	}
	return domains[n.kind]
}

// Names is a set of property names: those that match Pattern, if it is not
// empty, and are none of Except and match none of ExceptPatterns.
type Names struct {
	Pattern        string
	Except         []string
	ExceptPatterns []string

	except map[string]bool // Except, where it is long
}

// Opaque is a set that only a test describes: of documents of Types, those
// that pass it. Key tells opaque sets apart; Samples may be members.
//
// Texts, if it is not empty, is a pattern that matches every string of the set;
// Implies are the keys of opaque sets that have all of its members.
type Opaque struct {
	Key     string
	Types   Type
	Test    func(doc any) bool
	Samples func() []any
	Texts   string
	Implies []string
}

// And is the intersection.
func (s *Space) And(sets ...Set) Set {
	var flat []Set
	for _, set := range sets {
		if n := &s.nodes[set>>1]; n.kind == and && !set.negated() {
			flat = append(flat, n.sets...)
			continue
		}
		flat = append(flat, set)
	}
	slices.Sort(flat)
	flat = slices.Compact(flat)
	kept := flat[:0:0]
	for i, set := range flat {
		switch {
		case set == None || i+1 < len(flat) && flat[i+1] == set.Not() && !set.negated():
			return None
		case set != All:
			kept = append(kept, set)
		}
	}
	switch len(kept) {
	case 0:
		return All
	case 1:
		return kept[0]
	}
	return s.intern(node{kind: and, sets: kept})
}

// Or is the union.
func (s *Space) Or(sets ...Set) Set {
	inverse := make([]Set, len(sets))
	for i, set := range sets {
		inverse[i] = set.Not()
	}
	return s.And(inverse...).Not()
}

// OneOf holds the documents that are in exactly one of the sets.
func (s *Space) OneOf(sets ...Set) Set {
	sets = slices.DeleteFunc(slices.Clone(sets), func(set Set) bool { return set == None })
	switch len(sets) {
	case 0:
		return None
	case 1:
		return sets[0]
	}
	slices.Sort(sets) // equal ones stay: a member of both is in two
	return s.intern(node{kind: oneOf, sets: sets})
}

// If holds the documents of test that are in then, and the others that are in
// otherwise.
func (s *Space) If(test, then, otherwise Set) Set {
	switch {
	case test == All || then == otherwise:
		return then
	case test == None:
		return otherwise
	}
	return s.intern(node{kind: condition, sets: []Set{test, then, otherwise}})
}

// Named is the set that define gives for the name.
func (s *Space) Named(name int) Set { return s.intern(node{kind: named, n: name}) }

// expand is what a named node means.
func (s *Space) expand(i Set) Set {
	if n := &s.nodes[i>>1]; n.expanded {
		return n.sets[0]
	}
	meaning := s.define(s.nodes[i>>1].n)
	n := &s.nodes[i>>1] // define may have moved it
	n.sets, n.expanded = []Set{meaning}, true
	return meaning
}

// Types holds the documents of the types.
func (s *Space) Types(types Type) Set {
	switch types {
	case AnyType:
		return All
	case 0:
		return None
	}
	return s.intern(node{kind: ofTypes, types: types})
}

// Values holds the documents that are equal to one of those given, which are
// of the types that encoding/json makes with UseNumber.
func (s *Space) Values(docs ...any) Set {
	values := make([]value, 0, len(docs))
	for _, doc := range docs {
		values = append(values, newValue(doc))
	}
	return s.valueSet(values)
}

func (s *Space) valueSet(values []value) Set {
	values = sortedValues(values)
	if len(values) == 0 {
		return None
	}
	return s.intern(node{kind: oneOfValues, values: values})
}
