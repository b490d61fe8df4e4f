package infer

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// lines writes YAML in block style, with comments.
type lines struct{ b strings.Builder }

// line writes one line at a depth, with a comment at its end where there is
// one.
func (l *lines) line(depth int, text, comment string) {
	l.b.WriteString(strings.Repeat("  ", depth) + text)
	if comment != "" {
		l.b.WriteString(" # " + comment)
	}
	l.b.WriteByte('\n')
}

// comment writes a line that is nothing else.
func (l *lines) comment(depth int, text string) { l.line(depth, "# "+text, "") }

// field writes key: value unless the value is empty.
func (l *lines) field(depth int, key, value, comment string) {
	if value != "" {
		l.line(depth, scalar(key)+": "+scalar(value), comment)
	}
}

var (
	plainScalar = regexp.MustCompile(`^[A-Za-z_$/][A-Za-z0-9_$./@-]*(:[A-Za-z0-9_$./@-]+)*$|^[1-9][0-9]{0,8}$|^0$`)
	// wordValues are words that some version of YAML takes for a value.
	wordValues = regexp.MustCompile(`(?i)^(null|true|false|yes|no|on|off|y|n)$`)
)

// scalar is a text as YAML, in quotes unless it can be nothing else. Text in
// the quotes of JSON is that text in YAML, too.
func scalar(s string) string {
	if plainScalar.MatchString(s) && !wordValues.MatchString(s) {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
