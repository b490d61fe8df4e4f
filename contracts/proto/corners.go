package proto

import (
	"math"
	"math/rand/v2"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// maxCorners bounds the messages of Corners.
const maxCorners = 16

// Corners makes messages at the bounds of their types, in the form that Decode
// gives: integers at their least and their greatest, and each boolean, enum
// value and member of a oneof in turn. What has no bound is random, as in
// Generate. There are two, or as many as the longest enum or oneof has, at most
// 16.
func (g *Generator) Corners(rng *rand.Rand) ([]any, error) {
	var out []any
	for i, n := 0, 2; i < min(n, maxCorners); i++ {
		c := &corner{index: i}
		m := dynamicpb.NewMessage(g.schema.message)
		maker{g, rng, c}.fill(m, 0)
		v, err := g.schema.messageValue(m)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		n = max(n, c.widest)
	}
	return out, nil
}

// corner says which of the messages of Corners is made; nil for none. Even
// ones are at the lower bounds.
type corner struct {
	index int
	// widest is the largest number of values that one was chosen of.
	widest int
}

// one chooses one of n values: at random, or in turn.
func (m maker) one(n int) int {
	if m.corner == nil {
		return m.rng.IntN(n)
	}
	m.corner.widest = max(m.corner.widest, n)
	return m.corner.index % n
}

// integer is an integer of a kind at its bound.
func (c *corner) integer(k protoreflect.Kind) protoreflect.Value {
	low := c.index%2 == 0
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		if low {
			return protoreflect.ValueOfInt32(math.MinInt32)
		}
		return protoreflect.ValueOfInt32(math.MaxInt32)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		if low {
			return intValue(k, 0)
		}
		return intValue(k, math.MaxUint64)
	}
	if low {
		return protoreflect.ValueOfInt64(math.MinInt64)
	}
	return protoreflect.ValueOfInt64(math.MaxInt64)
}
