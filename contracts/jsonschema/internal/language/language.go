// Package language decides questions about the texts that regular expressions
// match: is there a text that these patterns match and those do not, within
// these lengths, and which is the shortest?
//
// A pattern is what Go's regexp makes of it, searched for anywhere in the
// text, as JSON Schema has it. Each becomes a deterministic automaton whose
// states are made when they are first reached; a question walks the product of
// the automata breadth first.
//
// Guarantees: the answer is exact, word boundaries and anchors included, or it
// is ErrBudget. The text that is found is a shortest one, made of letters and
// digits where the patterns let it. Texts are valid UTF-8.
//
// The package is not for matching texts; use regexp for that.
package language

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// Pattern is a compiled regular expression. It grows while it is used and is
// not safe for concurrent use.
type Pattern struct {
	prog *syntax.Prog
	// starts are the first runes of intervals which the expression does not
	// tell apart within; classes are the intervals' classes.
	starts  []rune
	classes []int
	reps    []rune // of each class, the most readable rune
	// looks says whether the expression looks at line ends or words.
	lines, words bool
	states       []state
	byKey        map[string]int
}

// state is a state of the automaton: instructions that wait for the next
// rune, before empty-width conditions are looked at.
type state struct {
	waiting []uint32
	before  rune // stands for the previous rune; -1 at the beginning
	next    []int
	accepts int8 // at the end of the text: 0 unknown, 1 no, 2 yes
}

// The states that every automaton has.
const (
	accepted = 0 // matched already, whatever follows
	start    = 1
	unmade   = -1
)

// maxClasses bounds the distinctions that one expression makes.
const maxClasses = 256

// Compile makes a pattern of an expression in the syntax of Go's regexp.
// An expression that makes too many distinctions is answered with ErrBudget.
func Compile(expression string) (*Pattern, error) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	p := &Pattern{prog: prog, byKey: map[string]int{}}
	if err := p.classify(); err != nil {
		return nil, err
	}
	p.states = append(p.states, state{}, state{waiting: []uint32{uint32(prog.Start)}, before: -1})
	return p, nil
}

// classify splits the runes into classes that no instruction tells apart.
func (p *Pattern) classify() error {
	cuts := map[rune]bool{0: true, 0xD800: true, 0xE000: true}
	cut := func(low, high rune) { cuts[low], cuts[high+1] = true, true }
	for i := range p.prog.Inst {
		inst := &p.prog.Inst[i]
		switch inst.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(inst.Rune) == 1 {
				r := inst.Rune[0]
				cut(r, r)
				for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
					cut(f, f)
				}
				continue
			}
			for j := 0; j < len(inst.Rune); j += 2 {
				cut(inst.Rune[j], inst.Rune[j+1])
			}
		case syntax.InstRuneAnyNotNL:
			cut('\n', '\n')
		case syntax.InstEmptyWidth:
			switch syntax.EmptyOp(inst.Arg) {
			case syntax.EmptyBeginLine, syntax.EmptyEndLine:
				p.lines = true
				cut('\n', '\n')
			case syntax.EmptyWordBoundary, syntax.EmptyNoWordBoundary:
				p.words = true
				cut('0', '9')
				cut('A', 'Z')
				cut('_', '_')
				cut('a', 'z')
			}
		}
	}
	for r := range cuts {
		if r <= unicode.MaxRune {
			p.starts = append(p.starts, r)
		}
	}
	slices.Sort(p.starts)
	return p.number()
}

// number gives each interval its class: intervals on which all instructions
// agree share one.
func (p *Pattern) number() error {
	known := map[string]int{}
	var key []byte
	for i, low := range p.starts {
		if surrogate(low) {
			p.classes = append(p.classes, -1)
			continue
		}
		key = key[:0]
		var bits, n byte
		for j := range p.prog.Inst {
			inst := &p.prog.Inst[j]
			switch inst.Op {
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			default:
				continue
			}
			bits <<= 1
			if inst.MatchRune(low) {
				bits |= 1
			}
			if n++; n%8 == 0 {
				key = append(key, bits)
			}
		}
		key = append(key, bits, byte(p.context(low)))
		class, ok := known[string(key)]
		if !ok {
			class = len(p.reps)
			if class == maxClasses {
				return ErrBudget
			}
			known[string(key)] = class
			p.reps = append(p.reps, low)
		}
		p.classes = append(p.classes, class)
		high := rune(unicode.MaxRune)
		if i+1 < len(p.starts) {
			high = p.starts[i+1] - 1
		}
		if r := Readable(low, high); better(r, p.reps[class]) {
			p.reps[class] = r
		}
	}
	return nil
}

// surrogate says whether an interval begins among the surrogates, and so lies
// there whole: no text has them. A pattern may tell them apart all the same.
func surrogate(low rune) bool { return low >= 0xD800 && low < 0xE000 }

// class of a rune.
func (p *Pattern) class(r rune) int {
	i := sort.Search(len(p.starts), func(i int) bool { return p.starts[i] > r })
	return p.classes[i-1]
}

// context is what conditions need to know of the rune before them.
func (p *Pattern) context(r rune) rune {
	switch {
	case p.lines && r == '\n':
		return '\n'
	case p.words && syntax.IsWordChar(r):
		return 'a'
	}
	return ' '
}

// step is the state after a rune.
func (p *Pattern) step(from int, r rune) int {
	if from == accepted {
		return accepted
	}
	class := p.class(r)
	if p.states[from].next == nil {
		next := make([]int, len(p.reps))
		for i := range next {
			next[i] = unmade
		}
		p.states[from].next = next
	}
	if to := p.states[from].next[class]; to != unmade {
		return to
	}
	to := p.make(from, r)
	p.states[from].next[class] = to
	return to
}

func (p *Pattern) make(from int, r rune) int {
	before := p.states[from].before
	ready, matched := p.closure(p.states[from].waiting, syntax.EmptyOpContext(before, r))
	if matched {
		return accepted
	}
	waiting := []uint32{uint32(p.prog.Start)} // a match may begin anywhere
	for _, pc := range ready {
		if inst := &p.prog.Inst[pc]; inst.MatchRune(r) {
			waiting = append(waiting, inst.Out)
		}
	}
	slices.Sort(waiting)
	waiting = slices.Compact(waiting)
	after := p.context(r)
	key := make([]byte, 0, 4*len(waiting)+4)
	key = binary.LittleEndian.AppendUint32(key, uint32(after))
	for _, pc := range waiting {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if to, ok := p.byKey[string(key)]; ok {
		return to
	}
	to := len(p.states)
	p.byKey[string(key)] = to
	p.states = append(p.states, state{waiting: waiting, before: after})
	return to
}

// accepts says whether a text that ends in this state matches.
func (p *Pattern) accepts(at int) bool {
	if at == accepted {
		return true
	}
	s := &p.states[at]
	if s.accepts == 0 {
		s.accepts = 1
		if _, matched := p.closure(s.waiting, syntax.EmptyOpContext(s.before, -1)); matched {
			s.accepts = 2
		}
	}
	return s.accepts == 2
}

// closure follows the instructions that consume nothing, under the
// conditions that hold between two runes.
func (p *Pattern) closure(from []uint32, holds syntax.EmptyOp) (ready []uint32, matched bool) {
	seen := make([]bool, len(p.prog.Inst))
	stack := slices.Clone(from)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		inst := &p.prog.Inst[pc]
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Arg, inst.Out)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^holds == 0 {
				stack = append(stack, inst.Out)
			}
		case syntax.InstMatch:
			matched = true
		case syntax.InstFail:
		default:
			ready = append(ready, pc)
		}
	}
	return ready, matched
}

// Readable is the most readable rune of an interval.
func Readable(low, high rune) rune {
	for _, r := range [...][2]rune{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'!', '~'}, {' ', ' '}, {0xC0, 0x17F}} {
		if first := max(low, r[0]); first <= min(high, r[1]) {
			return first
		}
	}
	for r := low; r <= min(high, low+64); r++ {
		if unicode.IsPrint(r) {
			return r
		}
	}
	return low
}

// better says whether a rune reads better than another one.
func better(a, b rune) bool { return rank(a) < rank(b) }

func rank(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 0
	case r >= 'A' && r <= 'Z':
		return 1
	case r >= '0' && r <= '9':
		return 2
	case r > ' ' && r <= '~':
		return 3
	case r == ' ':
		return 4
	case r >= 0xC0 && unicode.IsLetter(r):
		return 5
	case unicode.IsPrint(r):
		return 6
	case !utf8.ValidRune(r):
		return 8
	}
	return 7
}
