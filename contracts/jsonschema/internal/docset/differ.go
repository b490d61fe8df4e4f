package docset

import (
	"maps"
	"slices"
)

// differ makes the object differ from each of the forbidden ones, from the
// given one on: it has another value under a name, or lacks the name, or has
// a name more.
func (c *composer) differ(i int) map[string]any {
	if i == len(c.forbidden) {
		return c.complete()
	}
	other := c.forbidden[i].doc.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(other)) {
		if doc := c.without(i, name); doc != nil {
			return doc
		}
	}
	for _, name := range slices.Sorted(maps.Keys(other)) {
		if doc := c.with(i, name, c.Values(other[name]).Not()); doc != nil {
			return doc
		}
	}
	for name := range c.candidates(existence{nil, All, All}) {
		if _, same := other[name]; !same {
			if doc := c.with(i, name, All); doc != nil {
				return doc
			}
		}
	}
	return nil
}

// without differs by a name that the object lacks.
func (c *composer) without(i int, name string) map[string]any {
	if _, chosen := c.chosen[name]; chosen {
		return nil
	}
	c.absent = append(c.absent, name)
	doc := c.satisfy(len(c.exists) + i + 1)
	c.absent = c.absent[:len(c.absent)-1]
	return doc
}

// with differs by a property that the object has.
func (c *composer) with(i int, name string, set Set) map[string]any {
	old, was := c.chosen[name]
	if !c.choose(name, set) {
		return nil
	}
	doc := c.satisfy(len(c.exists) + i + 1)
	if doc == nil {
		c.restore(name, old, was)
	}
	return doc
}

// differ makes the array differ from each of the forbidden ones, from the
// given one on, in some element.
func (a *arranger) differ(i int) []any {
	if a.tries--; a.tries < 0 {
		return nil
	}
	if i == len(a.forbidden) {
		if a.twins {
			return a.pair()
		}
		return a.fill()
	}
	other := a.forbidden[i].doc.([]any)
	if len(other) != len(a.positions) {
		return a.differ(i + 1)
	}
	for at := range a.positions {
		old := a.positions[at].sets
		sets := append(slices.Clone(old), a.Values(other[at]).Not())
		if !a.possible(sets) {
			continue
		}
		a.positions[at].sets = sets
		doc := a.differ(i + 1)
		a.positions[at].sets = old
		if doc != nil {
			return doc
		}
	}
	return nil
}
