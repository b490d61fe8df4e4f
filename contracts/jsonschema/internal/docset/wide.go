package docset

import (
	"iter"
	"slices"
)

// An object is compared with its like by as many ways to break a property as
// there are. Whether one can be broken is seen from what the facts say of this
// property, where a look at all facts takes as long for each way as there are
// properties, and asks about those that definitions refer to in circles again.

const (
	// manyWays is the number of ways from which on they are looked at so only.
	manyWays = 64
	// plainCost is the most that a question costs which is not counted: there
	// are no more of them than properties.
	plainCost = 2
)

// asking looks at the ways of a choice that break a property. Of few ways it
// stops at the first that can be taken, unless it is to look at all.
type asking struct {
	*branch
	all, enough bool
	known       map[string][]Set // the sets that values of properties must be in
}

// refutes says whether a way asks for a value of a property that what is known
// of the property rules out.
func (a *asking) refutes(set Set) bool {
	n := &a.nodes[set>>1]
	if n.kind != property || !set.negated() || a.enough {
		return false
	}
	known := a.valuesOf(n.name)
	if known == nil {
		return false
	}
	left := a.left
	r := a.find(append(known, n.sets[0].Not()))
	if a.left > 0 && left-a.left <= plainCost {
		a.left = left
	}
	a.enough = r.Answer == Found && !a.all
	return r.Answer == Empty
}

// valuesOf are the sets that values of a property must be in. Of many ways all
// properties are looked at once.
func (a *asking) valuesOf(name string) (sets []Set) {
	if !a.all {
		for other, set := range a.properties() {
			if other == name {
				sets = append(sets, set)
			}
		}
		return sets
	}
	if a.known == nil {
		a.known = map[string][]Set{}
		for other, set := range a.properties() {
			a.known[other] = append(a.known[other], set)
		}
	}
	return slices.Clip(a.known[name])
}

// properties are the sets that the facts want values of properties in.
func (b *branch) properties() iter.Seq2[string, Set] {
	return func(yield func(string, Set) bool) {
		for _, fact := range b.facts.sets {
			if n := &b.nodes[fact>>1]; n.kind == property && !fact.negated() && !yield(n.name, n.sets[0]) {
				return
			}
		}
	}
}

// breaksProperty says whether a way is to have a property outside of a set.
func (b *branch) breaksProperty(way []Set) bool {
	return len(way) == 1 && way[0].negated() && b.nodes[way[0]>>1].kind == property
}
