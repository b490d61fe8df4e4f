package docset

import (
	"slices"
)

// fill finds the elements, within the limits, and tests the array; nil if
// there is none.
func (a *arranger) fill() []any {
	used := make([]int, len(a.limits))
	return a.limitFrom(0, used)
}

// limitFrom decides for the positions from the given one on which limited
// sets their elements may be in: none if possible.
func (a *arranger) limitFrom(at int, used []int) []any {
	if at == len(a.positions) {
		return a.elements()
	}
	p := &a.positions[at]
	if p.twin >= 0 || len(a.limits) == 0 {
		return a.limitTwin(at, used)
	}
	old := p.sets
	defer func() { a.positions[at].sets = old }()
	for allowed := range 1 << min(len(a.limits), 6) {
		if a.tries--; a.tries < 0 {
			return nil
		}
		sets, now, ok := slices.Clone(old), slices.Clone(used), true
		for i, l := range a.limits {
			if allowed>>i&1 == 0 {
				sets = append(sets, l.set.Not())
				continue
			}
			now[i]++
			sets, ok = append(sets, l.set), ok && now[i] <= l.n
		}
		if !ok || !a.possible(sets) {
			continue
		}
		a.positions[at].sets = sets
		if doc := a.limitFrom(at+1, now); doc != nil {
			return doc
		}
	}
	return nil
}

// limitTwin counts an element that is equal to one before it.
func (a *arranger) limitTwin(at int, used []int) []any {
	now := slices.Clone(used)
	if twin := a.positions[at].twin; twin >= 0 {
		for i, l := range a.limits {
			if slices.Contains(a.positions[twin].sets, l.set) {
				if now[i]++; now[i] > l.n {
					return nil
				}
			}
		}
	}
	return a.limitFrom(at+1, now)
}

// elements takes a member for each position.
func (a *arranger) elements() []any {
	doc := make([]any, len(a.positions))
	if a.unique {
		if !a.distinct(doc) {
			return nil
		}
		return doc
	}
	for i, p := range a.positions {
		if p.twin >= 0 {
			doc[i] = doc[p.twin]
			continue
		}
		r := a.find(p.sets)
		if r.Answer != Found {
			a.unknown = a.unknown || r.Answer == Unknown
			return nil
		}
		doc[i] = r.Doc
	}
	return doc
}

// distinct finds different members for the positions. First each takes what
// the ones before left; if one finds nothing, members are matched to positions
// so that all find one, if that can be (Hall): a position with as many members
// as there are positions is never in the way.
func (a *arranger) distinct(doc []any) bool {
	if len(doc) > maxUnique {
		a.unknown = true
		return false
	}
	for i, p := range a.positions {
		r := a.find(append(slices.Clone(p.sets), a.Values(doc[:i]...).Not()))
		if r.Answer == Unknown {
			a.unknown = true
			return false
		}
		if r.Answer == Empty {
			return a.match(doc)
		}
		doc[i] = r.Doc
	}
	return true
}

func (a *arranger) match(doc []any) bool {
	candidates := make([][]value, len(doc))
	for i, p := range a.positions {
		var members []any
		for range len(doc) {
			r := a.find(append(slices.Clone(p.sets), a.Values(members...).Not()))
			if r.Answer == Unknown {
				a.unknown = true
			}
			if r.Answer != Found {
				break
			}
			members = append(members, r.Doc)
			candidates[i] = append(candidates[i], newValue(r.Doc))
		}
	}
	owner := map[string]int{}
	for i := range doc {
		if !augment(candidates, i, owner, doc, map[string]bool{}) {
			return false
		}
	}
	return true
}

// augment gives position i a member, moving others where needed.
func augment(candidates [][]value, i int, owner map[string]int, doc []any, seen map[string]bool) bool {
	for _, v := range candidates[i] {
		if seen[v.key] {
			continue
		}
		seen[v.key] = true
		if other, taken := owner[v.key]; taken && !augment(candidates, other, owner, doc, seen) {
			continue
		}
		owner[v.key], doc[i] = i, v.doc
		return true
	}
	return false
}
