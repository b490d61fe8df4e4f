package ecma

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
	opRun   // a to b characters of the set, b negative without a bound
)

type instruction struct {
	op            operation
	back, negated bool // back: matching goes towards the beginning
	lazy          bool
	to, otherwise int
	set           *set
	a, b          int   // registers, or counts
	groups        []int // that a back reference is to
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
		c.emit(instruction{op: opRefer, groups: n.groups, back: back})
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
	if s := c.single(n.sub); s != nil && max(n.least, n.most-n.least) > maxTurns {
		c.emit(instruction{op: opRun, set: s, a: n.least, b: n.most, back: back, lazy: n.lazy})
		return true
	}
	for range n.least {
		before := len(c.program)
		if !turn() {
			return false
		}
		if len(c.program) == before {
			break // nothing, however often
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

// single is the set behind a part that takes one character and remembers
// nothing; nil for others.
func (c *compiler) single(n node) *set {
	switch n := n.(type) {
	case *set:
		return n
	case *group:
		if n.index == 0 || !c.refers {
			return c.single(n.sub)
		}
	case sequence:
		if len(n) == 1 {
			return c.single(n[0])
		}
	}
	return nil
}
