package proto

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// Lookup says what the schema promises about a place in the data. Places use
// the names of the .proto file (order_id, not orderId), an extension its full
// name in brackets, a map its keys.
//
// A field without presence (proto3's plain fields, repeated fields, maps) is
// Always: where it is not on the wire it reads as its zero value, which is
// what Decode shows. So is a required field of proto2. Fields with presence
// (optional, members of a oneof, messages) are Sometimes.
//
// Types are those of Decode: a 64-bit number is an "integer", as to users of
// Protobuf, though Protobuf's own JSON writes it as a string. Enums are names,
// bytes are base64, Timestamp and Duration are strings, wrappers are what they
// wrap. NaN and the infinities, written as strings, are not mentioned.
//
// Record headers and keys are not part of a schema: such a place is Unstated.
func (s *Schema) Lookup(p place.Place) field.Field {
	at := field.Field{Position: s.place(s.message).InFile()}
	if p.Kind() != place.Data {
		return at
	}
	c := s.walk(p.Path(), &at)
	at.Presence, at.Types = c.presence, c.form.types()
	if c.presence == field.Never {
		at.Types = nil
	}
	return at
}

// Excludes says that no valid document has a text at a place in the data, for
// an enum has only its names.
func (s *Schema) Excludes(p place.Place, text string) bool {
	if p.Kind() != place.Data {
		return false
	}
	c := s.walk(p.Path(), &field.Field{})
	return c.presence == field.Never || c.enum != nil && c.enum.Values().ByName(protoreflect.Name(text)) == nil
}

// walk goes to the end of a path; at gets the position of what is declared
// there.
func (s *Schema) walk(path []place.Segment, at *field.Field) cursor {
	c := cursor{schema: s, message: s.message, form: formObject, presence: field.Always}
	if f, isSpecial := special(s.message); isSpecial {
		c.message, c.form = nil, f
	}
	for _, segment := range path {
		c.step(segment, at)
	}
	return c
}

// place is where a descriptor is declared, with its full name.
func (s *Schema) place(d protoreflect.Descriptor) compat.Place {
	return compat.Place{Path: string(d.FullName()), Position: s.position(d)}
}

// cursor is what is known of the part of the way that was walked.
type cursor struct {
	schema   *Schema
	presence field.Presence
	form     form
	message  protoreflect.MessageDescriptor // where its fields are the members
	repeated protoreflect.FieldDescriptor   // where elements or entries follow
	enum     protoreflect.EnumDescriptor    // where its names are the values
}

func (c *cursor) step(segment place.Segment, at *field.Field) {
	switch {
	case c.presence == field.Never || c.presence == field.Unstated:
		return
	case c.repeated != nil:
		f := c.repeated
		if f.IsMap() == segment.IsIndex {
			c.presence = field.Never
			return
		}
		if f.IsMap() {
			f = f.MapValue()
		}
		c.presence = field.Sometimes
		c.value(f)
	case c.message != nil:
		f := c.member(segment)
		if f == nil {
			c.presence = field.Never
			return
		}
		at.Position = c.schema.place(f).InFile()
		if !always(f) {
			c.presence = field.Sometimes
		}
		c.field(f)
	case c.form == formAny, c.form == formObject && !segment.IsIndex, c.form == formArray && segment.IsIndex:
		// Struct, Value, ListValue and Any say nothing of what they hold.
		c.presence, c.form = field.Unstated, formAny
	default:
		c.presence = field.Never
	}
}

func (c *cursor) member(segment place.Segment) protoreflect.FieldDescriptor {
	if segment.IsIndex {
		return nil
	}
	if f := c.message.Fields().ByTextName(segment.Name); f != nil {
		return f
	}
	name, bracketed := strings.CutPrefix(segment.Name, "[")
	for _, x := range c.schema.extensions[c.message.FullName()] {
		if bracketed && string(x.FullName())+"]" == name {
			return x
		}
	}
	return nil
}

// always: the field can be read from every message.
func always(f protoreflect.FieldDescriptor) bool {
	return f.Cardinality() != protoreflect.Optional || !f.HasPresence()
}

func (c *cursor) field(f protoreflect.FieldDescriptor) {
	switch {
	case f.IsMap():
		*c = cursor{schema: c.schema, presence: c.presence, form: formObject, repeated: f}
	case f.IsList():
		*c = cursor{schema: c.schema, presence: c.presence, form: formArray, repeated: f}
	default:
		c.value(f)
	}
}

func (c *cursor) value(f protoreflect.FieldDescriptor) {
	*c = cursor{schema: c.schema, presence: c.presence, form: valueForm(f)}
	if f.Kind() == protoreflect.EnumKind {
		c.enum = f.Enum()
	}
	if m := f.Message(); m != nil {
		if _, isSpecial := special(m); !isSpecial {
			c.message = m
		}
	}
}

// Unordered is a map in the message, or in one within it: the same entries can
// be written in any order, so that one value has several binary forms. It
// answers where the map is in the data and where it is declared; false without
// one.
func (s *Schema) Unordered() (data string, position finding.Position, found bool) {
	seen := map[protoreflect.FullName]bool{}
	var visit func(m protoreflect.MessageDescriptor, at string) bool
	visit = func(m protoreflect.MessageDescriptor, at string) bool {
		if seen[m.FullName()] {
			return false
		}
		seen[m.FullName()] = true
		for _, f := range s.fields(m) {
			if at := at + "." + string(f.Name()); f.IsMap() {
				data, position = at, s.place(f).InFile()
				return true
			} else if isMessage(f) && visit(f.Message(), at) {
				return true
			}
		}
		return false
	}
	found = visit(s.message, "$")
	return data, position, found
}
