package jsonschema

import (
	"regexp"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// pattern is a regular expression of a schema, under its own spelling.
type pattern struct {
	*regexp.Regexp
	source string
}

// String is the pattern as the schema has it.
func (p pattern) String() string { return p.source }

func compilePattern(source string) (js.Regexp, error) {
	re, err := regexp.Compile(fromECMA(source))
	if err != nil {
		return nil, err
	}
	return pattern{re, source}, nil
}

// fromECMA writes ECMA's \uXXXX and \u{X} as Go's \x{X}. The rest of what
// schemas use is spelled the same in both.
func fromECMA(source string) string {
	if !strings.Contains(source, `\u`) {
		return source
	}
	var b strings.Builder
	for i := 0; i < len(source); i++ {
		if source[i] != '\\' || i+1 == len(source) {
			b.WriteByte(source[i])
			continue
		}
		rest := source[i+1:]
		switch {
		case strings.HasPrefix(rest, "u{"):
			b.WriteString(`\x`)
			i++
		case rest[0] == 'u' && len(rest) >= 5:
			b.WriteString(`\x{` + rest[1:5] + `}`)
			i += 5
		default:
			b.WriteString(source[i : i+2])
			i++
		}
	}
	return b.String()
}
