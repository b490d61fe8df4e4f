package jsonschema

import (
	"encoding/binary"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// spot is a schema of the reader that is being held against the writer.
type spot struct {
	reader *js.Schema
	// writer are the writer's schemas of the same values, as far as they
	// apply to all of them; empty where the writer says nothing. holder is
	// one that stands around them.
	writer []*js.Schema
	holder *js.Schema
	// loose: the writer's alternatives are too many to be held apart, so that
	// writer has the schemas of all of them.
	loose bool
	// lift turns a set of values at the spot into the set of documents that
	// have such a value there.
	lift func(docset.Set) docset.Set
}

// within is the spot of a subschema that applies to parts of the value.
func (at spot) within(reader *js.Schema, writer []*js.Schema, has func(docset.Set) docset.Set) spot {
	next := spot{reader: reader, writer: writer, holder: at.holder, loose: at.loose, lift: func(s docset.Set) docset.Set { return at.lift(has(s)) }}
	if len(at.writer) > 0 {
		next.holder = at.writer[0]
	}
	return next
}

// where narrows a spot to the values that are also in a set.
func (c *comparer) where(at spot, reader *js.Schema, set docset.Set) spot {
	lift := at.lift
	at.reader = reader
	at.lift = func(s docset.Set) docset.Set { return lift(c.sets.space.And(set, s)) }
	return at
}

// maxInside bounds the schemas within each other that are inspected: more than
// a file can have.
const maxInside = 600

// maxWays bounds the alternatives of a writer that are held apart.
const maxWays = 128

// alternatives inspects a spot for each alternative of the writer there, so
// that what one of them says is not taken for what none of them says.
func (c *comparer) alternatives(at spot) {
	var (
		l    expansion
		ways [][]*js.Schema
	)
	if !at.loose {
		ways = l.expand(at.writer)
	}
	if len(ways) == 0 || len(ways) > maxWays || l.alternatives > maxAlternatives {
		at.writer, at.loose = c.closure(at.writer, inPlace), true
		c.inspect(at)
		return
	}
	for _, way := range ways {
		next := at
		if len(ways) > 1 {
			next = c.where(at, at.reader, c.sets.space.And(append((&scribe{translator: c.sets}).sets(way), c.otherwise(way)...)...))
		}
		next.writer = way
		c.inspect(next)
	}
}

// otherwise are the complements of the conditions that a way leaves open: it
// is the one of else.
func (c *comparer) otherwise(way []*js.Schema) (sets []docset.Set) {
	for _, s := range way {
		if s.If != nil && (s.Then != nil || s.Else != nil) && !slices.Contains(way, s.If) {
			sets = append(sets, c.sets.set(s.If).Not())
		}
	}
	return sets
}

// closure adds to schemas those that apply to the same value with them.
func (c *comparer) closure(schemas []*js.Schema, applied func(*js.Schema) []*js.Schema) []*js.Schema {
	all := slices.Clone(schemas)
	for i := 0; i < len(all); i++ {
		for _, sub := range c.sets.refs.replace(all[i], applied(all[i])) {
			if sub != nil && !slices.Contains(all, sub) {
				all = append(all, sub)
			}
		}
	}
	return all
}

// inspect looks for what the reader's schema at a spot refuses, keyword by
// keyword. A pair that is met again within itself has been reported.
func (c *comparer) inspect(at spot) {
	at.reader = c.sets.resolve(at.reader)
	key := c.pair(at)
	if slices.Contains(c.inside, key) || len(c.inside) > maxInside || c.full() {
		return
	}
	if c.exhausted() {
		c.ended = true
		return
	}
	if c.safe(at, c.sets.set(at.reader)) {
		return
	}
	if c.again(at, c.met) {
		return
	}
	c.inside = append(c.inside, key)
	defer func() { c.inside = c.inside[:len(c.inside)-1] }()

	r := at.reader
	if r.Bool != nil {
		c.check(at, docset.None, leaf{rule: ruleRefused, says: refuses})
		return
	}
	if r.Const != nil {
		c.check(at, c.sets.space.Values(*r.Const), leaf{rule: ruleValue, keyword: "const", says: takesOnly([]any{*r.Const})})
	}
	if r.DraftVersion < 2019 && r.Ref != nil {
		c.inspectAt(at, r.Ref)
		return
	}
	c.general(at)
	c.numbers(at)
	c.strings(at)
	c.arrays(at)
	c.objects(at)
	for _, sub := range c.sets.refs.replace(r, conjuncts(r)) {
		c.inspectAt(at, sub)
	}
	c.choices(at)
}

// exhausted reports whether no more questions are answered.
func (c *comparer) exhausted() bool { return c.asked > maxAsked || c.alone > maxAlone }

func (c *comparer) inspectAt(at spot, reader *js.Schema) {
	at.reader = reader
	c.inspect(at)
}

// pair identifies a schema of the reader and those of the writer beside it.
func (c *comparer) pair(at spot) string {
	writer := make([]int, len(at.writer))
	for i, s := range at.writer {
		writer[i] = c.sets.class(s)
	}
	slices.Sort(writer)
	key := binary.AppendVarint(nil, int64(c.sets.class(at.reader)))
	for _, class := range slices.Compact(writer) {
		key = binary.AppendVarint(key, int64(class))
	}
	return string(key)
}

// check reports what the writer may write outside of a set.
func (c *comparer) check(at spot, set docset.Set, l leaf) {
	if set == docset.All || c.full() || c.spares() && c.safe(at, set) {
		return
	}
	switch r := c.ask(at, set); r.Answer {
	case docset.Empty:
		return
	case docset.Found:
		if c.report(at, l, r.Doc) {
			return
		}
	case docset.Unknown:
		if c.exhausted() {
			c.ended = true
			return
		}
	}
	c.open = append(c.open, openPlace{at, l})
}

// passedOver reports whether a break that the lenient dialect forgives would be
// one more than are listed. It is then forgiven without a question: what is
// beyond the forgiven is asked about when all of them are known.
func (c *comparer) passedOver() bool { return c.lenient && c.overlooked > maxProblems }

func (c *comparer) passOver(at spot, name string) {
	c.shown++
	c.sets.forgive(at.reader, name)
}

// forgiven is the verdict on a break that the lenient dialect passes over.
func (c *comparer) forgiven(s *js.Schema, name string) compat.Verdict {
	if !c.lenient {
		return compat.Breaks
	}
	c.sets.forgive(s, name)
	return compat.Forgiven
}

func (c *comparer) general(at spot) {
	s := c.sets.space
	if r := at.reader; r.Types != nil {
		c.check(at, s.Types(typesOf(r.Types)), leaf{rule: ruleType, keyword: "type", says: takesTypes(r.Types, at.writer)})
	}
	if r := at.reader; r.Enum != nil {
		c.check(at, s.Values(r.Enum.Values...), leaf{rule: ruleValue, keyword: "enum", says: takesOnly(r.Enum.Values)})
	}
}

func (c *comparer) numbers(at spot) {
	w := &scribe{translator: c.sets}
	for _, b := range numberBounds(at.reader) {
		rule := ruleRange
		if b.keyword == "multipleOf" {
			rule = ruleMultiple
		}
		c.check(at, w.bound(b), leaf{rule: rule, keyword: b.keyword, says: takesNumbers(b)})
	}
}

func (c *comparer) strings(at spot) {
	s, r := c.sets.space, at.reader
	if r.MinLength != nil {
		c.check(at, s.MinLength(*r.MinLength), leaf{rule: ruleLength, keyword: "minLength", says: takesCount("character", "at least", *r.MinLength)})
	}
	if r.MaxLength != nil {
		c.check(at, s.MaxLength(*r.MaxLength), leaf{rule: ruleLength, keyword: "maxLength", says: takesCount("character", "at most", *r.MaxLength)})
	}
	if r.Pattern != nil {
		c.check(at, s.Pattern(r.Pattern.String()), leaf{rule: rulePattern, keyword: "pattern", says: takesText("only what matches " + r.Pattern.String())})
	}
	if r.Format != nil {
		c.check(at, (&scribe{translator: c.sets}).format(r), leaf{rule: ruleFormat, keyword: "format", says: takesText("only the format " + r.Format.Name)})
	}
}
