package jsonschema

import (
	"cmp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/compat"
)

const (
	// maxAside bounds the spots that are set aside, maxRepeats those of them
	// that are inspected, and maxWithin what is inspected within each; maxAlso
	// and maxWhere the places that a problem names beside its own, and their
	// lengths.
	maxAside   = 1000
	maxRepeats = 128
	maxWithin  = 16
	maxAlso    = 3
	maxWhere   = 60
)

// places are where in documents one problem is, the same keyword of the same
// definitions; problem is its index.
type places struct {
	problem int
	depth   int // of the first
	all     []string
	counted bool // all of them are there
	named   bool // in the problem
}

// waiting is a spot that is inspected later, within other schemas.
type waiting struct {
	at     spot
	inside []string
}

// inspectAll inspects from a spot on, what is nearest to it first, so that a
// problem is told of a short path.
func (c *comparer) inspectAll(at spot) {
	c.alternatives(at)
	c.inspectDeeper()
}

func (c *comparer) inspectDeeper() {
	inside := c.inside
	for len(c.deeper) > 0 && !c.full() {
		next := c.deeper[0]
		c.deeper = c.deeper[1:]
		c.inside = next.inside
		c.alternatives(next.at)
	}
	c.inside = inside
}

// descend inspects a spot within another one, when all that is as near to the
// root was; at once where an alternative is looked at, of which it has to be
// known now what it refuses. Much that waits is inspected first, while there
// are questions left for it.
func (c *comparer) descend(at spot) {
	if c.choosing || c.revisiting {
		c.alternatives(at)
		return
	}
	if len(c.deeper) > maxProblems {
		c.inspectDeeper()
	}
	c.deeper = append(c.deeper, waiting{at, slices.Clone(c.inside)})
}

// again sets a spot aside whose schemas were compared elsewhere. What they
// refuse has been reported there; here only what stands around them can make
// it more. So it waits until all that was not compared yet has been looked at:
// a definition that a thousand properties use must not hide what else breaks.
// What is forgiven is overlooked wherever the definition is used, so the lenient
// dialect looks at each use.
func (c *comparer) again(at spot, before map[string]bool) bool {
	key := c.definitions(at)
	switch {
	case c.revisiting:
		c.within--
		return c.within < 0
	case before[key] && !c.lenient:
		c.shown++
		if len(c.repeats) < maxAside {
			c.repeats = append(c.repeats, waiting{at, slices.Clone(c.inside)})
		}
		return true
	}
	before[key] = true
	return false
}

// definitions identifies the schemas that meet at a spot by where they stand.
func (c *comparer) definitions(at spot) string {
	var writer []string
	for _, s := range at.writer {
		writer = append(writer, c.sets.resolve(s).Location)
	}
	slices.Sort(writer)
	return c.sets.resolve(at.reader).Location + "\n\n" + strings.Join(slices.Compact(writer), "\n")
}

// inspectRepeats inspects spots that were set aside, those next to the root
// first, as long as questions are answered: everything was compared once.
func (c *comparer) inspectRepeats() {
	ended := c.ended
	c.revisiting = true
	for n := 0; n < maxRepeats && len(c.repeats) > 0 && !c.exhausted() && !c.full(); n++ {
		slices.SortStableFunc(c.repeats, func(a, b waiting) int { return cmp.Compare(len(a.inside), len(b.inside)) })
		next := c.repeats[0]
		c.repeats = c.repeats[1:]
		c.inside = next.inside
		c.within = maxWithin
		c.alternatives(next.at)
	}
	c.inside, c.ended, c.revisiting = nil, ended, false
}

// retell adds to a problem a place where it was found again. The problem is
// told of the one nearest to the root.
func (c *comparer) retell(at *places, b blame, p compat.Problem) {
	where := b.where()
	if slices.Contains(at.all, where) {
		return
	}
	at.all = append(at.all, where)
	if depth := strings.Count(b.violation.Place, "/"); depth < at.depth {
		c.problems[at.problem], at.depth = p, depth
		last := len(at.all) - 1
		at.all[0], at.all[last] = at.all[last], at.all[0]
	}
}

// nameRepeats adds to the problems where else they are: the shortest paths.
func (c *comparer) nameRepeats() {
	for _, at := range c.seen {
		also := at.all[1:]
		if len(also) == 0 || at.named {
			continue
		}
		at.named = true
		slices.SortStableFunc(also, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
		named := 0
		for named < len(also) && named < maxAlso && len(also[named]) <= maxWhere {
			named++
		}
		more := len(also) - named
		where := "at " + strings.Join(also[:named], ", ")
		switch {
		case named == 0 && at.counted:
			where += count(more, "more place")
		case named == 0:
			where = "elsewhere"
		case more > 0 && at.counted:
			where += " and " + count(more, "more place")
		case more > 0:
			where += " and elsewhere"
		}
		c.problems[at.problem].Message += "; also " + where
	}
}
