package docset

import (
	"iter"
	"slices"
)

// spoken are names for properties that nothing names.
var spoken = [...]string{"other", "another", "more", "extra"}

// candidates are names for a property that must exist: those chosen already,
// those that the facts name, and one that they do not name for each
// combination of kinds of names that it can be of. Names of one combination are
// alike to the facts, so that one of each is enough.
func (c *composer) candidates(e existence) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range slices.Clone(c.order) {
			if c.fits(e, name) && !yield(name) {
				return
			}
		}
		for _, name := range c.known {
			if _, taken := c.chosen[name]; !taken && c.fits(e, name) && !yield(name) {
				return
			}
		}
		if len(c.kinds) > maxKinds {
			c.unknown = true
			return
		}
		c.fresh(e, yield)
	}
}

func (c *composer) fits(e existence, name string) bool {
	return (e.names == nil || c.inNames(e.names, name)) && c.Holds(e.nameSet, name)
}

// fresh yields names that the facts do not name.
func (c *composer) fresh(e existence, yield func(string) bool) {
	taken := make([]any, 0, len(c.known)+len(c.order))
	for _, name := range c.known {
		taken = append(taken, name)
	}
	for _, name := range c.order {
		taken = append(taken, name)
	}
	sets := append(slices.Clone(c.names), e.nameSet, c.Types(String), c.Values(taken...).Not())
	c.cells(e, 0, sets, yield)
}

// cells goes through the combinations of the kinds of names from the given
// one on; false to stop.
func (c *composer) cells(e existence, i int, sets []Set, yield func(string) bool) bool {
	if i == len(c.kinds) {
		name, ok := c.nameIn(sets)
		return !ok || yield(name)
	}
	kind := c.kinds[i]
	for _, way := range [...]Set{kind.Not(), kind} {
		if c.excludes(e, i, way) {
			continue
		}
		more := append(slices.Clip(sets), way)
		if c.find(more).Answer == Empty {
			continue
		}
		if !c.cells(e, i+1, more, yield) {
			return false
		}
	}
	return true
}

// excludes says whether an existence allows no names outside, or inside, of a
// kind.
func (c *composer) excludes(e existence, i int, way Set) bool {
	kind := c.kinds[i]
	switch {
	case kind == e.nameSet:
		return way != kind
	case i >= len(c.patterns) || e.names == nil:
		return false
	case c.patterns[i] == e.names.Pattern && way != kind:
		return true
	}
	return way == kind && slices.Contains(e.names.ExceptPatterns, c.patterns[i])
}

func (c *composer) nameIn(sets []Set) (string, bool) {
	for _, name := range spoken {
		if c.holdsAll(sets, name) {
			return name, true
		}
	}
	// The empty name is a name, but nobody expects it.
	r := c.find(append(slices.Clip(sets), c.MinLength(1)))
	if r.Answer != Found {
		r = c.find(sets)
	}
	c.unknown = c.unknown || r.Answer == Unknown
	name, _ := r.Doc.(string)
	return name, r.Answer == Found
}
