// Package ecma reads the regular expressions of ECMA-262. Those that are regular
// it writes in the syntax of Go's regexp, with what their classes mean in
// ECMA-262; texts it matches against all of them: also those with lookahead and
// lookbehind, back references, and large repetitions.
//
// Expressions have the flag u, as JSON Schema recommends: a character is a code
// point. A form that the flag refuses is read as without it (Annex B), while
// the rest of the expression keeps what the flag means: any punctuation may be
// escaped, a brace or bracket that closes nothing stands for itself, and \10
// and \01 are octal where they name no group. What is refused all the same are
// letters that are escaped without a meaning: what others mean by \A or \Z is
// not what Annex B reads. Groups in different alternatives may have one name.
//
// Of properties of characters those are known that Go has tables of, or that
// follow from these. An expression with another one of ECMA-262 is read, as one
// is that counts too far, and what it matches is not known.
//
// Guarantees: the same text always gets the same answer, in a bounded number
// of steps: an expression that does not come to an end on a text is answered
// with ErrSteps, and one of which it is not known what it matches with an
// *Unsupported. An expression that is none is answered with an *Error that says
// where and why. Nothing panics.
//
// Matching is slower than with regexp by far: what can be written for regexp
// should be.
package ecma

import (
	"errors"
	"fmt"
	"slices"
	"unicode"
)

// Error says why a text is no expression.
type Error struct {
	// Offset is the number of characters before the place.
	Offset  int
	Message string
}

// Error is the message with the place, counted from 1.
func (e *Error) Error() string {
	return fmt.Sprintf("%s at character %d", e.Message, e.Offset+1)
}

// ErrSteps says that matching was given up.
var ErrSteps = errors.New("given up after 5,000,000 steps")

// Unsupported says that it is not known what an expression matches.
type Unsupported struct {
	// Part is the part of the expression that is not supported.
	Part string
}

// Error completes "whether it matches was ...".
func (u *Unsupported) Error() string { return "not known, because " + u.Part + " is not supported" }

// The limits of an expression and of matching with it.
const (
	maxSteps        = 5_000_000
	maxInstructions = 50_000
	maxDepth        = 100
	maxRemembered   = 1 << 28 // bits, 32 MiB
	bitsPerStep     = 1 << 10 // what it costs to make room for them
)

// Pattern is a compiled expression. It is safe for concurrent use.
type Pattern struct {
	root    node
	program []instruction
	// registers are the places that matching remembers: the ends of groups,
	// and where turns of loops began.
	registers int
	// remembers: an expression without back references fails at a place
	// whatever led there, so each place is tried once.
	remembers   bool
	unsupported string
}

// Compile reads an expression. Its error is an *Error.
func Compile(source string) (*Pattern, error) {
	p := &parser{source: []rune(source), names: map[string][]int{}, beside: map[string]bool{}}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	c := &compiler{registers: 2 * (p.groups + 1), refers: p.refers}
	if !c.compile(root, false) {
		p.unsupported = fmt.Sprintf("a repetition that makes more than %d parts of it", maxInstructions)
	}
	c.emit(instruction{op: opMatch})
	return &Pattern{root: root, program: c.program, registers: c.registers, remembers: !p.refers, unsupported: p.unsupported}, nil
}

// Supported is an *Unsupported where it is not known what the expression
// matches.
func (p *Pattern) Supported() error {
	if p.unsupported == "" {
		return nil
	}
	return &Unsupported{p.unsupported}
}

// A node is a part of an expression: one of the types below.
type node any

type (
	// set is one character out of some.
	set struct {
		ranges  []rune // pairs, first and last
		tables  []*unicode.RangeTable
		without []*unicode.RangeTable // all characters but these
		negated bool
		unknown bool // there are more, of which it is not known which they are
	}
	sequence []node
	choice   []node
	repeat   struct {
		sub    node
		least  int
		most   int // negative without a bound
		lazy   bool
		groups [2]int // the first group within, and the one after the last
	}
	group struct {
		sub   node
		index int // 0 for one that is not remembered
	}
	look struct {
		sub             node
		behind, negated bool
	}
	backReference struct{ groups []int } // of which one has something at most
	assertion     rune                   // ^ $ b B
)

// has reports whether a character is known to be one of the set.
func (s *set) has(r rune) bool {
	in := false
	for i := 0; i < len(s.ranges) && !in; i += 2 {
		in = s.ranges[i] <= r && r <= s.ranges[i+1]
	}
	in = in || unicode.In(r, s.tables...)
	for i := 0; i < len(s.without) && !in; i++ {
		in = !unicode.Is(s.without[i], r)
	}
	return in != s.negated
}

// all are the ranges of the set, or of what it excludes if it is negated. They
// may overlap.
func (s *set) all() []rune {
	all := slices.Clone(s.ranges)
	for _, table := range s.tables {
		all = append(all, rangesOf(table)...)
	}
	for _, table := range s.without {
		all = append(all, complement(rangesOf(table))...)
	}
	return all
}

// rangesOf are the characters of a table, sorted.
func rangesOf(table *unicode.RangeTable) []rune {
	var out []rune
	add := func(first, last, stride rune) {
		for r := first; stride > 1 && r < last; r += stride {
			out = append(out, r, r)
			first = r + stride
		}
		out = append(out, first, last)
	}
	for _, r := range table.R16 {
		add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range table.R32 {
		add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	return out
}

func (s *set) add(first, last rune) { s.ranges = append(s.ranges, first, last) }

// The classes of characters that escapes name.
var (
	digits    = []rune{'0', '9'}
	words     = []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
	spaces    = []rune{'\t', '\r', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF}
	lineEnds  = []rune{'\n', '\n', '\r', '\r', 0x2028, 0x2029}
	classRune = map[rune][]rune{'d': digits, 'w': words, 's': spaces}
)

// complement are the ranges between sorted ranges.
func complement(ranges []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		if next < ranges[i] {
			out = append(out, next, ranges[i]-1)
		}
		next = ranges[i+1] + 1
	}
	if next > unicode.MaxRune {
		return out
	}
	return append(out, next, unicode.MaxRune)
}

func isWord(r rune) bool { return (&set{ranges: words}).has(r) }
