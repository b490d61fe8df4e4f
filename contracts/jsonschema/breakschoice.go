package jsonschema

import (
	"errors"
	"math"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

func (c *comparer) choices(at spot) {
	r := at.reader
	if r.Not != nil {
		c.check(at, c.sets.set(r.Not).Not(), leaf{rule: ruleNot, keyword: "not", says: saying("can be what the reader's not forbids")})
	}
	if len(r.AnyOf) > 0 {
		c.none(at, r.AnyOf, "anyOf")
	}
	if len(r.OneOf) > 0 {
		c.none(at, r.OneOf, "oneOf")
		c.several(at, r.OneOf)
	}
	if r.If != nil && r.Then != nil {
		c.inspect(c.where(at, r.Then, c.sets.set(r.If)))
	}
	if r.If != nil && r.Else != nil {
		c.inspect(c.where(at, r.Else, c.sets.set(r.If).Not()))
	}
}

// none looks for values that no alternative takes. If it is plain which one
// was meant, its keywords say what is wrong.
func (c *comparer) none(at spot, alternatives []*js.Schema, keyword string) {
	s := c.sets.space
	sets := (&scribe{translator: c.sets}).sets(alternatives)
	r := c.ask(at, s.Or(sets...))
	if r.Answer == docset.Empty {
		return
	}
	if i := c.meant(at, alternatives, sets, keyword, r.Doc); i >= 0 {
		others := slices.Clone(sets)
		others[i] = docset.None
		before := c.shown + len(c.open)
		choosing := c.choosing
		c.choosing = true
		c.inspect(c.where(at, alternatives[i], s.Or(others...).Not()))
		c.choosing = choosing
		if c.shown+len(c.open) > before {
			return
		}
	}
	switch {
	case c.lenient && at.loose:
		c.shown++
		c.undecided(at, keyword, "the writer has more alternatives than are held apart: it could not be decided whether the reader refuses more here than is forgiven")
		return
	case c.lenient && c.exhausted():
		c.ended = true
		return
	}
	c.check(at, s.Or(sets...), leaf{rule: ruleAlternative, keyword: keyword, says: explain})
}

// meant is the alternative that the writer's values at a spot are meant for:
// the only one that takes some of them; or, if none does, the nearest to the
// one that was found, unless it is told apart by a const or an enum. It is -1
// where that is not plain.
func (c *comparer) meant(at spot, alternatives []*js.Schema, sets []docset.Set, keyword string, doc any) int {
	only := -1
	written := c.sets.space.And((&scribe{translator: c.sets}).sets(at.writer)...)
	for i, set := range sets {
		if !at.loose && c.sets.space.Apart(written, set) || c.ask(at, set.Not()).Answer == docset.Empty {
			continue
		}
		if only >= 0 {
			return -1
		}
		only = i
	}
	if only >= 0 || !c.isWitness(doc) {
		return only
	}
	value := c.blame(doc, at.reader, keyword, "").value()
	nearest, least := -1, math.MaxInt
	for i, alternative := range alternatives {
		var invalid *js.ValidationError
		if !errors.As(alternative.Validate(value), &invalid) {
			return -1
		}
		violations := flatten(invalid)
		switch d := distance(violations, ""); {
		case d == least:
			nearest = -1
		case d < least:
			nearest, least = i, d
			if slices.ContainsFunc(violations, func(v Violation) bool { return v.Keyword == "const" || v.Keyword == "enum" }) {
				nearest = -1
			}
		}
	}
	return nearest
}

// several looks for values that more than one alternative takes.
func (c *comparer) several(at spot, alternatives []*js.Schema) {
	s := c.sets.space
	sets := (&scribe{translator: c.sets}).sets(alternatives)
	c.check(at, s.Or(s.OneOf(sets...), s.Or(sets...).Not()), leaf{rule: ruleAmbiguous, keyword: "oneOf", detail: "must match exactly one", says: explain})
}
