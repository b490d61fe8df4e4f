package jsonschema

import (
	"math"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// arrayRules is what a set of schemas demands of an array.
type arrayRules struct {
	min, max int
	unique   bool
	contains []*js.Schema
}

func arrayRulesOf(atoms []*js.Schema) arrayRules {
	r := arrayRules{max: math.MaxInt}
	for _, s := range atoms {
		if s.MinItems != nil {
			r.min = max(r.min, *s.MinItems)
		}
		if s.MaxItems != nil {
			r.max = min(r.max, *s.MaxItems)
		}
		if items, ok := s.Items.([]*js.Schema); ok && s.AdditionalItems == false {
			r.max = min(r.max, len(items))
		}
		if isFalse(s.Items2020) {
			r.max = min(r.max, len(s.PrefixItems))
		}
		r.unique = r.unique || s.UniqueItems
		if s.Contains != nil {
			least := 1
			if s.MinContains != nil {
				least = *s.MinContains
			}
			for range least {
				r.contains = append(r.contains, s.Contains)
			}
		}
	}
	r.min = max(r.min, min(len(r.contains), r.max))
	return r
}

func (m *maker) array(atoms []*js.Schema, depth int) (any, error) {
	rules := arrayRulesOf(atoms)
	if rules.max < rules.min {
		return nil, &failure{at: atoms[0], keyword: "minItems", detail: "more items are required than allowed"}
	}
	length := m.length(atoms, rules, depth)
	array := make([]any, 0, length)
	seen := map[string]bool{}
	for i := range length {
		v, err := m.element(atoms, rules, i, length, depth, seen)
		if err != nil {
			if i >= rules.min {
				break // long enough without it
			}
			return nil, err
		}
		array = append(array, v)
	}
	return array, nil
}

// declaresItems reports whether the schemas say what elements are; if they
// do not, none are made up.
func declaresItems(atoms []*js.Schema) bool {
	return slices.ContainsFunc(atoms, func(s *js.Schema) bool { return elementOf(s, 0) != nil })
}

func (m *maker) element(atoms []*js.Schema, rules arrayRules, i, length, depth int, seen map[string]bool) (any, error) {
	var schemas []*js.Schema
	for _, s := range atoms {
		if sub := elementOf(s, i); sub != nil {
			schemas = append(schemas, sub)
		}
	}
	// What contains asks for goes last, behind prefixItems.
	if last := length - 1 - i; last < len(rules.contains) {
		schemas = append(schemas, rules.contains[last])
	}
	if len(schemas) == 0 {
		return m.filler(rules.unique, seen), nil
	}
	for range valueTries {
		v, err := m.value(schemas, depth+1)
		if err != nil || !rules.unique {
			return v, err
		}
		if text := compact(v); !seen[text] {
			seen[text] = true
			return v, nil
		}
	}
	return nil, &failure{at: schemas[0], keyword: "uniqueItems", detail: "no further value was found that differs from the others"}
}

func (m *maker) filler(unique bool, seen map[string]bool) any {
	for {
		text := random(m.rng, letters, 6)
		if !unique || !seen[text] {
			seen[text] = true
			return text
		}
	}
}
