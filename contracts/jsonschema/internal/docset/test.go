package docset

import (
	"unicode/utf8"
)

// Holds says whether a document is a member of the set.
func (s *Space) Holds(set Set, doc any) bool {
	if set.negated() {
		return !s.Holds(set.Not(), doc)
	}
	n := s.nodes[set>>1]
	switch n.kind {
	case everything:
		return true
	case and:
		for _, sub := range n.sets {
			if !s.Holds(sub, doc) {
				return false
			}
		}
		return true
	case oneOf:
		matches := 0
		for _, sub := range n.sets {
			if s.Holds(sub, doc) {
				matches++
			}
		}
		return matches == 1
	case condition:
		if s.Holds(n.sets[0], doc) {
			return s.Holds(n.sets[1], doc)
		}
		return s.Holds(n.sets[2], doc)
	case named:
		return s.Holds(s.expand(set), doc)
	case ofTypes:
		return TypeOf(doc)&n.types != 0
	case oneOfValues:
		v := newValue(doc)
		for _, allowed := range n.values {
			if allowed.key == v.key {
				return true
			}
		}
		return false
	case opaque:
		return TypeOf(doc)&n.opaque.Types == 0 || n.opaque.Test(doc)
	}
	switch doc := doc.(type) {
	case string:
		return s.holdsString(n, doc)
	case []any:
		return s.holdsArray(n, doc)
	case map[string]any:
		return s.holdsObject(n, doc)
	case nil, bool:
		return true
	}
	return holdsNumber(n, doc)
}

func holdsNumber(n node, doc any) bool {
	if n.domain()&Number == 0 {
		return true
	}
	r := number(doc)
	if r == nil {
		return true
	}
	switch n.kind {
	case minimum:
		return r.Cmp(n.rat) >= 0
	case exclusiveMinimum:
		return r.Cmp(n.rat) > 0
	case maximum:
		return r.Cmp(n.rat) <= 0
	case exclusiveMaximum:
		return r.Cmp(n.rat) < 0
	case multiple:
		return isMultiple(r, n.rat)
	}
	return true
}

func (s *Space) holdsString(n node, doc string) bool {
	switch n.kind {
	case minLength:
		return utf8.RuneCountInString(doc) >= n.n
	case maxLength:
		return utf8.RuneCountInString(doc) <= n.n
	case pattern:
		return s.matches(n.name, doc)
	}
	return true
}

func (s *Space) holdsArray(n node, doc []any) bool {
	switch n.kind {
	case minItems:
		return len(doc) >= n.n
	case maxItems:
		return len(doc) <= n.n
	case itemAt:
		return n.n >= len(doc) || s.Holds(n.sets[0], doc[n.n])
	case itemsFrom:
		for i := n.n; i < len(doc); i++ {
			if !s.Holds(n.sets[0], doc[i]) {
				return false
			}
		}
	case contains:
		matches := 0
		for _, item := range doc {
			if s.Holds(n.sets[0], item) {
				matches++
			}
		}
		return matches >= n.n
	case unique:
		seen := make(map[string]bool, len(doc))
		for _, item := range doc {
			key := string(appendKey(nil, item))
			if seen[key] {
				return false
			}
			seen[key] = true
		}
	}
	return true
}

func (s *Space) holdsObject(n node, doc map[string]any) bool {
	switch n.kind {
	case has:
		_, ok := doc[n.name]
		return ok
	case minProperties:
		return len(doc) >= n.n
	case maxProperties:
		return len(doc) <= n.n
	case property:
		v, ok := doc[n.name]
		return !ok || s.Holds(n.sets[0], v)
	case properties:
		for name, v := range doc {
			if s.inNames(n.names, name) && !s.Holds(n.sets[0], v) {
				return false
			}
		}
	case nameOf:
		for name := range doc {
			if !s.Holds(n.sets[0], name) {
				return false
			}
		}
	}
	return true
}
