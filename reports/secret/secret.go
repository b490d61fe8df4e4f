// Package secret hides secrets in what a run keeps and shows: the values of
// names that look like those of secrets, and passwords in URLs. It knows the
// names and not the secrets: one under a plain name stands as it is. It is not
// for texts that must be read again. It imports nothing of the project, so that
// reports/finding can hide what findings say, whoever made them.
package secret

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Hidden stands for a secret.
const Hidden = "***"

// anywhere are parts of names that are secrets' wherever they stand.
var anywhere = []string{"password", "passwd", "passphrase", "secret", "credential", "jaas"}

// words are names of secrets as words of their own.
var words = []string{
	"pass", "pwd", "pgpass", "token", "tokens", "auth", "oauth", "authorization", "private", "bearer", "cookie", "cookies", "sig", "signature",
}

// ofKeys are words before "key" that say that it is one of records, and no
// secret.
var ofKeys = []string{"partition", "partitioning", "record", "message", "event", "routing", "sort", "primary", "foreign", "public", "parse", "print"}

// Named says whether a name looks like that of a secret.
func Named(name string) bool {
	lower := strings.ToLower(name)
	if slices.ContainsFunc(anywhere, func(part string) bool { return strings.Contains(lower, part) }) {
		return true
	}
	parts := split(name)
	if slices.ContainsFunc(parts, func(word string) bool { return slices.Contains(words, word) }) {
		return true
	}
	// What follows "key", such as a serializer, is about keys of records.
	n := len(parts) - 1
	if n < 0 || !strings.HasSuffix(parts[n], "key") {
		return false
	}
	return parts[n] != "key" || n == 0 || !slices.Contains(ofKeys, parts[n-1])
}

// split answers the words of a name, in lower case.
func split(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		if lower = unicode.IsLower(r); !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// Text hides the secrets of a value, such as a setting, a URL or a payload.
func Text(text string) string { return replace(text, ofValue) }

// Message hides the secrets of a sentence. A name with a colon is one's only
// within quotes there: elsewhere the sentence speaks of it. The field key of
// Weir's own files is a place.
func Message(text string) string { return replace(text, ofSentence) }

func replace(text string, k kind) string {
	var out strings.Builder
	at := 0
	for _, s := range spans(text, k) {
		out.WriteString(text[at:s.from] + Hidden)
		at = s.to
	}
	return out.String() + text[at:]
}

// Values answers settings, headers or an environment without the secrets.
func Values(values map[string]string) map[string]string {
	out := maps.Clone(values)
	for name, value := range out {
		if out[name] = Text(value); Named(name) {
			out[name] = Hidden
		}
	}
	return out
}

// Args answers a program's arguments without the secrets.
func Args(args []string) []string {
	out := slices.Clone(args)
	for i, arg := range out {
		out[i] = argument(arg)
		if i > 0 && isOption(args[i-1]) && !strings.HasPrefix(arg, "-") && Named(args[i-1]) {
			out[i] = Hidden
		}
	}
	return out
}

// argument hides all that follows the names that an argument begins with, where
// the last of them is a secret's: NAME=VALUE, --set=NAME=VALUE or
// --header=NAME: VALUE. The value may have spaces.
func argument(arg string) string {
	for at := 0; ; {
		m := leading.FindStringSubmatchIndex(arg[at:])
		if m == nil {
			return Text(arg)
		}
		if Named(arg[at+m[2] : at+m[3]]) {
			return arg[:at+m[1]] + Hidden
		}
		at += m[1]
	}
}

// isOption says whether an option's value is the argument that follows it.
func isOption(arg string) bool {
	return strings.HasPrefix(arg, "-") && !strings.Contains(arg, "=")
}
