// Package regex matches texts against the patterns of schemas, with Go's regexp
// where it reads them and with package ecma where it does not.
package regex

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
)

// Pattern is a regular expression under its own spelling. It is safe for
// concurrent use.
type Pattern struct {
	source string
	// Expression is the pattern in the syntax of Go's regexp; "" where it has
	// none.
	Expression string
	// Syntax is the expression parsed; it must not be changed.
	Syntax func() *syntax.Regexp
	// Other matches what Go's regexp does not read; nil for what it does.
	Other *ecma.Pattern
	re    *regexp.Regexp
}

// Compile reads a pattern. Its error is an *ecma.Error.
func Compile(source string) (*Pattern, error) {
	expression := fromECMA(source)
	if re, err := regexp.Compile(expression); err == nil {
		parsed := sync.OnceValue(func() *syntax.Regexp {
			tree, err := syntax.Parse(expression, syntax.Perl)
			if err != nil { // regexp has read it
				return &syntax.Regexp{Op: syntax.OpNoMatch}
			}
			return tree
		})
		return &Pattern{source: source, Expression: expression, Syntax: parsed, re: re}, nil
	}
	other, err := ecma.Compile(source)
	if err != nil {
		return nil, err
	}
	return &Pattern{source: source, Other: other}, nil
}

// String is the pattern as the schema has it.
func (p *Pattern) String() string { return p.source }

// Match reports whether the pattern is found in the text. Its error is
// ecma.ErrSteps.
func (p *Pattern) Match(text string) (bool, error) {
	if p.Other != nil {
		return p.Other.Match(text)
	}
	return p.re.MatchString(text), nil
}

// MatchString is Match, false where matching was given up.
func (p *Pattern) MatchString(text string) bool {
	found, err := p.Match(text)
	return found && err == nil
}

// fromECMA writes ECMA's \uXXXX and \u{X} as Go's \x{X}; two escapes that are
// one character in UTF-16 become one. The rest of what most schemas use is
// spelled the same in both.
func fromECMA(source string) string {
	if !strings.Contains(source, `\u`) {
		return source
	}
	var b strings.Builder
	for i := 0; i < len(source); {
		if source[i] != '\\' || i+1 == len(source) {
			b.WriteByte(source[i])
			i++
			continue
		}
		if strings.HasPrefix(source[i:], `\u{`) {
			b.WriteString(`\x`)
			i += 2
			continue
		}
		r, ok := unit(source[i:])
		if !ok {
			b.WriteString(source[i : i+2])
			i += 2
			continue
		}
		i += unitLength
		if second, ok := unit(source[i:]); ok && utf16.DecodeRune(r, second) != unicode.ReplacementChar {
			r = utf16.DecodeRune(r, second)
			i += unitLength
		}
		b.WriteString(`\x{` + strconv.FormatInt(int64(r), 16) + `}`)
	}
	return b.String()
}

const unitLength = len(`\u0000`)

// unit is the code unit that an escape \uXXXX at the start of the text names.
func unit(source string) (rune, bool) {
	if len(source) < unitLength || !strings.HasPrefix(source, `\u`) {
		return 0, false
	}
	n, err := strconv.ParseUint(source[2:unitLength], 16, 16)
	return rune(n), err == nil
}
