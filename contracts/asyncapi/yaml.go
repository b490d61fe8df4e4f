package asyncapi

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// toYAML writes a map in block style. Text that YAML or a reader of it could
// take for something else is quoted.
func toYAML(o object) []byte {
	var b strings.Builder
	writeObject(&b, o, 0)
	return []byte(b.String())
}

func writeObject(b *strings.Builder, o object, depth int) {
	for i, p := range o {
		if i > 0 || depth == 0 {
			b.WriteString(strings.Repeat("  ", depth))
		}
		b.WriteString(quoteYAML(p.key) + ":")
		writeValue(b, p.value, depth+1)
	}
}

// writeValue writes what follows a key.
func writeValue(b *strings.Builder, v any, depth int) {
	switch v := v.(type) {
	case object:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteString("\n" + strings.Repeat("  ", depth))
		writeObject(b, v, depth)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteString("\n")
		for _, item := range v {
			b.WriteString(strings.Repeat("  ", depth) + "-")
			if o, ok := item.(object); ok && len(o) > 0 {
				b.WriteString(" ")
				writeObject(b, o, depth+1)
				continue
			}
			writeValue(b, item, depth+1)
		}
	default:
		b.WriteString(" " + scalarYAML(v) + "\n")
	}
}

func scalarYAML(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case plain:
		return string(v)
	case string:
		return quoteYAML(v)
	}
	return fmt.Sprint(v)
}

var (
	safeYAML = regexp.MustCompile(`^[A-Za-z_$/][A-Za-z0-9_$./+@-]*(:[A-Za-z0-9_$./+@-]+)*$`)
	// reserved are words that some version of YAML has for a value.
	reserved = regexp.MustCompile(`(?i)^(null|true|false|yes|no|on|off|y|n|nan|inf)$`)
)

// quoteYAML writes text, in double quotes unless it can be nothing else.
func quoteYAML(s string) string {
	if safeYAML.MatchString(s) && !reserved.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError || !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
