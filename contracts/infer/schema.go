package infer

import (
	"bytes"
	"encoding/json"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// keywords is a schema, in the order in which people write one.
type keywords struct {
	Schema               string               `json:"$schema,omitempty"`
	Title                string               `json:"title,omitempty"`
	Comment              string               `json:"$comment,omitempty"`
	Type                 any                  `json:"type,omitempty"`
	Format               string               `json:"format,omitempty"`
	Required             []string             `json:"required,omitempty"`
	Properties           map[string]*keywords `json:"properties,omitempty"`
	AdditionalProperties *keywords            `json:"additionalProperties,omitempty"`
	Items                *keywords            `json:"items,omitempty"`
}

// types are those of all values, in the order of the specification of JSON;
// none where nothing can be said.
func (s *shape) types() []string {
	if s.anything {
		return nil
	}
	var types []string
	for _, t := range []struct {
		seen bool
		name string
	}{
		{s.objects > 0, "object"},
		{s.arrays > 0, "array"},
		{s.strings > 0, "string"},
		{s.fractions > 0, "number"},
		{s.fractions == 0 && s.integers > 0, "integer"},
		{s.booleans > 0, "boolean"},
		{s.nulls > 0, "null"},
	} {
		if t.seen {
			types = append(types, t.name)
		}
	}
	return types
}

// schema describes a shape. Objects are open: a consumer must not be told
// that a field will never be added.
func (s *shape) schema() *keywords {
	k := &keywords{}
	switch types := s.types(); {
	case s.anything:
		k.Comment = "Documents are nested too deeply here: say what this is."
		return k
	case len(types) == 0:
		return k
	case s.nulls == s.values:
		k.Comment = "Null in every document: say what it is otherwise."
		return k
	case len(types) == 1:
		k.Type = types[0]
	default:
		k.Type = types
	}
	if s.strings > 0 {
		k.Format = s.formats.name()
	}
	if s.elements != nil {
		k.Items = s.elements.schema()
	}
	switch {
	case s.objects == 0:
	case s.isMap():
		k.AdditionalProperties = s.pooled().schema()
	default:
		s.properties(k)
	}
	return k
}

func (s *shape) properties(k *keywords) {
	for _, name := range sortedNames(s.members) {
		if k.Properties == nil {
			k.Properties = map[string]*keywords{}
		}
		k.Properties[name] = s.members[name].schema()
		if s.members[name].values == s.objects {
			k.Required = append(k.Required, name)
		}
	}
}

// text is the schema as a file.
func (k *keywords) text(title string) []byte {
	root := *k
	root.Schema, root.Title = draft, title
	return indented(&root)
}

// indented is a value as JSON that people read.
func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // all that comes here was decoded from JSON, or is keywords
	}
	return b.Bytes()
}
