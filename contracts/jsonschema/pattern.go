package jsonschema

import (
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
