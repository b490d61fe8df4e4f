package avro

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/compat"
)

// compareDepth bounds how far below the roots types are compared. Recursion
// ends far earlier, when a pair of named types comes again.
const compareDepth = 500

// Compare says whether the reader understands all that the writer writes, by
// the schema resolution of Avro 1.12. It reports all problems, outermost
// first and in the order of the reader's fields; those of two named types are
// reported where the two first meet. Names that differ are a problem and
// their contents are compared nevertheless.
//
// What can never be written, because a value of it has no end, is no problem.
//
// By default a value that the reader misreads, because its logical type is
// another one, breaks as one that it refuses does.
func Compare(writer, reader *Schema, options ...CompareOption) compat.Comparison {
	c := comparer{writer: writer, seen: map[[2]*node]struct{}{}}
	for _, o := range options {
		o.apply(&c)
	}
	c.pairs = append(c.pairs, pair{w: writer.root, r: reader.root, parent: -1})
	for i := 0; i < len(c.pairs); i++ {
		c.compare(i)
	}
	return compat.Comparison{Problems: c.problems}
}

// CompareOption changes what Compare takes for a break.
type CompareOption interface{ apply(*comparer) }

type compareOption func(*comparer)

func (f compareOption) apply(c *comparer) { f(c) }

// Lenient makes Compare keep to Avro's own rules, in which logical types other
// than decimals have no part: what is misread because of them is still
// reported, with the verdict [compat.Forgiven].
func Lenient() CompareOption { return compareOption(func(c *comparer) { c.lenient = true }) }

type comparer struct {
	writer   *Schema
	lenient  bool
	pairs    []pair
	seen     map[[2]*node]struct{}
	problems []compat.Problem
	deep     bool // said once that something lies too deep
}

// pair is a type of the writer and the type that has to read it, with the
// step that led to them.
type pair struct {
	w, r   use
	parent int // index of the pair around, -1 for the roots
	step   step
	// i and j say which field or branch of the writer and the reader.
	i, j  int
	depth int
}

type step uint8

const (
	toRoot step = iota
	toField
	toElement
	toWriterBranch
	toReaderBranch
)

func (c *comparer) push(parent int, p pair) {
	p.parent, p.depth = parent, c.pairs[parent].depth+1
	c.pairs = append(c.pairs, p)
}

func (c *comparer) compare(at int) {
	p := c.pairs[at]
	w, r := p.w.node, p.r.node
	switch {
	case w.smallest == endless:
		return
	case p.depth > compareDepth:
		if !c.deep {
			c.tooDeep(at)
		}
		c.deep = true
		return
	case w.kind == unionKind:
		for i, b := range w.branches {
			c.push(at, pair{w: b, r: p.r, step: toWriterBranch, i: i})
		}
		return
	case r.kind == unionKind:
		j := branchFor(w, r)
		if j < 0 {
			c.noBranch(at)
			return
		}
		c.push(at, pair{w: p.w, r: r.branches[j], step: toReaderBranch, j: j})
		return
	case w.kind != r.kind:
		if !promotes(w.kind, r.kind) {
			c.typesDiffer(at)
			return
		}
	case w.named():
		if _, again := c.seen[[2]*node{w, r}]; again {
			return
		}
		c.seen[[2]*node{w, r}] = struct{}{}
		if !sameName(w, r) {
			c.namesDiffer(at)
		}
	}
	c.contents(at, p)
	c.meanings(at)
}

// contents compares what two types of the same kind are made of.
func (c *comparer) contents(at int, p pair) {
	w, r := p.w.node, p.r.node
	switch w.kind {
	case arrayKind, mapKind:
		c.push(at, pair{w: w.element, r: r.element, step: toElement})
	case recordKind:
		for j, f := range r.fields {
			i, twice := fieldFor(w, f)
			switch {
			case i >= 0:
				c.push(at, pair{w: w.fields[i].typ, r: f.typ, step: toField, i: i, j: j})
			case !f.defaulted:
				c.missingField(at, j)
			}
			if twice >= 0 {
				c.ambiguousAlias(at, j, i, twice)
			}
		}
	case enumKind:
		if r.fallback == "" && slices.ContainsFunc(w.symbols, r.lacks) {
			c.symbolsMissing(at)
		}
	case fixedKind:
		if w.length != r.length {
			c.sizesDiffer(at)
		}
	}
}

func (n *node) lacks(symbol string) bool { return !slices.Contains(n.symbols, symbol) }

// meanings compares logical types. In resolution only decimals have a part. A
// logical type on one side alone says nothing: the other side may know the
// meaning without it.
func (c *comparer) meanings(at int) {
	w, r := c.pairs[at].w.logical, c.pairs[at].r.logical
	switch {
	case w.name == "" || r.name == "":
	case w.name == decimal && r.name == decimal:
		if w.scale != r.scale {
			c.scalesDiffer(at)
		}
		if w.precision != r.precision {
			c.precisionsDiffer(at)
		}
	case w.name != r.name:
		c.meaningsDiffer(at)
	}
}

// trail is the way from the roots to a pair.
func (c *comparer) trail(at int) []*pair {
	trail := make([]*pair, 0, c.pairs[at].depth+1)
	for ; at >= 0; at = c.pairs[at].parent {
		trail = append(trail, &c.pairs[at])
	}
	slices.Reverse(trail)
	return trail
}

// paths are the places of a pair in the two schemas, as JSON Pointers that
// lead through the names of types as if their definitions stood there, and
// the place in the data, for a sentence.
func (c *comparer) paths(at int) (writer, reader, data string) {
	var w, r, d strings.Builder
	d.WriteString("$")
	for _, p := range c.trail(at) {
		switch p.step {
		case toRoot:
		case toField:
			fmt.Fprintf(&w, "/fields/%d/type", p.i)
			fmt.Fprintf(&r, "/fields/%d/type", p.j)
			d.WriteString("." + c.pairs[p.parent].r.fields[p.j].name)
		case toElement:
			part, mark := "/items", "[]"
			if c.pairs[p.parent].w.kind == mapKind {
				part, mark = "/values", ".*"
			}
			w.WriteString(part)
			r.WriteString(part)
			d.WriteString(mark)
		case toWriterBranch:
			w.WriteString("/" + strconv.Itoa(p.i))
		case toReaderBranch:
			r.WriteString("/" + strconv.Itoa(p.j))
		}
	}
	return w.String(), r.String(), d.String()
}
