package proto

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fields are the fields of a message, by number: those that it declares, and
// the extensions of it in the files of the schema.
func (s *Schema) fields(m protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	declared, extensions := m.Fields(), s.extensions[m.FullName()]
	all := make([]protoreflect.FieldDescriptor, 0, declared.Len()+len(extensions))
	for i := range declared.Len() {
		all = append(all, declared.Get(i))
	}
	all = append(all, extensions...)
	slices.SortFunc(all, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	return all
}

// fieldWhere is the first field for which the condition holds, or nil.
func (s *Schema) fieldWhere(m protoreflect.MessageDescriptor, holds func(protoreflect.FieldDescriptor) bool) protoreflect.FieldDescriptor {
	for i := range m.Fields().Len() {
		if f := m.Fields().Get(i); holds(f) {
			return f
		}
	}
	for _, f := range s.extensions[m.FullName()] {
		if holds(f) {
			return f
		}
	}
	return nil
}

// byNumber is the field with a number, or nil.
func (s *Schema) byNumber(m protoreflect.MessageDescriptor, n protoreflect.FieldNumber) protoreflect.FieldDescriptor {
	if f := m.Fields().ByNumber(n); f != nil {
		return f
	}
	for _, f := range s.extensions[m.FullName()] {
		if f.Number() == n {
			return f
		}
	}
	return nil
}

// byName is the field with a name, or nil.
func (s *Schema) byName(m protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	return s.fieldWhere(m, func(f protoreflect.FieldDescriptor) bool { return nameOf(f) == name })
}

// nameOf is the name of a field, an extension's in brackets.
func nameOf(f protoreflect.FieldDescriptor) string {
	if f.IsExtension() {
		return f.TextName()
	}
	return string(f.Name())
}

// label is what messages call a field.
func label(f protoreflect.FieldDescriptor) string {
	if entry := f.ContainingMessage(); entry.IsMapEntry() {
		return fmt.Sprintf("the %s of %s", f.Name(), mapField(entry).Name())
	}
	return nameOf(f)
}

// byKey is the field that Protobuf's JSON means by the name of a member: its
// JSON name or its own (a group's is that of its message); or nil.
func (s *Schema) byKey(m protoreflect.MessageDescriptor, key string) protoreflect.FieldDescriptor {
	if f := m.Fields().ByJSONName(key); f != nil {
		return f
	}
	return s.fieldWhere(m, func(f protoreflect.FieldDescriptor) bool { return f.TextName() == key })
}

// key is the name of the member that Protobuf's JSON writes for a field.
func key(f protoreflect.FieldDescriptor) string {
	if f.IsExtension() {
		return f.TextName()
	}
	return f.JSONName()
}

// oneofOf is the oneof that the .proto file declares around a field, or nil.
func oneofOf(f protoreflect.FieldDescriptor) protoreflect.OneofDescriptor {
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		return o
	}
	return nil
}

func isMessage(f protoreflect.FieldDescriptor) bool { return f.Message() != nil }

// many: the field is repeated or a map.
func many(f protoreflect.FieldDescriptor) bool { return f.Cardinality() == protoreflect.Repeated }

func required(f protoreflect.FieldDescriptor) bool {
	return f.Cardinality() == protoreflect.Required
}
