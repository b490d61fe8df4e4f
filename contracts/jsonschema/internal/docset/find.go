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
	// maxDepth bounds how deeply documents nest. It is more than files have
	// definitions: the way through some that refer to each other may lead
	// through all of them.
	maxDepth = 2000
)

// solver is the state of searches.
//
// A question that comes up below itself counts as empty there, and what was
// refuted with that is held until it is known whether it is. That all of them
// are empty is then certain, for documents are finite: an assumption is only
// ever made of a proper part of the document that a question is about. Were
// one of the sets not empty, let d be a smallest document that is in any of
// them. The refutation of that set rests, for d, on a part of d that is in
// none of the others; but each part is smaller than d, so this is right, and d
// is in no set. (So decide Hosoya, Vouillon and Pierce, Regular expression
// types for XML, TOPLAS 27, 2005, whether one recursive type is within another.)
// If the question turns out to have a member, or it is not found out whether,
// nothing that was refuted with its help is certain, and it is dropped.
type solver struct {
	known map[string]Result
	// active are the questions that are being answered, by their depth;
	// tainted is the least depth of those that the present answer hangs on.
	active  map[string]int
	tainted int
	// held are the answers that hang on active questions, in the order in which
	// they were given.
	held        []*held
	holding     map[string]*held
	left        int // of the budget of the question
	all         int // of the budget of all questions
	expressions map[string]*expression
	leaves      map[string]Result
	outlines    map[Set]*outline
}

// held is an answer that hangs on active questions, and the least of their
// depths.
type held struct {
	Result
	key    string
	lowest int
}

func newSolver() solver {
	return solver{known: map[string]Result{}, active: map[string]int{}, tainted: math.MaxInt, holding: map[string]*held{}, all: allBudget, expressions: map[string]*expression{}, leaves: map[string]Result{}, outlines: map[Set]*outline{}}
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
	if set == None {
		return Result{Answer: Empty}
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
	if h, ok := s.holding[key]; ok {
		s.tainted = min(s.tainted, h.lowest)
		return h.Result
	}
	if depth, ok := s.active[key]; ok {
		s.tainted = min(s.tainted, depth)
		return Result{Answer: Empty}
	}
	if s.left <= 0 || len(s.active) > maxDepth {
		return Result{}
	}
	depth, since, outer := len(s.active), len(s.held), s.tainted
	s.tainted = math.MaxInt
	s.active[key] = depth
	r := s.findTyped(question)
	delete(s.active, key)
	lowest := s.tainted
	if lowest >= depth {
		lowest = math.MaxInt
	}
	s.conclude(since, &held{r, key, lowest})
	s.tainted = outer
	if r.Answer != Found {
		s.tainted = min(outer, lowest)
	}
	return r
}

// conclude keeps the answer to a question, or holds it, and decides on the
// answers that were held since the question was asked, which may hang on it.
func (s *Space) conclude(since int, last *held) {
	below := append(slices.Clone(s.held[since:]), last)
	s.held = s.held[:since]
	for _, h := range below {
		delete(s.holding, h.key)
		switch {
		case h == last && h.Answer == Found:
			s.known[h.key] = h.Result
		case s.left <= 0, last.Answer == Found, last.Answer == Unknown && h.Answer == Empty:
		case last.lowest == math.MaxInt:
			s.known[h.key] = h.Result
		default:
			h.lowest = last.lowest // less than its own: the last answer hangs on all of these
			s.held = append(s.held, h)
			s.holding[h.key] = h
		}
	}
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
