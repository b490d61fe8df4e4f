package secret

import (
	"regexp"
	"strings"
)

var (
	// field is a name with what comes before its value, in YAML, JSON, an
	// option or a setting.
	field = regexp.MustCompile(`([A-Za-z][\w.-]*)(["']?\s*:(?:\s+|$)|\s*=\s*)`)
	// option is an argument of a list whose value is the next one.
	option = regexp.MustCompile(`(--?[A-Za-z][\w.-]*)["']?\s*,\s*`)
)

// Line hides the secrets of a source line, each byte by one, so that columns
// stay what they are. It knows the line alone: a value on a line of its own
// stands as it is. A field key is one of Weir's own, and shows a place.
func Line(line string) string {
	hidden := []byte(line)
	hide := func(from, to int) {
		for i := from; i < to; i++ {
			hidden[i] = '*'
		}
	}
	for _, m := range userinfo.FindAllStringSubmatchIndex(line, -1) {
		hide(m[3], m[1]-1)
	}
	for _, pattern := range []*regexp.Regexp{field, option} {
		for at := 0; ; {
			m := pattern.FindStringSubmatchIndex(line[at:])
			if m == nil {
				break
			}
			name, value := line[at+m[2]:at+m[3]], at+m[1]
			at = value
			if Named(name) && name != "key" {
				hide(value, value+length(line[value:], line[:value]))
			}
		}
	}
	return string(hidden)
}

// length is how long the value is that a text begins with: to its closing
// quote or bracket, else as far as a plain one of its kind can reach. A map has
// names of its own.
func length(text, before string) int {
	if text == "" || text[0] == '{' {
		return 0
	}
	if quote := text[0]; quote == '"' || quote == '\'' {
		for i := 1; i < len(text); i++ {
			switch {
			case quote == '"' && text[i] == '\\', quote == '\'' && strings.HasPrefix(text[i:], "''"):
				i++
			case text[i] == quote:
				return i + 1
			}
		}
		return len(text)
	}
	ends := "" // a line in block style
	switch {
	case text[0] == '[':
		ends = "]"
	case strings.HasSuffix(strings.TrimRight(before, " "), "="):
		ends = " \t,;&\"'}]"
	case strings.Count(before, "{")+strings.Count(before, "[") > strings.Count(before, "}")+strings.Count(before, "]"):
		ends = ",}]"
	}
	if end := strings.IndexAny(text, ends); end >= 0 {
		return end
	}
	if comment := strings.Index(text, " #"); comment >= 0 {
		return comment
	}
	return len(text)
}
