package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// misread reports the first escape in double quotes that names no character:
// the lexer puts another one in its place.
func (d *Decoder) misread(tokens token.Tokens) bool {
	for _, tk := range tokens {
		if tk.Type == token.DoubleQuoteType && d.misreadAt(tk) {
			return true
		}
	}
	return false
}

// misreadAt is misread for the text in double quotes that begins at a token, or
// where the lexer gave up: at a quote that it found no end of, or at an escape.
func (d *Decoder) misreadAt(tk *token.Token) bool {
	line, column := d.position(tk)
	source := d.doc.at(line, column).Source
	switch rest := source[min(column-1, len(source)):]; {
	case strings.HasPrefix(rest, `"`):
		return d.misreadFrom(line, column+1)
	case strings.HasPrefix(rest, `\`):
		return d.misreadFrom(line, column)
	}
	return false
}

// misreadFrom is misread for the text in double quotes of which the rest begins
// at a place.
func (d *Decoder) misreadFrom(line, column int) bool {
	for ; line <= len(d.doc.lines); line, column = line+1, 1 {
		text := d.doc.lines[line-1]
		for i := column - 1; i < len(text); {
			switch text[i] {
			case '"':
				return false
			case '\\':
				length, problem, hint := escape(text[i:])
				if problem != "" {
					d.reportAt(line, i+1, Syntax, fmt.Sprintf("the escape %s %s", text[i:i+length], problem), hint)
					return true
				}
				i += length
			default:
				i++
			}
		}
	}
	return false
}

// digitsOf are the hexadecimal digits that escapes have.
var digitsOf = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// escape is how long the escape is that a text begins with, and what is wrong
// with it. Two that are the halves of one character are one.
func escape(text string) (length int, problem, hint string) {
	if len(text) < 2 {
		return len(text), "", ""
	}
	digits := digitsOf[text[1]]
	if digits == 0 {
		return 2, "", ""
	}
	code, length := codeOf(text)
	switch {
	case length < 2+digits:
		return length, fmt.Sprintf("needs %d hexadecimal digits", digits), "write them out, or the character itself"
	case utf16.IsSurrogate(code):
		if second, more := codeOf(text[length:]); digits == 4 && more == length && utf16.DecodeRune(code, second) != utf8.RuneError {
			return length + more, "", ""
		}
		return length, "is half of a character, and no text has it", "write the character itself, or both of its halves"
	case !utf8.ValidRune(code):
		return length, "is no character", "write the character itself"
	}
	return length, "", ""
}

// codeOf reads an escape with digits at the start of a text, as far as it goes.
func codeOf(text string) (code rune, length int) {
	if len(text) < 2 || text[0] != '\\' {
		return 0, 0
	}
	end := 2
	for end < len(text) && end < 2+digitsOf[text[1]] && strings.IndexByte("0123456789abcdefABCDEF", text[end]) >= 0 {
		end++
	}
	n, _ := strconv.ParseUint(text[2:end], 16, 32)
	return rune(n), end
}
