package avro

import "slices"

// promotions are the types as which Avro reads values of another one.
var promotions = map[kind][]kind{
	intKind:    {longKind, floatKind, doubleKind},
	longKind:   {floatKind, doubleKind},
	floatKind:  {doubleKind},
	stringKind: {bytesKind},
	bytesKind:  {stringKind},
}

func promotes(writer, reader kind) bool { return slices.Contains(promotions[writer], reader) }

// sameName reports whether the reader takes the writer's named type for its
// own: the names are equal without their namespaces, or the reader has the
// writer's full name as an alias.
func sameName(w, r *node) bool {
	return unqualified(w.name) == unqualified(r.name) || knows(w, r)
}

// knows reports whether the reader has the writer's full name, as its own or
// as an alias.
func knows(w, r *node) bool { return w.name == r.name || slices.Contains(r.aliases, w.name) }

// branchFor is the branch of the reader's union that reads the writer's type,
// -1 without one.
//
// The specification takes the first branch that matches. Where several do,
// this takes one with the same full name before one that only shares the name
// without namespace, and one of the same type before one that it is promoted
// to, as Java's and other libraries do: a union of a.Order and b.Order could
// otherwise not read itself. What makes two decimals differ has no part in the
// choice.
func branchFor(w, union *node) int {
	tiers := [...]func(*node) bool{
		func(r *node) bool { return w.kind == r.kind && w.length == r.length && knows(w, r) },
		func(r *node) bool { return w.kind == r.kind && w.length == r.length && w.named() && sameName(w, r) },
		func(r *node) bool { return promotes(w.kind, r.kind) },
	}
	for _, tier := range tiers {
		if i := union.branch(tier); i >= 0 {
			return i
		}
	}
	return -1
}

// fieldFor is the writer's field that the reader's field reads, -1 without
// one: the one of the same name, else the first that is an alias. twice is
// another one that an alias leads to as well.
func fieldFor(w *node, f recordField) (i, twice int) {
	i, twice = w.field(f.name), -1
	for _, alias := range f.aliases {
		switch j := w.field(alias); {
		case j < 0 || j == i:
		case i < 0:
			i = j
		case twice < 0:
			twice = j
		}
	}
	return i, twice
}
