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
	// awaiting is a line whose name has its value on the next one: a field, or
	// an option as an item of a list.
	awaiting = regexp.MustCompile(`^\s*(?:-\s+)*(?:["']?([A-Za-z][\w.-]*)["']?\s*:(?:\s+[|>][+-]?\d?)?|["']?(--?[A-Za-z][\w.-]*)["']?)\s*$`)
	// item is what stands before a value on a line of its own.
	item = regexp.MustCompile(`^\s*(?:-\s+)*`)
)

// LineAfter is Line, and hides all of a line whose name stands on the one
// before.
func LineAfter(before, line string) string {
	m := awaiting.FindStringSubmatch(before)
	if m == nil || !Named(m[1]+m[2]) || m[1] == "key" || field.MatchString(line) && strings.HasSuffix(strings.TrimSpace(before), ":") {
		return Line(line)
	}
	start := len(item.FindString(line))
	return line[:start] + strings.Repeat("*", len(line)-start)
}

// Line hides the secrets of a source line, each byte by one, so that columns
// stay what they are. It knows the line alone; see [LineAfter]. A field key is
// one of Weir's own, and shows a place.
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
	quote := open(before)
	switch {
	case quote != 0:
		ends = string(quote)
	case text[0] == '[':
		ends = "]"
	case strings.Contains(before, "?") && strings.HasSuffix(before, "="):
		ends = " \t&,}]" // a URL's query
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
