package jsonschema

import (
	"math/rand/v2"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	// maxCorners bounds the documents of Corners.
	maxCorners = 16
	// longestText and longestArray bound what Corners makes as long as the
	// schema lets it: a record must hold it.
	longestText  = 10_000
	longestArray = 100
)

// Corners makes documents at the bounds that the schema states: numbers at
// their minimum and maximum, texts and arrays as short and as long as they may
// be (at most 10,000 characters and 100 items), and each value of enum and of
// booleans in turn. What has no bound is random, as in Generate. There are two
// documents, or as many as the longest enum has values, at most 16. Each is
// valid; one that was not found is left out, and that none was is an error.
func (g *Generator) Corners(rng *rand.Rand) ([]any, error) {
	var out []any
	var last error
	for i, n := 0, 2; i < min(n, maxCorners); i++ {
		c := &corner{index: i}
		v, err := g.document(rng, c)
		n = max(n, c.widest)
		if err != nil {
			last = err
			continue
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, last
	}
	return out, nil
}

// corner says which of the documents of Corners is made; nil for none. Even
// ones are at the lower bounds.
type corner struct {
	index int
	// widest is the largest number of values that one was chosen of.
	widest int
}

func (c *corner) low() bool  { return c != nil && c.index%2 == 0 }
func (c *corner) high() bool { return c != nil && c.index%2 == 1 }

// one chooses one of n values: at random, or in turn.
func (m *maker) one(n int) int {
	if m.corner == nil {
		return m.rng.IntN(n)
	}
	m.corner.widest = max(m.corner.widest, n)
	return m.corner.index % n
}

// text makes a string.
func (m *maker) text(atoms []*js.Schema) (s, keyword string) {
	r := textRulesOf(atoms)
	length := -1
	switch {
	case m.corner.low() && slices.ContainsFunc(atoms, func(s *js.Schema) bool { return s.MinLength != nil }):
		length = r.min
	case m.corner.high() && r.max >= 0:
		length = r.max
	}
	if length >= 0 && length <= longestText && r.format == "" {
		if s := random(m.rng, letters, length); r.accepts(s) {
			return s, ""
		}
	}
	return r.pick(m.rng)
}

// length is how many elements an array gets.
func (m *maker) length(atoms []*js.Schema, rules arrayRules, depth int) int {
	if depth >= maxDepth || !declaresItems(atoms) {
		return rules.min
	}
	switch {
	case m.corner.low() && slices.ContainsFunc(atoms, func(s *js.Schema) bool { return s.MinItems != nil }):
		return rules.min
	case m.corner.high() && rules.max <= longestArray:
		return rules.max
	}
	return rules.min + m.rng.IntN(min(3, rules.max-rules.min)+1)
}
