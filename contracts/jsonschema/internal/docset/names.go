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
	if e.names != nil {
		sets = append(sets, c.patterned(e.names))
	}
	c.cells(0, sets, yield)
}

// patterned are the texts that the patterns of names allow.
func (s *Space) patterned(names *Names) Set {
	var sets []Set
	if names.Pattern != "" {
		sets = append(sets, s.Pattern(names.Pattern))
	}
	for _, pattern := range names.ExceptPatterns {
		sets = append(sets, s.Pattern(pattern).Not())
	}
	return s.And(sets...)
}

// cells goes through the combinations of the kinds of names from the given
// one on, those outside of a kind first; false to stop. A kind that all names
// are of, or none, is passed over, so that only those count that overlap.
func (c *composer) cells(i int, sets []Set, yield func(string) bool) bool {
	if c.left <= 0 {
		c.unknown = true
		return false
	}
	if i == len(c.kinds) {
		name, ok := c.nameIn(sets)
		return !ok || yield(name)
	}
	inside, outside := append(slices.Clip(sets), c.kinds[i]), append(slices.Clip(sets), c.kinds[i].Not())
	if c.find(inside).Answer == Empty || c.find(outside).Answer == Empty {
		return c.cells(i+1, sets, yield)
	}
	return c.cells(i+1, outside, yield) && c.cells(i+1, inside, yield)
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
