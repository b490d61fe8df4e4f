package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// maxAlternatives bounds the combinations of anyOf and oneOf that are looked
// at.
const maxAlternatives = 4096

// expansion writes schemas as their alternatives, and counts them.
type expansion struct{ alternatives int }

// expand writes the conjunction of schemas as alternatives, each a list of
// schemas whose own keywords hold together.
func (l *expansion) expand(schemas []*js.Schema) [][]*js.Schema {
	result := [][]*js.Schema{nil}
	for _, s := range schemas {
		result = l.cross(result, l.alternativesOf(s, nil))
	}
	l.alternatives += len(result)
	return result
}

// cross combines each left alternative with each right one.
func (l *expansion) cross(left, right [][]*js.Schema) [][]*js.Schema {
	if len(left)*len(right) > maxAlternatives {
		l.alternatives = maxAlternatives + 1
		return left
	}
	var all [][]*js.Schema
	for _, a := range left {
		for _, b := range right {
			all = append(all, append(slices.Clip(a), b...))
		}
	}
	return all
}

// alternativesOf expands one schema; inside are the schemas that are being
// expanded around it, which a reference in a circle adds nothing to.
func (l *expansion) alternativesOf(s *js.Schema, inside []*js.Schema) [][]*js.Schema {
	switch {
	case s.Bool != nil && !*s.Bool:
		return nil
	case slices.Contains(inside, s):
		return [][]*js.Schema{nil}
	}
	inside = append(slices.Clip(inside), s)
	result := [][]*js.Schema{{s}}
	for _, sub := range conjuncts(s) {
		result = l.cross(result, l.alternativesOf(sub, inside))
	}
	for _, choice := range choicesOf(s) {
		var branches [][]*js.Schema
		for _, branch := range choice {
			ways := [][]*js.Schema{nil}
			for _, sub := range branch {
				ways = l.cross(ways, l.alternativesOf(sub, inside))
			}
			branches = append(branches, ways...)
		}
		result = l.cross(result, branches)
	}
	return result
}

// choicesOf are the disjunctions of a schema: of each, one branch holds,
// which is a list of schemas.
func choicesOf(s *js.Schema) [][][]*js.Schema {
	var choices [][][]*js.Schema
	for _, of := range [...][]*js.Schema{s.AnyOf, s.OneOf} {
		var choice [][]*js.Schema
		for _, sub := range of {
			choice = append(choice, []*js.Schema{sub})
		}
		if choice != nil {
			choices = append(choices, choice)
		}
	}
	if s.If != nil && (s.Then != nil || s.Else != nil) {
		then := []*js.Schema{s.If}
		if s.Then != nil {
			then = append(then, s.Then)
		}
		var otherwise []*js.Schema
		if s.Else != nil {
			otherwise = append(otherwise, s.Else)
		}
		choices = append(choices, [][]*js.Schema{then, otherwise})
	}
	return choices
}
