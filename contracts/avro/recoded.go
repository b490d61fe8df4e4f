package avro

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/reports/finding"
)

// Recoding is a place at which two schemas write one and the same value in
// other bytes.
type Recoding struct {
	// Message is a clause such as "$.shop is written, which was not".
	Message string
	// Old and Latest are the places in the two schemas.
	Old, Latest finding.Position
}

// Recoded says where the binary form of one and the same value changes from
// the old schema to the latest one; nothing is found where whatever both can
// write has the same bytes. Readers may understand such a change: a field with
// a default is compatible, and its bytes are new.
//
// Values are the same where readers take them for the same: fields and types
// by names and aliases. What only one of the schemas can write is passed over.
func Recoded(old, latest *Schema) []Recoding {
	r := recoder{seen: map[[2]*node]bool{}}
	r.compare(old.root, latest.root, "$")
	return r.found
}

type recoder struct {
	seen  map[[2]*node]bool
	found []Recoding
}

func (r *recoder) add(old, latest use, format string, args ...any) {
	r.found = append(r.found, Recoding{fmt.Sprintf(format, args...), old.at.inFile(), latest.at.inFile()})
}

// layouts are types that write the same value alike.
var layouts = map[kind]kind{intKind: longKind, stringKind: bytesKind}

func layout(n *node) kind {
	if same, ok := layouts[n.kind]; ok {
		return same
	}
	return n.kind
}

func (r *recoder) compare(old, latest use, at string) {
	switch {
	case layout(old.node) != layout(latest.node):
		r.add(old, latest, "%s was %s and is %s", at, old, latest)
		return
	case r.seen[[2]*node{old.node, latest.node}]:
		return
	}
	r.seen[[2]*node{old.node, latest.node}] = true
	switch old.kind {
	case recordKind:
		r.fields(old, latest, at)
	case unionKind:
		r.branches(old, latest, at)
	case enumKind:
		for i, symbol := range latest.symbols {
			if was := slices.Index(old.symbols, symbol); was >= 0 && was != i {
				r.add(old, latest, "%s was number %d of the symbols of %s and is number %d", symbol, was, at, i)
				break
			}
		}
	case fixedKind:
		if old.length != latest.length {
			r.add(old, latest, "%s had %d bytes and has %d", at, old.length, latest.length)
		}
	case arrayKind:
		r.compare(old.element, latest.element, at+"[]")
	case mapKind:
		r.compare(old.element, latest.element, at+".*")
	}
	r.meaning(old, latest, at)
}

// fields compares records: their bytes are those of the fields, in order. A
// field of type null has none.
func (r *recoder) fields(old, latest use, at string) {
	read, order := make([]bool, len(old.fields)), -1
	for _, f := range latest.fields {
		i, _ := fieldFor(old.node, f)
		inner := use{f.typ.node, f.site}
		switch {
		case i < 0 && f.typ.kind == nullKind:
			continue
		case i < 0:
			r.add(old, inner, "%s.%s is written, which was not", at, f.name)
			continue
		}
		read[i] = true
		if i < order {
			r.add(use{old.fields[i].typ.node, old.fields[i].site}, inner, "%s.%s stands behind a field that it stood before", at, f.name)
		}
		order = max(order, i)
		r.compare(old.fields[i].typ, f.typ, at+"."+f.name)
	}
	for i, f := range old.fields {
		if !read[i] && f.typ.kind != nullKind {
			r.add(use{f.typ.node, f.site}, latest, "%s.%s is no longer written", at, f.name)
		}
	}
}

// branches compares unions: a value's bytes begin with the number of its
// branch.
func (r *recoder) branches(old, latest use, at string) {
	for i, b := range old.branches {
		j := branchFor(b.node, latest.node)
		switch {
		case j < 0: // is not written any more
		case j != i:
			r.add(b, latest.branches[j], "%s of %s was branch %d of the union and is branch %d", b, at, i, j)
		default:
			r.compare(b, latest.branches[j], at)
		}
	}
}

// meaning compares logical types: another unit or scale makes another number
// of the same value.
func (r *recoder) meaning(old, latest use, at string) {
	was, is := old.logical, latest.logical
	switch {
	case was.name == "" || is.name == "":
	case was.name != is.name:
		r.add(old, latest, "%s was %s and is %s", at, was.name, is.name)
	case was.scale != is.scale:
		r.add(old, latest, "%s was a decimal of scale %d and is one of scale %d", at, was.scale, is.scale)
	}
}

// Unordered is a map in the schema: the same entries can be written in any
// order, so that one value has several binary forms. It answers where the map
// is in the data and in the schema; false without one.
func (s *Schema) Unordered() (data string, position finding.Position, found bool) {
	seen := map[*node]bool{}
	var visit func(u use, at string) bool
	visit = func(u use, at string) bool {
		switch {
		case seen[u.node]:
			return false
		case u.kind == mapKind:
			data, position = at, u.at.inFile()
			return true
		}
		seen[u.node] = true
		for _, f := range u.fields {
			if visit(f.typ, at+"."+f.name) {
				return true
			}
		}
		if u.kind == arrayKind && visit(u.element, at+"[]") {
			return true
		}
		return slices.ContainsFunc(u.branches, func(b use) bool { return visit(b, at) })
	}
	found = visit(s.root, "$")
	return data, position, found
}
