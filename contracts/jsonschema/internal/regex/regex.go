// Package regex matches texts against the patterns of schemas: what ECMA-262
// reads as it does, and what only Go's regexp has, such as (?i), as that does.
// All that is regular is matched by Go's regexp.
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
	// Other matches what is not written for Go's regexp; nil for what is.
	Other *ecma.Pattern
	re    *regexp.Regexp
	wider *regexp.Regexp // matches all that Other does, where that is not known
}

// Compile reads a pattern. Its error is an *ecma.Error.
func Compile(source string) (*Pattern, error) {
	pattern, failed := ecma.Compile(source)
	expression, exact := fromECMA(source), true
	if failed == nil {
		expression, exact = pattern.Expression()
	}
	if exact {
		if re, err := regexp.Compile(expression); err == nil {
			return &Pattern{source: source, Expression: expression, Syntax: parsed(expression), re: re}, nil
		}
	}
	if failed != nil {
		return nil, failed
	}
	p := &Pattern{source: source, Other: pattern}
	if pattern.Supported() != nil {
		p.wider, _ = regexp.Compile(expression) // one that is too large says nothing
	}
	return p, nil
}

// parsed parses an expression, which regexp has read, when it is asked to.
func parsed(expression string) func() *syntax.Regexp {
	return sync.OnceValue(func() *syntax.Regexp {
		tree, err := syntax.Parse(expression, syntax.Perl)
		if err != nil {
			return &syntax.Regexp{Op: syntax.OpNoMatch}
		}
		return tree
	})
}

// String is the pattern as the schema has it.
func (p *Pattern) String() string { return p.source }

// Match reports whether the pattern is found in the text. Its error is
// ecma.ErrSteps or an *ecma.Unsupported.
func (p *Pattern) Match(text string) (bool, error) {
	switch {
	case p.wider != nil && !p.wider.MatchString(text):
		return false, nil
	case p.Other != nil:
		return p.Other.Match(text)
	}
	return p.re.MatchString(text), nil
}

// MatchString is Match, false where matching was given up.
func (p *Pattern) MatchString(text string) bool {
	found, err := p.Match(text)
	return found && err == nil
}

// fromECMA writes the escapes \uhhhh and \u{X} in what is otherwise Go's as
// \x{X}; two that are one character in UTF-16 become one.
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

// unit is the code unit that an escape \uhhhh at the start of the text names.
func unit(source string) (rune, bool) {
	if len(source) < unitLength || !strings.HasPrefix(source, `\u`) {
		return 0, false
	}
	n, err := strconv.ParseUint(source[2:unitLength], 16, 16)
	return rune(n), err == nil
}
