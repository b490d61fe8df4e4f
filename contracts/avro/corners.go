package avro

import (
	"math"
	"math/big"
	"math/rand/v2"
)

// maxCorners bounds the values of Corners.
const maxCorners = 16

// Corners makes values at the bounds of their types: numbers of int and long
// that are no times at their least and their greatest, decimals at zero and at
// all nines, and each symbol, boolean and branch other than null in turn. What
// has no bound is random, as in Generate. There are two, or as many as the
// longest enum or union has, at most 16.
func (g *Generator) Corners(rng *rand.Rand) []any {
	var out []any
	for i, n := 0, 2; i < min(n, maxCorners); i++ {
		c := &corner{index: i}
		m := maker{Generator: g, rng: rng, corner: c}
		out = append(out, plain(g.schema.root.node, m.value(g.schema.root.node, 0)))
		n = max(n, c.widest)
	}
	return out
}

// corner says which of the values of Corners is made; nil for none. Even ones
// are at the lower bounds.
type corner struct {
	index int
	// widest is the largest number of values that one was chosen of.
	widest int
}

// one chooses one of n values: at random, or in turn.
func (m *maker) one(n int) int {
	if m.corner == nil {
		return m.rng.IntN(n)
	}
	m.corner.widest = max(m.corner.widest, n)
	return m.corner.index % n
}

// bound is the number of a type at its bound; false where it has none, or none
// is asked for.
func (m *maker) bound(n *node) (any, bool) {
	if m.corner == nil {
		return nil, false
	}
	low := m.corner.index%2 == 0
	_, isTime := units[n.logical.name]
	switch {
	case isTime:
		return nil, false
	case n.logical.name == decimal && low:
		return unscaled(n, new(big.Int)), true
	case n.logical.name == decimal:
		nines := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.logical.precision)), nil)
		return unscaled(n, nines.Sub(nines, big.NewInt(1))), true
	case n.kind == intKind && low:
		return int32(math.MinInt32), true
	case n.kind == intKind:
		return int32(math.MaxInt32), true
	case n.kind == longKind && low:
		return int64(math.MinInt64), true
	case n.kind == longKind:
		return int64(math.MaxInt64), true
	}
	return nil, false
}
