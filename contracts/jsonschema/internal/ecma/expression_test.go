package ecma_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
)

func TestExpression(t *testing.T) {
	for _, c := range []struct {
		pattern, want string
		exact         bool
	}{
		{`^a|b$`, `(?:\A[\x{61}-\x{61}]|[\x{62}-\x{62}]\z)`, true},
		{`^(?!foo)[a-z]+$`, `\A(?:[\x{61}-\x{7a}])+\z`, false},
		{`(a)\1`, `([\x{61}-\x{61}])(?s:.)*`, false},
		{`\bx`, `\b[\x{78}-\x{78}]`, true},
		{`a*b+c?(?:d){2}`, `(?:[\x{61}-\x{61}])*(?:[\x{62}-\x{62}])+(?:[\x{63}-\x{63}])?(?:(?:[\x{64}-\x{64}])){2,2}`, true},
		{`[^]`, `(?s:.)`, true},
		{`[]`, `[^\x{0}-\x{10FFFF}]`, true},
		{`[^a]{2,1500}`, `(?:[^\x{61}-\x{61}]){2,1000}(?:[^\x{61}-\x{61}]){0,500}`, true},
		{`a{1200,}`, `(?:[\x{61}-\x{61}]){1000}(?:[\x{61}-\x{61}]){200,}`, true},
		{`a{5000}`, `(?:[\x{61}-\x{61}])*`, false},
	} {
		p, err := ecma.Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		got, exact := p.Expression()
		if got != c.want || exact != c.exact {
			t.Errorf("%s: %s, exact %v; want %s, %v", c.pattern, got, exact, c.want, c.exact)
		}
		if _, err := regexp.Compile(got); err != nil {
			t.Errorf("%s: %v", c.pattern, err)
		}
	}
}

// TestExpressionMatchesAllThatThePatternDoes: and nothing else, where it says
// so.
func TestExpressionMatchesAllThatThePatternDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "^(?!a)", "(?=b)", `\b`, `(b|a)\1`, `(?<!b)`}).Draw(t, "of ECMA") + drawExpression(t, 2)
		}).Filter(func(s string) bool { _, err := ecma.Compile(s); return err == nil }).Draw(t, "pattern")
		if rapid.Bool().Draw(t, "whole") {
			pattern = "^(?:" + pattern + ")$"
		}
		p, err := ecma.Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		expression, same := p.Expression()
		re, err := regexp.Compile(expression)
		if err != nil {
			return // counts within counts
		}
		for range 8 {
			text := rapid.StringMatching(`[ab1_é ]{0,8}`).Draw(t, "text")
			matches, err := p.Match(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := re.MatchString(text); matches && !got || same && matches != got {
				t.Fatalf("%s matches %q: %v; %s: %v, exact %v", pattern, text, matches, expression, got, same)
			}
		}
	})
}
