package place

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// String writes the place as Parse reads it, in its shortest form: names
// that are identifiers with a dot, others quoted in brackets. Two places are
// the same if and only if their strings are.
func (p Place) String() string {
	switch p.kind {
	case Header:
		return headerPrefix + p.name
	case Envelope:
		return envelopePrefix + p.name
	case Key:
		return "key"
	case Data:
		return "$" + text(p.path)
	}
	return ""
}

func text(path []Segment) string {
	var b strings.Builder
	for _, s := range path {
		switch {
		case s.IsIndex:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		case identifier(s.Name):
			b.WriteString("." + s.Name)
		default:
			b.WriteString("[" + quote(s.Name) + "]")
		}
	}
	return b.String()
}

// Pointer is the place in the data as a JSON Pointer (RFC 6901): "/a/0" for
// $.a[0], "" for $ and for places outside the data.
func (p Place) Pointer() string {
	var b strings.Builder
	for _, s := range p.path {
		b.WriteByte('/')
		if s.IsIndex {
			b.WriteString(strconv.Itoa(s.Index))
		} else {
			b.WriteString(pointerEscaper.Replace(s.Name))
		}
	}
	return b.String()
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func identifier(name string) bool {
	if name == "" || !utf8.ValidString(name) {
		return false
	}
	for i, r := range name {
		if !nameRune(r, i == 0) {
			return false
		}
	}
	return true
}

// quote writes a name as RFC 9535's normalized paths do (section 2.7).
func quote(name string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range name {
		switch r {
		case '\'':
			b.WriteString(`\'`)
		case '\\':
			b.WriteString(`\\`)
		case '\b':
			b.WriteString(`\b`)
		case '\f':
			b.WriteString(`\f`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			if r < 0x20 {
				b.WriteString(`\u00`)
				b.WriteByte("0123456789abcdef"[r>>4])
				b.WriteByte("0123456789abcdef"[r&15])
				continue
			}
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
