package ecma

import (
	"slices"
	"strconv"
	"unicode"
	"unicode/utf16"
)

// escaped reads an escape that classes have too: one character, or several
// that are added to the set.
func (p *parser) escaped(at int, into *set) (r rune, single bool) {
	if p.done() {
		p.fail(at, "nothing follows the backslash")
	}
	r = p.source[p.at]
	p.at++
	if ranges, ok := classRune[unicode.ToLower(r)]; ok {
		if unicode.IsUpper(r) {
			ranges = complement(ranges)
		}
		into.ranges = append(into.ranges, ranges...)
		return 0, false
	}
	switch r {
	case 'p', 'P':
		p.property(at, into, r == 'P')
		return 0, false
	case 't', 'n', 'v', 'f', 'r':
		return map[rune]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}[r], true
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return p.octal(r - '0'), true
	case 'c':
		letter := p.peek()
		if letter > unicode.MaxASCII || !unicode.IsLetter(letter) {
			p.fail(at, `no letter follows \c`)
		}
		p.at++
		return letter % 32, true
	case 'x':
		return p.hex(at, 2), true
	case 'u':
		return p.unicode(at), true
	}
	if unicode.IsLetter(r) {
		p.fail(at, `\%c has no meaning`, r)
	}
	return r, true
}

// unicode reads what follows \u: four digits, two escapes that are one
// character in UTF-16, or digits in braces.
func (p *parser) unicode(at int) rune {
	if p.take("{") {
		end := slices.Index(p.source[p.at:], '}')
		if end < 1 || end > 8 {
			p.fail(at, `the braces of \u{ do not hold a character`)
		}
		r := p.hex(at, end)
		p.at++
		if r > unicode.MaxRune {
			p.fail(at, `the braces of \u{ do not hold a character`)
		}
		return r
	}
	r := p.hex(at, 4)
	second := p.at
	if utf16.IsSurrogate(r) && p.take(`\u`) && p.peek() != '{' {
		if pair := utf16.DecodeRune(r, p.hex(second, 4)); pair != unicode.ReplacementChar {
			return pair
		}
	}
	if utf16.IsSurrogate(r) {
		p.at = second
	}
	return r
}

func (p *parser) hex(at, digits int) rune {
	text := string(p.source[p.at:min(p.at+digits, len(p.source))])
	n, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) < digits {
		p.fail(at, "the escape lacks its %d hexadecimal digits", digits)
	}
	p.at += digits
	return rune(min(n, unicode.MaxRune+1))
}

// octal reads the digits that follow the first one of an octal escape: the
// character has at most eight bits.
func (p *parser) octal(value rune) rune {
	const most = 0o377
	for range 2 {
		digit := p.peek() - '0'
		if digit < 0 || digit > 7 || value*8+digit > most {
			break
		}
		value = value*8 + digit
		p.at++
	}
	return value
}

// property reads the name of a property of characters in braces, and adds those
// that have it to a set, or those that lack it.
func (p *parser) property(at int, into *set, lacks bool) {
	end := slices.Index(p.source[p.at:], '}')
	if !p.take("{") || end < 0 {
		p.fail(at, `no property in braces follows \p`)
	}
	name := string(p.source[p.at : p.at+end-1])
	p.at += end
	table, ok := tableOf(name)
	switch {
	case !ok:
		p.fail(at, "there is no property of characters %q", name)
	case table == nil:
		into.unknown = true
		p.unsupported = `\p{` + name + `}`
	case lacks:
		into.without = append(into.without, table)
	default:
		into.tables = append(into.tables, table)
	}
}

// class reads a set in brackets.
func (p *parser) class(at int) node {
	s := &set{negated: p.take("^")}
	for !p.take("]") {
		if p.done() {
			p.fail(at, "the class is not closed")
		}
		first := p.at
		low, single := p.member(s)
		if p.peek() != '-' || p.at+1 < len(p.source) && p.source[p.at+1] == ']' {
			if single {
				s.add(low, low)
			}
			continue
		}
		p.at++
		if p.done() {
			p.fail(at, "the class is not closed")
		}
		high, alsoSingle := p.member(s)
		switch {
		case !single || !alsoSingle: // a class of characters has no end: the hyphen is itself
			s.add('-', '-')
			if single {
				s.add(low, low)
			}
			if alsoSingle {
				s.add(high, high)
			}
		case high < low:
			p.fail(first, "the range %c-%c is out of order", low, high)
		default:
			s.add(low, high)
		}
	}
	return s
}

func (p *parser) member(into *set) (r rune, single bool) {
	at := p.at
	r = p.source[p.at]
	p.at++
	switch {
	case r != '\\':
		return r, true
	case p.take("b"):
		return '\b', true
	}
	return p.escaped(at, into)
}
