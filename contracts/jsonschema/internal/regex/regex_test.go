package regex_test

import (
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
)

func TestCompile(t *testing.T) {
	for _, tt := range []struct {
		source  string
		regular bool
		matches string
		fails   string
	}{
		{`^\u00e4+$`, true, "ää", "a"},
		{`^\u{1F600}$`, true, "😀", "a"},
		{`^\uD83D\uDE00$`, true, "😀", "a"},
		{`^\\u0041$`, true, `\u0041`, "A"},
		{`^a\/b$`, true, "a/b", "ab"},
		{`^(?!a)`, false, "b", "a"},
		{`^[^]$`, true, "a", "ab"},
		{`^(?i)\u00e4$`, true, "Ä", "a"},
		{`^(?:(?:(?:ab){40}){40}){2}$`, false, strings.Repeat("ab", 3200), "ab"},
	} {
		p, err := regex.Compile(tt.source)
		if err != nil || (p.Expression != "") != tt.regular || p.String() != tt.source || (p.Other == nil) != tt.regular {
			t.Errorf("%s: %+v, %v", tt.source, p, err)
			continue
		}
		if !p.MatchString(tt.matches) || p.MatchString(tt.fails) {
			t.Errorf("%s matches %q: %v, %q: %v", tt.source, tt.matches, p.MatchString(tt.matches), tt.fails, p.MatchString(tt.fails))
		}
	}
	if _, err := regex.Compile(`\u12`); err == nil || err.Error() != "the escape lacks its 4 hexadecimal digits at character 1" {
		t.Errorf("got %v", err)
	}
}
