package jsonschema

import (
	"fmt"
	"math/rand/v2"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// Contradiction says that no document at all is valid, at the part of the
// schema that asks for what cannot be; false where some document is valid, and
// where that could not be decided.
func (s *Schema) Contradiction() (Problem, bool) {
	if s.hasDocument() {
		return Problem{}, false
	}
	refs, blocked := newReferences(s)
	if at := refs.demandedCircle(s.root); at != nil {
		return Problem{
			Position: s.place(at, "").Position, Message: "no document is valid: a reference leads back to itself on the same value, and no validator comes to an end",
			Hint: "let the reference lead into a property or an item, or to another schema",
		}, true
	}
	if blocked != nil {
		return Problem{}, false
	}
	sets := newTranslator(refs)
	empty := func(at *js.Schema) bool { return sets.space.Find(sets.set(at)).Answer == docset.Empty }
	if !empty(s.root) {
		return Problem{}, false
	}
	way := []*js.Schema{s.root}
	for deeper := true; deeper; {
		deeper = false
		for _, part := range demanded(way[len(way)-1]) {
			if !slices.Contains(way, part) && empty(part) {
				way, deeper = append(way, part), true
				break
			}
		}
	}
	at := way[len(way)-1]
	place := s.place(at, "")
	message := "no document is valid: what the schema asks for cannot all be true of one"
	switch {
	case at.Bool != nil:
		message = fmt.Sprintf("no document is valid: %s is false, which nothing satisfies", pathOf(place.Path))
	case at != s.root:
		message = fmt.Sprintf("no document is valid: each needs what %s asks for, which cannot all be true of one value", pathOf(place.Path))
	}
	return Problem{place.Position, message, "change the schema so that an event can satisfy it; an example that the contract names shows that one does"}, true
}

func pathOf(pointer string) string {
	if pointer == "" {
		return "the schema"
	}
	return pointer
}

// hasDocument tries the easy way: most schemas have a document that is made at
// once.
func (s *Schema) hasDocument() bool {
	g, err := NewGenerator(s, OptionalFields(0))
	if err != nil {
		return false
	}
	_, err = g.Generate(rand.New(rand.NewPCG(1, 1)))
	return err == nil
}

// demandedCircle is a schema that applies itself, by references and allOf alone,
// to a value that every document has; nil if there is none. What it reaches by
// an alternative, a validator need not look at.
func (r references) demandedCircle(root *js.Schema) *js.Schema {
	seen := map[*js.Schema]bool{}
	var visit func(at *js.Schema, around []*js.Schema) *js.Schema
	visit = func(at *js.Schema, around []*js.Schema) *js.Schema {
		switch {
		case slices.Contains(around, at):
			return at
		case seen[at]:
			return nil
		}
		seen[at] = true
		for _, sub := range r.replace(at, conjuncts(at)) {
			if found := visit(sub, append(slices.Clip(around), at)); found != nil {
				return found
			}
		}
		for _, name := range at.Required {
			for _, sub := range propertyOf(at, name).schemas {
				if found := visit(sub, nil); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return visit(root, nil)
}

// demanded are the subschemas that every valid document has something for:
// those of the same value, and those of members that are required.
func demanded(s *js.Schema) []*js.Schema {
	all := conjuncts(s)
	for _, name := range s.Required {
		all = append(all, propertyOf(s, name).schemas...)
	}
	return all
}
