package ecma

import (
	"fmt"
	"strings"
)

const (
	// maxTurns is the most that Go's regexp counts to at once, maxCounted what
	// is counted here.
	maxTurns   = 1000
	maxCounted = 4 * maxTurns
)

// Expression writes the pattern in the syntax of Go's regexp, as far as that
// can be: every text that the pattern matches, the expression matches, and
// where exact holds it matches no other. Classes such as \s are written out,
// because Go's have other members. Lookaround is left out, and a back reference
// stands for any text.
func (p *Pattern) Expression() (expression string, exact bool) {
	t := translation{exact: true}
	t.write(p.root)
	return t.b.String(), t.exact
}

type translation struct {
	b     strings.Builder
	exact bool
}

// wider writes an expression that matches more than the pattern's own part.
func (t *translation) wider(expression string) {
	t.b.WriteString(expression)
	t.exact = false
}

const anyRune = `(?s:.)`

func (t *translation) write(n node) {
	switch n := n.(type) {
	case *set:
		t.set(n)
	case sequence:
		for _, sub := range n {
			t.write(sub)
		}
	case choice:
		t.b.WriteString("(?:")
		for i, sub := range n {
			if i > 0 {
				t.b.WriteByte('|')
			}
			t.write(sub)
		}
		t.b.WriteByte(')')
	case *group:
		if t.b.WriteByte('('); n.index == 0 {
			t.b.WriteString("?:")
		}
		t.write(n.sub)
		t.b.WriteByte(')')
	case *repeat:
		t.repeat(n)
	case assertion:
		switch n {
		case '^':
			t.b.WriteString(`\A`)
		case '$':
			t.b.WriteString(`\z`)
		default: // a word is one of ASCII in both
			t.b.WriteString(`\` + string(n))
		}
	case *backReference:
		t.wider(anyRune + "*")
	default: // lookaround
		t.wider("")
	}
}

func (t *translation) set(s *set) {
	switch all := s.all(); {
	case s.unknown:
		t.wider(anyRune)
	case s.negated && len(all) == 0:
		t.b.WriteString(anyRune)
	case len(all) == 0:
		t.b.WriteString(`[^\x{0}-\x{10FFFF}]`)
	default:
		t.class(all, s.negated)
	}
}

func (t *translation) class(ranges []rune, negated bool) {
	t.b.WriteByte('[')
	if negated {
		t.b.WriteByte('^')
	}
	for i := 0; i < len(ranges); i += 2 {
		fmt.Fprintf(&t.b, `\x{%x}-\x{%x}`, ranges[i], ranges[i+1])
	}
	t.b.WriteByte(']')
}

// repeat writes counts beyond those that Go's regexp reads as several: x{1,1500}
// is x{1,1000}x{0,500}.
func (t *translation) repeat(r *repeat) {
	inner := translation{exact: true}
	inner.write(r.sub)
	part := "(?:" + inner.b.String() + ")"
	t.exact = t.exact && inner.exact
	least, most := r.least, r.most
	switch {
	case least > maxCounted || most > maxCounted:
		t.wider(part + "*")
		return
	case most < 0 && least < 2:
		t.b.WriteString(part + string("*+"[least]))
		return
	case least == 0 && most == 1:
		t.b.WriteString(part + "?")
		return
	}
	for least > maxTurns {
		fmt.Fprintf(&t.b, "%s{%d}", part, maxTurns)
		least -= maxTurns
		if most >= 0 {
			most -= maxTurns
		}
	}
	if most < 0 {
		fmt.Fprintf(&t.b, "%s{%d,}", part, least)
		return
	}
	first := min(most, maxTurns)
	fmt.Fprintf(&t.b, "%s{%d,%d}", part, least, first)
	for most -= first; most > 0; most -= maxTurns {
		fmt.Fprintf(&t.b, "%s{0,%d}", part, min(most, maxTurns))
	}
}
