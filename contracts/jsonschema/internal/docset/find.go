package docset

import (
	"encoding/binary"
	"math"
	"slices"
)

// Answer says what a search for a member came to.
type Answer uint8

// The answers.
const (
	// Unknown: no member was found, and there may be one.
	Unknown Answer = iota
	Found
	Empty
)

// Result is the answer to a search, with the member that was found.
type Result struct {
	Answer Answer
	Doc    any
}

const (
	// budget bounds the work of one question, and allBudget that of all
	// questions to a space: conjunctions that are tried.
	budget    = 10_000
	allBudget = 30_000
	// maxDepth bounds how deeply documents nest. Schemas can hardly be nested
	// so deep that they have no other documents.
	maxDepth = 600
)

// solver is the state of searches.
type solver struct {
	known map[string]Result
	// active are the questions that are being answered, by their depth. One
	// that comes up below itself has no member there that is smaller than
	// the one that is looked for, so it counts as empty; tainted is the least
	// depth of those that an answer was given so for.
	active      map[string]int
	tainted     int
	left        int // of the budget of the question
	all         int // of the budget of all questions
	expressions map[string]*expression
	leaves      map[string]Result
	outlines    map[Set]*outline
}

func newSolver() solver {
	return solver{known: map[string]Result{}, active: map[string]int{}, tainted: math.MaxInt, all: allBudget, expressions: map[string]*expression{}, leaves: map[string]Result{}, outlines: map[Set]*outline{}}
}

// Find looks for a document that is in all of the sets.
func (s *Space) Find(sets ...Set) Result {
	given := min(budget, s.all)
	s.left, s.tainted = given, math.MaxInt
	r := s.find(sets)
	s.all -= given - max(s.left, 0)
	return r
}

// spend uses up budget for work that is not counted otherwise.
func (s *Space) spend(n int) { s.left -= n }

func (s *Space) find(sets []Set) Result {
	set := s.And(sets...)
	switch {
	case set == None:
		return Result{Answer: Empty}
	case s.left <= 0 || len(s.active) > maxDepth:
		return Result{}
	}
	question := sets[:0:0]
	if n := &s.nodes[set>>1]; n.kind == and && !set.negated() {
		question = append(question, n.sets...)
	} else {
		question = append(question, set)
	}
	key := keyOf(0, question)
	if r, ok := s.known[key]; ok {
		return r
	}
	if depth, ok := s.active[key]; ok {
		s.tainted = min(s.tainted, depth)
		return Result{Answer: Empty}
	}
	depth := len(s.active)
	outer := s.tainted
	s.tainted = math.MaxInt
	s.active[key] = depth
	r := s.findTyped(question)
	delete(s.active, key)
	own := s.tainted
	if own >= depth {
		own = math.MaxInt
	}
	s.tainted = outer
	switch {
	case r.Answer == Found:
		s.known[key] = r
	case own == math.MaxInt && s.left > 0:
		s.known[key] = r
	default:
		s.tainted = min(outer, own)
	}
	return r
}

func keyOf(prefix byte, sets []Set) string {
	key := make([]byte, 1, 4*len(sets)+1)
	key[0] = prefix
	for _, set := range sets {
		key = binary.LittleEndian.AppendUint32(key, uint32(set))
	}
	return string(key)
}

// order is that in which types are tried: the plainest documents first.
var order = [...]Type{Null, Boolean, Whole, String, Array, Object, Fraction}

// plain are documents that are tried before anything is worked out.
var plain = map[Type][]any{
	Null: {nil}, Boolean: {false, true}, Whole: {jsonZero}, String: {""}, Array: {[]any{}}, Object: {map[string]any{}},
}

func (s *Space) findTyped(sets []Set) Result {
	types := Type(AnyType)
	for _, set := range sets {
		types &= s.typesOf(set, 4)
	}
	for _, t := range order {
		if types&t == 0 {
			continue
		}
		for _, doc := range plain[t] {
			if s.tries(sets, doc) {
				return Result{Found, doc}
			}
		}
	}
	answer := Empty
	for _, t := range order {
		if types&t == 0 || t&(Null|Boolean) != 0 {
			continue
		}
		b := branch{Space: s, typ: t, question: sets}
		if !b.add(sets...) {
			continue
		}
		switch r := b.search(); r.Answer {
		case Found:
			return r
		case Unknown:
			answer = Unknown
		case Empty:
		}
	}
	return Result{Answer: answer}
}

// typesOf is an upper bound of the types in a set.
func (s *Space) typesOf(set Set, depth int) Type {
	n := &s.nodes[set>>1]
	switch n.kind {
	case everything:
		if set.negated() {
			return 0
		}
	case ofTypes:
		if set.negated() {
			return AnyType &^ n.types
		}
		return n.types
	case oneOfValues:
		if !set.negated() {
			var types Type
			for _, v := range n.values {
				types |= v.typ
			}
			return types
		}
	case named:
		if depth > 0 {
			meaning := s.expand(set.positive())
			if set.negated() {
				meaning = meaning.Not()
			}
			return s.typesOf(meaning, depth-1)
		}
	case and:
		sets := n.sets
		if set.negated() {
			var types Type
			for _, sub := range sets {
				types |= s.typesOf(sub.Not(), depth)
			}
			return types
		}
		types := Type(AnyType)
		for _, sub := range sets {
			types &= s.typesOf(sub, depth)
		}
		return types
	case oneOf, condition:
	default:
		if set.negated() {
			return n.domain()
		}
	}
	return AnyType
}

// tries is holdsAll for a document that is one of many: that it could not be
// found out whether it is a member says nothing of the others.
func (s *Space) tries(sets []Set, doc any) bool {
	before := s.gaveUp
	defer func() { s.gaveUp = before }()
	return s.holdsAll(sets, doc)
}

func (s *Space) holdsAll(sets []Set, doc any) bool {
	return !slices.ContainsFunc(sets, func(set Set) bool { return !s.Holds(set, doc) })
}
