package jsonschema

import (
	"fmt"
	"math"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

func (c *comparer) arrays(at spot) {
	s, r := c.sets.space, at.reader
	if r.MinItems != nil {
		c.check(at, s.MinItems(*r.MinItems), leaf{rule: ruleArrayLength, keyword: "minItems", says: takesCount("item", "at least", *r.MinItems)})
	}
	if r.MaxItems != nil {
		c.check(at, s.MaxItems(*r.MaxItems), leaf{rule: ruleArrayLength, keyword: "maxItems", says: takesCount("item", "at most", *r.MaxItems)})
	}
	if r.UniqueItems {
		c.check(at, s.Unique(), leaf{rule: ruleUnique, keyword: "uniqueItems", says: saying("can have equal items, the reader wants them to differ")})
	}
	least, most := (&scribe{translator: c.sets}).contained(r)
	keyword := "contains"
	if r.MinContains != nil {
		keyword = "minContains"
	}
	c.check(at, least, leaf{rule: ruleContains, keyword: keyword, says: explain})
	c.check(at, most, leaf{rule: ruleContains, keyword: "maxContains", says: explain})
	c.items(at)
	c.unevaluatedItems(at)
}

// items inspects the elements: those that either side describes by index one
// by one, and all behind them together.
func (c *comparer) items(at spot) {
	s := c.sets.space
	first, rest := tuple(at.reader)
	for i, sub := range first {
		c.item(at, i, sub, itemKeyword(at.reader, i))
	}
	keyword := "items"
	if at.reader.DraftVersion < 2020 && len(first) > 0 {
		keyword = "additionalItems"
	}
	var sub *js.Schema
	switch rest := rest.(type) {
	case bool:
		if rest {
			return
		}
	case *js.Schema:
		sub = rest
	default:
		return
	}
	if sub == nil || isFalse(sub) {
		c.check(at, s.ItemsFrom(len(first), docset.None), leaf{rule: ruleItem, keyword: keyword,
			says: func(b blame) string {
				return fmt.Sprintf("%s can have more than %s, the reader takes no more", b.array(), count(len(first), "item"))
			}})
		return
	}
	behind := max(len(first), longestTuple(at.writer))
	for i := len(first); i < behind; i++ {
		c.item(at, i, sub, keyword)
	}
	if !c.safe(at, s.ItemsFrom(behind, c.sets.set(sub))) {
		c.descend(at.within(sub, elementsOf(at.writer, math.MaxInt), func(set docset.Set) docset.Set { return s.ItemsFrom(behind, set.Not()).Not() }))
	}
}

// item inspects one element.
func (c *comparer) item(at spot, i int, sub *js.Schema, keyword string) {
	s := c.sets.space
	if isFalse(sub) {
		c.check(at, s.ItemAt(i, docset.None), leaf{rule: ruleItem, keyword: keyword, says: refuses})
		return
	}
	if !c.safe(at, s.ItemAt(i, c.sets.set(sub))) {
		c.descend(at.within(sub, elementsOf(at.writer, i), func(set docset.Set) docset.Set { return s.ItemAt(i, set.Not()).Not() }))
	}
}

func itemKeyword(s *js.Schema, i int) string {
	if s.DraftVersion >= 2020 {
		return fmt.Sprintf("prefixItems/%d", i)
	}
	return fmt.Sprintf("items/%d", i)
}

func longestTuple(schemas []*js.Schema) int {
	longest := 0
	for _, s := range schemas {
		first, _ := tuple(s)
		longest = max(longest, len(first))
	}
	return longest
}

// elementsOf are the schemas of an element.
func elementsOf(schemas []*js.Schema, i int) (all []*js.Schema) {
	for _, s := range schemas {
		switch sub := elementOf(s, i); {
		case sub != nil:
			all = append(all, sub)
		case s.UnevaluatedItems != nil:
			all = append(all, s.UnevaluatedItems)
		}
	}
	return all
}

func (c *comparer) unevaluatedItems(at spot) {
	if at.reader.UnevaluatedItems == nil {
		return
	}
	only := *at.reader
	only.UnevaluatedProperties = nil
	c.uneval(at, &only, "unevaluatedItems")
}

// uneval checks one unevaluated keyword of a schema.
func (c *comparer) uneval(at spot, only *js.Schema, keyword string) {
	c.sets.of[only] = c.sets.class(at.reader)
	set, ok := (&scribe{translator: c.sets}).unevaluated(only)
	if !ok {
		c.open = append(c.open, openPlace{at, leaf{rule: ruleUnevaluated, keyword: keyword, says: explain}})
		return
	}
	c.check(at, set, leaf{rule: ruleUnevaluated, keyword: keyword, says: explain})
}
