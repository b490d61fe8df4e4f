// Package secret hides secrets in what a run keeps and shows: the values of
// names that look like those of secrets, and passwords in URLs. It knows the
// names and not the secrets: one under a plain name stands as it is. It is not
// for texts that must be read again.
package secret

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Hidden stands for a secret.
const Hidden = "***"

var (
	// userinfo is who stands before the @ of a URL, with a password.
	userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*:)[^\s/?#]*@`)
	// assigned is a name with its value, as options, settings, queries of URLs
	// and JSON have them. A colon alone is none: auth:8080 is an address.
	assigned = regexp.MustCompile(`([A-Za-z][\w.-]*)("\s*:\s*|\s*=\s*|:\s+)("(?:\\.|[^"\\])*"|'[^']*'|(?i:Bearer |Basic )?[^\s&;,"'}]+)`)
)

// given is an option with its value behind a blank.
var given = regexp.MustCompile(`(--?[A-Za-z][\w.-]*)(\s+)([^\s"'-][^\s"']*)`)

// anywhere are parts of names that are secrets' wherever they stand.
var anywhere = []string{"password", "passwd", "passphrase", "secret", "credential", "jaas"}

// words are names of secrets as words of their own.
var words = []string{"pass", "pwd", "pgpass", "token", "tokens", "auth", "oauth", "authorization", "private"}

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

// Text hides what a text says of secrets.
func Text(text string) string { return hide(text, Named) }

// Message is Text for what is said of a file of Weir's, whose field key is a
// place.
func Message(text string) string {
	return hide(text, func(name string) bool { return name != "key" && Named(name) })
}

func hide(text string, named func(string) bool) string {
	text = userinfo.ReplaceAllString(text, "${1}"+Hidden+"@")
	text = given.ReplaceAllStringFunc(text, func(match string) string {
		if parts := given.FindStringSubmatch(match); named(parts[1]) {
			return parts[1] + parts[2] + Hidden
		}
		return match
	})
	return assigned.ReplaceAllStringFunc(text, func(match string) string {
		parts := assigned.FindStringSubmatch(match)
		if !named(parts[1]) {
			// A value may hold names too: --set=password=x.
			if strings.Contains(parts[3], "=") {
				return parts[1] + parts[2] + hide(parts[3], named)
			}
			return match
		}
		if quote := parts[3][:1]; quote == `"` || quote == "'" {
			return parts[1] + parts[2] + quote + Hidden + quote
		}
		return parts[1] + parts[2] + Hidden
	})
}

// Values answers settings or an environment without the secrets.
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

// argument hides all that follows NAME= of an argument: it may have spaces.
func argument(arg string) string {
	if name, _, found := strings.Cut(arg, "="); found && !strings.ContainsAny(name, " \t\n:/?") && Named(name) {
		return name + "=" + Hidden
	}
	return Text(arg)
}

// isOption says whether an option's value is the argument that follows it.
func isOption(arg string) bool {
	return strings.HasPrefix(arg, "-") && !strings.Contains(arg, "=")
}
