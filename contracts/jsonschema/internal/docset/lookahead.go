package docset

import "slices"

// lookAhead tries each way of each choice for one step: a way that the facts
// refute at once is no way, and a choice of which they imply a way is none.
// Without it, alternatives that exclude each other by one property would be
// multiplied out. It returns the choices that are left, none where the facts
// have grown; false at a contradiction. It ends where it meets a member.
func (b *branch) lookAhead(choices [][][]Set) ([][][]Set, bool) {
	grown := b.refuteMembers()
	var open [][][]Set
	for _, ways := range choices {
		if b.member != nil {
			return nil, true
		}
		if len(ways) > manyWays && b.breaksProperty(ways[0]) {
			open = append(open, ways)
			continue
		}
		var left [][]Set
		satisfied := false
		for _, way := range ways {
			if len(way) == 1 {
				if b.test(way[0]) {
					grown = true
				}
				if satisfied = b.status(way[0]) > 0; satisfied {
					break
				}
				if b.status(way[0]) < 0 {
					continue
				}
			} else if b.refutes(way, false) {
				continue
			}
			left = append(left, way)
		}
		switch {
		case satisfied:
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
		if n := &b.nodes[choice>>1]; n.kind == oneOf {
			for _, set := range n.sets {
				grown = b.test(set) || grown
			}
		}
	}
	return grown
}

// test finds out whether the facts exclude or imply a set about which nothing
// is plain, and remembers it; true if so.
func (b *branch) test(set Set) bool {
	if b.status(set) != 0 {
		return false
	}
	switch {
	case b.refutes([]Set{set}, true):
		b.implied = append(b.implied, set.Not())
	case b.refutes([]Set{set.Not()}, true):
		b.implied = append(b.implied, set)
	case slices.Contains(b.refuted, set), !b.refutes([]Set{set}, false):
		return false
	default:
		b.refuted = append(b.refuted, set)
	}
	return true
}

// refutes says whether the facts together with further ones have no member,
// as far as one look shows. If it is to be plain, the choices among the facts
// are not looked at.
func (b *branch) refutes(sets []Set, plain bool) bool {
	if b.left--; b.left < 0 || b.member != nil {
		return false
	}
	m, choices := b.mark(), b.choices
	defer func() {
		b.choices = choices
		b.undo(m)
	}()
	if plain {
		b.choices = nil
	}
	if !b.add(sets...) {
		return true
	}
	if _, ok := b.settle(); !ok {
		return true
	}
	if b.finite != nil {
		return b.tryValues(b.atoms()).Answer == Empty
	}
	r := b.leaf()
	if r.Answer == Found && b.member == nil && b.tries(b.question, r.Doc) {
		b.member = &r
	}
	return r.Answer == Empty
}
