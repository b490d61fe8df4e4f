package language

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode"
)

// ErrBudget says that a question was too large to be decided.
var ErrBudget = errors.New("the patterns are too large to be decided")

// ErrNone says that there is no such text.
var ErrNone = errors.New("no text satisfies this")

// Query asks for a text.
type Query struct {
	// Match and Avoid are the patterns that the text matches, and those that
	// it does not match.
	Match, Avoid []*Pattern
	// Min and Max are its length in characters; Max is negative without one.
	Min, Max int
	// Except are texts that are not wanted.
	Except []string
}

// maxSteps bounds the states of one question; its unit is one rune tried.
const maxSteps = 60_000

// Find is a shortest text, ErrNone or ErrBudget.
func (q Query) Find() (string, error) {
	if q.Max >= 0 && q.Min > q.Max {
		return "", ErrNone
	}
	if len(q.Match) == 0 && len(q.Avoid) == 0 {
		if text := strings.Repeat("a", q.Min); !slices.Contains(q.Except, text) {
			return text, nil
		}
	}
	for least := maxWalked; least < q.Min; least *= 4 {
		shorter := q
		shorter.Min = least
		w := newWalker(shorter)
		at, err := w.walk()
		if err != nil {
			return "", err // where there is no text so long, there is no longer one
		}
		if text, ok := w.pump(at, q.Min); ok {
			return text, nil
		}
	}
	w := newWalker(q)
	at, err := w.walk()
	if err != nil {
		return "", err
	}
	return w.text(at), nil
}

// maxWalked is the length up to which texts are found one character at a time,
// at first.
const maxWalked = 64

func newWalker(q Query) *walker {
	w := &walker{Query: q, patterns: slices.Concat(q.Match, q.Avoid), seen: map[string]bool{}}
	w.plant()
	w.refine()
	return w
}

// walker walks the product of the automata, a tree of the unwanted texts and
// the length up to Min.
type walker struct {
	Query
	patterns []*Pattern
	tree     []map[rune]int // of the unwanted texts
	unwanted []bool
	alphabet []rune
	nodes    []node
	seen     map[string]bool
}

type node struct {
	states []int
	leaf   int // in tree; -1 beyond it
	length int
	parent int
	by     rune
}

func (w *walker) plant() {
	w.tree, w.unwanted = []map[rune]int{{}}, []bool{false}
	for _, text := range w.Except {
		at := 0
		for _, r := range text {
			next, ok := w.tree[at][r]
			if !ok {
				next = len(w.tree)
				w.tree, w.unwanted = append(w.tree, map[rune]int{}), append(w.unwanted, false)
				w.tree[at][r] = next
			}
			at = next
		}
		w.unwanted[at] = true
	}
}

// refine makes the alphabet: one rune for each way in which all patterns and
// the unwanted texts look at runes, the most readable first.
func (w *walker) refine() {
	cuts := map[rune]bool{0: true, 0xD800: true, 0xE000: true}
	for _, p := range w.patterns {
		for _, r := range p.starts {
			cuts[r] = true
		}
	}
	for _, branches := range w.tree {
		for r := range branches {
			cuts[r], cuts[r+1] = true, true
		}
	}
	starts := make([]rune, 0, len(cuts))
	for r := range cuts {
		if r <= unicode.MaxRune {
			starts = append(starts, r)
		}
	}
	slices.Sort(starts)
	known := map[string]int{}
	var key []byte
	for i, low := range starts {
		if surrogate(low) {
			continue
		}
		key = key[:0]
		for _, p := range w.patterns {
			key = binary.AppendVarint(key, int64(p.class(low)))
		}
		for _, branches := range w.tree {
			if _, ok := branches[low]; ok {
				key = binary.AppendVarint(key, int64(low))
				break
			}
		}
		high := rune(unicode.MaxRune)
		if i+1 < len(starts) {
			high = starts[i+1] - 1
		}
		r := Readable(low, high)
		at, ok := known[string(key)]
		if !ok {
			known[string(key)] = len(w.alphabet)
			w.alphabet = append(w.alphabet, r)
		} else if better(r, w.alphabet[at]) {
			w.alphabet[at] = r
		}
	}
	slices.SortFunc(w.alphabet, func(a, b rune) int { return cmp.Or(rank(a)-rank(b), int(a-b)) })
}

// walk is the node of a shortest text.
func (w *walker) walk() (int, error) {
	first := node{states: make([]int, len(w.patterns)), parent: -1}
	for i := range first.states {
		first.states[i] = start
	}
	w.push(first)
	for at, steps := 0, 0; at < len(w.nodes); at++ {
		n := w.nodes[at]
		if w.wanted(n) {
			return at, nil
		}
		if w.Max >= 0 && n.length == w.Max {
			continue
		}
		for _, r := range w.alphabet {
			if steps++; steps > maxSteps {
				return 0, ErrBudget
			}
			w.push(w.after(n, at, r))
		}
	}
	return 0, ErrNone
}

func (w *walker) after(n node, at int, r rune) node {
	next := node{states: make([]int, len(n.states)), leaf: -1, length: n.length + 1, parent: at, by: r}
	for i, p := range w.patterns {
		next.states[i] = p.step(n.states[i], r)
	}
	if n.leaf >= 0 {
		if leaf, ok := w.tree[n.leaf][r]; ok {
			next.leaf = leaf
		}
	}
	return next
}

// push adds a node unless its like was there before, with a text that is not
// longer, or a pattern to avoid has matched.
func (w *walker) push(n node) {
	for _, s := range n.states[len(w.Match):] {
		if s == accepted {
			return
		}
	}
	key := make([]byte, 0, 2*len(n.states)+4)
	for _, s := range n.states {
		key = binary.AppendVarint(key, int64(s))
	}
	key = binary.AppendVarint(key, int64(n.leaf))
	key = binary.AppendVarint(key, int64(min(n.length, w.Min)))
	if !w.seen[string(key)] {
		w.seen[string(key)] = true
		w.nodes = append(w.nodes, n)
	}
}

func (w *walker) wanted(n node) bool {
	if n.length < w.Min || n.leaf >= 0 && w.unwanted[n.leaf] {
		return false
	}
	for i, p := range w.patterns {
		if p.accepts(n.states[i]) != (i < len(w.Match)) {
			return false
		}
	}
	return true
}

// pump makes the text of a node longer, up to a length, by what leads from a
// state of the automata back to it; false where nothing does, or where that
// leads beyond the greatest length.
func (w *walker) pump(at, least int) (string, bool) {
	var way []node // from the end to the beginning
	for i := at; i >= 0; i = w.nodes[i].parent {
		way = append(way, w.nodes[i])
	}
	slices.Reverse(way)
	text := []rune(w.text(at))
	if len(text) >= least {
		return string(text), true
	}
	for to := range way {
		for from := range to {
			turn := to - from
			turns := (least - len(text) + turn - 1) / turn
			if way[from].leaf != way[to].leaf || !slices.Equal(way[from].states, way[to].states) || w.Max >= 0 && len(text)+turns*turn > w.Max {
				continue
			}
			return string(text[:to]) + strings.Repeat(string(text[from:to]), turns) + string(text[to:]), true
		}
	}
	return "", false
}

func (w *walker) text(at int) string {
	var runes []rune
	for ; w.nodes[at].parent >= 0; at = w.nodes[at].parent {
		runes = append(runes, w.nodes[at].by)
	}
	slices.Reverse(runes)
	return string(runes)
}
