package language_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/jsonschema/internal/language"
)

func compile(t testing.TB, expressions ...string) []*language.Pattern {
	t.Helper()
	var all []*language.Pattern
	for _, e := range expressions {
		p, err := language.Compile(e)
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		all = append(all, p)
	}
	return all
}

const none = "\x00none"

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		match, avoid []string
		min, max     int
		except       []string
		want         string
	}{
		{nil, nil, 0, -1, nil, ""},
		{nil, nil, 3, -1, nil, "aaa"},
		{nil, nil, 3, 2, nil, none},
		{nil, nil, 1, 1, []string{"a", "b"}, "c"},
		{[]string{"^[a-z]+$"}, nil, 0, -1, nil, "a"},
		{[]string{"^[a-z]+$"}, []string{"^[a-z0-9]+$"}, 0, -1, nil, none},
		{[]string{"^[a-z0-9]+$"}, []string{"^[a-z]+$"}, 0, -1, nil, "0"},
		{[]string{"[a-z]*"}, []string{"[A-Z]*"}, 0, -1, nil, none}, // both match everything
		{[]string{"^a{3}$"}, nil, 4, -1, nil, none},
		{[]string{"^(a|b)$"}, nil, 0, -1, []string{"a"}, "b"},
		{[]string{"^(a|b)$"}, nil, 0, -1, []string{"a", "b"}, none},
		{[]string{`\bfoo\b`}, []string{"^foo"}, 0, -1, nil, "!foo"},
		{[]string{`^foo\b`, `\Bx`}, nil, 0, -1, nil, "foo!ax"},
		{[]string{`(?m)^b$`}, []string{"^b"}, 0, -1, nil, "\nb"},
		{[]string{`(?i)^k$`}, nil, 0, -1, []string{"k", "K"}, "\u212a"},
		{[]string{`^.$`}, []string{`^\PL$`, "^[A-Za-z]$"}, 0, -1, nil, "À"},
		{[]string{`^\d{4}-\d{2}$`}, nil, 0, -1, nil, "0000-00"},
		{[]string{`^\d+$`}, []string{`^\d{1,9}$`}, 0, -1, nil, "0000000000"},
		{[]string{"x"}, []string{"x"}, 0, -1, nil, none},
		{nil, []string{""}, 0, -1, nil, none},
		{[]string{`a\zb`}, nil, 0, -1, nil, none},
	} {
		q := language.Query{Match: compile(t, tt.match...), Avoid: compile(t, tt.avoid...), Min: tt.min, Max: tt.max, Except: tt.except}
		got, err := q.Find()
		if errors.Is(err, language.ErrNone) {
			got, err = none, nil
		}
		if err != nil || got != tt.want {
			t.Errorf("match %q avoid %q %d..%d except %q: got %q, %v; want %q", tt.match, tt.avoid, tt.min, tt.max, tt.except, got, err, tt.want)
		}
	}
}

// TestFindLong: long texts are a short one with a part of it again and again.
func TestFindLong(t *testing.T) {
	const long = 1_000_000
	for _, tt := range []struct {
		match, avoid string
		min, max     int
		start, end   string
		length       int // -1 for none
	}{
		{"^[a-z][0-9]*$", "^b", long, -1, "a000", "000", long},
		{"^(?:ab)*$", "c", long, long, "abab", "abab", long},
		{"^x(?:ab)*$", "c", long + 1, long + 2, "xabab", "abab", long + 1},
		{"^(?:abc)*$", "c$", long, -1, "", "", -1},
		{"^a{1,80}$", "b", long, -1, "", "", -1},
		{"^(?:ab)*$", "c", 65, 66, "abab", "abab", 66},
		{"^(?:a{300})*$", "c", 70, -1, "aaa", "aaa", 300},
	} {
		q := language.Query{Match: compile(t, tt.match), Avoid: compile(t, tt.avoid), Min: tt.min, Max: tt.max}
		got, err := q.Find()
		switch {
		case tt.length < 0 && !errors.Is(err, language.ErrNone):
			t.Errorf("match %q avoid %q: got %.20q and %v, want none", tt.match, tt.avoid, got, err)
		case tt.length < 0:
		case err != nil || len(got) != tt.length || !strings.HasPrefix(got, tt.start) || !strings.HasSuffix(got, tt.end) || !regexp.MustCompile(tt.match).MatchString(got):
			t.Errorf("match %q avoid %q: got %.20q of %d and %v, want %d", tt.match, tt.avoid, got, len(got), err, tt.length)
		}
	}
	// A length that no turn leads to exactly is left undecided.
	q := language.Query{Match: compile(t, "^(?:ab)*$"), Min: 1_000_001, Max: 1_000_001}
	if got, err := q.Find(); !errors.Is(err, language.ErrBudget) {
		t.Errorf("got %.20q and %v", got, err)
	}
}

// A question whose product is too large ends with ErrBudget.
func TestFindBudget(t *testing.T) {
	q := language.Query{Match: compile(t, "^(a|b)*a(a|b){20}$", "^(aa|b)*b(a|b){19}$"), Min: 2000, Max: -1}
	if got, err := q.Find(); !errors.Is(err, language.ErrBudget) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestFindAgreesWithRegexp draws pairs of patterns and all short texts over a
// small alphabet: Find finds a text if and only if there is one, and it has
// the least length.
func TestFindAgreesWithRegexp(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	texts := []string{""}
	for i := 0; i < len(texts) && utf8.RuneCountInString(texts[i]) < 4; i++ {
		for _, r := range []string{"a", "b", "!", "\n"} {
			texts = append(texts, texts[i]+r)
		}
	}
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	for range rounds {
		match, avoid := expression(rng, 3), expression(rng, 3)
		// Only the alphabet above, so that the list of texts is complete.
		q := language.Query{Match: compile(t, match, `\A[ab!\n]*\z`), Avoid: compile(t, avoid), Max: 4}
		got, err := q.Find()
		want := none
		m, a := regexp.MustCompile(match), regexp.MustCompile(avoid)
		for _, text := range texts {
			if m.MatchString(text) && !a.MatchString(text) {
				want = text
				break
			}
		}
		switch {
		case errors.Is(err, language.ErrNone):
			if want != none {
				t.Fatalf("match %q avoid %q: nothing found; there is %q", match, avoid, want)
			}
		case err != nil:
			t.Fatalf("match %q avoid %q: %v", match, avoid, err)
		case !m.MatchString(got) || a.MatchString(got) || len(got) != len(want):
			t.Fatalf("match %q avoid %q: found %q, want one like %q", match, avoid, got, want)
		}
	}
}

func expression(rng *rand.Rand, depth int) string {
	if depth == 0 || rng.IntN(4) == 0 {
		leaves := []string{"a", "b", "[ab]", ".", "^", "$", `\b`, `\B`, "(?m:^)", "(?m:$)", "[^a]", `\w`, "", "(?i:A)", "(?s:.)"}
		return leaves[rng.IntN(len(leaves))]
	}
	a, b := expression(rng, depth-1), expression(rng, depth-1)
	switch rng.IntN(5) {
	case 0:
		return "(?:" + a + "|" + b + ")"
	case 1:
		return "(?:" + a + ")" + []string{"*", "+", "?", "{2}", "{1,2}"}[rng.IntN(5)]
	}
	return a + b
}

// FuzzFind: whatever is found matches, for any expression that Go accepts.
func FuzzFind(f *testing.F) {
	for _, s := range [][2]string{{"^a+$", "b"}, {`\bx\B`, ""}, {"(?i)straße", "(?m)^$"}, {`\p{Greek}{2}`, `^.{3}$`}, {"[^a-z]", `\d`}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, match, avoid string) {
		if len(match)+len(avoid) > 40 || strings.ContainsAny(match+avoid, "{") {
			return // counted repetitions make automata that take a while
		}
		m, err := regexp.Compile(match)
		if err != nil {
			return
		}
		a, err := regexp.Compile(avoid)
		if err != nil {
			return
		}
		pm, errM := language.Compile(match)
		pa, errA := language.Compile(avoid)
		if errM != nil || errA != nil {
			if !errors.Is(errors.Join(errM, errA), language.ErrBudget) {
				t.Fatal(errM, errA)
			}
			return
		}
		text, err := language.Query{Match: []*language.Pattern{pm}, Avoid: []*language.Pattern{pa}, Max: -1}.Find()
		if err == nil && (!m.MatchString(text) || a.MatchString(text)) {
			t.Fatalf("match %q avoid %q: found %q", match, avoid, text)
		}
	})
}
