package avro

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"time"
)

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	// maxDepth is the nesting from which on generated values end as soon as
	// the schema lets them, and maxParts the size: arrays and maps are empty,
	// and of a union the smallest branch is taken.
	maxDepth = 6
	maxParts = 10_000
	// maxElements is the most that a generated array or map has.
	maxElements = 4
)

// epoch is the first time that is generated; times are spread over the two
// years after it, because a schema has no "now" and a run must be repeatable.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

const spread = 2 * 365 * 24 * time.Hour

// Generator makes random values of a schema. It is safe for concurrent use
// with different random sources.
//
// Dates, times, UUIDs and decimals are plausible ones of their logical type.
// The branches of a union other than null are equally likely.
type Generator struct {
	schema   *Schema
	optional float64
}

// GeneratorOption changes what a Generator makes.
type GeneratorOption interface{ applyGenerator(*Generator) }

type generatorOption func(*Generator)

func (f generatorOption) applyGenerator(g *Generator) { f(g) }

// OptionalFields sets the probability, from 0 to 1, that what can be null is
// not, overriding the default of 0.5. Deep in recursive values it is null all
// the same.
func OptionalFields(probability float64) GeneratorOption {
	return generatorOption(func(g *Generator) { g.optional = probability })
}

// NewGenerator prepares a generator. It fails, with an *Error, for a schema
// that has no values: a record that always contains another one, a union
// without branches, an enum without symbols.
func NewGenerator(s *Schema, options ...GeneratorOption) (*Generator, error) {
	if s.root.smallest == endless {
		return nil, &Error{Problems: []Problem{{
			Position: s.Position(), Message: fmt.Sprintf("%s has no values: each would contain another one without end", s.root.node),
			Hint: "let one of the fields on the way be null or an array",
		}}}
	}
	g := &Generator{s, 0.5}
	for _, o := range options {
		o.applyGenerator(g)
	}
	return g, nil
}

// Generate makes a value in the form that Decode gives, which Encode accepts.
// The branches of unions are not named in it: where a value fits several,
// Encode takes the first.
func (g *Generator) Generate(rng *rand.Rand) any {
	return plain(g.schema.root.node, g.native(rng))
}

// GenerateEncoded makes the same value as Generate from the same state of the
// random source, encoded with the branches that were chosen.
func (g *Generator) GenerateEncoded(rng *rand.Rand) ([]byte, error) {
	return g.schema.encode(g.native(rng))
}

// native makes a value in the codec's form.
func (g *Generator) native(rng *rand.Rand) any {
	m := maker{Generator: g, rng: rng}
	return m.value(g.schema.root.node, 0)
}

// maker makes one value.
type maker struct {
	*Generator
	rng   *rand.Rand
	parts int
	// corner, if not nil, is which bounds are wanted.
	corner *corner
}

func (m *maker) value(n *node, depth int) any {
	if m.parts++; m.parts > maxParts {
		return minimal(n)
	}
	switch n.kind {
	case recordKind:
		object := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			object[f.name] = m.value(f.typ.node, depth+1)
		}
		return object
	case unionKind:
		b := n.branches[m.branch(n, depth)].node
		return chosen(b, m.value(b, depth))
	case arrayKind:
		list := make([]any, m.elements(n, depth))
		for i := range list {
			list[i] = m.value(n.element.node, depth+1)
		}
		return list
	case mapKind:
		object := map[string]any{}
		for range m.elements(n, depth) {
			object[m.word(6)] = m.value(n.element.node, depth+1)
		}
		return object
	case enumKind:
		return n.symbols[m.one(len(n.symbols))]
	}
	return m.scalar(n)
}

func (m *maker) branch(n *node, depth int) int {
	if depth >= maxDepth {
		return n.flattest
	}
	null := -1
	var others []int
	for i, b := range n.branches {
		switch {
		case b.kind == nullKind:
			null = i
		case b.smallest < endless:
			others = append(others, i)
		}
	}
	if len(others) == 0 || null >= 0 && m.rng.Float64() >= m.optional {
		return null
	}
	return others[m.one(len(others))]
}

func (m *maker) elements(n *node, depth int) int {
	if depth >= maxDepth || n.element.smallest == endless {
		return 0
	}
	return m.rng.IntN(maxElements + 1)
}

func (m *maker) word(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[m.rng.IntN(len(letters))]
	}
	return string(b)
}

func (m *maker) octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.rng.Uint32())
	}
	return b
}

func (m *maker) scalar(n *node) any {
	if v, ok := m.bound(n); ok {
		return v
	}
	switch n.kind {
	case booleanKind:
		return m.one(2) == 1
	case intKind:
		return int32(m.count(n))
	case longKind:
		return m.count(n)
	case floatKind:
		return float32(m.rng.IntN(1_000_000)) / 100
	case doubleKind:
		return float64(m.rng.IntN(1_000_000)) / 100
	case stringKind:
		if n.logical.name == uuidType {
			return m.uuid()
		}
		return m.word(4 + m.rng.IntN(9))
	case bytesKind:
		if n.logical.name == decimal {
			return m.decimal(n)
		}
		return []byte(m.word(4 + m.rng.IntN(9)))
	case fixedKind:
		if n.logical.name == decimal {
			return m.decimal(n)
		}
		return m.octets(n.length)
	}
	return nil
}

// count is an integer: of time, if the logical type says so.
func (m *maker) count(n *node) int64 {
	unit, ok := units[n.logical.name]
	if !ok {
		return m.rng.Int64N(10_000)
	}
	if n.logical.name == timeMillis || n.logical.name == timeMicros {
		return m.rng.Int64N(int64(24 * time.Hour / unit))
	}
	since := time.Duration(m.rng.Int64N(int64(spread)))
	return int64(epoch.Add(since).Sub(time.Unix(0, 0)) / unit)
}

// uuid is one of version 4.
func (m *maker) uuid() string {
	high, low := m.rng.Uint64(), m.rng.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(0xc0<<56) | 0x80<<56
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffffffffffff)
}

// decimal is a number of up to nine digits.
func (m *maker) decimal(n *node) []byte {
	limit := int64(1)
	for range min(n.logical.precision, 9) {
		limit *= 10
	}
	return unscaled(n, big.NewInt(m.rng.Int64N(limit)))
}

// unscaled writes the digits of a decimal that is not negative: big-endian,
// with the first bit left for the sign.
func unscaled(n *node, digits *big.Int) []byte {
	length := digits.BitLen()/8 + 1
	if n.kind == fixedKind {
		length = n.length
	}
	return digits.FillBytes(make([]byte, length))
}
