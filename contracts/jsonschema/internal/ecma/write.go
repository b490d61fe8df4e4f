package ecma

import (
	"math/rand/v2"
	"strings"
)

// Looks says what Write does with lookaheads.
type Looks uint8

// Lookaheads are left out, written where they stand if they must hold, or
// written if they must not.
const (
	Ignored Looks = iota
	Wanted
	Unwanted
)

// Write makes a random text that the expression may match: assertions are not
// aimed at, and lookaheads only as far as what follows them happens to take
// what they want. With Unwanted lookaheads the text is one that the expression
// may refuse. Loops have at most repeat turns more than they must. The caller
// tests the text.
func (p *Pattern) Write(rng *rand.Rand, repeat int, looks Looks) string {
	w := &writer{rng: rng, repeat: repeat, looks: looks, groups: map[int]string{}}
	w.write(p.root)
	return w.b.String()
}

// maxWritten bounds the length of what is written.
const maxWritten = 200_000

type writer struct {
	rng    *rand.Rand
	repeat int
	looks  Looks
	b      strings.Builder
	groups map[int]string
}

func (w *writer) write(n node) {
	if w.b.Len() > maxWritten {
		return
	}
	switch n := n.(type) {
	case *set:
		if r, ok := w.one(n); ok {
			w.b.WriteRune(r)
		}
	case sequence:
		for _, sub := range n {
			w.write(sub)
		}
	case choice:
		w.write(n[w.rng.IntN(len(n))])
	case *group:
		start := w.b.Len()
		w.write(n.sub)
		w.groups[n.index] = w.b.String()[start:]
	case *look:
		if !n.behind && (w.looks == Wanted && !n.negated || w.looks == Unwanted && n.negated) {
			w.write(n.sub)
		}
	case *backReference:
		for _, group := range n.groups {
			w.b.WriteString(w.groups[group])
		}
	case *repeat:
		more := w.repeat
		if n.most >= 0 {
			more = min(more, n.most-n.least)
		}
		for range min(n.least+w.rng.IntN(more+1), maxWritten) {
			w.write(n.sub)
		}
	}
}

// one is a character of the set: a printable one of ASCII if it has any.
func (w *writer) one(s *set) (rune, bool) {
	const first, last = '!', '~'
	const count = last - first + 1
	offset := w.rng.Int32N(count)
	for i := range rune(count) {
		if r := first + (offset+i)%count; s.has(r) {
			return r, true
		}
	}
	for _, r := range s.ranges {
		if s.has(r) {
			return r, true
		}
	}
	for r := rune(0); r <= 0xFFFF; r++ {
		if s.has(r) {
			return r, true
		}
	}
	return 0, false
}
