package avro

import "math"

const (
	// endless is the size of the smallest value of a type that has none: a
	// record that always contains another one, an enum without symbols.
	endless = math.MaxInt
	// sizeLimit bounds the parts of the smallest value. A type beyond it could
	// never be sent, and its values would exhaust the memory.
	sizeLimit = 1 << 16
)

// measure finds the smallest value of every type: the least fixed point,
// from endless downward.
func (p *parser) measure() {
	for _, n := range p.nodes {
		n.smallest = endless
	}
	for changed := true; changed; {
		changed = false
		// Definitions follow what they contain, but for references.
		for _, n := range p.nodes {
			if size, flattest := n.measure(); size < n.smallest {
				n.smallest, n.flattest, changed = size, flattest, true
			}
		}
	}
	for _, n := range p.nodes {
		if n.kind == recordKind && n.smallest > sizeLimit && n.smallest < endless {
			p.fail(n.site, "", "every value of %s has more than %d parts", n, sizeLimit)
			return // what contains it does as well
		}
	}
}

// measure is the size of the smallest value as far as it is known, and the
// branch that has it.
func (n *node) measure() (size, flattest int) {
	switch n.kind {
	case recordKind:
		size = 1
		for _, f := range n.fields {
			if f.typ.smallest == endless {
				return endless, 0
			}
			size = min(size+f.typ.smallest, sizeLimit+1)
		}
		return size, 0
	case enumKind:
		if len(n.symbols) == 0 {
			return endless, 0
		}
	case unionKind:
		size = endless
		for i, b := range n.branches {
			if b.smallest < size {
				size, flattest = b.smallest, i
			}
		}
		return size, flattest
	}
	return 1, 0
}

// minimal is the smallest value in the codec's form. The type must not be
// endless.
func minimal(n *node) any {
	switch n.kind {
	case booleanKind:
		return false
	case intKind:
		return int32(0)
	case longKind:
		return int64(0)
	case floatKind:
		return float32(0)
	case doubleKind:
		return float64(0)
	case stringKind:
		return ""
	case bytesKind, fixedKind:
		return make([]byte, n.length)
	case enumKind:
		return n.symbols[0]
	case arrayKind:
		return []any{}
	case mapKind:
		return map[string]any{}
	case recordKind:
		object := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			object[f.name] = minimal(f.typ.node)
		}
		return object
	case unionKind:
		b := n.branches[n.flattest].node
		return chosen(b, minimal(b))
	}
	return nil
}

// chosen is a value of a branch in the codec's form: under the branch's name,
// or nil, so that the branch is never guessed.
func chosen(branch *node, v any) any {
	if branch.kind == nullKind {
		return nil
	}
	return map[string]any{branch.tag(): v}
}
