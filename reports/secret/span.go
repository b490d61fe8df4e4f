package secret

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// kind is what a text is: how far a value reaches depends on it.
type kind int

const (
	ofValue    kind = iota // a setting, an argument, a payload
	ofSentence             // what is said of them
	ofLine                 // a line of a file
)

var (
	// userinfo is who stands before the @ of a URL, with a password.
	userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*:)[^\s/?#]*@`)
	// assigned is a name with what comes before its value, in YAML, JSON, an
	// option, a setting, a query or a header. A colon alone is none: auth:8080
	// is an address.
	assigned = regexp.MustCompile(`([A-Za-z][\w.-]*)(\\?["']\s*:\s*|\s*:(?:\s+|$)|\s*=\s*)`)
	// option is one with its value behind a blank, or as the next of a list.
	option = regexp.MustCompile(`(--?[A-Za-z][\w.-]*)(["']?\s*,\s*|["']?\s+)`)
	// login is curl's user, with a password.
	login = regexp.MustCompile(`(--?u(?:ser)?(?:=|["']?\s*,\s*["']?|["']?\s+["']?)[^\s:/"']+:)[^\s/:"',]+`)
	// leading is a name that an argument begins with.
	leading = regexp.MustCompile(`^-{0,2}([A-Za-z][\w.-]*)(?:=|:\s+)`)
	// plain is a value without quotes, of a header with its scheme.
	plain = regexp.MustCompile(`^(?i:(?:Bearer|Basic) )?[^\s&"']*`)
	// fieldNumber is that of a field of Protobuf.
	fieldNumber = regexp.MustCompile(`^\d{1,9}\s*[;\[]`)
)

// marks are what a text with a secret has at least one of, in lower case: a part
// of a name, or what userinfo and login have.
var marks = []string{"pass", "pwd", "secret", "credential", "jaas", "token", "auth", "private", "bearer", "cookie", "sig", "key", "@", "-u"}

// suspect says whether a text can have a secret. Most lines of files cannot.
func suspect(text string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(lower, mark) })
}

// span is where a secret stands in a text.
type span struct{ from, to int }

// spans are where the secrets of a text stand, in order and apart.
func spans(text string, k kind) []span {
	if !suspect(text) {
		return nil
	}
	var all []span
	for _, pattern := range []*regexp.Regexp{userinfo, login} {
		for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
			end := m[1]
			if pattern == userinfo {
				end--
			}
			all = append(all, span{m[3], end})
		}
	}
	for _, pattern := range []*regexp.Regexp{assigned, option} {
		for at := 0; ; {
			m := pattern.FindStringSubmatchIndex(text[at:])
			if m == nil {
				break
			}
			name, between, value := text[at+m[2]:at+m[3]], text[at+m[4]:at+m[5]], at+m[1]
			named := Named(name) && (k == ofValue || name != "key")
			if named && secretAt(text, at+m[2], between, value, k) {
				quote, n := opening(text[value:]), length(text, between, value, k)
				s := span{value + len(quote), value + n}
				if n > len(quote) && strings.HasSuffix(text[value:s.to], quote) {
					s.to -= len(quote)
				}
				if s.from < s.to {
					all = append(all, s)
				}
			}
			at = value
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	apart := all[:0]
	for _, s := range all {
		if n := len(apart); n > 0 && s.from < apart[n-1].to {
			apart[n-1].to = max(apart[n-1].to, s.to)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// secretAt says whether what follows the name of a secret is one: no place in
// events has any, no map, which has names of its own, and no sentence that
// speaks of the name.
func secretAt(text string, name int, between string, value int, k kind) bool {
	before, rest := text[:name], text[value:]
	quote := opening(rest)
	switch {
	case rest == "", strings.HasPrefix(rest[len(quote):], "$."), between == " = " && k != ofValue && fieldNumber.MatchString(rest):
		return false
	case strings.HasPrefix(text[name:], "-"): // an option, or the end of a word
		return (before == "" || strings.ContainsAny(before[name-1:], " \t\n\"'[,(=")) && rest[len(quote):] != "" && !strings.ContainsAny(rest[len(quote):][:1], "-#")
	case !strings.Contains(between, ":"):
		return true
	case strings.HasSuffix(before, "$."), strings.HasSuffix(before, "/"), rest[0] == '{' && !strings.HasPrefix(rest, "{{"):
		return false
	case k == ofLine:
		return true
	case strings.ContainsAny(between, `"'`): // JSON
		return quote != "" || strings.ContainsAny(rest[:1], "[0123456789")
	}
	return k == ofValue || open(before) != 0
}

// opening is the quote that a text begins with; within a string it is escaped.
func opening(text string) string {
	for _, quote := range []string{`\"`, `\'`, `"`, `'`} {
		if strings.HasPrefix(text, quote) {
			return quote
		}
	}
	return ""
}

// length is how long the value is that begins at a place of a text: to its
// closing quote or bracket, else as far as a plain one of its kind can reach.
func length(text, between string, value int, k kind) int {
	before, rest := text[:value], text[value:]
	if n := quoted(rest); n > 0 {
		return n
	}
	ends := ""
	quote := open(before)
	query := strings.Contains(before, "?") && strings.HasSuffix(between, "=")
	switch {
	case !strings.ContainsAny(between, "=:,"): // an option's, behind a blank
		ends = " \t\n,]\"'"
	case quote != 0 && query:
		ends = string(quote) + "& "
	case quote != 0:
		ends = string(quote)
	case rest[0] == '[':
		ends = "]"
	case k == ofValue && strings.Contains(between, ":"): // a header's
		ends = "\r\n"
	case k == ofSentence: // which goes on
		return len(strings.TrimRight(plain.FindString(rest), ".,:;)"))
	case k == ofValue:
		return len(plain.FindString(rest))
	case query:
		ends = " \t&,}]"
	case strings.Count(before, "{")+strings.Count(before, "[") > strings.Count(before, "}")+strings.Count(before, "]"):
		ends = ",}]"
	}
	if end := strings.IndexAny(rest, ends); end >= 0 {
		return end
	}
	if comment := strings.Index(rest, " #"); comment >= 0 && k == ofLine {
		return comment
	}
	return len(rest)
}

// quoted is how long the quoted value is that a text begins with, all of it
// where the quote is not closed; 0 without one.
func quoted(text string) int {
	quote := opening(text)
	if quote == "" {
		return 0
	}
	if len(quote) > 1 {
		if end := strings.Index(text[len(quote):], quote); end >= 0 {
			return end + 2*len(quote)
		}
		return len(text)
	}
	for i := 1; i < len(text); i++ {
		switch {
		case quote == `"` && text[i] == '\\', quote == "'" && strings.HasPrefix(text[i:], "''"):
			i++
		case text[i] == quote[0]:
			return i + 1
		}
	}
	return len(text)
}

// open is the quote that a text ends within; 0 without one. An apostrophe
// within a word is none.
func open(text string) byte {
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '"' || c == '\'') && (i == 0 || strings.IndexByte(" \t[{,:=(", text[i-1]) >= 0):
			quote = c
		case quote == '"' && c == '\\':
			i++
		case c == quote:
			quote = 0
		}
	}
	return quote
}
