package ecma

import (
	"slices"
)

// Match reports whether the expression is found in the text. Its error is
// ErrSteps or an *Unsupported.
func (p *Pattern) Match(text string) (bool, error) {
	if err := p.Supported(); err != nil {
		return false, err
	}
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
			case opRun:
				others, fails = m.runs(i, &now, others)
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

// runs takes as many characters as a run has, the others that it could have
// are alternatives; it fails where there are too few.
func (m *matcher) runs(i *instruction, now *position, others []position) ([]position, bool) {
	step, left := 1, len(m.text)-now.at
	if i.back {
		step, left = -1, now.at
	}
	most := left
	if i.b >= 0 {
		most = min(most, i.b)
	}
	one, n := *now, 0
	for n < most && left >= i.a && m.consume(i, &one) {
		n++
	}
	m.steps -= n
	if n < i.a {
		return others, true
	}
	begin, at := now.at, func(turns int) position { return position{now.pc, now.at + turns*step, now.registers} }
	now.pc++
	for k := range n - i.a {
		turns := i.a + k
		if i.lazy {
			turns = n - k
		}
		others = append(others, at(turns))
	}
	now.at = begin + n*step
	if i.lazy {
		now.at = begin + i.a*step
	}
	return others, false
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
	var said []rune
	for _, group := range i.groups {
		if first, last := now.registers[2*group], now.registers[2*group+1]; first >= 0 && last >= 0 {
			said = m.text[first:last]
		}
	}
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
