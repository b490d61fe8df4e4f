package jsonschema

import (
	"fmt"
	"slices"
	"strconv"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

func (c *comparer) objects(at spot) {
	s, r := c.sets.space, at.reader
	for i, name := range r.Required {
		c.check(at, s.Has(name), leaf{
			rule: ruleRequired, keyword: "required", reader: fmt.Sprintf("required/%d", i), detail: strconv.Quote(name), says: missing(name, ""),
		})
	}
	if r.MinProperties != nil {
		c.check(at, s.MinProperties(*r.MinProperties), leaf{rule: ruleCount, keyword: "minProperties", says: takesCount("property", "at least", *r.MinProperties)})
	}
	if r.MaxProperties != nil {
		c.check(at, s.MaxProperties(*r.MaxProperties), leaf{rule: ruleCount, keyword: "maxProperties", says: takesCount("property", "at most", *r.MaxProperties)})
	}
	if r.PropertyNames != nil {
		c.check(at, s.PropertyNames(c.sets.set(r.PropertyNames)), leaf{rule: ruleNames, keyword: "propertyNames", says: explain})
	}
	for _, name := range sortedKeys(r.Properties) {
		c.property(at, name, r.Properties[name], "properties/"+escapeToken(name))
	}
	for _, p := range patternProperties(r) {
		names := docset.Names{Pattern: p.pattern.String()}
		c.group(at, names, p.schema, "patternProperties/"+escapeToken(p.pattern.String()), elementsNamed(at.writer, p.pattern.String()))
	}
	switch additional := r.AdditionalProperties.(type) {
	case bool:
		if !additional {
			c.group(at, (&scribe{translator: c.sets}).additionalNames(r), nil, "additionalProperties", nil)
		}
	case *js.Schema:
		c.group(at, (&scribe{translator: c.sets}).additionalNames(r), additional, "additionalProperties", elementsNamed(at.writer, ""))
	}
	for _, d := range dependencies(r) {
		c.dependency(at, d)
	}
	c.unevaluatedProperties(at)
}

// property inspects one property that the reader describes.
func (c *comparer) property(at spot, name string, sub *js.Schema, keyword string) {
	s := c.sets.space
	set := s.Property(name, c.sets.set(sub))
	writer, named := propertiesOf(at.writer, name)
	if set == docset.All || c.full() || c.takes(at, sub, writer) {
		return
	}
	named = named || c.namedBeside(at.writer, name)
	if c.passedOver() && !named && len(writer) == 0 && c.silent(at, name) {
		c.passOver(at, name)
		return
	}
	next := at.within(sub, writer, func(set docset.Set) docset.Set { return s.Property(name, set.Not()).Not() })
	if len(writer) > 0 && c.entered[c.definitions(next)] && c.again(next, c.entered) {
		return
	}
	if c.safe(at, set) {
		return
	}
	switch {
	case isFalse(sub) && named:
		c.check(at, set, leaf{rule: ruleRemoved, keyword: keyword, writer: keyword, says: removed(name)})
	case !named && len(writer) == 0 && c.silent(at, name):
		c.check(at, set, leaf{rule: ruleAdded, keyword: keyword, says: added(name), verdict: c.forgiven(at.reader, name)})
	default:
		c.entered[c.definitions(next)] = true
		c.descend(next)
	}
}

// takes reports whether a subschema of the reader takes what the writer's
// schemas of the same values do, whatever is around them. It is asked first: in
// an object of many properties a question about the whole document is a long
// one.
func (c *comparer) takes(at spot, reader *js.Schema, writer []*js.Schema) bool {
	if at.loose || len(writer) == 0 {
		return false
	}
	return c.safeAlone(spot{writer: writer}, c.sets.set(reader))
}

// propertiesOf are the schemas of a property, and whether one names it.
func propertiesOf(schemas []*js.Schema, name string) (all []*js.Schema, named bool) {
	for _, s := range schemas {
		p := propertyOf(s, name)
		all, named = append(all, p.schemas...), named || p.named
		if len(p.schemas) == 0 && s.UnevaluatedProperties != nil {
			all = append(all, s.UnevaluatedProperties)
		}
	}
	return all, named
}

// namedBeside reports whether a schema that applies only to objects with some
// other property names this one.
func (c *comparer) namedBeside(schemas []*js.Schema, name string) bool {
	var beside []*js.Schema
	for _, s := range schemas {
		for _, d := range dependencies(s) {
			if d.schema != nil {
				beside = append(beside, d.schema)
			}
		}
	}
	return slices.ContainsFunc(c.closure(beside, inPlace), func(s *js.Schema) bool { return propertyOf(s, name).named })
}

// elementsNamed are the schemas of the properties that a pattern names, or,
// without one, of those that nothing names.
func elementsNamed(schemas []*js.Schema, pattern string) (all []*js.Schema) {
	for _, s := range schemas {
		before := len(all)
		for _, p := range patternProperties(s) {
			if p.pattern.String() == pattern {
				all = append(all, p.schema)
			}
		}
		if len(all) > before {
			continue
		}
		if additional, ok := s.AdditionalProperties.(*js.Schema); ok {
			all = append(all, additional)
		} else if s.UnevaluatedProperties != nil {
			all = append(all, s.UnevaluatedProperties)
		}
	}
	return all
}

// group inspects the properties of a set of names: those that the writer
// names one by one, the others together. Without a schema there must be none.
func (c *comparer) group(at spot, names docset.Names, sub *js.Schema, keyword string, writer []*js.Schema) {
	s := c.sets.space
	set := docset.None
	if sub != nil {
		set = c.sets.set(sub)
	}
	if c.safe(at, s.Properties(names, set)) {
		return
	}
	rest := names
	rest.Except = slices.Clone(names.Except)
	for _, name := range namesOf(at.writer) {
		if !s.InNames(names, name) {
			continue
		}
		rest.Except = append(rest.Except, name)
		if set == docset.None {
			l := leaf{rule: ruleRemoved, keyword: keyword, writer: "properties/" + escapeToken(name), says: removed(name)}
			if keyword == "additionalProperties" || keyword == "unevaluatedProperties" {
				if c.passedOver() {
					c.passOver(at, name)
					continue
				}
				if c.ask(at, s.Property(name, docset.None)).Answer == docset.Empty {
					continue
				}
				l.verdict = c.forgiven(at.reader, name)
			}
			c.check(at, s.Property(name, docset.None), l)
			continue
		}
		c.property(at, name, sub, keyword)
	}
	slices.Sort(rest.Except)
	rest.Except = slices.Compact(rest.Except)
	if set == docset.None {
		c.check(at, s.Properties(rest, docset.None), leaf{rule: ruleClosed, keyword: keyword, says: closed})
		return
	}
	if !c.safe(at, s.Properties(rest, set)) {
		c.descend(at.within(sub, writer, func(set docset.Set) docset.Set { return s.Properties(rest, set.Not()).Not() }))
	}
}

// namesOf are the properties that schemas name.
func namesOf(schemas []*js.Schema) []string {
	var names []string
	for _, s := range schemas {
		names = append(names, sortedKeys(s.Properties)...)
	}
	return sortedSet(names)
}

func (c *comparer) dependency(at spot, d dependency) {
	s := c.sets.space
	for i, name := range d.required {
		keyword := d.keyword + "/" + escapeToken(d.name)
		c.check(at, s.Or(c.sets.present(d.name).Not(), s.Has(name)), leaf{
			rule: ruleDependent, keyword: keyword, reader: fmt.Sprintf("%s/%d", keyword, i), says: missing(name, d.name),
		})
	}
	if d.schema != nil {
		c.inspect(c.where(at, d.schema, c.sets.present(d.name)))
	}
}

// unevaluatedProperties are inspected like additionalProperties if it is
// plain what they apply to.
func (c *comparer) unevaluatedProperties(at spot) {
	r := at.reader
	if r.UnevaluatedProperties == nil {
		return
	}
	if names, ok := c.plainlyEvaluated(r); ok {
		if isFalse(r.UnevaluatedProperties) {
			c.group(at, names, nil, "unevaluatedProperties", nil)
		} else {
			c.group(at, names, r.UnevaluatedProperties, "unevaluatedProperties", elementsNamed(at.writer, ""))
		}
		return
	}
	only := *r
	only.UnevaluatedItems = nil
	c.uneval(at, &only, "unevaluatedProperties")
}

// plainlyEvaluated are the names that no subschema evaluates, if that does not
// depend on the document.
func (c *comparer) plainlyEvaluated(s *js.Schema) (docset.Names, bool) {
	k := cases{scribe: &scribe{translator: c.sets}, owner: s, left: maxCases}
	var covered cover
	for _, sub := range c.closure([]*js.Schema{s}, conjuncts) {
		covered = k.own(covered, sub)
		for _, applied := range k.subschemas(sub) {
			if !slices.Contains(conjuncts(sub), applied.schema) && k.adds(applied.schema, nil) {
				return docset.Names{}, false
			}
		}
	}
	return docset.Names{Except: sortedSet(covered.names), ExceptPatterns: sortedSet(covered.patterns)}, !covered.all
}
