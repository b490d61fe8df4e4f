package ecma_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ expression, matches, fails string }{
		{`^(?=.*[A-Z])(?=.*\d).{4,}$`, "abC1 xY22", "abc1 ABCD aB1"},
		{`^(?!admin)[a-z]+$`, "user adm", "admin administrator X"},
		{`(?<=€)\d+`, "€5 a€12", "5 €x"},
		{`(?<!-)\b\d+`, "5 a,5", "-5"},
		{`^(a|b)\1$`, "aa bb", "ab ba a"},
		{`^(?<q>['"])\w*\k<q>$`, `'ab' "x"`, `'ab" ab`},
		{`^a{2,1500}$`, "aa " + strings.Repeat("a", 1500), "a " + strings.Repeat("a", 1501)},
		{`^[^]$`, "a €", "ab"},
		{`^\u{1F600}(?=.)`, "😀x", "😀 x"},
		{`^\uD83D\uDE00(?=.)`, "😀x", "😀"},
		{`^[\w.-]+(?!x)$`, "a.b-c", "é"},
		{`^(?:(?!--)[a-z-])+$`, "a-b", "a--b"},
		{`^(?=[\s\S]{2}$)`, "ab a1", "a abc"},
		{`^\p{Lu}(?=\P{Lu})`, "Éa Aa", "AB a"},
		{`^\p{Script=Greek}+(?!.)`, "αβ", "ab"},
		{`^(?:(a)|b)*\1$`, "ab b", "c"},
		{`(z)((a+)?(b+)?(c))*(?=$)`, "zaacbbbcac", "za"},
		{`^(?:a*)*(?!b)$`, "aaa", "b"},
		{`^(a*)*\1$`, "aaa aa", "b"},
		{`^.*?(?=,)`, "a,b ,", "ab"},
		{`^\cJ(?!x)`, "\n", "x"},
		{`^[\b](?!x)`, "\b", "b"},
		{`^[a-\d](?!x)`, "a - 5", "b"},
		{`^(?<!a)b{0}c$`, "c", "bc"},
		{`^\x41\_(?!x)`, "A_", "A"},
		{`^{(?!x)`, "{", "x"},
		{`^a{,2}(?!x)$`, "a{,2}", "a aa"},
	} {
		p, err := ecma.Compile(tt.expression)
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
			continue
		}
		for _, text := range strings.Fields(tt.matches) {
			if got, err := p.Match(text); !got || err != nil {
				t.Errorf("%s does not match %q: %v", tt.expression, text, err)
			}
		}
		for _, text := range strings.Fields(tt.fails) {
			if got, err := p.Match(text); got || err != nil {
				t.Errorf("%s matches %q: %v", tt.expression, text, err)
			}
		}
	}
	if p, _ := ecma.Compile(`^\cJ(?!x)`); p != nil {
		if got, _ := p.Match("\n"); !got {
			t.Error(`\cJ is no line feed`)
		}
	}
}

func TestErrors(t *testing.T) {
	for expression, want := range map[string]string{
		`a(b`:                          "the group is not closed at character 2",
		`a)b`:                          "the parenthesis closes no group at character 2",
		`[a`:                           "the class is not closed at character 1",
		`[b-a]`:                        "the range b-a is out of order at character 2",
		`*a`:                           "there is nothing to repeat at character 1",
		`a**`:                          "there is nothing to repeat at character 3",
		`^*`:                           "there is nothing to repeat at character 2",
		`(?<=a)+`:                      "there is nothing to repeat at character 7",
		`a{2,1}`:                       "the numbers of the repetition are out of order at character 2",
		`\`:                            "nothing follows the backslash at character 1",
		`a\q`:                          `\q has no meaning at character 2`,
		`\u00g0`:                       "the escape lacks its 4 hexadecimal digits at character 1",
		`\u{110000}`:                   `the braces of \u{ do not hold a character at character 1`,
		`(a)\2`:                        "there is no group 2 at character 4",
		`\k<b>`:                        `there is no group named "b" at character 1`,
		`(?<a>)(?<a>)`:                 `there are two groups named "a" at character 7`,
		`(?i)a`:                        "there is no group that begins with (?i at character 1",
		`\p{Klingon}`:                  `there is no property of characters "Klingon" at character 1`,
		`(?<a`:                         "the name of the group does not end at character 1",
		`(a{1000}){1000}(?=a)`:         "repetition makes more than 50000 parts of the expression at character 1",
		strings.Repeat("(", 101) + "a": "groups are nested deeper than 100 levels at character 101",
	} {
		_, err := ecma.Compile(expression)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", expression, err, want)
		}
	}
}

// What takes others time without end is answered, or given up after a number
// of steps that is always the same.
func TestNoExpressionTakesForever(t *testing.T) {
	text := strings.Repeat("a", 200)
	for expression, want := range map[string]error{
		`^(?=x|)(a+)+$`: nil, `^(a|aa)+(?!a)$`: nil, `(?=(a+)+b)c`: nil,
		`^(a+)+\1b$`: ecma.ErrSteps, `^((a|aa)+)\1c`: ecma.ErrSteps,
	} {
		p, err := ecma.Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Match(text + "!"); got || !errors.Is(err, want) {
			t.Errorf("%s: %v, %v, want %v", expression, got, err, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`^(?=.*[A-Z])(?=.*\d).{4,}$`, `(?<!-)\b(a|b)\1`, `^(?<q>['"])\w*\k<q>$`, `[^]{2,1500}\p{Lu}\u{1F600}\uD83D\uDE00`, `(?:(a)|b)*\1`} {
		f.Add(s, "aA1bb")
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		if len(expression) > 100 || len(text) > 100 {
			return
		}
		p, err := ecma.Compile(expression)
		if err != nil {
			if e := (*ecma.Error)(nil); !errors.As(err, &e) || e.Offset > len([]rune(expression)) {
				t.Errorf("%v", err)
			}
			return
		}
		_, _ = p.Match(text)
	})
}
