package docset

import (
	"math"
	"slices"
)

const (
	// maxArray bounds the length of arrays, maxUnique where all elements
	// must differ.
	maxArray  = 1024
	maxUnique = 24
	// maxLong bounds the length of arrays whose elements may be alike.
	maxLong = 2_000_000
	// maxPlacings bounds the ways to place what an array must hold.
	maxPlacings = 2000
)

// arrayFacts is what facts say of arrays.
type arrayFacts struct {
	min, max  int
	at        map[int][]Set
	from      []part
	demands   []demand
	limits    []limit
	unique    bool
	twins     bool // two elements are equal
	forbidden []value
}

// part restricts the elements from an index on.
type part struct {
	n   int
	set Set
}

// demand asks for an element of the set at an index within bounds.
type demand struct {
	low, high int
	set       Set
	group     int // demands of a group are for different elements
}

// limit allows at most n elements of the set.
type limit struct {
	n   int
	set Set
}

func (s *Space) arrayFacts(facts []Set) arrayFacts {
	f := arrayFacts{max: math.MaxInt, at: map[int][]Set{}, forbidden: s.excluded(Array, facts)}
	for group, set := range facts {
		n := &s.nodes[set>>1]
		not := set.negated()
		switch {
		case n.kind == minItems && !not:
			f.min = max(f.min, n.n)
		case n.kind == maxItems && not:
			f.min = max(f.min, n.n+1)
		case n.kind == maxItems:
			f.max = min(f.max, n.n)
		case n.kind == minItems:
			f.max = min(f.max, n.n-1)
		case n.kind == itemAt && !not:
			f.at[n.n] = append(f.at[n.n], n.sets[0])
		case n.kind == itemAt:
			f.demands = append(f.demands, demand{n.n, n.n, n.sets[0].Not(), group})
			f.min = max(f.min, n.n+1)
		case n.kind == itemsFrom && !not:
			f.from = append(f.from, part{n.n, n.sets[0]})
		case n.kind == itemsFrom:
			f.demands = append(f.demands, demand{n.n, math.MaxInt, n.sets[0].Not(), group})
		case n.kind == contains && !not:
			for range min(n.n, maxArray+1) {
				f.demands = append(f.demands, demand{0, math.MaxInt, n.sets[0], group})
			}
		case n.kind == contains:
			f.limits = append(f.limits, limit{n.n - 1, n.sets[0]})
		case n.kind == unique:
			f.unique, f.twins = f.unique || !not, f.twins || not
		}
	}
	return f
}

// prefix is the number of positions that differ from those behind them.
func (f *arrayFacts) prefix() int {
	n := 0
	for i := range f.at {
		n = max(n, i+1)
	}
	for _, p := range f.from {
		n = max(n, p.n)
	}
	for _, d := range f.demands {
		n = max(n, d.low)
	}
	return n
}

func (s *Space) findArray(facts []Set) Result {
	f := s.arrayFacts(facts)
	// Elements behind the prefix that no demand needs can be left out.
	longest := f.prefix() + len(f.demands) + len(f.forbidden)
	if f.twins {
		longest += 2
		f.min = max(f.min, 2)
	}
	longest = min(max(f.min, longest), f.max)
	if f.min > f.max {
		return Result{Answer: Empty}
	}
	if f.min > maxArray {
		return s.longArray(facts, f)
	}
	if len(f.demands) > maxArray {
		return Result{}
	}
	a := arranger{Space: s, arrayFacts: f, tries: maxPlacings}
	answer := Empty
	for length := f.min; length <= min(longest, maxArray); length++ {
		switch r := s.tested(facts, a.ofLength(length)); r.Answer {
		case Found:
			return r
		case Unknown:
			answer = Unknown
		case Empty:
		}
	}
	if longest > maxArray {
		answer = Unknown
	}
	return Result{Answer: answer}
}

// longArray makes an array with the least number of elements, of which those
// behind the prefix are alike.
func (s *Space) longArray(facts []Set, f arrayFacts) Result {
	prefix := f.prefix()
	if prefix > maxArray || len(f.demands)+len(f.limits) > 0 || f.unique || f.twins {
		return Result{}
	}
	doc := make([]any, min(f.min, max(prefix+1, maxLong)))
	for i := range doc {
		if i > prefix {
			doc[i] = doc[i-1]
			continue
		}
		sets := slices.Clone(f.at[i])
		for _, from := range f.from {
			if i >= from.n {
				sets = append(sets, from.set)
			}
		}
		r := s.find(sets)
		if r.Answer != Found {
			return r // Empty: each array that is long enough has this element
		}
		doc[i] = r.Doc
	}
	if len(doc) < f.min || weight(doc) > maxWeight || !s.holdsAll(facts, doc) {
		return Result{}
	}
	return s.tested(facts, Result{Found, doc})
}

// arranger places what an array must hold on its positions.
type arranger struct {
	*Space
	arrayFacts
	tries     int
	positions []position
	unknown   bool
}

type position struct {
	sets   []Set
	groups []int // of the demands that the element answers
	twin   int   // the position of the equal element before it; -1 without
	fixed  bool  // a demand was placed here
}

func (a *arranger) ofLength(length int) Result {
	a.positions = make([]position, length)
	a.unknown = false
	for i := range a.positions {
		p := &a.positions[i]
		p.twin = -1
		p.sets = slices.Clone(a.at[i])
		for _, from := range a.from {
			if i >= from.n {
				p.sets = append(p.sets, from.set)
			}
		}
		if a.find(p.sets).Answer == Empty {
			return Result{Answer: Empty}
		}
	}
	doc := a.place(0)
	switch {
	case doc != nil:
		return Result{Found, doc}
	case a.unknown || a.tries <= 0:
		return Result{}
	}
	return Result{Answer: Empty}
}

// place finds positions for the demands from the given one on; nil if there
// are none.
func (a *arranger) place(demand int) []any {
	if a.tries--; a.tries < 0 {
		return nil
	}
	if demand == len(a.demands) {
		return a.differ(0)
	}
	d := a.demands[demand]
	free := false
	first, last := d.low, min(d.high, len(a.positions)-1)
	if demand > 0 && a.demands[demand-1] == d {
		first = a.placed(demand-1) + 1 // the order of equal demands is of no account
	}
	for i := first; i <= last; i++ {
		p := &a.positions[i]
		if slices.Contains(p.groups, d.group) {
			continue
		}
		if i >= a.prefix() && !p.fixed {
			if free {
				continue // like the one before
			}
			free = true
		}
		old := *p
		p.sets = append(slices.Clone(p.sets), d.set)
		p.groups = append(slices.Clone(p.groups), d.group)
		p.fixed = true
		var doc []any
		if a.possible(p.sets) {
			doc = a.place(demand + 1)
		}
		if doc != nil {
			return doc
		}
		a.positions[i] = old
	}
	return nil
}

// placed is the last position that answers the group of a demand.
func (a *arranger) placed(demand int) int {
	for i := len(a.positions) - 1; i >= 0; i-- {
		if slices.Contains(a.positions[i].groups, a.demands[demand].group) {
			return i
		}
	}
	return -1
}

// possible says whether the sets may have a member in common.
func (a *arranger) possible(sets []Set) bool {
	r := a.find(sets)
	a.unknown = a.unknown || r.Answer == Unknown
	return r.Answer == Found
}

// pair makes two elements equal, in every way.
func (a *arranger) pair() []any {
	for j := range a.positions {
		for i := range j {
			if a.tries--; a.tries < 0 {
				return nil
			}
			old := a.positions[i]
			both := slices.Concat(old.sets, a.positions[j].sets)
			if !a.possible(both) {
				continue
			}
			a.positions[i].sets, a.positions[j].twin = both, i
			doc := a.fill()
			a.positions[i], a.positions[j].twin = old, -1
			if doc != nil {
				return doc
			}
		}
	}
	return nil
}
