package fileschema_test

import (
	"bytes"
	"encoding/json"
)

// schema is a JSON Schema, with the keywords that the generator uses in the
// order in which people read them.
type schema struct {
	Schema               string    `json:"$schema,omitempty"`
	Title                string    `json:"title,omitempty"`
	Description          string    `json:"description,omitempty"`
	Ref                  string    `json:"$ref,omitempty"`
	Type                 any       `json:"type,omitempty"` // a name or a list of names
	Const                any       `json:"const,omitempty"`
	Enum                 []any     `json:"enum,omitempty"`
	Pattern              string    `json:"pattern,omitempty"`
	MinLength            int       `json:"minLength,omitempty"`
	Minimum              *float64  `json:"minimum,omitempty"`
	Maximum              *float64  `json:"maximum,omitempty"`
	ExclusiveMinimum     *float64  `json:"exclusiveMinimum,omitempty"`
	Properties           named     `json:"properties,omitempty"`
	Required             []string  `json:"required,omitempty"`
	MinProperties        int       `json:"minProperties,omitempty"`
	PropertyNames        *schema   `json:"propertyNames,omitempty"`
	AdditionalProperties any       `json:"additionalProperties,omitempty"` // false or a schema
	Items                *schema   `json:"items,omitempty"`
	MinItems             int       `json:"minItems,omitempty"`
	UniqueItems          bool      `json:"uniqueItems,omitempty"`
	AllOf                []*schema `json:"allOf,omitempty"`
	AnyOf                []*schema `json:"anyOf,omitempty"`
	OneOf                []*schema `json:"oneOf,omitempty"`
	Not                  *schema   `json:"not,omitempty"`
	If                   *schema   `json:"if,omitempty"`
	Then                 *schema   `json:"then,omitempty"`
	Defs                 named     `json:"$defs,omitempty"`
}

// named are schemas by name, in an order of their own.
type named []entry

type entry struct {
	name   string
	schema *schema
}

func (n named) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(e.name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(e.schema)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal writes < and > as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func ref(name string) *schema      { return &schema{Ref: "#/$defs/" + name} }
func anyOf(s ...*schema) *schema   { return &schema{AnyOf: s} }
func pattern(p string) *schema     { return &schema{Type: "string", Pattern: p} }
func number(f float64) *float64    { return &f }
func requires(f ...string) *schema { return &schema{Required: f} }

func enum(values ...string) *schema {
	s := &schema{}
	for _, v := range values {
		s.Enum = append(s.Enum, v)
	}
	return s
}

// oneOf asks for exactly one of some fields.
func oneOf(fields ...string) *schema {
	s := &schema{}
	for _, f := range fields {
		s.OneOf = append(s.OneOf, requires(f))
	}
	return s
}

// someOf asks for at least one of some fields.
func someOf(fields ...string) *schema {
	s := &schema{}
	for _, f := range fields {
		s.AnyOf = append(s.AnyOf, requires(f))
	}
	return s
}
