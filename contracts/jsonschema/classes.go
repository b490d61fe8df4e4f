package jsonschema

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// classes tell which of the schemas of two files are the same: they have the
// same keywords, apart from annotations, and their subschemas are the same.
// Schemas that contain themselves are the same unless something shows that
// they are not (the coarsest bisimulation). A schema that is nothing but a
// reference is what it refers to.
type classes struct {
	refs  references
	of    map[*js.Schema]int
	first []*js.Schema // of each class, a schema
}

func newClasses(refs references) *classes {
	c := &classes{refs: refs, of: make(map[*js.Schema]int, len(refs.all))}
	for i, s := range refs.all {
		c.of[s] = i
	}
	locals, parts := make([]string, len(refs.all)), make([][]int, len(refs.all))
	for i, s := range refs.all {
		locals[i] = c.local(s)
		for _, sub := range c.parts(s) {
			parts[i] = append(parts[i], c.of[c.resolve(sub)])
		}
	}
	numbers := refine(locals, parts)
	for i, s := range refs.all {
		c.of[s] = numbers[i]
		if numbers[i] == len(c.first) {
			c.first = append(c.first, s)
		}
	}
	return c
}

// refine numbers the classes: first by what the schemas say themselves, then
// again and again by that and the classes of their parts, until no class is
// split any more. Numbers are given in the order of first appearance.
func refine(locals []string, parts [][]int) []int {
	numbers := make([]int, len(locals))
	for before := 0; ; {
		known := map[string]int{}
		next := make([]int, len(locals))
		var key []byte
		for i := range locals {
			key = append(key[:0], locals[i]...)
			for _, part := range parts[i] {
				key = binary.LittleEndian.AppendUint32(key, uint32(numbers[part]))
			}
			n, ok := known[string(key)]
			if !ok {
				n = len(known)
				known[string(key)] = n
			}
			next[i] = n
		}
		numbers = next
		if len(known) == before {
			return numbers
		}
		before = len(known)
	}
}

// class is the number of a schema's class.
func (c *classes) class(s *js.Schema) int { return c.of[c.resolve(s)] }

// resolve follows references that have nothing beside them.
func (c *classes) resolve(s *js.Schema) *js.Schema {
	for range 64 {
		if !onlyRefers(s) {
			break
		}
		s = s.Ref
	}
	return s
}

// onlyRefers: before draft 2019-09 whatever stands beside a reference is
// ignored, except const, which the validator looks at first.
func onlyRefers(s *js.Schema) bool {
	if s.Ref == nil || s.Const != nil {
		return false
	}
	present := func(s *js.Schema) bool { return s != nil }
	return s.DraftVersion < 2019 || s.Types == nil && s.Format == nil && s.AdditionalProperties == nil && ownKeywords(s) == "" && !slices.ContainsFunc(inPlace(s)[1:], present) && !slices.ContainsFunc(nested(s), present)
}

// parts are the subschemas in a fixed order, nil where there is none.
func (c *classes) parts(s *js.Schema) []*js.Schema {
	if s.DraftVersion < 2019 && s.Ref != nil {
		return []*js.Schema{s.Ref}
	}
	return c.refs.replace(s, slices.DeleteFunc(slices.Concat(inPlace(s), nested(s)), func(s *js.Schema) bool { return s == nil }))
}

// local is what a schema says itself, and which kinds of subschemas it has.
func (c *classes) local(s *js.Schema) string {
	if s.Bool != nil {
		return fmt.Sprint(*s.Bool)
	}
	if s.DraftVersion < 2019 && s.Ref != nil {
		return "$ref " + constOf(s)
	}
	var b strings.Builder
	b.WriteString(ownKeywords(s))
	if c.refs.formats[s] && s.Format != nil {
		fmt.Fprintf(&b, "format %q ", s.Format.Name)
	}
	fmt.Fprint(&b, len(conjuncts(s))-len(s.AllOf), len(s.AllOf), len(s.AnyOf), len(s.OneOf), " ")
	for _, sub := range []*js.Schema{s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema} {
		if sub != nil {
			b.WriteByte('+')
		} else {
			b.WriteByte('-')
		}
	}
	fmt.Fprintf(&b, "%q %q ", sortedKeys(s.DependentSchemas), sortedKeys(s.Properties))
	for _, name := range sortedKeys(s.Dependencies) {
		if _, ok := s.Dependencies[name].(*js.Schema); ok {
			fmt.Fprintf(&b, "%q ", name)
		}
	}
	for _, p := range patternProperties(s) {
		fmt.Fprintf(&b, "%q ", p.pattern.String())
	}
	for _, v := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items} {
		switch v := v.(type) {
		case *js.Schema:
			b.WriteString("schema ")
		case []*js.Schema:
			fmt.Fprint(&b, len(v), " ")
		default:
			fmt.Fprint(&b, v, " ")
		}
	}
	fmt.Fprint(&b, len(s.PrefixItems), s.Contains != nil && s.DraftVersion >= 2020)
	return b.String()
}

func constOf(s *js.Schema) string {
	if s.Const == nil {
		return ""
	}
	return docset.Key(*s.Const)
}

// ownKeywords writes the keywords that hold no schemas; "" if there are none.
func ownKeywords(s *js.Schema) string {
	var b strings.Builder
	say := func(keyword string, v any) { fmt.Fprintf(&b, "%s %v ", keyword, v) }
	if s.Types != nil {
		say("type", s.Types.ToStrings())
	}
	if s.Const != nil {
		say("const", constOf(s))
	}
	if s.Enum != nil {
		var keys []string
		for _, v := range s.Enum.Values {
			keys = append(keys, docset.Key(v))
		}
		slices.Sort(keys)
		say("enum", keys)
	}
	for _, n := range []struct {
		keyword string
		value   *int
	}{
		{"minLength", s.MinLength}, {"maxLength", s.MaxLength}, {"minItems", s.MinItems}, {"maxItems", s.MaxItems},
		{"minProperties", s.MinProperties}, {"maxProperties", s.MaxProperties},
		{"minContains", s.MinContains}, {"maxContains", s.MaxContains},
	} {
		if n.value != nil {
			say(n.keyword, *n.value)
		}
	}
	for _, bound := range numberBounds(s) {
		say(bound.keyword, bound.value.RatString())
	}
	if s.Pattern != nil {
		fmt.Fprintf(&b, "pattern %q ", s.Pattern.String())
	}
	if s.UniqueItems {
		say("uniqueItems", true)
	}
	if len(s.Required) > 0 {
		fmt.Fprintf(&b, "required %q ", slices.Sorted(slices.Values(s.Required)))
	}
	for _, name := range sortedKeys(s.DependentRequired) {
		fmt.Fprintf(&b, "dependentRequired %q %q ", name, s.DependentRequired[name])
	}
	for _, name := range sortedKeys(s.Dependencies) {
		if names, ok := s.Dependencies[name].([]string); ok {
			fmt.Fprintf(&b, "dependentRequired %q %q ", name, names)
		}
	}
	return b.String()
}
