package jsonschema

import (
	"errors"
	"fmt"
	"math/rand/v2"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
)

// compilePattern is the validator's engine of regular expressions.
func compilePattern(source string) (js.Regexp, error) {
	p, err := regex.Compile(source)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// patternOf is the pattern behind one of a compiled schema.
func patternOf(re js.Regexp) *regex.Pattern {
	if p, ok := re.(*regex.Pattern); ok {
		return p
	}
	p, err := regex.Compile(re.String())
	if err != nil { // all that are compiled here went through compilePattern
		p, _ = regex.Compile("")
	}
	return p
}

// nameProblems are the patterns of names of which it is not known what they
// match: the properties that they are about would be judged by nothing.
func (l *loader) nameProblems(root *js.Schema) []Problem {
	var all []Problem
	walk(root, func(s *js.Schema) {
		for _, p := range patternProperties(s) {
			other := patternOf(p.pattern).Other
			if other == nil {
				continue
			}
			var unsupported *ecma.Unsupported
			if errors.As(other.Supported(), &unsupported) {
				d, pointer := l.split(s.Location)
				at := d.KeyPosition(pointer + "/patternProperties/" + escapeToken(p.pattern.String()))
				all = append(all, Problem{at, fmt.Sprintf("the pattern %s is not supported for names: what %s matches is not known", p.pattern, unsupported.Part), "write out the characters that it is about"})
			}
		}
	})
	return all
}

// fromPattern makes a string that the pattern matches, apart from what the
// caller must check: lookarounds, word boundaries and anchors in the middle.
// Repetition grows with try until the string can be shortest characters long.
func fromPattern(rng *rand.Rand, p *regex.Pattern, shortest, try int) string {
	repeat := 3 + shortest*(1+try)/8
	if p.Other != nil {
		return p.Other.Write(rng, repeat, ecma.Looks(try%2))
	}
	w := patternWriter{rng: rng, repeat: repeat}
	w.write(p.Syntax())
	return w.b.String()
}
