package docset

import (
	"errors"
	"regexp"
	"slices"

	"github.com/flowweir/weir/contracts/jsonschema/internal/language"
)

// text is a pattern, for matching and for questions about its language.
type text struct {
	re       *regexp.Regexp // nil for an expression that Go does not read
	language *language.Pattern
}

func (s *Space) text(expression string) *text {
	t, ok := s.texts[expression]
	if !ok {
		t = &text{}
		t.re, _ = regexp.Compile(expression)
		t.language, _ = language.Compile(expression)
		s.texts[expression] = t
	}
	return t
}

func (s *Space) matches(expression, doc string) bool {
	re := s.text(expression).re
	return re != nil && re.MatchString(doc)
}

// InNames says whether a name is one of the names.
func (s *Space) InNames(names Names, name string) bool { return s.inNames(&names, name) }

func (s *Space) inNames(names *Names, name string) bool {
	return (names.Pattern == "" || s.matches(names.Pattern, name)) &&
		!slices.Contains(names.Except, name) &&
		!slices.ContainsFunc(names.ExceptPatterns, func(p string) bool { return s.matches(p, name) })
}

const (
	// maxSamples bounds the texts that are tried against opaque sets.
	maxSamples = 8
	// maxLengthMade bounds the length of texts that are made.
	maxLengthMade = 100_000
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
			l := s.text(n.name).language
			switch {
			case l == nil:
				return Result{}
			case not:
				q.Avoid = append(q.Avoid, l)
			default:
				q.Match = append(q.Match, l)
			}
		}
	}
	if q.Min > maxLengthMade {
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
