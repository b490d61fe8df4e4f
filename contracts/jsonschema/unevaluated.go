package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// maxCases bounds the cases of one unevaluatedProperties or unevaluatedItems.
const maxCases = 256

// unevaluated are unevaluatedProperties and unevaluatedItems. What they apply
// to depends on which of the other subschemas hold, so they are written as
// cases: this subschema holds, and so its properties are evaluated, or not.
// False means that there are too many cases.
func (w *scribe) unevaluated(s *js.Schema) (docset.Set, bool) {
	all := docset.All
	for _, u := range []struct {
		schema *js.Schema
		items  bool
	}{{s.UnevaluatedProperties, false}, {s.UnevaluatedItems, true}} {
		if u.schema == nil {
			continue
		}
		c := cases{scribe: w, owner: s, items: u.items, rest: w.set(u.schema), left: maxCases}
		set := c.split(c.subschemas(s), c.own(cover{}, s))
		if c.left < 0 {
			return docset.All, false
		}
		all = w.space.And(all, set)
	}
	return all, true
}

// cases writes one keyword as cases.
type cases struct {
	*scribe
	owner *js.Schema
	items bool
	rest  docset.Set // what the keyword demands of all that is not evaluated
	left  int
}

// cover is what has been evaluated.
type cover struct {
	all             bool
	names, patterns []string
	first           int          // elements
	contained       []docset.Set // elements, wherever they are
}

// applied is a subschema of the same value, and when it holds.
type applied struct {
	schema *js.Schema
	when   docset.Set
}

func (c *cases) split(todo []applied, covered cover) docset.Set {
	if c.left--; c.left < 0 {
		return docset.All
	}
	for len(todo) > 0 && !c.adds(todo[0].schema, nil) {
		todo = todo[1:]
	}
	if len(todo) == 0 || covered.all {
		return c.leaf(covered)
	}
	next, todo := todo[0], todo[1:]
	with := c.split(slices.Concat(c.subschemas(next.schema), todo), c.own(covered, next.schema))
	return c.space.If(next.when, with, c.split(todo, covered))
}

// leaf applies the keyword to what is not covered.
func (c *cases) leaf(covered cover) docset.Set {
	switch {
	case covered.all:
		return docset.All
	case c.items:
		return c.space.ItemsFrom(covered.first, c.space.Or(append(slices.Clone(covered.contained), c.rest)...))
	}
	names := docset.Names{Except: sortedSet(covered.names), ExceptPatterns: sortedSet(covered.patterns)}
	return c.space.Properties(c.withPardoned(c.owner, names), c.rest)
}

func sortedSet(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// subschemas are those that can evaluate more.
func (c *cases) subschemas(s *js.Schema) []applied {
	var all []applied
	add := func(subs []*js.Schema) {
		for _, sub := range subs {
			all = append(all, applied{sub, c.set(sub)})
		}
	}
	if s.DraftVersion < 2019 && s.Ref != nil {
		add([]*js.Schema{s.Ref})
		return all
	}
	add(c.refs.replace(s, conjuncts(s)))
	add(s.AnyOf)
	add(s.OneOf)
	if s.If != nil {
		test := c.set(s.If)
		all = append(all, applied{s.If, test})
		if s.Then != nil {
			all = append(all, applied{s.Then, c.space.And(test, c.set(s.Then))})
		}
		if s.Else != nil {
			all = append(all, applied{s.Else, c.space.And(test.Not(), c.set(s.Else))})
		}
	}
	for _, d := range dependencies(s) {
		if d.schema != nil {
			all = append(all, applied{d.schema, c.space.And(c.present(d.name), c.set(d.schema))})
		}
	}
	return all
}

// adds says whether a schema or one within it evaluates anything.
func (c *cases) adds(s *js.Schema, inside []*js.Schema) bool {
	if slices.Contains(inside, s) {
		return false
	}
	own := c.own(cover{}, s)
	if own.all || own.names != nil || own.patterns != nil || own.first > 0 || own.contained != nil {
		return true
	}
	inside = append(slices.Clip(inside), s)
	for _, sub := range c.subschemas(s) {
		if c.adds(sub.schema, inside) {
			return true
		}
	}
	return false
}

// own adds what a schema's own keywords evaluate.
func (c *cases) own(covered cover, s *js.Schema) cover {
	if s.Bool != nil || s.DraftVersion < 2019 && s.Ref != nil {
		return covered
	}
	if c.items {
		return c.ownItems(covered, s)
	}
	covered.names = append(slices.Clip(covered.names), sortedKeys(s.Properties)...)
	for _, p := range patternProperties(s) {
		covered.patterns = append(slices.Clip(covered.patterns), p.pattern.String())
	}
	covered.all = covered.all || s.AdditionalProperties != nil || s != c.owner && s.UnevaluatedProperties != nil
	return covered
}

func (c *cases) ownItems(covered cover, s *js.Schema) cover {
	first, rest := tuple(s)
	covered.first = max(covered.first, len(first))
	covered.all = covered.all || rest != nil || s != c.owner && s.UnevaluatedItems != nil
	if s.Contains != nil && s.DraftVersion >= 2020 {
		covered.contained = append(slices.Clip(covered.contained), c.set(s.Contains))
	}
	return covered
}
