package docset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
	"github.com/flowweir/weir/contracts/jsonschema/internal/language"
	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
)

// expression is a pattern, for matching and for questions about its language.
type expression struct {
	*regex.Pattern
	language *language.Pattern // nil where no question about it is answered
	// wider matches all that the pattern matches, and more; nil where nothing
	// is known.
	wider *language.Pattern
}

// expression is the pattern of a source, which can be read: a schema has it.
func (s *Space) expression(source string) *expression {
	e, ok := s.expressions[source]
	if !ok {
		e = &expression{}
		e.Pattern, _ = regex.Compile(source)
		switch {
		case e.Pattern == nil:
		case e.Other == nil:
			e.language, _ = language.Compile(e.Expression)
		default:
			expression, exact := e.Other.Expression()
			if e.wider, _ = language.Compile(expression); exact {
				e.language = e.wider
			}
		}
		s.expressions[source] = e
	}
	return e
}

func (s *Space) matches(source, doc string) bool {
	e := s.expression(source)
	if e.Pattern == nil {
		return false
	}
	found, err := e.Match(doc)
	if err != nil && s.gaveUp == nil {
		s.gaveUp = &UnmatchedError{source, err}
	}
	return found && err == nil
}

// UnmatchedError is a pattern of which it was not found out whether a text
// matches.
type UnmatchedError struct {
	Pattern string
	Err     error
}

func (e *UnmatchedError) Error() string {
	return fmt.Sprintf("whether a text matches the pattern %s was %v", e.Pattern, e.Err)
}

func (e *UnmatchedError) Unwrap() error { return e.Err }

// GaveUp is the first pattern that was not matched, nil for none: what Holds and
// Find said of texts may be wrong.
func (s *Space) GaveUp() *UnmatchedError { return s.gaveUp }

// Sure says whether what Holds says of a document is certain.
func (s *Space) Sure(set Set, doc any) bool {
	before := s.gaveUp
	s.gaveUp = nil
	s.Holds(set, doc)
	sure := s.gaveUp == nil
	if before != nil {
		s.gaveUp = before
	}
	return sure
}

// InNames says whether a name is one of the names.
func (s *Space) InNames(names Names, name string) bool { return s.inNames(&names, name) }

func (s *Space) inNames(names *Names, name string) bool {
	return (names.Pattern == "" || s.matches(names.Pattern, name)) &&
		!names.excepts(name) &&
		!slices.ContainsFunc(names.ExceptPatterns, func(p string) bool { return s.matches(p, name) })
}

// contains says whether all of other names are plainly among the names.
func (n *Names) contains(other *Names) bool {
	return (n.Pattern == "" || n.Pattern == other.Pattern) &&
		!slices.ContainsFunc(n.Except, func(name string) bool { return !other.excepts(name) }) &&
		!slices.ContainsFunc(n.ExceptPatterns, func(p string) bool { return !slices.Contains(other.ExceptPatterns, p) })
}

func (n *Names) excepts(name string) bool {
	if n.except != nil {
		return n.except[name]
	}
	return slices.Contains(n.Except, name)
}

const (
	// maxSamples bounds the texts that are tried against opaque sets.
	maxSamples = 8
	// maxLengthMade bounds the length of texts that are made.
	maxLengthMade = 10_000_000
	// textCost is what a question about texts costs that was given up.
	textCost = 500
)

func (s *Space) findString(facts []Set) Result {
	q := language.Query{Max: -1}
	for _, v := range s.excluded(String, facts) {
		q.Except = append(q.Except, v.doc.(string))
	}
	for _, set := range facts {
		n := &s.nodes[set>>1]
		not := set.negated()
		switch {
		case n.kind == minLength && !not:
			q.Min = max(q.Min, n.n)
		case n.kind == maxLength && not:
			q.Min = max(q.Min, n.n+1)
		case n.kind == maxLength:
			atMost(&q, n.n)
		case n.kind == minLength:
			atMost(&q, n.n-1)
		case n.kind == pattern:
			s.matching(&q, n.name, not)
		case n.kind == opaque && !not && n.opaque.Texts != "":
			s.matching(&q, n.opaque.Texts, false)
		}
	}
	if s.impliedOpaque(facts) {
		return Result{Answer: Empty}
	}
	if q.Max >= 0 && q.Min > q.Max {
		return Result{Answer: Empty}
	}
	if q.Min > maxLengthMade {
		q.Min = maxLengthMade // where no text is so long, none is longer
		if r := s.findText(q); r.Answer == Empty {
			return r
		}
		return Result{}
	}
	r := s.findText(q)
	for range maxSamples {
		if r.Answer != Found || s.holdsAll(s.opaques(facts), r.Doc) {
			break
		}
		q.Except = append(q.Except, r.Doc.(string))
		if r = s.findText(q); r.Answer == Empty {
			return r // the texts that there were fail the opaque tests
		}
	}
	return s.tested(facts, r)
}

// matching adds a pattern to a question. Of one that only a test describes, the
// texts that may match it are looked through: it is one of the opaque sets.
func (s *Space) matching(q *language.Query, pattern string, not bool) {
	e := s.expression(pattern)
	switch {
	case not && e.language != nil:
		q.Avoid = append(q.Avoid, e.language)
	case not:
	case e.language != nil:
		q.Match = append(q.Match, e.language)
	case e.wider != nil:
		q.Match = append(q.Match, e.wider)
	}
}

// impliedOpaque says whether the facts ask for a member of an opaque set that
// is outside of one that has all its members.
func (s *Space) impliedOpaque(facts []Set) bool {
	return slices.ContainsFunc(facts, func(in Set) bool {
		n := &s.nodes[in>>1]
		return n.kind == opaque && !in.negated() && slices.ContainsFunc(facts, func(out Set) bool {
			m := &s.nodes[out>>1]
			return m.kind == opaque && out.negated() && slices.Contains(n.opaque.Implies, m.opaque.Key)
		})
	})
}

func (s *Space) findText(q language.Query) Result {
	text, err := q.Find()
	s.spend(len(q.Match) + len(q.Avoid))
	switch {
	case err == nil:
		return Result{Found, text}
	case errors.Is(err, language.ErrNone):
		return Result{Answer: Empty}
	}
	s.spend(textCost)
	return Result{}
}

func atMost(q *language.Query, n int) {
	if q.Max < 0 || n < q.Max {
		q.Max = n
	}
}

// plainRunes are what plain texts are made of that are tried against patterns.
const plainRunes = "aA0- bz_"

// samples are texts, of a length at least, of which some may match the
// pattern, and some not.
func (e *expression) samples(least int) []any {
	all := []any{""}
	for _, r := range plainRunes {
		all = append(all, strings.Repeat(string(r), max(1, least)))
	}
	if e.Other == nil {
		return all
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for i := range 4 * maxSamples {
		text := e.Other.Write(rng, 1+i%4, ecma.Looks(i%3))
		all = append(all, text)
		if missing := least - utf8.RuneCountInString(text); missing > 0 {
			all = append(all, text+strings.Repeat(string(plainRunes[i%len(plainRunes)]), missing))
		}
	}
	return all
}

// leastLength is the length that the facts ask of texts.
func (s *Space) leastLength(facts []Set) int {
	least := 0
	for _, set := range facts {
		switch n := &s.nodes[set>>1]; {
		case n.kind == minLength && !set.negated():
			least = max(least, n.n)
		case n.kind == maxLength && set.negated():
			least = max(least, n.n+1)
		}
	}
	return min(least, maxLengthMade)
}
