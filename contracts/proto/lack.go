package proto

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/contracts/place"
)

// maxIndex bounds the repeated fields that are made to have something in them.
const maxIndex = 100

// Least makes the message, in the form that Decode gives, that has nothing but
// what is required; false where that has no end.
func (s *Schema) Least() (any, bool) {
	m := dynamicpb.NewMessage(s.message)
	return s.filled(m)
}

// Having makes a message that has a value at a place in the data; false where
// none is known. Of what says nothing of its content, such as a Struct, it
// makes none within.
func (s *Schema) Having(p place.Place) (any, bool) {
	m := dynamicpb.NewMessage(s.message)
	if !s.put(m, p.Path()) {
		return nil, false
	}
	return s.filled(m)
}

func (s *Schema) filled(m *dynamicpb.Message) (any, bool) {
	if !fillRequired(m, 0) {
		return nil, false
	}
	v, err := s.messageValue(m)
	return v, err == nil
}

// put sets the fields on the way to a place, and what stands there.
func (s *Schema) put(m protoreflect.Message, path []place.Segment) bool {
	if len(path) == 0 {
		return true
	}
	if _, isSpecial := special(m.Descriptor()); isSpecial {
		return false
	}
	at := cursor{schema: s, message: m.Descriptor()}
	f := at.member(path[0])
	if f == nil {
		return false
	}
	rest := path[1:]
	switch {
	case f.IsMap():
		if len(rest) == 0 {
			return true // an empty one can be read
		}
		return !rest[0].IsIndex && s.entry(m.Mutable(f).Map(), f, rest)
	case f.IsList():
		if len(rest) == 0 {
			return true
		}
		return rest[0].IsIndex && rest[0].Index <= maxIndex && s.element(m.Mutable(f).List(), f, rest)
	}
	v, ok := s.held(f, func() protoreflect.Value { return m.NewField(f) }, rest)
	if ok {
		m.Set(f, v)
	}
	return ok
}

// entry puts an entry into a map under the name of the first step.
func (s *Schema) entry(entries protoreflect.Map, f protoreflect.FieldDescriptor, path []place.Segment) bool {
	if f.MapKey().Kind() != protoreflect.StringKind {
		return false
	}
	v, ok := s.held(f.MapValue(), entries.NewValue, path[1:])
	if ok {
		entries.Set(protoreflect.ValueOfString(path[0].Name).MapKey(), v)
	}
	return ok
}

// element fills a list up to the index of the first step.
func (s *Schema) element(list protoreflect.List, f protoreflect.FieldDescriptor, path []place.Segment) bool {
	for range path[0].Index {
		v := list.NewElement()
		if isMessage(f) && !fillRequired(v.Message(), 0) {
			return false
		}
		list.Append(v)
	}
	v, ok := s.held(f, list.NewElement, path[1:])
	if ok {
		list.Append(v)
	}
	return ok
}

// held is a value of a field that has the rest of the way in it.
func (s *Schema) held(f protoreflect.FieldDescriptor, empty func() protoreflect.Value, path []place.Segment) (protoreflect.Value, bool) {
	if isMessage(f) {
		v := empty()
		return v, s.put(v.Message(), path) && fillRequired(v.Message(), 0)
	}
	if len(path) > 0 {
		return protoreflect.Value{}, false
	}
	values := likely(f)
	if len(values) == 0 { // an enum of 0 alone
		return empty(), true
	}
	return values[0], true
}
