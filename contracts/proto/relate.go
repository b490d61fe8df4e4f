package proto

import (
	"iter"
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/contracts/compat"
)

// mismatch is how one value of a writer's field does not fit a reader's.
type mismatch struct {
	rule string
	why  string // completes "x is A to the writer and B to the reader"
	// values are likely to show it, before any others that are tried.
	values []protoreflect.Value
}

const encodedDifferently = ", which are encoded differently"

func (w *walk) relate(wf, rf protoreflect.FieldDescriptor) *mismatch {
	if w.json {
		return relateJSON(wf, rf)
	}
	return relateBytes(wf, rf)
}

// relateBytes compares the encodings of one value; nil if every value of the
// writer reads as itself.
func relateBytes(wf, rf protoreflect.FieldDescriptor) *mismatch {
	w, r := encodingOf(wf.Kind()), encodingOf(rf.Kind())
	if rf.Kind() == protoreflect.EnumKind && wf.Kind() != protoreflect.EnumKind && w == r {
		return intAsEnum(wf, rf)
	}
	if wf.Kind() == rf.Kind() && isMessage(wf) && differInMeaning(wf.Message(), rf.Message()) {
		return &mismatch{ruleMeaning, ", which mean different things", inSeconds(wf.Message())}
	}
	switch {
	case w == r && integer(wf) && integer(rf):
		if wf.Kind() == protoreflect.EnumKind && rf.Kind() == protoreflect.EnumKind {
			return nil // value by value
		}
		return narrowed(wf, rf, ruleNarrowed)
	case w == r && wf.Kind() == rf.Kind():
		return nil
	case isMessage(wf) && isMessage(rf):
		return &mismatch{rule: ruleDelimited, why: encodedDifferently}
	case w != r:
		return &mismatch{rule: ruleFieldType, why: encodedDifferently}
	case rf.Kind() == protoreflect.BytesKind: // of a string, or a message
		return nil
	case rf.Kind() == protoreflect.StringKind:
		return &mismatch{rule: ruleBytesAsText, why: ", and not all bytes are UTF-8"}
	default:
		return &mismatch{rule: ruleBytesAsMessage, why: ", and not all bytes are a message"}
	}
}

// differInMeaning: two well-known types, such as Timestamp and Duration, each
// of which stands for a value of its own. Their fields may be encoded alike, and
// what is read is still another value. Wrappers stand for what they wrap.
func differInMeaning(w, r protoreflect.MessageDescriptor) bool {
	_, ws := special(w)
	_, rs := special(r)
	return ws && rs && w.FullName() != r.FullName() && (wrapped(w) == nil || wrapped(r) == nil)
}

// inSeconds is the first second of 2026 as a Timestamp, and as many as a
// Duration; other messages have none.
func inSeconds(m protoreflect.MessageDescriptor) []protoreflect.Value {
	seconds := m.Fields().ByName("seconds")
	if seconds == nil {
		return nil
	}
	v := dynamicpb.NewMessage(m)
	v.Set(seconds, protoreflect.ValueOfInt64(1_767_225_600))
	return []protoreflect.Value{protoreflect.ValueOfMessage(v)}
}

// encoding is how a value is encoded, closer than its wire type: varints and
// fixed numbers of one wire type can mean different numbers.
type encoding uint8

const (
	encodedVarint encoding = iota + 1
	encodedZigzag
	encodedFixed32
	encodedFloat
	encodedFixed64
	encodedDouble
	encodedBytes // strings, bytes, messages
	encodedGroup
)

func encodingOf(k protoreflect.Kind) encoding {
	switch k {
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return encodedZigzag
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return encodedFixed32
	case protoreflect.FloatKind:
		return encodedFloat
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return encodedFixed64
	case protoreflect.DoubleKind:
		return encodedDouble
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return encodedBytes
	case protoreflect.GroupKind:
		return encodedGroup
	default:
		return encodedVarint
	}
}

// integer: a whole number, a bool or an enum.
func integer(f protoreflect.FieldDescriptor) bool {
	switch encodingOf(f.Kind()) {
	case encodedVarint, encodedZigzag, encodedFixed32, encodedFixed64:
		return true
	}
	return false
}

// span is the range of an integer field: an enum's declared values.
type span struct {
	low  int64
	high uint64
}

func spanOf(f protoreflect.FieldDescriptor) span {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return span{0, 1}
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return span{math.MinInt32, math.MaxInt32}
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return span{0, math.MaxUint32}
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return span{0, math.MaxUint64}
	case protoreflect.EnumKind:
		s := span{}
		for i := range f.Enum().Values().Len() {
			n := int64(f.Enum().Values().Get(i).Number())
			s.low = min(s.low, n)
			s.high = max(s.high, uint64(max(n, 0)))
		}
		return s
	default:
		return span{math.MinInt64, math.MaxInt64}
	}
}

// narrowed is the mismatch where the reader's range lacks a number.
func narrowed(wf, rf protoreflect.FieldDescriptor, rule string) *mismatch {
	w, r := spanOf(wf), spanOf(rf)
	m := &mismatch{rule: rule, why: ", which cannot hold all its values"}
	declared := wf.Kind() == protoreflect.EnumKind // then not all between are
	if w.high > r.high {
		if !declared {
			m.values = append(m.values, numberOf(wf, r.high+1))
		}
		m.values = append(m.values, numberOf(wf, w.high))
	}
	if w.low < r.low {
		if !declared {
			m.values = append(m.values, numberOf(wf, uint64(r.low-1)))
		}
		m.values = append(m.values, numberOf(wf, uint64(w.low)))
	}
	if m.values == nil {
		return nil
	}
	return m
}

// numberOf makes a value of an integer field.
func numberOf(f protoreflect.FieldDescriptor, bits uint64) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(bits != 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(int32(bits)))
	}
	return intValue(f.Kind(), bits)
}

// intAsEnum compares numbers with the reader's enum: an open one holds all of
// 32 bits, a closed one its own values only.
func intAsEnum(wf, rf protoreflect.FieldDescriptor) *mismatch {
	w := spanOf(wf)
	if !rf.Enum().IsClosed() {
		if w.low >= math.MinInt32 && w.high <= math.MaxInt32 {
			return nil
		}
		return &mismatch{ruleNarrowed, ", which cannot hold all its values", []protoreflect.Value{numberOf(wf, w.high)}}
	}
	for n := range uint64(math.MaxUint16) {
		if n > w.high {
			break
		}
		if rf.Enum().Values().ByNumber(protoreflect.EnumNumber(n)) == nil {
			return &mismatch{ruleEnumClosed, ", a closed enum, which lacks some of its values", []protoreflect.Value{numberOf(wf, n)}}
		}
	}
	return narrowed(wf, rf, ruleNarrowed)
}

// mismatch reports that the values of a field do not fit.
func (w *walk) mismatch(p *pair, wf, rf protoreflect.FieldDescriptor, m *mismatch) {
	if !w.json && !dependsOnValues(m.rule) {
		w.broken[namesOf(wf, rf)] = true
	}
	hint := "keep the field as it was, and give the new type a field of its own with a new number"
	if dependsOnValues(m.rule) || m.rule == ruleJSONRange {
		hint = "widen the reader first, or give the new type a field of its own with a new number"
	}
	w.claim(claim{
		rule: m.rule, verdict: compat.Breaks, at: p, writer: wf, reader: rf,
		message: label(wf) + " is " + typeName(wf) + " to the writer and " + typeName(rf) + " to the reader" + m.why,
		hint:    hint, samples: w.mismatched(wf, rf, m), shows: w.differs(wf, rf),
	})
}

// mismatched are the samples of a mismatch: its own values first. A message
// that is read as something else should not be empty: nothing would be lost.
func (w *walk) mismatched(f, rf protoreflect.FieldDescriptor, m *mismatch) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		for _, v := range m.values {
			if !yield(fill(f, wrap(f, v))) {
				return
			}
		}
		var last sample
		for s := range w.samples(f) {
			if isMessage(f) && !isMessage(rf) && last == nil {
				last = s
				continue
			}
			if !yield(s) {
				return
			}
		}
		if last != nil {
			yield(last)
		}
	}
}

// wrap puts a value into the wrapper of a field such as Int64Value.
func wrap(f protoreflect.FieldDescriptor, v protoreflect.Value) protoreflect.Value {
	if m := f.Message(); m != nil && wrapped(m) != nil {
		wrapper := dynamicpb.NewMessage(m)
		wrapper.Set(wrapped(m), v)
		return protoreflect.ValueOfMessage(wrapper)
	}
	return v
}

// typeName is the type as a .proto file has it.
func typeName(f protoreflect.FieldDescriptor) string {
	name := f.Kind().String()
	switch {
	case f.IsMap():
		return "map<" + typeName(f.MapKey()) + ", " + typeName(f.MapValue()) + ">"
	case isMessage(f):
		name = string(f.Message().FullName())
		if f.Kind() == protoreflect.GroupKind {
			name = "delimited " + name
		}
	case f.Enum() != nil:
		name = string(f.Enum().FullName())
	}
	if f.IsList() {
		return "repeated " + name
	}
	return name
}
