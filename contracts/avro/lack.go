package avro

import (
	"slices"

	"github.com/flowweir/weir/contracts/place"
)

// maxIndex bounds the arrays that are made to have something in them.
const maxIndex = 100

// Lacking makes a value, in the form that Decode gives, that has nothing at a
// place in the data; false where each has something there.
func (s *Schema) Lacking(p place.Place) (any, bool) {
	v, ok := lacking(s.root.node, p.Path())
	if !ok {
		return nil, false
	}
	return plain(s.root.node, v), true
}

// Having makes a value that has one of a type of JSON at a place in the data;
// false where none has. A number is one that is no integer.
func (s *Schema) Having(p place.Place, name string) (any, bool) {
	v, ok := having(s.root.node, p.Path(), name)
	if !ok {
		return nil, false
	}
	return plain(s.root.node, v), true
}

func lacking(n *node, path []place.Segment) (any, bool) {
	switch {
	case len(path) == 0 || n.smallest == endless:
		return nil, false
	case n.kind == unionKind:
		return branch(n, func(b *node) (any, bool) { return lacking(b, path) })
	case n.kind == recordKind && !path[0].IsIndex:
		if i := n.field(path[0].Name); i >= 0 {
			return with(n, i, func(f *node) (any, bool) { return lacking(f, path[1:]) })
		}
	}
	return minimal(n), true // whose arrays and maps are empty
}

func having(n *node, path []place.Segment, name string) (any, bool) {
	if n.smallest == endless {
		return nil, false
	}
	inner := func(n *node) (any, bool) { return having(n, path[1:], name) }
	switch {
	case n.kind == unionKind:
		return branch(n, func(b *node) (any, bool) { return having(b, path, name) })
	case len(path) == 0:
		return plainest(n), slices.Contains(jsonTypes(n), name)
	case n.kind == recordKind && !path[0].IsIndex:
		if i := n.field(path[0].Name); i >= 0 {
			return with(n, i, inner)
		}
	case n.kind == mapKind && !path[0].IsIndex:
		v, ok := inner(n.element.node)
		return map[string]any{path[0].Name: v}, ok
	case n.kind == arrayKind && path[0].IsIndex && path[0].Index <= maxIndex && n.element.smallest < endless:
		v, ok := inner(n.element.node)
		list := make([]any, path[0].Index+1)
		for i := range list {
			list[i] = minimal(n.element.node)
		}
		list[path[0].Index] = v
		return list, ok
	}
	return nil, false
}

// branch makes a value of the first branch of a union that has one as wanted.
func branch(n *node, of func(*node) (any, bool)) (any, bool) {
	for _, b := range n.branches {
		if v, ok := of(b.node); ok {
			return chosen(b.node, v), true
		}
	}
	return nil, false
}

// with makes a record of which one field is as wanted.
func with(n *node, field int, of func(*node) (any, bool)) (any, bool) {
	v, ok := of(n.fields[field].typ.node)
	if !ok {
		return nil, false
	}
	object := minimal(n).(map[string]any)
	object[n.fields[field].name] = v
	return object, true
}

// plainest is a value that is plainly one of its type.
func plainest(n *node) any {
	switch n.kind {
	case floatKind:
		return float32(0.5)
	case doubleKind:
		return 0.5
	}
	return minimal(n)
}
