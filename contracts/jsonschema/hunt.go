package jsonschema

import (
	"encoding/json"
	"iter"
	"math/rand/v2"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	// huntDocuments and huntMutants bound the search for witnesses by chance,
	// huntBudget the values of all documents.
	huntDocuments = 60
	huntMutants   = 6
	huntBudget    = 1500
	// huntEnough is how many witnesses are kept, huntShrinks how often each is
	// made smaller at most.
	huntEnough  = 10
	huntShrinks = 200
	// huntLargest is the greatest minItems, minLength, ... of a schema whose
	// documents are tried.
	huntLargest = 1000
)

// hunt searches by chance for documents that the writer may write and the
// reader refuses: random documents of the writer's schema and small changes
// to them. It is the second way to find a break, for schemas of which the
// first gives up.
func (c *comparer) hunt() []any {
	if c.hasHunt {
		return c.hunted
	}
	c.hasHunt = true
	if largest(c.writer.root) > huntLargest {
		return nil
	}
	rng, left := rand.New(rand.NewPCG(1, 0)), huntBudget
	for _, optional := range []float64{0.2, 0.5, 0.9} {
		g, err := NewGenerator(c.writer, OptionalFields(optional))
		if err != nil {
			return nil
		}
		for range huntDocuments / 3 {
			m := maker{Generator: g, rng: rng, budget: left}
			doc, err := m.value([]*js.Schema{c.writer.root}, 0)
			if left = m.budget; left <= 0 {
				return c.hunted
			}
			if err != nil {
				continue
			}
			c.keep(doc)
			for range huntMutants {
				c.keep(mutate(rng, doc))
			}
			if len(c.hunted) >= huntEnough {
				return c.hunted
			}
		}
	}
	return c.hunted
}

// largest is the greatest size that a schema asks for anywhere.
func largest(root *js.Schema) (n int) {
	walk(root, func(s *js.Schema) {
		for _, size := range []*int{s.MinItems, s.MinLength, s.MinProperties, s.MinContains} {
			if size != nil {
				n = max(n, *size)
			}
		}
	})
	return n
}

// keep keeps a document if it is a witness.
func (c *comparer) keep(doc any) {
	if c.isWitness(doc) {
		c.hunted = append(c.hunted, c.shrink(doc))
	}
}

// isWitness reports whether the writer's schema surely takes a document that
// the reader's surely refuses, and the older one, if any.
func (c *comparer) isWitness(doc any) bool {
	refuses := func(s *Schema) bool { return s.root.Validate(doc) != nil && c.sure(s, doc) }
	return c.writer.root.Validate(doc) == nil && c.sure(c.writer, doc) && refuses(c.reader) && (c.older == nil || refuses(c.older))
}

// sure reports whether it is known what a schema says of a document.
func (c *comparer) sure(s *Schema, doc any) bool {
	return !c.guesses || c.sets.space.Sure(c.sets.set(s.root), doc)
}

// guesses reports whether a schema has a pattern of which it may not be found
// out whether a text matches it.
func guesses(s *js.Schema) bool {
	return s.Pattern != nil && patternOf(s.Pattern).Other != nil ||
		slices.ContainsFunc(patternProperties(s), func(p patternProperty) bool { return patternOf(p.pattern).Other != nil })
}

// shrink leaves out of a witness what it does not need.
func (c *comparer) shrink(doc any) any {
	tries := huntShrinks
	for again := true; again; {
		again = false
		for smaller := range without(doc) {
			if tries--; tries < 0 {
				return doc
			}
			if c.isWitness(smaller) {
				doc, again = smaller, true
				break
			}
		}
	}
	return doc
}

// without yields copies of a document with one member or element less, at any
// depth.
func without(doc any) iter.Seq[any] {
	return func(yield func(any) bool) {
		switch doc := doc.(type) {
		case map[string]any:
			for _, name := range sortedKeys(doc) {
				less := clone(doc).(map[string]any)
				delete(less, name)
				if !yield(less) {
					return
				}
				for part := range without(doc[name]) {
					changed := clone(doc).(map[string]any)
					changed[name] = part
					if !yield(changed) {
						return
					}
				}
			}
		case []any:
			for i := range doc {
				if !yield(slices.Delete(clone(doc).([]any), i, i+1)) {
					return
				}
				for part := range without(doc[i]) {
					changed := clone(doc).([]any)
					changed[i] = part
					if !yield(changed) {
						return
					}
				}
			}
		}
	}
}

// plainValues are what mutate puts in the place of others.
var plainValues = []any{
	nil, true, false, "", "a", "0", json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("0.5"), json.Number("1000"),
	[]any{}, []any{nil}, map[string]any{}, map[string]any{"other": nil},
}

// mutate is a copy of a document with one small change.
func mutate(rng *rand.Rand, doc any) any {
	if rng.IntN(3) == 0 {
		return plainValues[rng.IntN(len(plainValues))]
	}
	switch doc := clone(doc).(type) {
	case map[string]any:
		names := sortedKeys(doc)
		switch k := rng.IntN(4); {
		case len(names) == 0 || k == 0:
			doc["other"] = plainValues[rng.IntN(len(plainValues))]
		case k == 1:
			delete(doc, names[rng.IntN(len(names))])
		default:
			name := names[rng.IntN(len(names))]
			doc[name] = mutate(rng, doc[name])
		}
		return doc
	case []any:
		switch k := rng.IntN(4); {
		case len(doc) == 0 || k == 0:
			return append(doc, plainValues[rng.IntN(len(plainValues))])
		case k == 1:
			return append(doc, doc[rng.IntN(len(doc))])
		case k == 2:
			i := rng.IntN(len(doc))
			return slices.Delete(doc, i, i+1)
		default:
			i := rng.IntN(len(doc))
			doc[i] = mutate(rng, doc[i])
		}
		return doc
	}
	return plainValues[rng.IntN(len(plainValues))]
}
