package external

import (
	"fmt"
	"slices"
	"strings"
)

// jaas is one entry of sasl.jaas.config:
//
//	org.apache.kafka.common.security.plain.PlainLoginModule required
//	  username="alice" password="…";
type jaas struct {
	module  string // without its package
	options map[string]string
}

const (
	plainModule = "PlainLoginModule"
	scramModule = "ScramLoginModule"
	oauthModule = "OAuthBearerLoginModule"
)

// modulePackages are the classes of Kafka's own login modules.
var modulePackages = map[string]string{
	plainModule: "org.apache.kafka.common.security.plain.",
	scramModule: "org.apache.kafka.common.security.scram.",
	oauthModule: "org.apache.kafka.common.security.oauthbearer.",
}

// jaasOptions are the options that errors name.
var jaasOptions = []string{"username", "password", "clientId", "clientSecret", "scope", "tokenauth"}

// parseJAAS reads the value of sasl.jaas.config. Its errors name options, but
// no value of one.
func parseJAAS(text string) (jaas, error) {
	t := &jaasTokens{text: text}
	out := jaas{options: map[string]string{}}
	class, err := t.word("the login module's class")
	if err != nil {
		return out, err
	}
	out.module = class[strings.LastIndexByte(class, '.')+1:]
	if modulePackages[out.module]+out.module != class {
		return out, fmt.Errorf("%s is no login module that Weir knows: there are Kafka's own %s, %s and %s", class, plainModule, scramModule, oauthModule)
	}
	flag, err := t.word("required")
	if err != nil {
		return out, err
	}
	switch strings.ToLower(flag) {
	case "required", "requisite", "sufficient", "optional":
	default:
		return out, fmt.Errorf("the login module %s is followed by no control flag: write required", out.module)
	}
	for !t.end() {
		name, err := t.word("an option or ;")
		if err != nil {
			return out, err
		}
		if !t.symbol('=') {
			if !slices.Contains(jaasOptions, name) { // it may be the rest of a password
				return out, fmt.Errorf("an option of %s lacks = and a value: a value with a blank stands in quotes", out.module)
			}
			return out, fmt.Errorf("option %q of %s lacks = and a value", name, out.module)
		}
		value, err := t.word("the value of " + name)
		if err != nil {
			return out, err
		}
		if _, twice := out.options[name]; twice {
			return out, fmt.Errorf("option %q of %s is set twice", name, out.module)
		}
		out.options[name] = value
	}
	if !t.symbol(';') {
		return out, fmt.Errorf("the entry of %s must end with ;", out.module)
	}
	if t.skip(); t.off < len(t.text) {
		return out, fmt.Errorf("there is more than one login module: one is allowed")
	}
	return out, nil
}

// jaasTokens reads words, quoted words and symbols as java.io.StreamTokenizer
// does for Kafka.
type jaasTokens struct {
	text string
	off  int
}

// skip steps over white space and comments.
func (t *jaasTokens) skip() {
	for t.off < len(t.text) {
		rest := t.text[t.off:]
		switch {
		case rest[0] <= ' ':
			t.off++
		case strings.HasPrefix(rest, "//"):
			t.off += lengthTo(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			t.off += lengthTo(rest, "*/")
		default:
			return
		}
	}
}

func lengthTo(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

// end says whether the options are over.
func (t *jaasTokens) end() bool {
	t.skip()
	return t.off == len(t.text) || t.text[t.off] == ';'
}

func (t *jaasTokens) symbol(c byte) bool {
	t.skip()
	if t.off == len(t.text) || t.text[t.off] != c {
		return false
	}
	t.off++
	return true
}

func (t *jaasTokens) word(what string) (string, error) {
	t.skip()
	if t.off == len(t.text) {
		return "", fmt.Errorf("%s is missing", what)
	}
	if c := t.text[t.off]; c == '"' || c == '\'' {
		return t.quoted(what)
	}
	start := t.off
	for t.off < len(t.text) && !strings.ContainsRune(" \t\r\n\f=;\"'", rune(t.text[t.off])) {
		t.off++
	}
	if t.off == start {
		return "", fmt.Errorf("%s is missing", what)
	}
	return t.text[start:t.off], nil
}

func (t *jaasTokens) quoted(what string) (string, error) {
	quote := t.text[t.off]
	var b strings.Builder
	for t.off++; t.off < len(t.text) && t.text[t.off] != '\n'; t.off++ {
		c := t.text[t.off]
		switch {
		case c == quote:
			t.off++
			return b.String(), nil
		case c == '\\' && t.off+1 < len(t.text):
			t.off++
			if c := t.text[t.off]; c >= '0' && c <= '7' {
				return "", fmt.Errorf("%s has an octal escape: write the character itself, or \\\\ for a backslash", what)
			}
			b.WriteByte(unescape(t.text[t.off]))
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("%s lacks its closing quote", what)
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	case 'b':
		return '\b'
	case 'a':
		return 7
	case 'v':
		return 11
	}
	return c
}
