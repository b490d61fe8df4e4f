package ecma

import (
	"slices"
)

type operation uint8

const (
	opMatch operation = iota
	opSet
	opJump
	opSplit // tries to, then otherwise
	opSave
	opClear
	opAssert
	opLook
	opRefer
	opMoved // fails where a turn of a loop has not moved
)

type instruction struct {
	op            operation
	back, negated bool // back: matching goes towards the beginning
	to, otherwise int
	set           *set
	a, b          int // registers
	assertion     assertion
}

// compiler writes an expression as instructions.
type compiler struct {
	program   []instruction
	registers int
	// refers: there are back references. Otherwise what groups had is of no
	// interest, and that a turn of a loop moves is seen by what was tried.
	refers bool
}

func (c *compiler) emit(i instruction) int {
	c.program = append(c.program, i)
	return len(c.program) - 1
}

// compile answers false for an expression that is too large.
func (c *compiler) compile(n node, back bool) bool {
	if len(c.program) > maxInstructions {
		return false
	}
	switch n := n.(type) {
	case *set:
		c.emit(instruction{op: opSet, set: n, back: back})
	case assertion:
		c.emit(instruction{op: opAssert, assertion: n})
	case *backReference:
		c.emit(instruction{op: opRefer, a: n.index, back: back})
	case sequence:
		for i := range n {
			if back {
				i = len(n) - 1 - i
			}
			if !c.compile(n[i], back) {
				return false
			}
		}
	case choice:
		return c.choice(n, back)
	case *group:
		return c.group(n, back)
	case *look:
		at := c.emit(instruction{op: opLook, negated: n.negated})
		ok := c.compile(n.sub, n.behind)
		c.emit(instruction{op: opMatch})
		c.program[at].to = len(c.program)
		return ok
	case *repeat:
		return c.repeat(n, back)
	}
	return true
}

func (c *compiler) choice(n choice, back bool) bool {
	var ends []int
	for i, sub := range n {
		split := -1
		if i < len(n)-1 {
			split = c.emit(instruction{op: opSplit})
			c.program[split].to = len(c.program)
		}
		if !c.compile(sub, back) {
			return false
		}
		if split >= 0 {
			ends = append(ends, c.emit(instruction{op: opJump}))
			c.program[split].otherwise = len(c.program)
		}
	}
	for _, at := range ends {
		c.program[at].to = len(c.program)
	}
	return true
}

func (c *compiler) group(n *group, back bool) bool {
	if n.index == 0 || !c.refers {
		return c.compile(n.sub, back)
	}
	first, last := 2*n.index, 2*n.index+1
	if back {
		first, last = last, first
	}
	c.emit(instruction{op: opSave, a: first})
	ok := c.compile(n.sub, back)
	c.emit(instruction{op: opSave, a: last})
	return ok
}

func (c *compiler) repeat(n *repeat, back bool) bool {
	turn := func() bool {
		if c.refers && n.groups[0] < n.groups[1] {
			c.emit(instruction{op: opClear, a: 2 * n.groups[0], b: 2 * n.groups[1]})
		}
		return c.compile(n.sub, back)
	}
	for range n.least {
		if !turn() {
			return false
		}
	}
	// split writes a choice between one turn more and none.
	split := func() int { return c.emit(instruction{op: opSplit}) }
	route := func(at, more, none int) {
		if n.lazy {
			more, none = none, more
		}
		c.program[at].to, c.program[at].otherwise = more, none
	}
	began := c.registers
	c.registers++
	body := func() bool {
		if !c.refers {
			return turn()
		}
		c.emit(instruction{op: opSave, a: began})
		ok := turn()
		c.emit(instruction{op: opMoved, a: began})
		return ok
	}
	if n.most < 0 {
		at := split()
		if !body() {
			return false
		}
		c.emit(instruction{op: opJump, to: at})
		route(at, at+1, len(c.program))
		return true
	}
	var splits []int
	for range n.most - n.least {
		splits = append(splits, split())
		if !body() {
			return false
		}
	}
	for _, at := range splits {
		route(at, at+1, len(c.program))
	}
	return true
}

// Match reports whether the expression is found in the text. Its error is
// ErrSteps.
func (p *Pattern) Match(text string) (bool, error) {
	m := &matcher{Pattern: p, text: []rune(text), steps: maxSteps, looks: map[[2]int]bool{}}
	seen := m.remember()
	for start := 0; start <= len(m.text) && !m.spent; start++ {
		if _, found := m.run(0, start, m.fresh(), seen); found {
			return true, nil
		}
	}
	if m.spent {
		return false, ErrSteps
	}
	return false, nil
}

type matcher struct {
	*Pattern
	text  []rune
	steps int
	spent bool
	// looks are the answers of lookarounds by instruction and place.
	looks map[[2]int]bool
}

func (m *matcher) fresh() []int {
	registers := make([]int, m.registers)
	for i := range registers {
		registers[i] = -1
	}
	return registers
}

// remember makes the memory of the places that were tried; nil where none is
// kept.
func (m *matcher) remember() []uint64 {
	if !m.remembers {
		return nil
	}
	bits := len(m.program) * (len(m.text) + 1)
	if bits > maxRemembered {
		m.spent = true
		return nil
	}
	m.steps -= bits / bitsPerStep
	return make([]uint64, bits/64+1)
}

// position is where matching is: the instruction, the place in the text, and
// what was remembered.
type position struct {
	pc, at    int
	registers []int
}

// run matches from an instruction to the next opMatch at its level, and answers
// what was remembered on the way.
func (m *matcher) run(pc, at int, registers []int, seen []uint64) (remembered []int, matched bool) {
	now := position{pc, at, registers}
	var others []position // alternatives, tried when the present one fails
	for {
		if m.steps--; m.steps < 0 {
			m.spent = true
		}
		if m.spent {
			return nil, false
		}
		fails := m.tried(now, seen)
		if !fails {
			switch i := &m.program[now.pc]; i.op {
			case opMatch:
				return now.registers, true
			case opSplit:
				others = append(others, position{i.otherwise, now.at, now.registers})
				now.pc = i.to
			default:
				fails = !m.step(i, &now)
			}
		}
		if !fails {
			continue
		}
		if len(others) == 0 {
			return nil, false
		}
		now = others[len(others)-1]
		others = others[:len(others)-1]
	}
}

// tried reports whether a position has been tried, and remembers it.
func (m *matcher) tried(p position, seen []uint64) bool {
	if seen == nil {
		return false
	}
	bit := p.pc*(len(m.text)+1) + p.at
	was := seen[bit/64] & (1 << (bit % 64))
	seen[bit/64] |= 1 << (bit % 64)
	return was != 0
}

// step does one instruction.
func (m *matcher) step(i *instruction, now *position) bool {
	now.pc++
	switch i.op {
	case opSet:
		return m.consume(i, now)
	case opJump:
		now.pc = i.to
	case opSave:
		now.registers = slices.Clone(now.registers)
		now.registers[i.a] = now.at
	case opClear:
		now.registers = slices.Clone(now.registers)
		for r := i.a; r < i.b; r++ {
			now.registers[r] = -1
		}
	case opMoved:
		return now.registers[i.a] != now.at
	case opAssert:
		return m.holds(i.assertion, now.at)
	case opRefer:
		return m.refer(i, now)
	case opLook:
		return m.look(i, now)
	}
	return true
}

func (m *matcher) consume(i *instruction, now *position) bool {
	if i.back {
		if now.at == 0 || !i.set.has(m.text[now.at-1]) {
			return false
		}
		now.at--
		return true
	}
	if now.at == len(m.text) || !i.set.has(m.text[now.at]) {
		return false
	}
	now.at++
	return true
}

func (m *matcher) holds(a assertion, at int) bool {
	switch a {
	case '^':
		return at == 0
	case '$':
		return at == len(m.text)
	}
	before := at > 0 && isWord(m.text[at-1])
	after := at < len(m.text) && isWord(m.text[at])
	return (before != after) == (a == 'b')
}

// refer matches what a group had; one that had nothing matches nothing.
func (m *matcher) refer(i *instruction, now *position) bool {
	first, last := now.registers[2*i.a], now.registers[2*i.a+1]
	if first < 0 || last < 0 {
		return true
	}
	said := m.text[first:last]
	from, to := now.at, now.at+len(said)
	if i.back {
		from, to = now.at-len(said), now.at
	}
	if from < 0 || to > len(m.text) || !slices.Equal(m.text[from:to], said) {
		return false
	}
	now.at = to
	if i.back {
		now.at = from
	}
	return true
}

// look says whether a lookaround holds. What groups in it had stays
// remembered.
func (m *matcher) look(i *instruction, now *position) bool {
	key := [2]int{now.pc, now.at}
	inner, at := now.pc, now.at
	now.pc = i.to
	if found, known := m.looks[key]; known && m.remembers {
		return found != i.negated
	}
	remembered, found := m.run(inner, at, now.registers, m.remember())
	m.looks[key] = found
	if found && !i.negated {
		now.registers = remembered
	}
	return found != i.negated
}
