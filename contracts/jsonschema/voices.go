package jsonschema

import (
	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// voices are what of a writer's schemas speaks of properties, wherever it
// stands. It is gathered once: a reader may describe thousands of properties.
type voices struct {
	// partial are the schemas, with all that is in them, of what only some
	// values must be: elements that an array must contain, and objects with
	// some other property.
	partial []*js.Schema
	// aside are the schemas that a document need not satisfy and that yet
	// decide what it may be, with all that is in them. The alternatives of a
	// oneOf are among them: each excludes what the others take.
	aside []*js.Schema
	// names are those that a keyword or a value has.
	names map[string]bool
	// counted and patterned say that a keyword counts properties, or is about
	// names that it does not have.
	counted, patterned bool
}

// alike reports whether a name is to the writer as any other that it does not
// have.
func (v *voices) alike(name string) bool { return !v.patterned && !v.names[name] }

func (c *comparer) voices() *voices {
	if c.heard != nil {
		return c.heard
	}
	v := &voices{names: map[string]bool{}}
	c.heard = v
	partial, aside := gatherer{into: &v.partial}, gatherer{into: &v.aside}
	walk(c.writer.root, func(s *js.Schema) {
		v.listen(s)
		partial.add(s.Contains)
		for _, d := range dependencies(s) {
			partial.add(d.schema)
		}
		for _, sub := range asideOf(s) {
			aside.add(sub)
		}
		for _, sub := range s.OneOf {
			aside.add(sub)
		}
	})
	return v
}

// listen takes up the names that a schema has.
func (v *voices) listen(s *js.Schema) {
	v.counted = v.counted || s.MinProperties != nil
	v.patterned = v.patterned || s.PropertyNames != nil || len(s.PatternProperties) > 0
	if values := valuesOf(s); len(values) > 0 {
		for _, value := range values {
			v.members(value)
		}
		return
	}
	say := func(names ...string) {
		for _, name := range names {
			v.names[name] = true
		}
	}
	for name := range s.Properties {
		say(name)
	}
	say(s.Required...)
	for _, d := range dependencies(s) {
		say(d.name)
		say(d.required...)
	}
}

// members takes up the names of members of a value, at any depth.
func (v *voices) members(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			v.names[name] = true
			v.members(member)
		}
	case []any:
		for _, item := range value {
			v.members(item)
		}
	}
}

// gatherer collects schemas with all that is in them, each once.
type gatherer struct {
	into *[]*js.Schema
	seen map[*js.Schema]bool
}

func (g *gatherer) add(root *js.Schema) {
	if root == nil || g.seen[root] {
		return
	}
	if g.seen == nil {
		g.seen = map[*js.Schema]bool{}
	}
	walk(root, func(s *js.Schema) {
		if !g.seen[s] {
			g.seen[s] = true
			*g.into = append(*g.into, s)
		}
	})
}
