package ecma

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode"
)

type parser struct {
	source []rune
	at     int
	depth  int
	groups int // so far
	all    int
	names  map[string][]int // the groups of a name
	beside map[string]bool  // the names of groups that can match beside what is read
	refers bool
	// pending are the references by name to check when all groups are known.
	pending []pendingReference
	// unsupported is a part of the expression of which it is not known what it
	// matches.
	unsupported string
}

type pendingReference struct {
	reference *backReference
	name      string
	at        int
}

// failure unwinds the parser; parse turns it into an error.
type failure struct{ err *Error }

func (p *parser) fail(at int, format string, args ...any) {
	panic(failure{&Error{Offset: at, Message: fmt.Sprintf(format, args...)}})
}

func (p *parser) parse() (root node, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			root, err = nil, f.err
		}
	}()
	p.all = countGroups(p.source)
	root = p.choice()
	if !p.done() { // only a bracket ends a choice early
		p.fail(p.at, "the parenthesis closes no group")
	}
	for _, r := range p.pending {
		r.reference.groups = p.names[r.name]
		if len(r.reference.groups) == 0 {
			p.fail(r.at, "there is no group named %q", r.name)
		}
	}
	return root, nil
}

// countGroups counts the groups that references by number can name.
func countGroups(source []rune) int {
	n, inClass := 0, false
	for i := 0; i < len(source); i++ {
		switch r := source[i]; {
		case r == '\\':
			i++
		case r == '[':
			inClass = true
		case r == ']':
			inClass = false
		case r != '(' || inClass:
		case !slices.Equal(source[i+1:min(i+2, len(source))], []rune("?")):
			n++
		case i+3 < len(source) && source[i+2] == '<' && source[i+3] != '=' && source[i+3] != '!':
			n++
		}
	}
	return n
}

func (p *parser) done() bool { return p.at == len(p.source) }

// peek is the next character, -1 at the end.
func (p *parser) peek() rune {
	if p.done() {
		return -1
	}
	return p.source[p.at]
}

// take moves on over a text if it comes next.
func (p *parser) take(text string) bool {
	runes := []rune(text)
	if len(p.source)-p.at < len(runes) || !slices.Equal(p.source[p.at:p.at+len(runes)], runes) {
		return false
	}
	p.at += len(runes)
	return true
}

// choice reads alternatives. Groups in two of them never match together, so
// that they may have the same name.
func (p *parser) choice() node {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at, "groups are nested deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	before, after := p.beside, maps.Clone(p.beside)
	var all choice
	for again := true; again; again = p.take("|") {
		p.beside = maps.Clone(before)
		all = append(all, p.sequence())
		maps.Copy(after, p.beside)
	}
	p.beside = after
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func (p *parser) sequence() node {
	var all sequence
	for !p.done() && p.peek() != '|' && p.peek() != ')' {
		groups := p.groups
		all = append(all, p.repeated(p.term(), groups))
	}
	return all
}

// repeated reads what says how often a part is there.
func (p *parser) repeated(part node, groups int) node {
	at := p.at
	least, most, ok := p.quantifier()
	if !ok {
		return part
	}
	if l, isLook := part.(*look); isLook && l.behind {
		p.fail(at, "there is nothing to repeat")
	}
	if _, isAssertion := part.(assertion); isAssertion {
		p.fail(at, "there is nothing to repeat")
	}
	if most >= 0 && most < least {
		p.fail(at, "the numbers of the repetition are out of order")
	}
	r := &repeat{sub: part, least: least, most: most, groups: [2]int{groups + 1, p.groups + 1}}
	r.lazy = p.take("?")
	if _, _, again := p.quantifier(); again {
		p.fail(at+1, "there is nothing to repeat")
	}
	return r
}

func (p *parser) quantifier() (least, most int, ok bool) {
	switch {
	case p.take("*"):
		return 0, -1, true
	case p.take("+"):
		return 1, -1, true
	case p.take("?"):
		return 0, 1, true
	}
	start := p.at
	if !p.take("{") {
		return 0, 0, false
	}
	if least, ok = p.number(); !ok {
		p.at = start
		return 0, 0, false
	}
	most = least
	if p.take(",") {
		if most, ok = p.number(); !ok {
			most = -1
		}
	}
	if !p.take("}") {
		p.at = start
		return 0, 0, false
	}
	return least, most, true
}

// number reads a number; what is beyond counting counts as the most.
func (p *parser) number() (int, bool) {
	const most = 1 << 30
	start := p.at
	for !p.done() && p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	if p.at == start {
		return 0, false
	}
	n, err := strconv.Atoi(string(p.source[start:p.at]))
	if err != nil || n > most {
		n = most
	}
	return n, true
}

func (p *parser) term() node {
	at := p.at
	r := p.source[p.at]
	p.at++
	switch r {
	case '^', '$':
		return assertion(r)
	case '.':
		return &set{ranges: lineEnds, negated: true}
	case '(':
		return p.group(at)
	case '[':
		return p.class(at)
	case '\\':
		return p.escape(at)
	case '*', '+', '?':
		p.fail(at, "there is nothing to repeat")
	case '{':
		p.at = at
		if _, _, ok := p.quantifier(); ok {
			p.fail(at, "there is nothing to repeat")
		}
		p.at = at + 1
	}
	return &set{ranges: []rune{r, r}}
}

func (p *parser) group(at int) node {
	var out node
	switch {
	case p.take("?:"):
		out = &group{sub: p.choice()}
	case p.take("?="):
		out = &look{sub: p.choice()}
	case p.take("?!"):
		out = &look{sub: p.choice(), negated: true}
	case p.take("?<="):
		out = &look{sub: p.choice(), behind: true}
	case p.take("?<!"):
		out = &look{sub: p.choice(), behind: true, negated: true}
	case p.take("?<"):
		p.groups++
		index := p.groups
		name := p.name(at)
		if p.beside[name] {
			p.fail(at, "there are two groups named %q", name)
		}
		p.beside[name] = true
		p.names[name] = append(p.names[name], index)
		out = &group{sub: p.choice(), index: index}
	case p.peek() == '?':
		p.fail(at, "there is no group that begins with (%s", string(p.source[p.at:min(p.at+2, len(p.source))]))
	default:
		p.groups++
		index := p.groups
		out = &group{sub: p.choice(), index: index}
	}
	if !p.take(")") {
		p.fail(at, "the group is not closed")
	}
	return out
}

// name reads the name of a group, up to the bracket that ends it.
func (p *parser) name(at int) string {
	end := slices.Index(p.source[p.at:], '>')
	if end <= 0 {
		p.fail(at, "the name of the group does not end")
	}
	name := string(p.source[p.at : p.at+end])
	for i, r := range name {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			p.fail(at, "%q is no name of a group", name)
		}
	}
	p.at += end + 1
	return name
}

// escape reads what follows a backslash outside of a class.
func (p *parser) escape(at int) node {
	r := p.peek()
	switch {
	case r == 'b' || r == 'B':
		p.at++
		return assertion(r)
	case r >= '1' && r <= '9':
		digits := p.at
		if n, _ := p.number(); n <= p.all {
			p.refers = true
			return &backReference{[]int{n}}
		}
		p.at = digits // an octal escape
	case p.take("k<"):
		p.refers = true
		reference := &backReference{}
		p.pending = append(p.pending, pendingReference{reference, p.name(at), at})
		return reference
	}
	s := &set{}
	if r, single := p.escaped(at, s); single {
		s.add(r, r)
	}
	return s
}
