package jsonschema

import (
	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// endless is the height of a schema that no finite document satisfies.
const endless = 1 << 20

// heights works out, for each schema, how deeply the flattest document that
// satisfies it is nested. It starts from endless and lowers until nothing
// changes, so that only recursion without a way out stays there.
func heights(root *js.Schema) map[*js.Schema]int {
	h := map[*js.Schema]int{}
	var all []*js.Schema
	walk(root, func(s *js.Schema) {
		h[s] = endless
		all = append(all, s)
	})
	g := Generator{heights: h}
	for changed := true; changed; {
		changed = false
		for _, s := range all {
			if next := g.heightOf(s); next < h[s] {
				h[s], changed = next, true
			}
		}
	}
	return h
}

// height is that of schemas that hold together.
func (g *Generator) height(schemas []*js.Schema) int {
	highest := 0
	for _, s := range schemas {
		highest = max(highest, g.heights[s])
	}
	return highest
}

func (g *Generator) heightOf(s *js.Schema) int {
	if s.Bool != nil {
		return 0 // false is no recursion; it is found out and named otherwise
	}
	height := max(g.ownHeight(s), g.height(conjuncts(s)))
	for _, choice := range choicesOf(s) {
		flattest := endless
		for _, branch := range choice {
			flattest = min(flattest, g.height(branch))
		}
		height = max(height, flattest)
	}
	return min(height, endless)
}

// ownHeight looks at what the schema requires inside a value.
func (g *Generator) ownHeight(s *js.Schema) int {
	if s.Const != nil || s.Enum != nil {
		return 0
	}
	object, array := 0, 0
	for _, name := range s.Required {
		if sub := s.Properties[name]; sub != nil {
			object = max(object, 1+g.heights[sub])
		}
	}
	if s.MinItems != nil {
		for i := range min(*s.MinItems, len(s.PrefixItems)+1) {
			if sub := elementOf(s, i); sub != nil {
				array = max(array, 1+g.heights[sub])
			}
		}
	}
	if s.Types == nil {
		return max(object, array)
	}
	types := ownTypes(s)
	height := endless
	if types&^(docset.Object|docset.Array) != 0 {
		height = 0
	}
	if types&docset.Object != 0 {
		height = min(height, object)
	}
	if types&docset.Array != 0 {
		height = min(height, array)
	}
	return height
}
