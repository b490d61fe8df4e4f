package proto

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// form is how a value looks in JSON.
type form uint8

const (
	formObject form = iota + 1
	formArray
	formText
	formInteger
	formNumber
	formBool
	formNull
	formAny // any JSON value
)

const wellKnown = "google.protobuf."

// special gives the form of a well-known type whose JSON is not an object of
// its fields, after Protobuf's JSON mapping; false for other messages.
func special(m protoreflect.MessageDescriptor) (form, bool) {
	switch m.FullName() {
	case wellKnown + "Timestamp", wellKnown + "Duration", wellKnown + "FieldMask":
		return formText, true
	case wellKnown + "Struct", wellKnown + "Any":
		return formObject, true
	case wellKnown + "ListValue":
		return formArray, true
	case wellKnown + "Value":
		return formAny, true
	}
	if value := wrapped(m); value != nil {
		return scalarForm(value), true
	}
	return formObject, false
}

// wrapped is the field of a wrapper such as google.protobuf.Int64Value, or
// nil.
func wrapped(m protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	switch m.FullName() {
	case wellKnown + "DoubleValue", wellKnown + "FloatValue", wellKnown + "Int64Value", wellKnown + "UInt64Value",
		wellKnown + "Int32Value", wellKnown + "UInt32Value", wellKnown + "BoolValue", wellKnown + "StringValue", wellKnown + "BytesValue":
		return m.Fields().ByNumber(1)
	}
	return nil
}

// scalarForm is the form of one value of a field that is no message.
func scalarForm(f protoreflect.FieldDescriptor) form {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return formBool
	case protoreflect.StringKind, protoreflect.BytesKind:
		return formText
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return formNumber
	case protoreflect.EnumKind:
		if f.Enum().FullName() == wellKnown+"NullValue" {
			return formNull
		}
		return formText
	default:
		return formInteger
	}
}

// valueForm is the form of one value of a field: of an element where it is
// repeated.
func valueForm(f protoreflect.FieldDescriptor) form {
	if m := f.Message(); m != nil {
		form, _ := special(m)
		return form
	}
	return scalarForm(f)
}

// types are the JSON types of a form; nil means any.
func (f form) types() []string {
	switch f {
	case formObject:
		return []string{"object"}
	case formArray:
		return []string{"array"}
	case formText:
		return []string{"string"}
	case formInteger:
		return []string{"integer"}
	case formNumber:
		return []string{"number"}
	case formBool:
		return []string{"boolean"}
	case formNull:
		return []string{"null"}
	default:
		return nil
	}
}
