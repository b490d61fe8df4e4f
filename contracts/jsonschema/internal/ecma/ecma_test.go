package ecma_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
)

// TestMatchOfNestedRepeats: choices of nothing within repeats within repeats
// can be matched in more ways than are tried, and are, where nothing has to be
// remembered, in as many steps as the text is long.
func TestMatchOfNestedRepeats(t *testing.T) {
	const expression = `(?:[ab]*?(?:(?:\w?[^a]*)(?:|)(?:))*(?:|(?:|))?|(?:(?:|)|))*?(?:b{1,}(?:))(?:(?:b(?:a))|)`
	p, err := ecma.Compile(expression)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"éb é1_1": true, "é é1_1": false} {
		if got, err := p.Match(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ expression, matches, fails string }{
		{`^(?=.*[A-Z])(?=.*\d).{4,}$`, "abC1 xY22", "abc1 ABCD aB1"},
		{`^(?!admin)[a-z]+$`, "user adm", "admin administrator X"},
		{`(?<=€)\d+`, "€5 a€12", "5 €x"},
		{`(?<!-)\b\d+`, "5 a,5", "-5"},
		{`^(a|b)\1$`, "aa bb", "ab ba a"},
		{`^(?<q>['"])\w*\k<q>$`, `'ab' "x"`, `'ab" ab`},
		{`^(?:(?<q>a)|(?<q>b))-\k<q>$`, "a-a b-b", "a-b b-a a- a-ab"},
		{`^(?:\k<q>-(?<q>a)|(?<q>b))$`, "-a b", "a-a"},
		{`^(?:(?:(?<q>a)|(?<q>b))\k<q>)+$`, "aa aabb bbaa", "ab aaba"},
		{`^(?:(?<p>a)(?<q>b)|(?<q>c)(?<p>d))\k<q>\k<p>$`, "abba cdcd", "abab cddc"},
		{`(?<=\k<q>(?:(?<q>a)|(?<q>b)))c$`, "aac bbc", "abc ac"},
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
		{`^\10$`, "\b", "10 1 0"},
		{`^(a)\10$`, "a\b", "aa0 a10"},
		{`^(a)\1$`, "aa", "a\x01"},
		{`^(a)\2$`, "a\x02", "aa"},
		{`^\2(a)(b)$`, "ab", "\x02ab"},
		{`^\01$`, "\x01", "01 1"},
		{`^\0\7$`, "\x00\x07", "07"},
		{`^\777$`, "?7", "777 ǿ"},
		{`^\101[\101]\377$`, "AAÿ", "101 \b1A"},
		{`^\8\9$`, "89", "8"},
		{`^[\1-\3]$`, "\x01 \x02", "1 2"},
		{`^[(]\1$`, "(\x01", "(("},
		{`^(?<!a)(?<n>b)\1$`, "bb", "b\x01"},
		{`^(?<!a)(?<=^)(?<n>b)\2$`, "b\x02", "b bb"},
		{`^[[:alpha:]]$`, ":] a] p]", "b b] a alpha"},
		{`^a{2}{x$`, "aa{x", "aaaax"},
		{`^\p{Alphabetic}+$`, "aÉαⅷ", "1 a-"},
		{`^\p{Alpha}\P{Alpha}$`, "a1", "aa 1a"},
		{`^[^\p{Alphabetic}]$`, "1 -", "a α"},
		{`^\p{Script=Grek}\p{sc=Greek}\p{sc=Grek}$`, "αβγ", "abc"},
		{`^\p{sc=Qaai}\p{Script=Zyyy}$`, "\u03011", "11"},
		{`^\p{gc=Lu}\p{General_Category=Letter}\p{Lowercase}\p{Uppercase}\P{White_Space}\P{space}$`, "AbcDxy", "Abcdxy"},
		{`^\p{ASCII}\p{Any}\p{Assigned}\P{Assigned}$`, "aéa\u0378", "aéaa"},
		{`^\p{ID_Start}\p{IDC}*$`, "aé_1", "1a _a"},
		{`^\p{Math}\p{Cased}\p{Gr_Base}\p{Gr_Ext}\p{DI}$`, "+aa\u0301\u00ad", "aaaaa"},
		{`^a{100000}$`, strings.Repeat("a", 100_000), strings.Repeat("a", 99_999) + " " + strings.Repeat("a", 100_001)},
		{`^(?:a){3,9007199254740993}b$`, "aaab aaaaaaab", "aab ab"},
		{`^(?:[a-c]{2000,}|x)c$`, "xc " + strings.Repeat("c", 2001), strings.Repeat("c", 2000)},
		{`(?<=^a{2,5000})b`, "aab aaaab", "ab b"},
		{`^(a{1,5000}?)b\1$`, "aabaa", "aaba"},
		{`^(?=(a{1,5000}?))\1b`, "ab", "aab"},
		{`^(?=(a{1,5000}))\1b`, "ab aab", "b"},
		{`^(?=(a{1,5000}))\1ab`, "", "ab aab"},
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
		`{1}`:                          "there is nothing to repeat at character 1",
		`a|{2,}`:                       "there is nothing to repeat at character 3",
		`a{1}{2}`:                      "there is nothing to repeat at character 3",
		`\p{sc=Klingon}`:               `there is no property of characters "sc=Klingon" at character 1`,
		`\p{Other_Alphabetic}`:         `there is no property of characters "Other_Alphabetic" at character 1`,
		`\pL`:                          `no property in braces follows \p at character 1`,
		`\k<b>`:                        `there is no group named "b" at character 1`,
		`(?<a>)(?<a>)`:                 `there are two groups named "a" at character 7`,
		`(?<a>(?<a>))`:                 `there are two groups named "a" at character 6`,
		`(?:(?<a>)|b)(?<a>)`:           `there are two groups named "a" at character 13`,
		`(?<a>)(?:(?<b>)|(?<a>))`:      `there are two groups named "a" at character 17`,
		`(?:(?=(?<a>))|b(?<a>)(?<a>))`: `there are two groups named "a" at character 22`,
		`(?i)a`:                        "there is no group that begins with (?i at character 1",
		`\p{Klingon}`:                  `there is no property of characters "Klingon" at character 1`,
		`(?<a`:                         "the name of the group does not end at character 1",
		strings.Repeat("(", 101) + "a": "groups are nested deeper than 100 levels at character 101",
	} {
		_, err := ecma.Compile(expression)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", expression, err, want)
		}
	}
}

// TestUnsupported: an expression of which it is not known what it matches is one
// all the same, and says so of every text.
func TestUnsupported(t *testing.T) {
	for expression, want := range map[string]string{
		`^\p{Emoji}$`:          `not known, because \p{Emoji} is not supported`,
		`a|[^\P{XIDS}]`:        `not known, because \p{XIDS} is not supported`,
		`\p{scx=Grek}`:         `not known, because \p{scx=Grek} is not supported`,
		`(?:ab){100000}`:       "not known, because a repetition that makes more than 50000 parts of it is not supported",
		`(a{1000}){1000}(?=a)`: "not known, because a repetition that makes more than 50000 parts of it is not supported",
	} {
		p, err := ecma.Compile(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got, err := p.Match("a"); got || err == nil || err.Error() != want {
			t.Errorf("%s: %t, %v, want %s", expression, got, err, want)
		}
		if _, exact := p.Expression(); exact {
			t.Errorf("%s is exact", expression)
		}
	}
	if p, err := ecma.Compile(`(?:(?:){1000000000}){1000000000}`); err != nil || p.Supported() != nil {
		t.Errorf("nothing, often: %v, %v", p, err)
	}
}

// TestScripts: every script that Go knows has its code.
func TestScripts(t *testing.T) {
	for name := range unicode.Scripts {
		if !ecma.HasCode(name) {
			t.Errorf("%s has no code", name)
		}
	}
	if _, err := ecma.Compile(`\p{sc=Zanb}\p{sc=Zinh}`); err != nil {
		t.Error(err)
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
