package ecma

import (
	"slices"
	"strconv"
	"strings"
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
		table := p.property(at)
		if r == 'p' {
			into.tables = append(into.tables, table)
		} else {
			into.without = append(into.without, table)
		}
		return 0, false
	case 't', 'n', 'v', 'f', 'r':
		return map[rune]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}[r], true
	case '0':
		if next := p.peek(); next >= '0' && next <= '9' {
			p.fail(at, "octal escapes are not read")
		}
		return 0, true
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
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
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

// property reads the name of a property of characters in braces.
func (p *parser) property(at int) *unicode.RangeTable {
	end := slices.Index(p.source[p.at:], '}')
	if !p.take("{") || end < 0 {
		p.fail(at, `no property in braces follows \p`)
	}
	name := string(p.source[p.at : p.at+end-1])
	p.at += end
	kind, value, named := strings.Cut(name, "=")
	if !named {
		kind, value = "", name
	}
	switch kind {
	case "", "General_Category", "gc":
		if full, ok := unicode.CategoryAliases[value]; ok {
			value = full
		}
		if table, ok := unicode.Categories[value]; ok {
			return table
		}
		if table, ok := unicode.Properties[value]; ok && kind == "" {
			return table
		}
	case "Script", "sc":
		if table, ok := unicode.Scripts[value]; ok {
			return table
		}
	}
	p.fail(at, "there is no property of characters %q", name)
	return nil
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
