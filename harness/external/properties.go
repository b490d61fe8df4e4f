package external

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// position is a place in a file, counted from 1. Columns count bytes, which
// are characters in Latin-1.
type position struct {
	file      string
	line, col int
}

func (p position) String() string { return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.col) }

// property is one entry of a .properties file.
type property struct {
	key, value string
	at, valAt  position
	// utf8 says that the value holds what looks like UTF-8, which Java
	// reads as Latin-1.
	utf8 bool
}

// parseError is a fault of the file's form. It quotes nothing of the file,
// whose values may be secrets.
type parseError struct {
	at  position
	msg string
}

func (e *parseError) Error() string { return e.at.String() + ": " + e.msg }

// parseProperties reads Java's .properties format as java.util.Properties
// does: Latin-1, = or : or white space after the key, continuation lines,
// escapes. It is stricter in two points: a key must not be empty and must not
// be set twice, where Java takes the last one silently.
func parseProperties(file, text string) ([]property, error) {
	r := &propertyReader{file: file, text: text, line: 1, lineStart: 0}
	var out []property
	first := map[string]position{}
	for r.skipToKey() {
		p, err := r.property()
		if err != nil {
			return nil, err
		}
		if p.key == "" {
			return nil, &parseError{p.at, "the name of the setting is missing"}
		}
		if at, twice := first[p.key]; twice {
			return nil, &parseError{p.at, fmt.Sprintf("%s is set twice (first at %s): remove one", p.key, at)}
		}
		first[p.key] = p.at
		out = append(out, p)
	}
	return out, nil
}

type propertyReader struct {
	file            string
	text            string
	off             int
	line, lineStart int
}

func (r *propertyReader) pos() position { return position{r.file, r.line, r.off - r.lineStart + 1} }

func (r *propertyReader) more() bool { return r.off < len(r.text) }

func (r *propertyReader) atEnd() bool {
	return !r.more() || r.text[r.off] == '\n' || r.text[r.off] == '\r'
}

// newline steps over one line end: \n, \r or \r\n.
func (r *propertyReader) newline() {
	if r.text[r.off] == '\r' && strings.HasPrefix(r.text[r.off+1:], "\n") {
		r.off++
	}
	r.off++
	r.line++
	r.lineStart = r.off
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\f' }

func (r *propertyReader) skipBlanks() {
	for r.more() && isBlank(r.text[r.off]) {
		r.off++
	}
}

// skipToKey steps over blank lines and comments, and says whether a key
// follows.
func (r *propertyReader) skipToKey() bool {
	for {
		r.skipBlanks()
		switch {
		case !r.more():
			return false
		case r.atEnd():
			r.newline()
		case r.text[r.off] == '#' || r.text[r.off] == '!':
			for !r.atEnd() {
				r.off++
			}
		default:
			return true
		}
	}
}

func (r *propertyReader) property() (p property, err error) {
	p.at = r.pos()
	p.key, _, err = r.scan(func(c byte) bool { return c == '=' || c == ':' || isBlank(c) })
	if err != nil {
		return p, err
	}
	r.blanksAndContinuations()
	if r.more() && (r.text[r.off] == '=' || r.text[r.off] == ':') {
		r.off++
		r.blanksAndContinuations()
	}
	p.valAt = r.pos()
	p.value, p.utf8, err = r.scan(func(byte) bool { return false })
	return p, err
}

// continuation steps over a backslash at the end of a line and the blanks
// that begin the next one.
func (r *propertyReader) continuation() bool {
	if !r.more() || r.text[r.off] != '\\' {
		return false
	}
	if r.off+1 == len(r.text) {
		r.off++ // Java drops a backslash at the end of the file
		return true
	}
	if c := r.text[r.off+1]; c != '\n' && c != '\r' {
		return false
	}
	r.off++
	r.newline()
	r.skipBlanks()
	return true
}

func (r *propertyReader) blanksAndContinuations() {
	r.skipBlanks()
	for r.continuation() {
		r.skipBlanks()
	}
}

// scan reads to the end of the logical line, or to the first byte for which
// stop holds and that is not escaped.
func (r *propertyReader) scan(stop func(byte) bool) (text string, looksUTF8 bool, err error) {
	var units []uint16 // Java's characters: \u escapes may be surrogates
	var raw []byte     // a run of bytes that were not escaped
	for !r.atEnd() {
		if r.continuation() {
			continue
		}
		c := r.text[r.off]
		if c == '\\' {
			u, err := r.escape()
			if err != nil {
				return "", false, err
			}
			units = append(units, u)
			continue
		}
		if stop(c) {
			break
		}
		raw = append(raw, c)
		units = append(units, uint16(c))
		r.off++
	}
	looksUTF8 = len(raw) > utf8.RuneCount(raw) && utf8.Valid(raw)
	return string(utf16.Decode(units)), looksUTF8, nil
}

// escape reads a backslash and what follows it on the line.
func (r *propertyReader) escape() (uint16, error) {
	at := r.pos()
	r.off++
	c := r.text[r.off]
	r.off++
	switch c {
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'u':
		return r.hex4(at)
	}
	return uint16(c), nil // Java drops the backslash
}

func (r *propertyReader) hex4(at position) (uint16, error) {
	var u uint16
	for range 4 {
		if r.atEnd() {
			return 0, &parseError{at, `\u needs four hexadecimal digits`}
		}
		c := r.text[r.off]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, &parseError{at, `\u needs four hexadecimal digits`}
		}
		u = u<<4 | uint16(c)
		r.off++
	}
	return u, nil
}
