package regex_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
)

func TestCompile(t *testing.T) {
	for _, tt := range []struct{ source, expression, matches, fails string }{
		{`^\u00e4+$`, `^\x{e4}+$`, "ää", "a"},
		{`^\u{1F600}$`, `^\x{1F600}$`, "😀", "a"},
		{`^\uD83D\uDE00$`, `^\x{1f600}$`, "😀", "a"},
		{`^\\u0041$`, `^\\u0041$`, `\u0041`, "A"},
		{`^a\/b$`, `^a\/b$`, "a/b", "ab"},
		{`^(?!a)`, "", "b", "a"},
		{`^[^]$`, "", "a", "ab"},
	} {
		p, err := regex.Compile(tt.source)
		if err != nil || p.Expression != tt.expression || p.String() != tt.source || (p.Other == nil) == (tt.expression == "") {
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
