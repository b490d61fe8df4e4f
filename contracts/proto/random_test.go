package proto

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// randomSchema is a schema that can be changed at random and written in any
// syntax.
type randomSchema struct {
	syntax   string // proto2, proto3 or 2023
	messages []randomMessage
	enums    []randomEnum
}

type randomMessage struct{ fields []randomField }

type randomField struct {
	name     string
	number   int
	label    string // "", plain, repeated, required, map
	kind     string // of a map, that of the value
	key      string
	oneof    bool
	value    string // a default
	unpacked bool
}

type randomEnum struct {
	closed bool // in editions
	values []randomValue
}

type randomValue struct {
	name   string
	number int
}

var (
	scalars = []string{"int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool", "fixed32", "fixed64", "sfixed32", "sfixed64", "float", "double", "string", "bytes"}
	keys    = []string{"int32", "int64", "uint32", "sint64", "fixed64", "bool", "string"}
	labels  = []string{"", "", "plain", "repeated", "required", "map"}
)

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func newRandomSchema(rng *rand.Rand) *randomSchema {
	s := &randomSchema{syntax: pick(rng, []string{"proto2", "proto3", "2023"})}
	for range 2 {
		s.enums = append(s.enums, randomEnum{rng.IntN(2) == 0, nil})
		e := &s.enums[len(s.enums)-1]
		for range 1 + rng.IntN(3) {
			s.addValue(rng, e)
		}
	}
	for i := range 3 {
		s.messages = append(s.messages, randomMessage{})
		for range 1 + rng.IntN(4) {
			s.addField(rng, i)
		}
	}
	return s
}

func (s *randomSchema) addValue(rng *rand.Rand, e *randomEnum) {
	v := randomValue{pick(rng, []string{"A", "B", "C", "D"}), pick(rng, []int{-1, 0, 1, 2, 3})}
	if !slices.ContainsFunc(e.values, func(o randomValue) bool { return o.name == v.name || o.number == v.number }) {
		e.values = append(e.values, v)
	}
}

func (s *randomSchema) addField(rng *rand.Rand, message int) {
	m := &s.messages[message]
	f := randomField{name: pick(rng, strings.Split("abcdef", "")), number: 1 + rng.IntN(6)}
	if slices.ContainsFunc(m.fields, func(o randomField) bool { return o.name == f.name || o.number == f.number }) {
		return
	}
	s.retype(rng, &f, message)
	m.fields = append(m.fields, f)
}

func (s *randomSchema) retype(rng *rand.Rand, f *randomField, message int) {
	f.label, f.kind, f.key = pick(rng, labels), s.kind(rng), pick(rng, keys)
	f.oneof = f.label == "" && rng.IntN(3) == 0
	f.unpacked = rng.IntN(2) == 0
	if f.label == "required" && f.kind <= fmt.Sprintf("M%d", message) && strings.HasPrefix(f.kind, "M") {
		f.label = "" // a message that requires itself has no instance
	}
	f.value = ""
	if slices.Contains(scalars[:6], f.kind) && rng.IntN(3) == 0 {
		f.value = pick(rng, []string{"1", "7"})
	}
}

func (s *randomSchema) kind(rng *rand.Rand) string {
	switch rng.IntN(6) {
	case 0, 1:
		return fmt.Sprintf("M%d", rng.IntN(3))
	case 2:
		return fmt.Sprintf("E%d", rng.IntN(2))
	}
	return pick(rng, scalars)
}

func (s *randomSchema) clone() *randomSchema {
	c := &randomSchema{syntax: s.syntax}
	for _, m := range s.messages {
		c.messages = append(c.messages, randomMessage{slices.Clone(m.fields)})
	}
	for _, e := range s.enums {
		c.enums = append(c.enums, randomEnum{e.closed, slices.Clone(e.values)})
	}
	return c
}

// near are kinds that are likely to be read as each other.
var near = map[string][]string{
	"int32": {"int64", "uint32", "bool", "E0", "E1"}, "uint32": {"uint64", "int64"}, "bool": {"int32", "uint64", "E0"}, "sint32": {"sint64"},
	"int64": {"int32"}, "fixed32": {"sfixed32"}, "sfixed64": {"fixed64"}, "string": {"bytes"}, "bytes": {"string", "M1"},
	"M0": {"bytes"}, "M1": {"M2", "M0"}, "E0": {"int32", "E1", "int64", "uint32"}, "float": {"double"},
}

// mutate changes one thing.
func (s *randomSchema) mutate(rng *rand.Rand) {
	message := pick(rng, []int{0, 0, 1, 2}) // most often the record's
	m := &s.messages[message]
	if e := &s.enums[rng.IntN(2)]; rng.IntN(5) == 0 {
		s.mutateEnum(rng, e)
		return
	}
	if len(m.fields) == 0 || rng.IntN(6) == 0 {
		s.addField(rng, message)
		return
	}
	f := &m.fields[rng.IntN(len(m.fields))]
	switch rng.IntN(9) {
	case 0:
		*f = m.fields[len(m.fields)-1]
		m.fields = m.fields[:len(m.fields)-1]
	case 1:
		s.retype(rng, f, message)
	case 2, 3:
		if kinds := near[f.kind]; kinds != nil && f.value == "" {
			f.kind = pick(rng, kinds)
		}
		if f.label == "required" && strings.HasPrefix(f.kind, "M") {
			f.label = ""
		}
	case 4:
		if f.label = pick(rng, labels); f.label == "required" && strings.HasPrefix(f.kind, "M") {
			f.label = ""
		}
		f.oneof = false
	case 5:
		f.oneof = f.label == ""
	case 6:
		name := pick(rng, strings.Split("abcdefgh", ""))
		if !slices.ContainsFunc(m.fields, func(o randomField) bool { return o.name == name }) {
			f.name = name
		}
	case 7:
		number := 1 + rng.IntN(8)
		if !slices.ContainsFunc(m.fields, func(o randomField) bool { return o.number == number }) {
			f.number = number
		}
	case 8:
		s.syntax = pick(rng, []string{"proto2", "proto3", "2023"})
	}
}

func (s *randomSchema) mutateEnum(rng *rand.Rand, e *randomEnum) {
	switch v := rng.IntN(len(e.values)); rng.IntN(5) {
	case 4:
		number := rng.IntN(4)
		if !slices.ContainsFunc(e.values, func(o randomValue) bool { return o.number == number }) {
			e.values[v].number = number
		}
	case 0:
		s.addValue(rng, e)
	case 1:
		if len(e.values) > 1 {
			e.values = slices.Delete(e.values, v, v+1)
		}
	case 2:
		e.closed = !e.closed
	case 3:
		name := e.values[v].name
		e.values[v].name = "X"
		if slices.ContainsFunc(e.values[:v], func(o randomValue) bool { return o.name == "X" }) {
			e.values[v].name = name
		}
	}
}

// String writes the schema as a .proto file.
func (s *randomSchema) String() string {
	var b strings.Builder
	if s.syntax == "2023" {
		b.WriteString("edition = \"2023\";\n")
	} else {
		fmt.Fprintf(&b, "syntax = %q;\n", s.syntax)
	}
	for i, m := range s.messages {
		fmt.Fprintf(&b, "message M%d {\n", i)
		var oneof []string
		for _, f := range m.fields {
			if f.oneof && f.label == "" {
				oneof = append(oneof, s.field(f))
				continue
			}
			fmt.Fprintf(&b, "  %s\n", s.field(f))
		}
		if oneof != nil {
			fmt.Fprintf(&b, "  oneof choice {\n    %s\n  }\n", strings.Join(oneof, "\n    "))
		}
		b.WriteString("}\n")
	}
	for i, e := range s.enums {
		fmt.Fprintf(&b, "enum E%d {\n", i)
		if s.syntax == "2023" && e.closed {
			b.WriteString("  option features.enum_type = CLOSED;\n")
		}
		values := slices.Clone(e.values)
		if s.syntax == "proto3" || s.syntax == "2023" && !e.closed { // an open enum begins with 0
			zero := randomValue{"ZERO", 0}
			if at := slices.IndexFunc(values, func(v randomValue) bool { return v.number == 0 }); at >= 0 {
				zero = values[at]
				values = slices.Delete(values, at, at+1)
			}
			values = append([]randomValue{zero}, values...)
		}
		for _, v := range values {
			fmt.Fprintf(&b, "  E%d_%s = %d;\n", i, v.name, v.number)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func (s *randomSchema) field(f randomField) string {
	label, options := "", []string(nil)
	switch {
	case f.label == "map":
		return fmt.Sprintf("map<%s, %s> %s = %d;", f.key, f.kind, f.name, f.number)
	case f.label == "repeated":
		label = "repeated "
		if slices.Contains(scalars[:13], f.kind) && s.syntax != "2023" && f.unpacked {
			options = append(options, fmt.Sprintf("packed = %v", s.syntax == "proto2"))
		}
	case s.syntax == "2023":
		switch {
		case f.label == "required":
			options = append(options, "features.field_presence = LEGACY_REQUIRED")
		case f.label == "plain" && !strings.HasPrefix(f.kind, "M") && f.value == "":
			options = append(options, "features.field_presence = IMPLICIT")
		}
		if f.unpacked && strings.HasPrefix(f.kind, "M") {
			options = append(options, "features.message_encoding = DELIMITED")
		}
	case f.oneof:
	case s.syntax == "proto2" && f.label == "required":
		label = "required "
	case s.syntax == "proto2" || f.label == "":
		label = "optional "
	}
	if f.value != "" && f.label != "repeated" && s.syntax != "proto3" {
		options = append(options, "default = "+f.value)
	}
	text := fmt.Sprintf("%s%s %s = %d", label, f.kind, f.name, f.number)
	if options != nil {
		text += " [" + strings.Join(options, ", ") + "]"
	}
	return text + ";"
}
