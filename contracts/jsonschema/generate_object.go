package jsonschema

import (
	"math"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

func (m *maker) object(atoms []*js.Schema, depth int) (any, error) {
	names, atoms, err := m.names(atoms, depth)
	if err != nil {
		return nil, err
	}
	object := make(map[string]any, len(names))
	for _, name := range names {
		v, err := m.member(atoms, name, depth)
		switch {
		case err == nil:
			object[name] = v
		case requiredBy(atoms, name):
			return nil, err
		}
	}
	return object, m.fill(atoms, object, depth)
}

// requiredBy reports whether the object is invalid without the member. One
// that is not, and that no value was found for, is better left out.
func requiredBy(atoms []*js.Schema, name string) bool {
	return slices.ContainsFunc(atoms, func(s *js.Schema) bool { return slices.Contains(s.Required, name) })
}

func (m *maker) member(atoms []*js.Schema, name string, depth int) (any, error) {
	var schemas []*js.Schema
	for _, s := range atoms {
		p := propertyOf(s, name)
		if p.closed {
			return nil, &failure{at: s, keyword: "additionalProperties", detail: "the required property " + compact(name) + " is not allowed"}
		}
		schemas = append(schemas, p.schemas...)
	}
	if len(schemas) == 0 {
		return random(m.rng, letters, 8), nil
	}
	return m.value(schemas, depth+1)
}

// names chooses the members that the object gets, sorted: all that are
// required, each other one that is declared with the generator's
// probability, and what these require in turn. dependentSchemas of chosen
// names are added to the schemas.
func (m *maker) names(atoms []*js.Schema, depth int) ([]string, []*js.Schema, error) {
	chosen := map[string]bool{}
	budget := maxPropertiesOf(atoms)
	for _, s := range atoms {
		for _, name := range s.Required {
			chosen[name] = true
		}
	}
	for _, name := range m.optionalNames(atoms) {
		if !chosen[name] && len(chosen) < budget && depth < maxDepth && m.rng.Float64() < m.optional {
			chosen[name] = true
		}
	}
	atoms, err := m.addDependents(atoms, chosen, depth)
	return sortedKeys(chosen), atoms, err
}

// addDependents adds to chosen what its names require, and to the schemas
// what they bring, until nothing changes.
func (m *maker) addDependents(atoms []*js.Schema, chosen map[string]bool, depth int) ([]*js.Schema, error) {
	for before := -1; before != len(chosen)+len(atoms); {
		before = len(chosen) + len(atoms)
		var brought []*js.Schema
		for _, s := range atoms {
			for _, name := range s.Required {
				chosen[name] = true
			}
			for _, name := range sortedKeys(chosen) {
				brought = append(brought, dependents(s, name, chosen)...)
			}
		}
		for _, s := range brought {
			var ok bool
			if atoms, ok = m.add(slices.Clip(atoms), s, depth); !ok {
				return nil, &failure{at: s, keyword: "dependentSchemas", detail: "it forbids every value"}
			}
		}
	}
	return atoms, nil
}

// dependents marks what the presence of name requires, and returns the
// schemas that it brings.
func dependents(s *js.Schema, name string, chosen map[string]bool) (schemas []*js.Schema) {
	for _, required := range s.DependentRequired[name] {
		chosen[required] = true
	}
	if sub := s.DependentSchemas[name]; sub != nil {
		schemas = append(schemas, sub)
	}
	switch dependency := s.Dependencies[name].(type) {
	case []string:
		for _, required := range dependency {
			chosen[required] = true
		}
	case *js.Schema:
		schemas = append(schemas, dependency)
	}
	return schemas
}

// optionalNames are the declared members that no schema forbids, sorted.
func (m *maker) optionalNames(atoms []*js.Schema) []string {
	declared := map[string]bool{}
	for _, s := range atoms {
		for name := range s.Properties {
			declared[name] = true
		}
	}
	return slices.DeleteFunc(sortedKeys(declared), func(name string) bool {
		return slices.ContainsFunc(atoms, func(s *js.Schema) bool { return propertyOf(s, name).closed })
	})
}

func maxPropertiesOf(atoms []*js.Schema) int {
	limit := math.MaxInt
	for _, s := range atoms {
		if s.MaxProperties != nil {
			limit = min(limit, *s.MaxProperties)
		}
	}
	return limit
}

// fill adds members until minProperties is met: declared ones first, then
// made-up names that patternProperties or propertyNames describe.
func (m *maker) fill(atoms []*js.Schema, object map[string]any, depth int) error {
	least := 0
	for _, s := range atoms {
		if s.MinProperties != nil {
			least = max(least, *s.MinProperties)
		}
	}
	candidates := m.optionalNames(atoms)
	for tries := 0; len(object) < least; tries++ {
		var name string
		switch {
		case tries < len(candidates):
			name = candidates[tries]
		case tries < len(candidates)+valueTries*least:
			name = m.name(atoms)
		default:
			return &failure{at: atoms[0], keyword: "minProperties", detail: "no further property was found that is allowed"}
		}
		if _, taken := object[name]; taken {
			continue
		}
		v, err := m.member(atoms, name, depth)
		if err == nil {
			object[name] = v
		}
	}
	return nil
}

// name makes up the name of a member.
func (m *maker) name(atoms []*js.Schema) string {
	for _, s := range atoms {
		all := slices.DeleteFunc(patternProperties(s), func(p patternProperty) bool {
			other := patternOf(p.pattern).Other
			return other != nil && other.Supported() != nil
		})
		if len(all) > 0 {
			return fromPattern(m.rng, patternOf(all[m.rng.IntN(len(all))].pattern), 0, 0)
		}
		if s.PropertyNames != nil {
			if v, err := m.value([]*js.Schema{s.PropertyNames}, maxDepth); err == nil {
				if name, ok := v.(string); ok {
					return name
				}
			}
		}
	}
	return random(m.rng, letters, 6)
}
