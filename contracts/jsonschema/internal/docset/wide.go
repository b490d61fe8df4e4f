package docset

// An object of thousands of properties is compared with its like by as many
// ways to break one of them. Whether one can be broken is seen from what the
// facts say of this property, where a look at all facts takes as long for each
// way as there are properties.

const (
	// manyWays is the number of ways from which on they are looked at so.
	manyWays = 64
	// plainCost is the most that a question costs which is not counted: there
	// are no more of them than properties.
	plainCost = 2
)

// properties are the sets that values of properties must be in, by name.
func (b *branch) properties() map[string][]Set {
	known := map[string][]Set{}
	for _, fact := range b.facts.sets {
		if n := &b.nodes[fact>>1]; n.kind == property && !fact.negated() {
			known[n.name] = append(known[n.name], n.sets[0])
		}
	}
	return known
}

// settled says whether a set asks for a value of a property that what is known
// of the property rules out.
func (b *branch) settled(set Set, known map[string][]Set) bool {
	n := &b.nodes[set>>1]
	if n.kind != property || !set.negated() || known[n.name] == nil {
		return false
	}
	left := b.left
	r := b.find(append([]Set{n.sets[0].Not()}, known[n.name]...))
	if left-b.left <= plainCost {
		b.left = left
	}
	return r.Answer == Empty
}

// breaksProperty says whether a way is to have a property outside of a set.
func (b *branch) breaksProperty(way []Set) bool {
	return len(way) == 1 && way[0].negated() && b.nodes[way[0]>>1].kind == property
}
