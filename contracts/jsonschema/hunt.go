package jsonschema

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
)

const (
	// huntDocuments and huntMutants bound the search for witnesses by chance.
	huntDocuments = 60
	huntMutants   = 6
	// huntEnough is how many witnesses are kept.
	huntEnough = 20
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
	rng := rand.New(rand.NewPCG(1, 0))
	for _, optional := range []float64{0.2, 0.5, 0.9} {
		g, err := NewGenerator(c.writer, OptionalFields(optional))
		if err != nil {
			return nil
		}
		for range huntDocuments / 3 {
			doc, err := g.Generate(rng)
			if err != nil {
				break
			}
			c.keep(doc)
			for range huntMutants {
				if m := mutate(rng, doc); c.writer.root.Validate(m) == nil {
					c.keep(m)
				}
			}
			if len(c.hunted) >= huntEnough {
				return c.hunted
			}
		}
	}
	return c.hunted
}

func (c *comparer) keep(doc any) {
	if c.reader.root.Validate(doc) != nil {
		c.hunted = append(c.hunted, c.shrink(doc))
	}
}

// shrink leaves out of a witness what it does not need.
func (c *comparer) shrink(doc any) any {
	for again := true; again; {
		again = false
		for _, smaller := range without(doc) {
			if c.writer.root.Validate(smaller) == nil && c.reader.root.Validate(smaller) != nil {
				doc, again = smaller, true
				break
			}
		}
	}
	return doc
}

// without are copies of a document with one member or element less, at any
// depth.
func without(doc any) []any {
	var all []any
	switch doc := doc.(type) {
	case map[string]any:
		for _, name := range sortedKeys(doc) {
			less := clone(doc).(map[string]any)
			delete(less, name)
			all = append(all, less)
			for _, part := range without(doc[name]) {
				changed := clone(doc).(map[string]any)
				changed[name] = part
				all = append(all, changed)
			}
		}
	case []any:
		for i := range doc {
			all = append(all, slices.Delete(clone(doc).([]any), i, i+1))
			for _, part := range without(doc[i]) {
				changed := clone(doc).([]any)
				changed[i] = part
				all = append(all, changed)
			}
		}
	}
	return all
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
