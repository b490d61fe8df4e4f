package place

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// SyntaxError says why a text is not a place and at which byte.
type SyntaxError struct {
	// Text is what was parsed.
	Text string
	// Column is the byte, counted from 1, at which the text stops making
	// sense; len(Text)+1 at its end. A file's column of the text plus
	// Column-1 is the column of the mistake in the file.
	Column int
	// Message says what is wrong and what would be right.
	Message string
}

// Error is the text, the column and the message.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("place %q, column %d: %s", e.Text, e.Column, e.Message)
}

const (
	headerPrefix   = "header:"
	envelopePrefix = "envelope:"
)

// Parse reads a place. Its error is always a *SyntaxError.
func Parse(text string) (Place, error) {
	p := parser{text: text}
	switch {
	case text == "":
		return Place{}, p.fail(0, "empty; write $.field, header:name, key or envelope:id")
	case text == "key":
		return Place{kind: Key}, nil
	case strings.HasPrefix(text, headerPrefix):
		name := text[len(headerPrefix):]
		if name == "" {
			return Place{}, p.fail(len(text), "the header's name is missing: write header:name")
		}
		if i := invalidUTF8(name); i >= 0 {
			return Place{}, p.fail(len(headerPrefix)+i, "not UTF-8")
		}
		return Place{kind: Header, name: name}, nil
	case strings.HasPrefix(text, envelopePrefix):
		return p.attribute()
	case text[0] == '$':
		return p.data()
	case strings.HasPrefix(text, "."):
		return Place{}, p.fail(0, "a place in the data begins with $: write $%s", text)
	}
	return Place{}, p.fail(0, "not a place; write $.field for the event's data, header:name for a record header, key, or envelope:id for an attribute of the envelope")
}

// MustParse is Parse for constants; it panics on an error.
func MustParse(text string) Place {
	p, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

// UnmarshalText lets places stand in JSON and YAML.
func (p *Place) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// MarshalText is String.
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

type parser struct {
	text string
	at   int
}

func (p *parser) fail(at int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Text: p.text, Column: at + 1, Message: fmt.Sprintf(format, args...)}
}

// attribute reads envelope: and the name of an attribute. CloudEvents' names
// have no underscores, so that those of a standard envelope, and the prefix of
// the headers of a binary one, can be left out without a doubt.
func (p *parser) attribute() (Place, error) {
	written := p.text[len(envelopePrefix):]
	if i := strings.IndexFunc(written, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }); i >= 0 {
		return Place{}, p.fail(len(envelopePrefix)+i, "an attribute's name has lower-case letters and digits, such as envelope:causationid")
	}
	name := strings.ReplaceAll(strings.TrimPrefix(written, "ce_"), "_", "")
	if name == "" {
		return Place{}, p.fail(len(p.text), "the attribute's name is missing: write envelope:id")
	}
	return Attribute(name), nil
}

// data reads $ and its segments.
func (p *parser) data() (Place, error) {
	place := Place{kind: Data}
	for p.at = 1; p.at < len(p.text); {
		var (
			segment Segment
			err     *SyntaxError
		)
		switch p.text[p.at] {
		case '.':
			segment, err = p.dotted()
		case '[':
			segment, err = p.bracketed()
		default:
			err = p.fail(p.at, "expected .name or [index] here%s", p.quoteHint())
		}
		if err != nil {
			return Place{}, err
		}
		place.path = append(place.path, segment)
	}
	return place, nil
}

// dotted reads .name, RFC 9535's member-name-shorthand.
func (p *parser) dotted() (Segment, *SyntaxError) {
	p.at++
	start := p.at
	if start < len(p.text) {
		switch p.text[start] {
		case '.':
			return Segment{}, p.fail(start, ".. selects many values; a place selects one")
		case '*':
			return Segment{}, p.fail(start, "* selects many values; a place selects one")
		}
	}
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if r == utf8.RuneError && size == 1 {
			return Segment{}, p.fail(p.at, "not UTF-8")
		}
		if !nameRune(r, p.at == start) {
			break
		}
		p.at += size
	}
	if p.at == start {
		return Segment{}, p.fail(start, "a name must follow the dot%s", p.quoteHint())
	}
	return Name(p.text[start:p.at]), nil
}

// quoteHint shows how to quote the name that surrounds the parser, if there
// is one: $.order-id is the mistake that everyone makes.
func (p *parser) quoteHint() string {
	start := strings.LastIndexAny(p.text[:p.at], ".]") + 1
	end := p.at
	for end < len(p.text) && p.text[end] != '.' && p.text[end] != '[' {
		end++
	}
	name := p.text[start:end]
	if start == 0 || name == "" || strings.ContainsAny(name, `'"]*`) || !utf8.ValidString(name) {
		return ""
	}
	return "; a name like this one is quoted: [" + quote(name) + "]"
}

// bracketed reads [0], ['name'] or ["name"].
func (p *parser) bracketed() (Segment, *SyntaxError) {
	open := p.at
	p.at++
	p.blanks()
	if p.at == len(p.text) {
		return Segment{}, p.fail(p.at, "[ is not closed")
	}
	var (
		segment Segment
		err     *SyntaxError
	)
	switch c := p.text[p.at]; {
	case c == '\'' || c == '"':
		segment, err = p.quoted(c)
	case c >= '0' && c <= '9':
		segment, err = p.index()
	case c == '-':
		err = p.fail(p.at, "an index counts from 0; negative ones are not supported")
	case c == '*' || c == '?' || c == ':':
		err = p.fail(p.at, "%c selects many values; a place selects one", c)
	default:
		err = p.fail(p.at, "expected an index like [0] or a quoted name like ['name']")
	}
	if err != nil {
		return Segment{}, err
	}
	p.blanks()
	switch {
	case p.at == len(p.text):
		return Segment{}, p.fail(p.at, "the [ of column %d is not closed", open+1)
	case p.text[p.at] == ',' || p.text[p.at] == ':':
		return Segment{}, p.fail(p.at, "%c selects many values; a place selects one", p.text[p.at])
	case p.text[p.at] != ']':
		return Segment{}, p.fail(p.at, "expected ]")
	}
	p.at++
	return segment, nil
}

func (p *parser) blanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

// maxIndex is the largest index that RFC 9535 allows (I-JSON's exact
// integers), or the platform's if that is smaller.
const maxIndex = min(1<<53-1, int64(^uint(0)>>1))

func (p *parser) index() (Segment, *SyntaxError) {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	digits := p.text[start:p.at]
	if len(digits) > 1 && digits[0] == '0' {
		return Segment{}, p.fail(start, "an index has no leading zero")
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > maxIndex {
		return Segment{}, p.fail(start, "the index is too large")
	}
	return Index(int(n)), nil
}

// quoted reads a string literal of RFC 9535, section 2.3.1.1.
func (p *parser) quoted(mark byte) (Segment, *SyntaxError) {
	open := p.at
	p.at++
	var name strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == mark:
			p.at++
			return Name(name.String()), nil
		case c == '\\':
			r, err := p.escape(mark)
			if err != nil {
				return Segment{}, err
			}
			name.WriteRune(r)
		case c < 0x20:
			return Segment{}, p.fail(p.at, "a control character must be escaped: \\u%04x", c)
		default:
			r, size := utf8.DecodeRuneInString(p.text[p.at:])
			if r == utf8.RuneError && size == 1 {
				return Segment{}, p.fail(p.at, "not UTF-8")
			}
			name.WriteRune(r)
			p.at += size
		}
	}
	return Segment{}, p.fail(p.at, "the quote of column %d is not closed", open+1)
}

func (p *parser) escape(mark byte) (rune, *SyntaxError) {
	start := p.at
	p.at += 2
	if p.at > len(p.text) {
		return 0, p.fail(start, "nothing follows the backslash")
	}
	switch c := p.text[start+1]; c {
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case '/', '\\', mark:
		return rune(c), nil
	case 'u':
		return p.unicode(start)
	}
	return 0, p.fail(start, "unknown escape; known are \\b \\f \\n \\r \\t \\/ \\\\ \\%c \\uhhhh", mark)
}

func (p *parser) unicode(start int) (rune, *SyntaxError) {
	high, ok := p.hex4()
	if !ok {
		return 0, p.fail(start, "four hexadecimal digits must follow \\u")
	}
	if !utf16.IsSurrogate(high) {
		return high, nil
	}
	if strings.HasPrefix(p.text[p.at:], `\u`) {
		p.at += 2
		if low, ok := p.hex4(); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, p.fail(start, "half of a surrogate pair")
}

func (p *parser) hex4() (rune, bool) {
	if p.at+4 > len(p.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(n), true
}

// nameRune is RFC 9535's name-first and name-char.
func nameRune(r rune, first bool) bool {
	switch {
	case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= 0x80:
		return true
	case r >= '0' && r <= '9':
		return !first
	}
	return false
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}
