package regex_test

import (
	"testing"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/jsonschema/internal/language"
	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
)

// spaces and lineEnds are WhiteSpace with LineTerminator, and LineTerminator,
// of ECMA-262 (12.2 and 12.3).
var (
	spaces = []rune{
		'\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A,
		0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF,
	}
	lineEnds = []rune{'\n', '\r', 0x2028, 0x2029}
	digits   = []rune("0123456789")
	words    = []rune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
)

// TestClasses holds each class to what ECMA-262 says of every character, alone
// and beside what Go's regexp does not read, and the comparer's automaton to
// the same.
func TestClasses(t *testing.T) {
	for _, tt := range []struct {
		class   string
		members []rune
		negated bool
	}{
		{`\s`, spaces, false}, {`\S`, spaces, true}, {`[\s]`, spaces, false}, {`[^\s]`, spaces, true}, {`[\S]`, spaces, true},
		{`\d`, digits, false}, {`\D`, digits, true}, {`\w`, words, false}, {`\W`, words, true},
		{`.`, lineEnds, true}, {`[\s\S]`, nil, true}, {`[^]`, nil, true}, {`[]`, nil, false}, {`[^\s\S]`, nil, false},
		{`\cJ`, []rune{'\n'}, false}, {`[\b]`, []rune{'\b'}, false}, {`\0`, []rune{0}, false}, {`\v`, []rune{'\v'}, false},
		{`\u00A0`, []rune{0xA0}, false}, {`\u{1F600}`, []rune{0x1F600}, false}, {`\uD83D\uDE00`, []rune{0x1F600}, false},
	} {
		in := map[rune]bool{}
		for _, r := range tt.members {
			in[r] = true
		}
		p, other := compile(t, `^`+tt.class+`$`), compile(t, `^(?=`+tt.class+`)[^]$`)
		if p.Other != nil || other.Other == nil {
			t.Errorf("%s: compiled as %+v and %+v", tt.class, p, other)
			continue
		}
		automaton, err := language.Compile(p.Expression)
		if err != nil {
			t.Fatal(err)
		}
		for r := rune(0); r <= 0x1FFFF; r++ {
			if !utf8.ValidRune(r) {
				continue
			}
			want := in[r] != tt.negated
			if got := p.MatchString(string(r)); got != want {
				t.Errorf("%s matches %U: %v", tt.class, r, got)
			}
			if r < 0x3100 || r == 0xFEFF || r == 0x1F600 {
				if got := other.MatchString(string(r)); got != want {
					t.Errorf("(?=%s) matches %U: %v", tt.class, r, got)
				}
			}
		}
		for _, r := range tt.members {
			_, err := language.Query{Match: []*language.Pattern{automaton, literally(t, r)}, Max: -1}.Find()
			if (err == nil) == tt.negated {
				t.Errorf("%s: the automaton on %U: %v", tt.class, r, err)
			}
		}
	}
}

// TestAnchors: they are the ends of the text, whatever lines it has, and
// words are of ASCII.
func TestAnchors(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{`^a$`, "a\n", false}, {`^a$`, "b\na", false}, {`^a`, "\na", false},
		{`\bb`, "éb", true}, {`\Bb`, "éb", false}, {`\bb`, "ab", false}, {`a\b`, "a\u00a0", true},
		{`^\p{Lu}$`, "É", true}, {`^\P{Lu}$`, "É", false}, {`^[^\p{Lu}]$`, "é", true}, {`^[\P{L}a]$`, "a", true}, {`^\p{Script=Greek}$`, "α", true},
		{`(?i)^a$`, "A", true}, {`^\pL$`, "é", true}, {`\Aa\z`, "a", true}, {`^\x{e9}$`, "é", true},
	} {
		if got := compile(t, tt.pattern).MatchString(tt.text); got != tt.want {
			t.Errorf("%s matches %q: %v", tt.pattern, tt.text, got)
		}
	}
}

func compile(t *testing.T, source string) *regex.Pattern {
	t.Helper()
	p, err := regex.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// literally is the language of one character.
func literally(t *testing.T, r rune) *language.Pattern {
	t.Helper()
	p, err := language.Compile(`\A\Q` + string(r) + `\E\z`)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
