package docset

import (
	"slices"
)

// branch is a conjunction of facts about documents of one type, on the way to
// one in which nothing is left to choose.
type branch struct {
	*Space
	typ      Type
	question []Set // what a document that is found must be in
	facts    factList
	choices  []Set   // sets among the facts that leave a choice
	implied  []Set   // sets that the other facts imply
	refuted  []Set   // sets that all facts together exclude
	telling  []Set   // the facts that give a property a few values
	finite   *node   // the values among which the document is, if it must be
	member   *Result // a document that was met while looking ahead
}

// factList is a list of sets in which each is once. A long one has an index.
type factList struct {
	sets  []Set
	index map[Set]bool
}

// shortList is the length up to which a list needs no index.
const shortList = 32

func (f *factList) has(set Set) bool {
	if f.index != nil {
		return f.index[set]
	}
	return slices.Contains(f.sets, set)
}

func (f *factList) add(set Set) {
	f.sets = append(f.sets, set)
	switch {
	case f.index != nil:
		f.index[set] = true
	case len(f.sets) > shortList:
		f.index = make(map[Set]bool, 2*len(f.sets))
		for _, set := range f.sets {
			f.index[set] = true
		}
	}
}

// cut takes back all but the first n.
func (f *factList) cut(n int) {
	if f.index != nil {
		for _, set := range f.sets[n:] {
			delete(f.index, set)
		}
	}
	f.sets = f.sets[:n]
}

// mark remembers a branch to come back to.
type mark struct {
	facts, choices, implied, refuted, telling int
	finite                                    *node
}

func (b *branch) mark() mark {
	return mark{len(b.facts.sets), len(b.choices), len(b.implied), len(b.refuted), len(b.telling), b.finite}
}

func (b *branch) undo(m mark) {
	b.facts.cut(m.facts)
	b.choices = b.choices[:m.choices]
	b.implied, b.refuted, b.telling, b.finite = b.implied[:m.implied], b.refuted[:m.refuted], b.telling[:m.telling], m.finite
}

// add takes up facts; false if they contradict those that are there.
func (b *branch) add(sets ...Set) bool {
	for _, set := range sets {
		if !b.addOne(set) {
			return false
		}
	}
	return true
}

func (b *branch) addOne(set Set) bool {
	switch {
	case set == All || b.facts.has(set):
		return true
	case set == None || b.facts.has(set.Not()) || slices.Contains(b.implied, set.Not()) || slices.Contains(b.refuted, set):
		return false
	}
	n := &b.nodes[set>>1]
	switch n.kind {
	case ofTypes:
		return (n.types&b.typ != 0) != set.negated()
	case oneOfValues:
		if !set.negated() {
			b.finite = n
		}
		b.facts.add(set)
		return true
	case and:
		b.facts.add(set)
		if !set.negated() {
			return b.add(n.sets...)
		}
		b.choices = append(b.choices, set)
		return true
	case named:
		b.facts.add(set)
		meaning := b.expand(set.positive())
		if set.negated() {
			meaning = meaning.Not()
		}
		return b.addOne(meaning)
	case oneOf, condition:
		b.facts.add(set)
		b.choices = append(b.choices, set)
		return true
	}
	if n.domain()&b.typ == 0 {
		return !set.negated()
	}
	b.facts.add(set)
	if n.kind == property && !set.negated() && b.fewValues(n.sets[0], outlineDepth) != nil {
		b.telling = append(b.telling, set)
	}
	return true
}

// status is what is plain about a set: 1 that it may be dropped from what is
// to be chosen because other facts imply it, -1 that the facts exclude it, 0
// neither. What was refuted with the help of a choice must not make that
// choice look satisfied, so it counts for -1 only.
func (b *branch) status(set Set) int {
	status := b.look(set, statusDepth, b.refuted)
	if status > 0 && len(b.refuted) > 0 {
		status = max(0, b.look(set, statusDepth, nil))
	}
	return status
}

func (b *branch) look(set Set, depth int, refuted []Set) int {
	not := set.Not()
	switch {
	case set == All || b.facts.has(set) || slices.Contains(b.implied, set) || slices.Contains(refuted, not):
		return 1
	case set == None || b.facts.has(not) || slices.Contains(b.implied, not) || slices.Contains(refuted, set):
		return -1
	case set.negated():
		return -b.look(not, depth, refuted)
	}
	n := &b.nodes[set>>1]
	switch n.kind {
	case and, named, property:
		if b.apart(set) {
			return -1
		}
		n = &b.nodes[set>>1] // what apart expands may have moved it
	}
	switch n.kind {
	case ofTypes:
		if n.types&b.typ != 0 {
			return 1
		}
		return -1
	case oneOfValues:
		if !slices.ContainsFunc(n.values, func(v value) bool { return v.typ == b.typ }) {
			return -1
		}
		return 0
	case and:
		if depth == 0 {
			return 0
		}
		all := 1
		for _, sub := range n.sets {
			all = min(all, b.look(sub, depth-1, refuted))
		}
		return all
	case named:
		if depth == 0 {
			return 0
		}
		return b.look(b.expand(set), depth-1, refuted)
	case oneOf, condition:
		return 0
	}
	if n.domain()&b.typ == 0 {
		return 1
	}
	return 0
}

const statusDepth = 6

// search looks for a member of the branch. It leaves the branch as it was.
func (b *branch) search() Result {
	m := b.mark()
	defer b.undo(m)
	if b.left--; b.left < 0 {
		return Result{}
	}
	choices, ok := b.settle()
	switch {
	case !ok:
		return Result{Answer: Empty}
	case b.finite != nil:
		return b.tryValues(b.question)
	}
	r := b.leaf()
	switch {
	case r.Answer == Empty:
		return r
	case r.Answer == Found && b.holdsAll(b.question, r.Doc):
		return r
	case len(choices) == 0:
		return Result{} // the document fails an opaque test, or a bug was met
	}
	if ways := b.discriminated(choices); ways != nil {
		return b.split(ways)
	}
	choices, ok = b.lookAhead(choices)
	switch {
	case b.member != nil:
		return *b.member
	case !ok:
		return Result{Answer: Empty}
	}
	if len(choices) == 0 {
		return b.search()
	}
	return b.split(slices.MinFunc(choices, func(x, y [][]Set) int { return len(x) - len(y) }))
}

// split tries the ways of a choice.
func (b *branch) split(ways [][]Set) Result {
	answer := Empty
	m := b.mark()
	for _, way := range ways {
		r := Result{Answer: Empty}
		if b.add(way...) {
			r = b.search()
		}
		b.undo(m)
		switch r.Answer {
		case Found:
			return r
		case Unknown:
			answer = Unknown
		case Empty:
		}
	}
	return Result{Answer: answer}
}

// tryValues tests the values among which the document must be.
func (b *branch) tryValues(sets []Set) Result {
	for _, v := range b.finite.values {
		if v.typ == b.typ && b.holdsAll(sets, v.doc) {
			return Result{Found, v.doc}
		}
	}
	return Result{Answer: Empty}
}

// settle works off the choices that the facts have made, until each that is
// left has two ways or more; false at a contradiction.
func (b *branch) settle() ([][][]Set, bool) {
	for {
		var open [][][]Set
		grown := false
		for i := 0; i < len(b.choices); i++ {
			ways, satisfied := b.ways(b.choices[i])
			switch {
			case satisfied:
			case len(ways) == 0:
				return nil, false
			case len(ways) == 1:
				if !b.add(ways[0]...) {
					return nil, false
				}
				grown = true
			default:
				open = append(open, ways)
			}
		}
		if !grown {
			return open, true
		}
	}
}

// ways are the ways to satisfy a choice that the facts leave open; satisfied
// if one of them is a fact already.
func (b *branch) ways(choice Set) (open [][]Set, satisfied bool) {
	n := &b.nodes[choice>>1]
	sets := n.sets
	var all [][]Set
	switch {
	case n.kind == and:
		for _, sub := range sets {
			all = append(all, []Set{sub.Not()})
		}
	case n.kind == condition && choice.negated():
		all = [][]Set{{sets[0], sets[1].Not()}, {sets[0].Not(), sets[2].Not()}}
	case n.kind == condition:
		all = [][]Set{{sets[0], sets[1]}, {sets[0].Not(), sets[2]}}
	default:
		all = b.waysOfOne(sets, choice.negated())
	}
	b.spend(len(all) / 16)
	asked := asking{branch: b, all: len(all) > manyWays}
	for _, way := range all {
		var rest []Set
		excluded := false
		for _, set := range way {
			switch status := b.status(set); {
			case status < 0, status == 0 && asked.refutes(set):
				excluded = true
			case status == 0:
				rest = append(rest, set)
			}
		}
		switch {
		case excluded:
		case rest == nil:
			return nil, true
		default:
			open = append(open, rest)
		}
	}
	return open, false
}

// waysOfOne are the ways to be in exactly one of the sets, or not.
func (b *branch) waysOfOne(sets []Set, negated bool) (all [][]Set) {
	var (
		in   int
		open []Set
	)
	for _, set := range sets {
		switch b.look(set, statusDepth, nil) {
		case 1:
			in++
		case 0:
			open = append(open, set) // also what was refuted: see status
		}
	}
	outside := make([]Set, len(open))
	for i, set := range open {
		outside[i] = set.Not()
	}
	switch {
	case in > 1:
		if negated {
			return [][]Set{nil}
		}
		return nil
	case in == 1 && negated:
		for _, set := range open {
			all = append(all, []Set{set})
		}
	case in == 1:
		all = [][]Set{outside}
	case negated:
		all = [][]Set{outside}
		for i, set := range open {
			for _, other := range open[i+1:] {
				if !b.exclusive(set, other) {
					all = append(all, []Set{set, other})
				}
			}
		}
	default:
		for i, set := range open {
			way := slices.Clone(outside)
			way[i] = set
			all = append(all, way)
		}
	}
	return all
}
