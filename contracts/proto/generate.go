package proto

import (
	"fmt"
	"math/rand/v2"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	// maxDepth is the nesting from which on generated messages end: messages
	// that are not required are left out.
	maxDepth = 5
	// maxElements is how many elements or entries a field gets at most.
	maxElements = 3
)

// Generator makes random messages of a schema. It is safe for concurrent use
// with different random sources, and makes the same message for the same
// state of one.
//
// Numbers are near their limits more often than chance has it, strings are
// UTF-8, floats are finite, enums have declared values, of a oneof at most one
// member is set, and well-known types are what their JSON can say. An Any
// stays empty: nothing says what it may hold.
type Generator struct {
	schema   *Schema
	optional float64
}

// GeneratorOption changes what a Generator makes.
type GeneratorOption interface{ applyGenerator(*Generator) }

type generatorOption func(*Generator)

func (f generatorOption) applyGenerator(g *Generator) { f(g) }

// OptionalFields sets the probability, from 0 to 1, that a field which is
// not required is set, overriding the default of 0.5.
func OptionalFields(probability float64) GeneratorOption {
	return generatorOption(func(g *Generator) { g.optional = probability })
}

// NewGenerator prepares a generator. It fails, with an *Error, for a message
// that requires itself: it has no instance.
func NewGenerator(s *Schema, options ...GeneratorOption) (*Generator, error) {
	if f := endless(s.message, nil); f != nil {
		return nil, &Error{[]Problem{{s.position(f), fmt.Sprintf("%s requires itself without end", f.FullName()), "make the field optional"}}}
	}
	g := &Generator{schema: s, optional: 0.5}
	for _, o := range options {
		o.applyGenerator(g)
	}
	return g, nil
}

// endless is a required field that leads back to a message around it, or nil.
func endless(m protoreflect.MessageDescriptor, around []protoreflect.FullName) protoreflect.FieldDescriptor {
	around = append(around, m.FullName())
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if !required(f) || !isMessage(f) {
			continue
		}
		for _, name := range around {
			if name == f.Message().FullName() {
				return f
			}
		}
		if at := endless(f.Message(), around); at != nil {
			return at
		}
	}
	return nil
}

// Generate makes a message in the form that Decode gives.
func (g *Generator) Generate(rng *rand.Rand) (any, error) {
	return g.schema.messageValue(g.message(rng))
}

// GenerateEncoded makes the same message as Generate from the same state of
// the random source, encoded.
func (g *Generator) GenerateEncoded(rng *rand.Rand) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(g.message(rng))
}

func (g *Generator) message(rng *rand.Rand) *dynamicpb.Message {
	m := dynamicpb.NewMessage(g.schema.message)
	maker{Generator: g, rng: rng}.fill(m, 0)
	return m
}

type maker struct {
	*Generator
	rng *rand.Rand
	// corner, if not nil, is which bounds are wanted.
	corner *corner
}

func (m maker) fill(msg protoreflect.Message, depth int) {
	if m.fillSpecial(msg, depth) {
		return
	}
	chosen := map[protoreflect.Name]protoreflect.FieldNumber{}
	for _, f := range m.schema.fields(msg.Descriptor()) {
		if o := oneofOf(f); o != nil {
			if _, ok := chosen[o.Name()]; !ok {
				chosen[o.Name()] = o.Fields().Get(m.one(o.Fields().Len())).Number()
			}
			if chosen[o.Name()] != f.Number() {
				continue
			}
		}
		if !required(f) && (m.rng.Float64() >= m.optional || depth >= maxDepth && carriesMessage(f)) {
			continue
		}
		m.set(msg, f, depth)
	}
}

func carriesMessage(f protoreflect.FieldDescriptor) bool {
	return isMessage(f) && !f.IsMap() || f.IsMap() && isMessage(f.MapValue())
}

func (m maker) set(msg protoreflect.Message, f protoreflect.FieldDescriptor, depth int) {
	switch {
	case f.IsMap():
		entries := msg.Mutable(f).Map()
		for range m.rng.IntN(maxElements + 1) {
			entries.Set(m.value(f.MapKey(), entries.NewValue, depth).MapKey(), m.value(f.MapValue(), entries.NewValue, depth))
		}
	case f.IsList():
		list := msg.Mutable(f).List()
		for range m.rng.IntN(maxElements + 1) {
			list.Append(m.value(f, list.NewElement, depth))
		}
	default:
		msg.Set(f, m.value(f, func() protoreflect.Value { return msg.NewField(f) }, depth))
	}
}

func (m maker) value(f protoreflect.FieldDescriptor, empty func() protoreflect.Value, depth int) protoreflect.Value {
	if isMessage(f) {
		v := empty()
		m.fill(v.Message(), depth+1)
		return v
	}
	return m.scalar(f)
}
