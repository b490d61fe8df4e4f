package jsonschema

import (
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

// none looks for values that no alternative takes. If only one alternative
// takes anything of the writer's here, that one was meant, and its keywords
// say what is wrong.
func (c *comparer) none(at spot, alternatives []*js.Schema, keyword string) {
	s := c.sets.space
	sets := (&scribe{translator: c.sets}).sets(alternatives)
	if c.ask(at, s.Or(sets...)).Answer == docset.Empty {
		return
	}
	meant := -1
	for i, set := range sets {
		if c.ask(at, set.Not()).Answer == docset.Empty {
			continue
		}
		if meant >= 0 {
			meant = len(sets)
			break
		}
		meant = i
	}
	if meant >= 0 && meant < len(sets) {
		others := slices.Clone(sets)
		others[meant] = docset.None
		before := len(c.problems) + len(c.open)
		c.inspect(c.where(at, alternatives[meant], s.Or(others...).Not()))
		if len(c.problems)+len(c.open) > before {
			return
		}
	}
	c.check(at, s.Or(sets...), leaf{rule: ruleAlternative, keyword: keyword, says: explain})
}

// several looks for values that more than one alternative takes.
func (c *comparer) several(at spot, alternatives []*js.Schema) {
	s := c.sets.space
	sets := (&scribe{translator: c.sets}).sets(alternatives)
	c.check(at, s.Or(s.OneOf(sets...), s.Or(sets...).Not()), leaf{rule: ruleAmbiguous, keyword: "oneOf", detail: "must match exactly one", says: explain})
}
