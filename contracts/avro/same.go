package avro

import (
	"slices"

	"github.com/flowweir/weir/contracts/jsonschema"
)

// Same reports whether two schemas are one, however they are written, in one
// file or in several: Avro's Parsing Canonical Form, and of what that strips
// aliases, defaults and logical types. Documentation, orders of sorting, and
// attributes that Avro does not know, tell no schemas apart.
func Same(a, b *Schema) bool { return sameness{}.of(a.root.node, b.root.node) }

// sameness are pairs of types that are taken for the same: they are, or a
// difference was found elsewhere.
type sameness map[[2]*node]bool

func (s sameness) of(a, b *node) bool {
	if a == b || s[[2]*node{a, b}] {
		return true
	}
	s[[2]*node{a, b}] = true
	if a.kind != b.kind || a.name != b.name || a.logical != b.logical || a.length != b.length ||
		a.fallback != b.fallback || !slices.Equal(a.symbols, b.symbols) || !slices.Equal(a.aliases, b.aliases) {
		return false
	}
	switch a.kind {
	case recordKind:
		return slices.EqualFunc(a.fields, b.fields, s.ofFields)
	case arrayKind, mapKind:
		return s.of(a.element.node, b.element.node)
	case unionKind:
		return slices.EqualFunc(a.branches, b.branches, func(x, y use) bool { return s.of(x.node, y.node) })
	}
	return true
}

func (s sameness) ofFields(a, b recordField) bool {
	return a.name == b.name && slices.Equal(a.aliases, b.aliases) && a.defaulted == b.defaulted &&
		jsonschema.EqualValues(a.fallback, b.fallback) && s.of(a.typ.node, b.typ.node)
}
