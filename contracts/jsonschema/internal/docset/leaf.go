package docset

import (
	"math"
	"slices"
)

// leaf looks for a document that satisfies the facts of the branch that
// concern its type, leaving choices aside.
func (b *branch) leaf() Result {
	facts := b.atoms()
	key := keyOf(byte(b.typ), facts)
	if r, ok := b.leaves[key]; ok {
		return r
	}
	outer := b.tainted
	b.tainted = math.MaxInt
	r := b.conjunction(b.typ, facts)
	if b.left > 0 && (r.Answer == Found || b.tainted == math.MaxInt) {
		b.leaves[key] = r
	}
	b.tainted = min(outer, b.tainted)
	return r
}

// atoms are the facts that are neither choices nor names, sorted.
func (b *branch) atoms() []Set {
	atoms := make([]Set, 0, len(b.facts.sets))
	for _, set := range b.facts.sets {
		switch n := &b.nodes[set>>1]; n.kind {
		case and, oneOf, condition, named:
		default:
			atoms = append(atoms, set)
		}
	}
	slices.Sort(atoms)
	return atoms
}

// conjunction hands facts to the procedure of their type.
func (s *Space) conjunction(t Type, facts []Set) Result {
	switch t {
	case String:
		return s.findString(facts)
	case Array:
		return s.findArray(facts)
	case Object:
		return s.findObject(facts)
	case Null, Boolean:
	}
	return s.findNumber(t, facts)
}

// excluded are the values of the type that the facts rule out.
func (s *Space) excluded(t Type, facts []Set) []value {
	var out []value
	for _, set := range facts {
		if n := &s.nodes[set>>1]; n.kind == oneOfValues && set.negated() {
			for _, v := range n.values {
				if v.typ == t {
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// opaques are the sets among the facts of which nothing is known but a test.
func (s *Space) opaques(facts []Set) (all []Set) {
	for _, set := range facts {
		n := &s.nodes[set>>1]
		if n.kind == opaque || n.kind == pattern && s.expression(n.name).language == nil {
			all = append(all, set)
		}
	}
	return all
}

// samples are documents that may be members of an opaque set, or not; texts
// have a length at least.
func (s *Space) samples(set Set, least int) []any {
	n := &s.nodes[set>>1]
	switch {
	case n.kind == pattern:
		return s.expression(n.name).samples(least)
	case n.opaque.Samples == nil || set.negated():
		return nil
	}
	return n.opaque.Samples()
}

// tested is a result whose document must still pass opaque tests. Samples of
// the opaque sets are tried before it is given up.
func (s *Space) tested(facts []Set, r Result) Result {
	opaques := s.opaques(facts)
	switch {
	case r.Answer == Found && weight(r.Doc) > maxWeight:
		return Result{}
	case len(opaques) == 0 || r.Answer == Empty:
		return r
	}
	if r.Answer == Found && s.holdsAll(opaques, r.Doc) {
		return r
	}
	least := s.leastLength(facts)
	for _, set := range opaques {
		for _, doc := range s.samples(set, least) {
			if s.holdsAll(facts, doc) {
				return Result{Found, doc}
			}
		}
	}
	return Result{}
}
