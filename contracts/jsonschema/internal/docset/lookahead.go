package docset

import "slices"

// lookAhead tries each way of each choice for one step: a way that the facts
// refute at once is no way, and a choice of which they imply a way is none.
// Without it, alternatives that exclude each other by one property would be
// multiplied out. It returns the choices that are left, none where the facts
// have grown; false at a contradiction.
func (b *branch) lookAhead(choices [][][]Set) ([][][]Set, bool) {
	if b.refuteMembers() {
		return nil, true
	}
	var open [][][]Set
	grown := false
	for _, ways := range choices {
		var left [][]Set
		implied := false
		for _, way := range ways {
			if b.refutes(way) {
				if len(way) == 1 && !slices.Contains(b.refuted, way[0]) {
					b.refuted = append(b.refuted, way[0])
				}
				continue
			}
			left = append(left, way)
			if len(way) == 1 && b.refutes([]Set{way[0].Not()}) {
				b.refuted = append(b.refuted, way[0].Not())
				implied = true
				break
			}
		}
		switch {
		case implied:
			grown = true
		case len(left) == 0:
			return nil, false
		case len(left) == 1:
			if !b.add(left[0]...) {
				return nil, false
			}
			grown = true
		default:
			open = append(open, left)
		}
	}
	if grown {
		return nil, true
	}
	return open, true
}

// refuteMembers looks for sets of a one-of that the facts exclude.
func (b *branch) refuteMembers() (grown bool) {
	for _, choice := range b.choices {
		n := &b.nodes[choice>>1]
		if n.kind != oneOf {
			continue
		}
		for _, set := range n.sets {
			if b.status(set, statusDepth) == 0 && b.refutes([]Set{set}) {
				b.refuted = append(b.refuted, set)
				grown = true
			}
		}
	}
	return grown
}

// refutes says whether the facts together with further ones have no member,
// as far as one look shows.
func (b *branch) refutes(sets []Set) bool {
	if b.left--; b.left < 0 {
		return false
	}
	m := b.mark()
	defer b.undo(m)
	if !b.add(sets...) {
		return true
	}
	if _, ok := b.settle(); !ok {
		return true
	}
	if b.finite != nil {
		return b.tryValues(b.facts).Answer == Empty
	}
	return b.leaf().Answer == Empty
}
