package jsonschema

import (
	"math/rand/v2"
	"regexp/syntax"

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

// fromPattern makes a string that the pattern matches, apart from what the
// caller must check: lookarounds, word boundaries and anchors in the middle.
// Repetition grows with try until the string can be shortest characters long.
func fromPattern(rng *rand.Rand, source string, shortest, try int) string {
	p, err := regex.Compile(source)
	if err != nil {
		return ""
	}
	repeat := 3 + shortest*(1+try)/8
	if p.Other != nil {
		return p.Other.Write(rng, repeat, ecma.Looks(try%2))
	}
	re, err := syntax.Parse(p.Expression, syntax.Perl)
	if err != nil {
		return ""
	}
	w := patternWriter{rng: rng, repeat: repeat}
	w.write(re)
	return w.b.String()
}
