package infer

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var (
	// nameText is what people call fields, headers and events.
	nameText = regexp.MustCompile(`^[\p{L}_$@][\p{L}\p{M}\p{N}_$@.:/ -]*$`)
	// dataText is part of a name that a machine made: a number of five digits
	// or more, a UUID, sixteen hexadecimal digits, an address.
	dataText = regexp.MustCompile(`[0-9]{5}|(?i:[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16})|.@|[0-9]{4}-[0-9]{2}`)
)

// isName says whether a text can be a name, and not data that stands in the
// place of one.
func isName(s string) bool {
	const longest = 128
	return len(s) <= longest && utf8.ValidString(s) && nameText.MatchString(s) && !dataText.MatchString(s) && strings.TrimSpace(s) == s
}

// isMap says whether the names of members are data, such as the ids by which
// a map is looked up: what stands there must not be written down, and is no
// shape.
func (s *shape) isMap() bool {
	if s.shared != nil {
		return true
	}
	common := false
	for name, member := range s.members {
		if !isName(name) {
			return true
		}
		common = common || member.values == s.objects
	}
	// Objects that share no name, with values of one kind.
	const few = 3
	return !common && s.objects > 1 && len(s.members) >= few && len(s.pooled().types()) == 1
}
