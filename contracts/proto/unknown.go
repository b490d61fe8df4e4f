package proto

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Unknown names what of an encoded message, and of the messages in it, the
// schema does not declare: "field 7 of acme.Order", each once and sorted. A
// field that is there with another wire type than its own is one. It answers
// none for bytes that are no message.
func (s *Schema) Unknown(data []byte) []string {
	m, err := s.unmarshal(data)
	if err != nil {
		return nil
	}
	names := unknown(m, nil)
	slices.Sort(names)
	return slices.Compact(names)
}

func unknown(m protoreflect.Message, names []string) []string {
	for raw := m.GetUnknown(); len(raw) > 0; {
		n, _, size := protowire.ConsumeField(raw)
		if size < 0 {
			break
		}
		names, raw = append(names, fmt.Sprintf("field %d of %s", n, m.Descriptor().FullName())), raw[size:]
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			if isMessage(f.MapValue()) {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					names = unknown(v.Message(), names)
					return true
				})
			}
		case f.IsList() && isMessage(f):
			for i := range v.List().Len() {
				names = unknown(v.List().Get(i).Message(), names)
			}
		case isMessage(f):
			names = unknown(v.Message(), names)
		}
		return true
	})
	return names
}
