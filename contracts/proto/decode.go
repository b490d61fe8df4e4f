package proto

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Decode reads an encoded message (without any framing of a registry) as
// decoded JSON: map[string]any under the names of the .proto file, []any,
// string, bool, nil, and json.Number for numbers of all widths. Fields without
// presence are there with their zero value, fields with presence only if they
// were set; unknown fields are left out. Well-known types are as in Protobuf's
// JSON mapping, and so is all that an Any holds.
func (s *Schema) Decode(data []byte) (any, error) {
	m, err := s.unmarshal(data)
	if err != nil {
		return nil, fmt.Errorf("no %s: %w", s.message.FullName(), err)
	}
	return s.messageValue(m)
}

// Encode writes decoded JSON as a message; it takes what Decode gives and
// whatever else Protobuf's JSON mapping allows. The same value always gives
// the same bytes.
func (s *Schema) Encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	m := dynamicpb.NewMessage(s.message)
	if err := (protojson.UnmarshalOptions{Resolver: s.types}).Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("no %s: %w", s.message.FullName(), plain(err))
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

func (s *Schema) unmarshal(data []byte) (*dynamicpb.Message, error) {
	m := dynamicpb.NewMessage(s.message)
	if err := (proto.UnmarshalOptions{Resolver: s.types}).Unmarshal(data, m); err != nil {
		return nil, plain(err)
	}
	return m, nil
}

// unmarshalInto reads bytes without asking for required fields.
func (s *Schema) unmarshalInto(m proto.Message, data []byte) error {
	return proto.UnmarshalOptions{AllowPartial: true, Resolver: s.types}.Unmarshal(data, m)
}

// plain is an error of the Protobuf library without the prefix, which it
// writes in two ways on purpose so that nobody compares its text.
func plain(err error) error {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return errors.New(strings.TrimSpace(strings.TrimPrefix(text, "proto:")))
}

// json writes a message as Protobuf's JSON does, without the spaces that the
// library adds at random.
func (s *Schema) json(m proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{Resolver: s.types, AllowPartial: true}.Marshal(m)
	if err != nil {
		return nil, plain(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (s *Schema) messageValue(m protoreflect.Message) (any, error) {
	if _, isSpecial := special(m.Descriptor()); isSpecial {
		return s.specialValue(m)
	}
	object := map[string]any{}
	for _, f := range s.fields(m.Descriptor()) {
		if f.HasPresence() && !m.Has(f) {
			continue
		}
		v, err := s.fieldValue(f, m.Get(f))
		if err != nil {
			return nil, err
		}
		object[f.TextName()] = v
	}
	return object, nil
}

func (s *Schema) specialValue(m protoreflect.Message) (any, error) {
	if f := wrapped(m.Descriptor()); f != nil {
		return s.singleValue(f, m.Get(f))
	}
	text, err := s.json(m.Interface())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Descriptor().FullName(), err)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func (s *Schema) fieldValue(f protoreflect.FieldDescriptor, v protoreflect.Value) (any, error) {
	switch {
	case f.IsMap():
		object := map[string]any{}
		var failed error
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			object[key.String()], failed = s.singleValue(f.MapValue(), value)
			return failed == nil
		})
		return object, failed
	case f.IsList():
		list := make([]any, v.List().Len())
		for i := range list {
			var err error
			if list[i], err = s.singleValue(f, v.List().Get(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return s.singleValue(f, v)
}

func (s *Schema) singleValue(f protoreflect.FieldDescriptor, v protoreflect.Value) (any, error) {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return s.messageValue(v.Message())
	case protoreflect.EnumKind:
		return enumValue(f.Enum(), v.Enum()), nil
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(v.Bytes()), nil
	case protoreflect.FloatKind:
		return floatValue(v.Float(), 32), nil
	case protoreflect.DoubleKind:
		return floatValue(v.Float(), 64), nil
	case protoreflect.StringKind, protoreflect.BoolKind:
		return v.Interface(), nil
	default:
		return json.Number(v.String()), nil
	}
}

// enumValue is the name, or the number of a value that has none.
func enumValue(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) any {
	if e.FullName() == wellKnown+"NullValue" {
		return nil
	}
	if v := e.Values().ByNumber(n); v != nil {
		return string(v.Name())
	}
	return json.Number(strconv.Itoa(int(n)))
}

func floatValue(v float64, bits int) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return json.Number(strconv.FormatFloat(v, 'g', -1, bits))
}
