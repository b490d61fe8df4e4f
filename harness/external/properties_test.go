package external

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseProperties(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // key, value, …
	}{
		{"empty", "", nil},
		{"comments and blank lines", "# a=b\n ! c=d\n\n \t\f\n", nil},
		{"a comment is not continued", "# a \\\nb=c", []string{"b", "c"}},
		{"three separators", "a=1\nb:2\nc 3", []string{"a", "1", "b", "2", "c", "3"}},
		{"blanks around separators", " a = 1 \n\tb\t:\t2\nc   3", []string{"a", "1 ", "b", "2", "c", "3"}},
		{"only the first separator counts", "a==1\nb=:2\nc = = 3\nd : e=f", []string{"a", "=1", "b", ":2", "c", "= 3", "d", "e=f"}},
		{"no value", "a\nb=\nc:", []string{"a", "", "b", "", "c", ""}},
		{"all ends of lines", "a=1\rb=2\r\nc=3\n\rd=4", []string{"a", "1", "b", "2", "c", "3", "d", "4"}},
		{"continuation", "a=1,\\\n   2,\\\r\n\t3\nb=4", []string{"a", "1,2,3", "b", "4"}},
		{"continuation within a key", "ab\\\n  cd=1", []string{"abcd", "1"}},
		{"continuation between key and value", "a\\\n = \\\n 1", []string{"a", "1"}},
		{"a comment sign in a continuation", "a=1\\\n#2", []string{"a", "1#2"}},
		{"two backslashes do not continue", "a=1\\\\\nb=2", []string{"a", "1\\", "b", "2"}},
		{"three do", "a=1\\\\\\\n2", []string{"a", "1\\2"}},
		{"backslash at the end of the file", "a=1\\", []string{"a", "1"}},
		{"escapes", `a=\t\n\r\f\\\"\z\=`, []string{"a", "\t\n\r\f\\\"z="}},
		{"escapes in keys", `a\ b\:c\=d=1`, []string{"a b:c=d", "1"}},
		{"unicode", `a=\u00fc\u20AC`, []string{"a", "ü€"}},
		{"a surrogate pair", `a=\ud83d\ude00`, []string{"a", "😀"}},
		{"Latin-1", "a=\xfc", []string{"a", "ü"}},
		{"escaped blank at the start", `a=\ 1`, []string{"a", " 1"}},
		{"# within a value", "a=1 # 2", []string{"a", "1 # 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			properties, err := parseProperties("f", c.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range properties {
				got = append(got, p.key, p.value)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParsePropertiesPositions(t *testing.T) {
	properties, err := parseProperties("dir/f", "# one\n  a = 1\nb\\\n  c : \\\n  2\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range properties {
		got = append(got, fmt.Sprintf("%s %s %s", p.key, p.at, p.valAt))
	}
	want := []string{"a dir/f:2:3 dir/f:2:7", "bc dir/f:3:1 dir/f:5:3"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParsePropertiesErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a=1\n =2":               "f:2:2: the name of the setting is missing",
		":":                      "f:1:1: the name of the setting is missing",
		"a=1\nb=2\n  a : 3":      "f:3:3: a is set twice (first at f:1:1): remove one",
		`a=1\u00g0`:              `f:1:4: \u needs four hexadecimal digits`,
		`a=1\u00`:                `f:1:4: \u needs four hexadecimal digits`,
		"a=\\u00\\\n00":          `f:1:3: \u needs four hexadecimal digits`,
		"password=secret\\uzzzz": `f:1:16: \u needs four hexadecimal digits`,
	} {
		_, err := parseProperties("f", text)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestParsePropertiesKnowsUTF8(t *testing.T) {
	for text, want := range map[string]bool{"a=b": false, "a=\xfc": false, "a=ü": true, "ü=a": false, `a=\u00fc`: false} {
		p, err := parseProperties("f", text)
		if err != nil || p[0].utf8 != want {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
}

// Whatever the text, the parser ends, and what it read can be written and
// read again.
func FuzzParseProperties(f *testing.F) {
	for _, seed := range []string{"a=b", "a\\\n b:c", "\\u0041=\\ud83d\\ude00", "# x\\\ny", "a\\", "\\", "a=\\u", "=\r\r\n", "\\\n\\\n=", "a \\\n\\\n = b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		properties, err := parseProperties("f", text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, p := range properties {
			if !utf8.ValidString(p.value) {
				t.Fatalf("value %q is no text", p.value)
			}
			b.WriteString(escapeAll(p.key) + "=" + escapeAll(p.value) + "\n")
		}
		again, err := parseProperties("f", b.String())
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for i, p := range properties {
			if again[i].key != p.key || again[i].value != p.value {
				t.Fatalf("entry %d: %q=%q became %q=%q", i, p.key, p.value, again[i].key, again[i].value)
			}
		}
	})
}

func escapeAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}
