package secret

import (
	"regexp"
	"strings"
)

var (
	// key is a line of a map in block style: its indentation, the items that it
	// begins, its name and what follows.
	key = regexp.MustCompile(`^(\s*)((?:-\s+)*)["']?([A-Za-z][\w.-]*)["']?\s*:(?:\s+(.*)|$)`)
	// awaiting is a line whose last option has its value on the next one.
	awaiting = regexp.MustCompile(`(?:^|[\s"'\[,])(--?[A-Za-z][\w.-]*)["']?\s*,?\s*$`)
	// item is what stands before a value on a line of its own.
	item = regexp.MustCompile(`^\s*(?:-\s+)*`)
)

// Line hides the secrets of a source line, each byte by one, so that columns
// stay what they are. It knows the line alone; see [Lines]. A field key is one
// of Weir's own, and shows a place. A line whose secrets are hidden stays what
// it is.
func Line(line string) string {
	hidden := []byte(line)
	for _, s := range spans(line, ofLine) {
		star(hidden[s.from:s.to])
	}
	return string(hidden)
}

func star(secret []byte) {
	for i := range secret {
		secret[i] = '*'
	}
}

// Lines is [Line] for the lines of a file: values that stand on the lines after
// their names are hidden too.
func Lines(lines []string) []string {
	out := make([]string, len(lines))
	var v value
	for i, line := range lines {
		if v.has(line) {
			hidden := []byte(line)
			star(hidden[len(item.FindString(line)):])
			out[i] = string(hidden)
			continue
		}
		out[i] = Line(line)
	}
	return out
}

// value is that of the secret's name which was read last.
type value struct {
	// column is that of its name: lines beyond it are of the value. There is no
	// value where named is false.
	named  bool
	column int
	// list is whether lists at that column are too, as below a key.
	list bool
	// begun is whether a line of the value was seen.
	begun bool
	// next is whether the next line is the value of an option.
	next bool
}

// has says whether a line is of the value, and takes it down.
func (v *value) has(line string) bool {
	text := strings.TrimSpace(line)
	if text == "" {
		return false
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	of := v.next && !strings.HasPrefix(strings.Trim(item.ReplaceAllString(line, ""), `"'`), "-")
	v.next = false
	if v.named {
		within := indent > v.column || v.list && indent == v.column && strings.HasPrefix(text, "- ")
		// Maps have names of their own.
		if within && (v.begun || !key.MatchString(line)) {
			v.begun = true
			return true
		}
		v.named = false
	}
	if of {
		*v = value{named: true, column: indent, begun: true}
		return true
	}
	if !suspect(line) {
		return false
	}
	if m := key.FindStringSubmatch(line); m != nil && m[3] != "key" && Named(m[3]) && (!strings.HasPrefix(m[4], "{") || strings.HasPrefix(m[4], "{{")) {
		*v = value{named: true, list: true, column: len(m[1]) + len(m[2]), begun: m[4] != "" && !strings.HasPrefix(m[4], "#")}
	}
	if m := awaiting.FindStringSubmatch(line); m != nil && Named(m[1]) {
		v.next = true
	}
	return false
}
