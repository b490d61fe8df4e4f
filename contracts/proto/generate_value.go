package proto

import (
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"
)

func (m maker) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(m.one(2) == 0)
	case protoreflect.EnumKind:
		values := f.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(m.one(values.Len())).Number())
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(m.text())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(m.bytes())
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(m.float(math.MaxFloat32)))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(m.float(math.MaxFloat64))
	}
	if m.corner != nil {
		return m.corner.integer(f.Kind())
	}
	return intValue(f.Kind(), m.integer())
}

// intValue is the number cut to the width of an integer kind.
func intValue(k protoreflect.Kind, bits uint64) protoreflect.Value {
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(bits))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(bits))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(bits)
	default:
		return protoreflect.ValueOfInt64(int64(bits))
	}
}

// integer is 64 random bits, near a power of two or a small number more often
// than chance has it.
func (m maker) integer() uint64 {
	switch m.rng.IntN(4) {
	case 0:
		return uint64(m.rng.IntN(5)) - 2
	case 1:
		return uint64(1)<<m.rng.IntN(64) + uint64(m.rng.IntN(3)) - 1
	case 2:
		return uint64(m.rng.IntN(1000))
	default:
		return m.rng.Uint64()
	}
}

func (m maker) float(limit float64) float64 {
	switch m.rng.IntN(4) {
	case 0:
		return float64(m.rng.IntN(2001) - 1000)
	case 1:
		return limit * float64(m.rng.IntN(3)-1)
	default:
		return (m.rng.Float64() - 0.5) * 1e6
	}
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789 ._-\"\\/é中😀"

var runes = []rune(letters)

func (m maker) text() string {
	text := make([]rune, m.rng.IntN(13))
	for i := range text {
		text[i] = runes[m.rng.IntN(len(runes))]
	}
	return string(text)
}

func (m maker) bytes() []byte {
	data := make([]byte, m.rng.IntN(13))
	for i := range data {
		data[i] = byte(m.rng.Uint32())
	}
	return data
}

// The limits of google.protobuf.Timestamp (years 1 to 9999) and Duration, in
// seconds.
const (
	minTimestamp = -62135596800
	maxTimestamp = 253402300799
	maxDuration  = 315576000000
)

// fillSpecial makes a well-known type whose fields are not free; false for
// other messages.
func (m maker) fillSpecial(msg protoreflect.Message, depth int) bool {
	fields := msg.Descriptor().Fields()
	switch msg.Descriptor().FullName() {
	case wellKnown + "Any":
	case wellKnown + "Timestamp":
		msg.Set(fields.ByNumber(1), protoreflect.ValueOfInt64(minTimestamp+m.rng.Int64N(maxTimestamp-minTimestamp+1)))
		msg.Set(fields.ByNumber(2), protoreflect.ValueOfInt32(m.rng.Int32N(1e9)))
	case wellKnown + "Duration":
		seconds, nanos := m.rng.Int64N(maxDuration), m.rng.Int32N(1e9)
		if m.rng.IntN(2) == 0 {
			seconds, nanos = -seconds, -nanos
		}
		msg.Set(fields.ByNumber(1), protoreflect.ValueOfInt64(seconds))
		msg.Set(fields.ByNumber(2), protoreflect.ValueOfInt32(nanos))
	case wellKnown + "FieldMask":
		paths := msg.Mutable(fields.ByNumber(1)).List()
		for range m.rng.IntN(maxElements + 1) {
			paths.Append(protoreflect.ValueOfString([]string{"id", "order_id", "lines.unit_price"}[m.rng.IntN(3)]))
		}
	case wellKnown + "Value":
		m.fillValue(msg, depth)
	default:
		return false
	}
	return true
}

// fillValue sets one kind of a google.protobuf.Value, which must not be empty.
func (m maker) fillValue(msg protoreflect.Message, depth int) {
	kinds := msg.Descriptor().Fields()
	n := kinds.Len()
	if depth >= maxDepth {
		n = 4 // null, number, string, bool: no further values
	}
	f := kinds.ByNumber(protoreflect.FieldNumber(1 + m.rng.IntN(n)))
	msg.Set(f, m.value(f, func() protoreflect.Value { return msg.NewField(f) }, depth))
}
